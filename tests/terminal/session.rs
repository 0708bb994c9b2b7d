//! A learner's first quarter of an hour at the prompt.

use crate::pty::Terminal;
use crate::support::World;

fn shell(world: &World) -> Terminal {
    world.ok(&["run", "--rm", "alpine", "true"]);
    let mut command = world.schooner();
    command.args(["run", "-it", "--rm", "alpine"]);
    let mut terminal = Terminal::start(command);
    terminal.expect("/ # ");
    terminal
}

#[test]
fn commands_pipes_and_the_exit_code() {
    let world = World::new();
    let mut t = shell(&world);
    t.send("echo one two\r");
    t.expect("\none two\r\n");
    t.send("seq 1000 | sort -n | tail -n 1\r");
    t.expect("\n1000\r\n");
    t.send("nosuch\r");
    t.expect("nosuch: not found");
    t.send("echo code=$?\r");
    t.expect("\ncode=127\r\n");
    t.send("cat <<E\rhere $((6*7))\rE\r");
    t.expect("\nhere 42\r\n");
    t.send("echo $(cd /tmp; pwd) $(pwd)\r");
    t.expect("\n/tmp /\r\n");
    t.send("exit 7\r");
    let (status, screen) = t.end();
    assert_eq!(status.code(), Some(7), "{screen}");
}

#[test]
fn control_c_ends_a_loop_and_not_the_shell() {
    let world = World::new();
    let mut t = shell(&world);
    t.send("while true; do date; sleep 1; done\r");
    t.expect("UTC 20");
    t.expect("UTC 20");
    // A key that meets `date` as it ends is lost, as under any shell with job control: one presses it again.
    t.send_until("\x03", "/ # ");
    t.send("echo still-$((1+1))\r");
    t.expect("still-2");
    t.send("echo now; cat\r");
    t.expect("\nnow\r\n");
    t.send("typed\r");
    t.expect("typed\r\ntyped\r\n");
    t.send("\x04");
    t.expect("/ # ");
    t.send("\x04");
    let (status, screen) = t.end();
    assert_eq!(status.code(), Some(0), "{screen}");
}

#[test]
fn jobs_run_in_the_background_and_are_waited_for() {
    let world = World::new();
    let mut t = shell(&world);
    t.send("sleep 0.2 & wait; echo waited\r");
    t.expect("\nwaited\r\n");
    t.send("sleep 100 &\r");
    t.expect("/ # ");
    t.send("ps\r");
    t.expect("sleep 100");
    t.send("kill %1; wait; echo gone\r");
    t.expect("\ngone\r\n");
    t.send("trap 'echo caught' INT; kill -INT $$\r");
    t.expect("\ncaught\r\n");
    // What prints stands in the foreground already: keys that come earlier meet the shell.
    t.send("sh -c 'echo now; sleep 50'\r");
    t.expect("\nnow\r\n");
    t.send("\x1a");
    t.expect("Stopped");
    t.send("jobs\r");
    t.expect("sleep 50");
    t.send("kill -9 %1\r");
    t.expect("/ # ");
    t.send("exit\r");
    t.end();
}

#[test]
fn the_line_can_be_edited() {
    let world = World::new();
    let mut t = shell(&world);
    t.send("echo wrold\x1b[D\x1b[D\x1b[D\x7f\x1b[Cr\r");
    t.expect("\nworld\r\n");
    t.expect("/ # ");
    // Keys wait for the prompt: before it the terminal's own discipline takes them. The line before, by the arrow; then the one that a search finds.
    t.send("\x1b[A\r");
    t.expect("\nworld\r\n");
    t.expect("/ # ");
    t.send("echo other\r");
    t.expect("\nother\r\n");
    t.expect("/ # ");
    t.send("\x12wor\r");
    t.expect("\nworld\r\n");
    t.expect("/ # ");
    t.send("cat /etc/os-rel\t\r");
    t.expect("Alpine Linux");
    t.send("exit\r");
    t.end();
}

#[test]
fn a_resized_window_reaches_the_container() {
    let world = World::new();
    let mut t = shell(&world);
    t.send("stty size\r");
    t.expect("24 80");
    t.resize(40, 100);
    // The new size travels by a signal and a request; a person would look again, too.
    t.send("until [ \"$(stty size)\" = '40 100' ]; do sleep 0.05; done; echo resized\r");
    t.expect("\nresized\r\n");
    t.send("exit\r");
    t.end();
}

/// S25: what others wrote into names and labels is shown, not obeyed.
#[test]
fn metadata_cannot_steer_the_terminal() {
    let world = World::new();
    let label = "evil=\u{1b}[2Jgone";
    world.ok(&["create", "--name", "ee", "--label", label, "alpine"]);
    let mut command = world.schooner();
    command.args(["ps", "-a", "--format", "{{.Labels}}"]);
    let (_, screen) = Terminal::start(command).end();
    assert!(screen.contains("evil=\\u{1b}[2Jgone"), "{screen:?}");
}

#[test]
fn vi_takes_what_is_typed_right_after_escape() {
    let world = World::new();
    let mut t = shell(&world);
    t.send("vi /tmp/note\r");
    t.expect("[New file]");
    t.send("ihello\x1b:wq\r");
    t.expect("/ # ");
    t.send("cat /tmp/note; echo code=$?\r");
    t.expect("hello\r\ncode=0\r\n");
}
