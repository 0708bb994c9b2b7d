//! The help as it is printed, kept as snapshots; and the two names of the program.

use crate::support::{World, text};

fn help(args: &[&str]) -> String {
    let output = World::new().run(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}");
    text(&output.stdout)
}

#[test]
fn top() {
    insta::assert_snapshot!(help(&["--help"]));
    assert_eq!(help(&[]), help(&["help"]));
}

#[test]
fn ps() {
    insta::assert_snapshot!(help(&["ps", "--help"]));
}

#[test]
fn run() {
    insta::assert_snapshot!(help(&["run", "--help"]));
}

#[test]
fn a_group_alone_prints_its_help_on_standard_error() {
    let output = World::new().run(&["container"]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!(text(&output.stderr));
}

#[test]
#[cfg(unix)]
fn called_docker_it_answers_as_docker() {
    let world = World::new();
    let link = world.home().join("docker");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_schooner"), &link).expect("a link");
    let output = world
        .program(&link)
        .arg("nosuchcmd")
        .output()
        .expect("docker");
    assert_eq!(
        text(&output.stderr),
        "docker: unknown command: docker nosuchcmd\n\nRun 'docker --help' for more information\n"
    );
}
