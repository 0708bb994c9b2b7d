//! What is said about arguments that are wrong, without any engine. Recorded from the real docker command.

use crate::support::{World, text};

/// Runs `schooner ARGS`; gives the exit code and standard error.
fn refused(args: &[&str]) -> (Option<i32>, String) {
    let output = World::new().run(args);
    assert_eq!(text(&output.stdout), "", "{args:?}");
    (output.status.code(), text(&output.stderr))
}

fn with_usage(line: &str, usage: &str, command: &str) -> String {
    format!(
        "{line}\n\nUsage:  schooner {usage}\n\nRun 'schooner {command} --help' for more information\n"
    )
}

#[test]
fn wrong_flags_are_125() {
    let run = "run [OPTIONS] IMAGE [COMMAND] [ARG...]";
    for (args, line) in [
        (&["run", "--badflag", "x"][..], "unknown flag: --badflag"),
        (&["run", "-iZ", "x"], "unknown shorthand flag: 'Z' in -Z"),
        (&["run", "--name"], "flag needs an argument: --name"),
        (
            &["run", "-m", "abc", "x"],
            "invalid argument \"abc\" for \"-m, --memory\" flag: invalid size: 'abc'",
        ),
        (
            &["run", "--mount", "foo=bar", "x"],
            "invalid argument \"foo=bar\" for \"--mount\" flag: unexpected key 'foo' in 'foo=bar'",
        ),
    ] {
        assert_eq!(
            refused(args),
            (Some(125), with_usage(line, run, "run")),
            "{args:?}"
        );
    }
    let listed = with_usage(
        "unknown flag: --bad",
        "container ls [OPTIONS]",
        "container ls",
    );
    assert_eq!(
        refused(&["container", "list", "--bad"]),
        (Some(125), listed)
    );
}

#[test]
fn wrong_numbers_of_arguments_are_1() {
    let see = "schooner: 'schooner run' requires at least 1 argument\n\nUsage:  schooner run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nSee 'schooner run --help' for more information\n";
    assert_eq!(refused(&["run"]), (Some(1), see.into()));
    let none = with_usage(
        "schooner: 'schooner ps' accepts no arguments",
        "ps [OPTIONS]",
        "ps",
    );
    assert_eq!(refused(&["ps", "x"]), (Some(1), none));
    let one = with_usage(
        "schooner: 'schooner logs' requires 1 argument",
        "logs [OPTIONS] CONTAINER",
        "logs",
    );
    assert_eq!(refused(&["logs"]), (Some(1), one));
}

#[test]
fn unknown_commands_are_1() {
    let top = "schooner: unknown command: schooner nosuchcmd\n\nRun 'schooner --help' for more information\n";
    assert_eq!(refused(&["nosuchcmd"]), (Some(1), top.into()));
    let group = "schooner: unknown command: schooner container nosuch\n\nUsage:  schooner container\n\nRun 'schooner container --help' for more information\n";
    assert_eq!(refused(&["container", "nosuch"]), (Some(1), group.into()));
}

#[test]
fn failures_of_run_before_the_container_are_125() {
    for (args, words) in [
        (
            &["run", "Busybox"][..],
            "invalid reference format: repository name (library/Busybox) must be lowercase",
        ),
        (
            &["run", "--pull", "foo", "x"],
            "invalid pull option: 'foo': must be one of \"always\", \"missing\" or \"never\"",
        ),
        (&["run", "--pid", "foo", "x"], "--pid: invalid PID mode"),
        (
            &["run", "--env-file", "/nosuch", "x"],
            "open /nosuch: no such file or directory",
        ),
    ] {
        let expected =
            format!("schooner: {words}\n\nRun 'schooner run --help' for more information\n");
        assert_eq!(refused(args), (Some(125), expected), "{args:?}");
    }
}

#[test]
fn no_terminal_for_it_is_1() {
    assert_eq!(
        refused(&["run", "-it", "alpine"]),
        (Some(1), "the input device is not a TTY\n".into())
    );
}

#[test]
fn broken_templates_are_64() {
    let words = "template parsing error: template: :1: unclosed action\n";
    assert_eq!(
        refused(&["inspect", "-f", "{{.Config", "x"]),
        (Some(64), words.into())
    );
}

#[test]
fn nobody_at_the_address() {
    let words = "Cannot connect to the Docker daemon at unix:///nosuch.sock. Is the docker daemon running?\n";
    assert_eq!(
        refused(&["-H", "unix:///nosuch.sock", "ps"]),
        (Some(1), words.into())
    );
}
