//! S27: bombs end at the container's own limits, and its neighbours go on.

use crate::support::{World, text};

/// A neighbour that answers while the bomb goes off.
fn neighbour(world: &World) {
    assert_eq!(world.ok(&["exec", "neighbour", "echo", "fine"]), "fine\n");
}

fn with_neighbour() -> World {
    let world = World::new();
    world.ok(&[
        "run",
        "-d",
        "--name",
        "neighbour",
        "alpine",
        "sleep",
        "1000",
    ]);
    world
}

#[test]
fn s27_a_fork_bomb_stops_at_the_limit() {
    let world = with_neighbour();
    world.ok(&[
        "run",
        "-d",
        "--name",
        "bomb",
        "alpine",
        "sh",
        "-c",
        "f() { f | f & }; f; while :; do :; done",
    ]);
    neighbour(&world);
    let count = world.run(&[
        "exec",
        "neighbour",
        "sh",
        "-c",
        "ls -d /proc/[0-9]* | wc -l",
    ]);
    assert!(
        text(&count.stdout)
            .trim()
            .parse::<u32>()
            .is_ok_and(|n| n < 10)
    );
    neighbour(&world);
    world.ok(&["rm", "-f", "bomb"]);
}

#[test]
fn s27_memory_ends_with_137_and_says_so() {
    let world = with_neighbour();
    let script = "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done";
    let output = world.run(&[
        "run", "--name", "big", "-m", "20m", "alpine", "sh", "-c", script,
    ]);
    assert_eq!(output.status.code(), Some(137), "{}", text(&output.stderr));
    assert_eq!(
        world.ok(&["inspect", "-f", "{{.State.OOMKilled}}", "big"]),
        "true\n"
    );
    neighbour(&world);
}

#[test]
fn s27_a_full_disk_is_an_error_and_can_be_cleaned() {
    let world = with_neighbour();
    let script = "dd if=/dev/zero of=/fill bs=1M count=1100 2>&1 | tail -n 3; rm /fill; echo x > /y && cat /y";
    let shown = world.ok(&["run", "--rm", "alpine", "sh", "-c", script]);
    assert!(
        shown.contains("No space left on device") && shown.ends_with("x\n"),
        "{shown}"
    );
    neighbour(&world);
}

#[test]
fn s27_a_flood_of_log_lines_is_rotated() {
    let world = with_neighbour();
    world.ok(&[
        "run",
        "-d",
        "--name",
        "flood",
        "alpine",
        "yes",
        "0123456789012345678901234567890123456789",
    ]);
    for _ in 0..5 {
        neighbour(&world);
    }
    world.ok(&["kill", "flood"]);
    let mut size = 0;
    let folder = world.home().join("containers");
    let mut folders = vec![folder];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("a folder").flatten() {
            let meta = entry.metadata().expect("there");
            if meta.is_dir() {
                folders.push(entry.path())
            } else {
                size += meta.len()
            }
        }
    }
    assert!(size < 40 << 20, "{size} bytes of logs");
    world.ok(&["rm", "flood"]);
}

#[test]
fn s27_spinning_containers_leave_room() {
    let world = with_neighbour();
    for n in 0..6 {
        world.ok(&[
            "run",
            "-d",
            "--name",
            &format!("spin{n}"),
            "alpine",
            "sh",
            "-c",
            "while :; do :; done",
        ]);
    }
    for _ in 0..5 {
        neighbour(&world);
    }
    for n in 0..6 {
        world.ok(&["rm", "-f", &format!("spin{n}")]);
    }
}
