//! The command line against our own engine: output, exit codes, the order of standard streams.

use crate::support::{World, text};

#[test]
fn a_container_from_its_making_to_its_end() {
    let world = World::new();
    let output = world.run(&[
        "run",
        "--rm",
        "alpine",
        "sh",
        "-c",
        "echo out; echo err >&2; exit 3",
    ]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(text(&output.stdout), "out\n");
    assert!(text(&output.stderr).ends_with("err\n"));

    let id = world.ok(&[
        "run", "-d", "--name", "web", "-l", "a=b", "alpine", "sleep", "1000",
    ]);
    assert_eq!(id.trim().len(), 64);
    assert_eq!(world.ok(&["ps", "-q", "--no-trunc"]), id);
    assert_eq!(
        world.ok(&["ps", "--format", "{{.Names}} {{.Label \"a\"}}"]),
        "web b\n"
    );
    assert_eq!(world.ok(&["exec", "web", "echo", "hi"]), "hi\n");
    assert_eq!(
        world.ok(&["inspect", "-f", "{{.State.Status}}", "web"]),
        "running\n"
    );

    let again = world.run(&["run", "--name", "web", "alpine"]);
    assert_eq!(again.status.code(), Some(125));
    assert!(text(&again.stderr).starts_with("schooner: Error response from daemon: Conflict."));
    let running = world.run(&["rm", "web"]);
    assert_eq!(running.status.code(), Some(1));

    assert_eq!(world.ok(&["pause", "web"]), "web\n");
    assert_eq!(world.ok(&["unpause", "web"]), "web\n");
    assert_eq!(world.ok(&["restart", "-t", "0", "web"]), "web\n");
    assert_eq!(world.ok(&["rename", "web", "web2"]), "");
    assert_eq!(world.ok(&["rename", "web2", "web"]), "");
    assert_eq!(world.ok(&["kill", "web"]), "web\n");
    assert_eq!(world.ok(&["wait", "web"]), "137\n");
    assert_eq!(world.ok(&["rm", "web"]), "web\n");
    assert_eq!(world.ok(&["ps", "-aq"]), "");
}

#[test]
fn commands_that_cannot_start() {
    let world = World::new();
    for (command, code) in [("nosuchcmd", 127), ("/etc", 126), ("/etc/passwd", 126)] {
        let output = world.run(&["run", "--rm", "alpine", command]);
        assert_eq!(output.status.code(), Some(code), "{command}");
        let words = text(&output.stderr);
        assert!(
            words.contains("schooner: Error response from daemon: "),
            "{words}"
        );
        assert!(words.ends_with("\n\nRun 'schooner run --help' for more information\n"));
    }
}

#[test]
fn what_is_not_there() {
    let world = World::new();
    let inspect = world.run(&["inspect", "nosuch"]);
    assert_eq!(inspect.status.code(), Some(1));
    assert_eq!(text(&inspect.stdout), "[]\n");
    assert_eq!(text(&inspect.stderr), "Error: No such object: nosuch\n");
    let start = world.run(&["start", "nosuch1", "nosuch2"]);
    assert_eq!(
        text(&start.stderr),
        "Error response from daemon: No such container: nosuch1\nError response from daemon: No such container: nosuch2\nError: failed to start containers: nosuch1, nosuch2\n"
    );
    world.ok(&["create", "--name", "quick", "alpine", "true"]);
    let mixed = world.run(&["start", "quick", "nosuch"]);
    assert_eq!(text(&mixed.stdout), "quick\n");
    assert!(text(&mixed.stderr).ends_with("Error: failed to start containers: nosuch\n"));
    assert_eq!(world.run(&["exec", "nosuch", "ls"]).status.code(), Some(1));
}

#[test]
fn standard_input_reaches_the_container() {
    use std::io::Write;
    let world = World::new();
    let mut child = world
        .schooner()
        .args(["run", "-i", "--rm", "alpine", "cat"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("schooner");
    child
        .stdin
        .take()
        .expect("stdin")
        .write_all(b"data\n")
        .expect("written");
    let output = child.wait_with_output().expect("ended");
    assert_eq!(text(&output.stdout), "data\n");
}

#[test]
fn the_engine_can_be_seen() {
    let world = World::new();
    assert_eq!(world.run(&["engine", "status"]).status.code(), Some(3));
    assert!(
        world
            .host()
            .starts_with(if cfg!(windows) { "npipe:" } else { "unix:" })
    );
    assert!(
        world
            .ok(&["engine", "status"])
            .starts_with("The engine is running")
    );
    assert_eq!(world.ok(&["system", "check"]), "Everything is in order.\n");
    assert!(world.ok(&["licenses"]).contains("GPL-3.0-or-later"));
    assert_eq!(world.ok(&["engine", "stop"]), "The engine has stopped.\n");
}
