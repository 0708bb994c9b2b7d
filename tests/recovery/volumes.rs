//! R01 for volumes: what a container had written, and what the engine had acknowledged, is there after kill -9.

use crate::support::{World, text};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

fn kill(world: &World) {
    let pid = world.engine_pid().to_string();
    let killed = Command::new("kill")
        .args(["-9", &pid])
        .status()
        .expect("kill");
    assert!(killed.success());
}

#[test]
fn r01_volumes_keep_what_was_written() {
    let world = World::new();
    world.ok(&["run", "--rm", "alpine", "true"]);
    let mut written = 0;
    for round in 0..6 {
        world.ok(&[
            "volume",
            "create",
            "--label",
            "kept=yes",
            &format!("made{round}"),
        ]);
        let script =
            "n=$0; while :; do echo $n > /d/f$n && mv /d/f$n /d/g$n && echo $n; n=$((n+1)); done";
        let mut child = world
            .schooner()
            .args([
                "run",
                "--rm",
                "-v",
                "data:/d",
                "-v",
                "/anonymous",
                "alpine",
                "sh",
                "-c",
                script,
                &written.to_string(),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("schooner");
        let mut lines = BufReader::new(child.stdout.take().expect("output")).lines();
        // Another moment in each round.
        for line in lines.by_ref().take(20 + round * 17) {
            written = line.expect("a line").parse::<usize>().expect("a number") + 1;
        }
        kill(&world);
        // What came through before the end counts as well.
        for line in lines.map_while(Result::ok) {
            written = line.parse::<usize>().map_or(written, |n| n + 1);
        }
        let _ = child.wait();
    }
    let list = world.run(&[
        "run",
        "--rm",
        "-v",
        "data:/d",
        "alpine",
        "sh",
        "-c",
        "cd /d; cat g*",
    ]);
    let mut found: Vec<usize> = text(&list.stdout)
        .lines()
        .filter_map(|l| l.parse().ok())
        .collect();
    found.sort_unstable();
    found.dedup();
    let missing: Vec<usize> = (0..written)
        .filter(|n| found.binary_search(n).is_err())
        .collect();
    assert!(
        missing.is_empty() && written > 100,
        "of {written} these are lost: {missing:?}"
    );
    // Volumes that were made are there, with their labels; those of `--rm` containers went with them.
    let made = world.ok(&["volume", "ls", "-q", "-f", "label=kept=yes"]);
    assert_eq!(made.lines().count(), 6);
    // A container whose start was not on disk yet is back as created, and has its volume still.
    for id in world.ok(&["ps", "-aq"]).lines() {
        world.ok(&["rm", "-f", "-v", id]);
    }
    let all = world.ok(&["volume", "ls", "-q"]);
    assert_eq!(all.lines().count(), 7, "{all}");
    world.ok(&["volume", "rm", "data"]);
    let check = world.ok(&["system", "check"]);
    assert!(
        !check.contains("damaged") && !check.contains("no record"),
        "{check}"
    );
}
