//! Bars while images move, on a terminal; lines, and no sequence of a terminal's, in a pipe.

use crate::pty::Terminal;
use crate::support::World;
use crate::support::registry::Registry;

/// What a command shows on a terminal; it has to go well.
fn screen(world: &World, args: &[&str]) -> String {
    let mut command = world.schooner();
    command.args(args);
    let (status, screen) = Terminal::start(command).end();
    assert!(status.success(), "{args:?}:\n{screen}");
    screen
}

/// What it writes into pipes: both of them, without anything that steers a terminal.
fn piped(world: &World, args: &[&str]) -> String {
    let output = world.run(args);
    let mut told = String::from_utf8_lossy(&output.stdout).into_owned();
    told += &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}:\n{told}");
    assert!(!told.contains(['\u{1b}', '\r', '[']), "{args:?}:\n{told}");
    told
}

#[test]
fn a_pull_has_bars() {
    let world = World::new();
    let told = piped(&world, &["pull", "alpine"]);
    assert!(told.contains(": Pull complete\n"), "{told}");
    world.ok(&["rmi", "alpine"]);
    let shown = screen(&world, &["pull", "alpine"]);
    assert!(shown.contains(": Pull complete"), "{shown}");
    assert!(
        shown.contains(": Downloading [==") && shown.contains("Status: Downloaded newer image"),
        "{shown}"
    );
    // Nothing is drawn before it is known what it is.
    assert!(!shown.contains("0/0"), "{shown}");
    world.ok(&["rmi", "alpine"]);
    let plain = screen(&world, &["--plain", "pull", "alpine"]);
    assert!(!plain.contains("[=="), "{plain}");
}

#[test]
fn archives_are_counted() {
    let world = World::new();
    world.ok(&["pull", "-q", "alpine"]);
    let file = world.home().join("a.tar");
    let file = file.to_string_lossy();
    assert_eq!(piped(&world, &["save", "-o", &file, "alpine"]), "");
    let shown = screen(&world, &["save", "-o", &file, "alpine"]);
    assert!(
        shown.contains("Writing ") && shown.contains("a.tar: "),
        "{shown}"
    );
    world.ok(&["rmi", "alpine"]);
    assert_eq!(
        piped(&world, &["load", "-i", &file]),
        "Loaded image: alpine:latest\n"
    );
    world.ok(&["rmi", "alpine"]);
    let shown = screen(&world, &["load", "-i", &file]);
    assert!(
        shown.contains(": Loading layer [") && shown.contains("Loaded image: alpine:latest"),
        "{shown}"
    );
}

#[test]
fn a_push_has_bars() {
    let Some(registry) = Registry::start(None) else {
        return;
    };
    let world = World::new();
    world.ok(&["pull", "-q", "alpine"]);
    world.ok(&["pull", "-q", "hello-world"]);
    let [piping, watching] = ["a", "b"].map(|name| format!("{}/{name}/x:1", registry.address));
    world.ok(&["tag", "alpine", &piping]);
    world.ok(&["tag", "hello-world", &watching]);
    let told = world.ok(&["push", &piping]);
    assert!(
        told.contains(": Pushed\n") && !told.contains(['\u{1b}', '\r']),
        "{told}"
    );
    let shown = screen(&world, &["push", &watching]);
    assert!(
        shown.contains(": Pushing [") && shown.contains("1: digest: sha256:"),
        "{shown}"
    );
}
