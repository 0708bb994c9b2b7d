//! Hints: on a terminal, after Docker's own line; nowhere else.

use crate::pty::Terminal;
use crate::support::{World, text};

const LINE: &str = "Error response from daemon: No such container: nosuch";

/// What `rm nosuch` shows on a terminal.
fn shown(world: &World, before: &[&str], variable: Option<&str>) -> String {
    let mut command = world.schooner();
    command.args(before).args(["rm", "nosuch"]);
    if let Some(value) = variable {
        command.env("SCHOONER_HINTS", value);
    }
    let (status, screen) = Terminal::start(command).end();
    assert_eq!(status.code(), Some(1));
    assert!(screen.contains(LINE), "{screen}");
    screen
}

#[test]
fn a_hint_stands_behind_dockers_line_on_a_terminal() {
    let world = World::new();
    let screen = shown(&world, &[], None);
    let (line, hint) = (screen.find(LINE), screen.find("hint: `ps -a`"));
    assert!(line < hint && hint.is_some(), "{screen}");
    for (before, variable) in [(&["--no-hints"][..], None), (&[], Some("0"))] {
        assert!(!shown(&world, before, variable).contains("hint:"));
    }
}

#[test]
fn nothing_is_added_in_a_pipe() {
    let world = World::new();
    let refused = world.run(&["rm", "nosuch"]);
    assert_eq!(text(&refused.stderr), format!("{LINE}\n"));
    let empty = world.run(&["ps"]);
    assert_eq!(text(&empty.stderr), "");
}

#[test]
fn what_shows_without_an_error_is_explained_too() {
    let world = World::new();
    let on_terminal = |args: &[&str]| {
        let mut command = world.schooner();
        command.args(args);
        Terminal::start(command).end().1
    };
    assert!(on_terminal(&["ps"]).contains("hint: nothing runs now"));
    let screen = on_terminal(&["run", "--rm", "alpine", "sh", "-c", "exit 127"]);
    assert!(screen.contains("hint: 127:"), "{screen}");
    let screen = on_terminal(&["run", "alpine", "-p", "80:80"]);
    assert!(
        screen.contains("hint: options of `run` stand before the image"),
        "{screen}"
    );
}
