//! Leaving a container running behind: the detach keys of `run`, `attach` and `exec`.

use crate::pty::Terminal;
use crate::support::World;

fn start(world: &World, args: &[&str]) -> Terminal {
    let mut command = world.schooner();
    command.args(args);
    Terminal::start(command)
}

#[test]
fn the_keys_leave_the_shell_running() {
    let world = World::new();
    world.ok(&["run", "--rm", "alpine", "true"]);
    let mut t = start(&world, &["run", "-it", "--name", "dd", "alpine"]);
    t.expect("/ # ");
    t.send("A=kept\r");
    t.expect("/ # ");
    t.send("\x10\x11");
    let (status, screen) = t.end();
    assert_eq!(status.code(), Some(0), "{screen}");

    let mut t = start(&world, &["attach", "dd"]);
    t.send("echo $A-there\r");
    t.expect("kept-there");
    t.send("exit 3\r");
    let (status, screen) = t.end();
    assert_eq!(status.code(), Some(3), "{screen}");
}

#[test]
fn other_keys_can_be_chosen() {
    let world = World::new();
    world.ok(&["run", "-d", "--name", "dd", "alpine", "sleep", "1000"]);
    let mut t = start(
        &world,
        &["exec", "-it", "--detach-keys", "ctrl-x,x", "dd", "sh"],
    );
    t.expect("/ # ");
    t.send("\x18x");
    let (status, screen) = t.end();
    assert!(screen.contains("read escape sequence"), "{screen}");
    assert_eq!(status.code(), Some(1), "as Docker's exec does");
    assert_eq!(world.ok(&["ps", "-q"]).lines().count(), 1);
}
