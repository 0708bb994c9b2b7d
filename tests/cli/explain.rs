//! `explain`: the words, and that what it foretells is what the command then says.

use crate::support::{World, text};

#[test]
fn a_run_part_by_part() {
    let world = World::new();
    // No engine is started for it.
    let said = world.ok(&[
        "explain",
        "docker",
        "run",
        "-d",
        "-p",
        "8080:80",
        "-v",
        "./site:/srv:ro",
        "--rm",
        "alpine",
        "sh",
        "-c",
        "x",
    ]);
    insta::assert_snapshot!(said);
    assert!(text(&world.run(&["engine", "status"]).stdout).contains("not running"));
}

#[test]
fn what_it_foretells_comes_true() {
    let world = World::new();
    world.ok(&["run", "-d", "--name", "up", "alpine", "sleep", "1000"]);
    world.ok(&["create", "--name", "down", "alpine"]);
    for (command, words) in [
        (&["rm", "gone"][..], "No such container: gone"),
        (&["start", "gone"], "No such container: gone"),
        (&["logs", "gone"], "No such container: gone"),
        (
            &["rm", "up"],
            "container is running: stop the container before removing or force remove",
        ),
        (&["exec", "down", "true"], "is not running"),
        (&["kill", "down"], "is not running"),
        (&["pause", "down"], "is not running"),
        (&["top", "down"], "is not running"),
        (&["rmi", "nosuch"], "No such image"),
        (
            &["run", "--name", "up", "alpine"],
            "The container name \"/up\" is already in use by container",
        ),
    ] {
        let told = world.ok(&[&["explain"], command].concat());
        assert!(told.contains(words), "{command:?} was explained:\n{told}");
        let done = world.run(command);
        assert!(!done.status.success(), "{command:?}");
        let said = text(&done.stderr);
        assert!(said.contains(words), "{command:?} said:\n{said}");
    }
    let told = world.ok(&["explain", "stop", "down"]);
    assert!(
        told.contains("down is created already; nothing would happen."),
        "{told}"
    );
}

#[test]
fn a_command_that_cannot_be_read_says_what_it_would_say() {
    let world = World::new();
    let done = world.run(&["explain", "run", "--nosuch", "alpine"]);
    assert_eq!(done.status.code(), Some(1));
    assert_eq!(
        text(&done.stderr),
        "It would fail at once: unknown flag: --nosuch\n"
    );
    let done = world.run(&["explain", "frobnicate"]);
    assert_eq!(
        text(&done.stderr),
        "there is no command \"frobnicate\"; 'schooner --help' lists them\n"
    );
}
