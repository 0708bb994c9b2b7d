//! S25, S26: what a program writes stays what it wrote.

use crate::support::{World, text};

#[test]
fn s26_a_line_cannot_forge_another() {
    let world = World::new();
    let forged = r#"{"log":"forged\n","stream":"stderr","time":"2020-01-01T00:00:00Z"}"#;
    world.ok(&[
        "run",
        "--name",
        "ff",
        "alpine",
        "printf",
        "%s\\nafter\\rback\\n",
        forged,
    ]);
    let logs = world.run(&["logs", "ff"]);
    assert_eq!(text(&logs.stdout), format!("{forged}\nafter\rback\n"));
    assert_eq!(text(&logs.stderr), "");
}

#[test]
fn s26_a_long_line_comes_back_whole() {
    let world = World::new();
    let script =
        "i=0; while [ $i -lt 40 ]; do printf '%01000d' 7; i=$((i+1)); done; echo; echo end";
    world.ok(&["run", "--name", "ll", "alpine", "sh", "-c", script]);
    let logs = world.ok(&["logs", "ll"]);
    let lines: Vec<&str> = logs.lines().collect();
    assert_eq!((lines.len(), lines[0].len(), lines[1]), (2, 40_000, "end"));
}

#[test]
fn s25_piped_output_is_byte_exact() {
    let world = World::new();
    let label = "evil=\u{1b}[31mred";
    world.ok(&["create", "--name", "ee", "--label", label, "alpine"]);
    let shown = world.ok(&["inspect", "-f", "{{.Config.Labels.evil}}", "ee"]);
    assert_eq!(shown, "\u{1b}[31mred\n");
}
