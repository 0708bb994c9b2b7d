//! S05, S20: a guest sees its own world and nothing of the host.

use crate::support::{World, text};

#[test]
fn s05_descriptors_are_the_three_and_proc_shows_no_host() {
    let world = World::new();
    let script = "ls /proc/self/fd; ls -d /proc/[0-9]*; cat /proc/1/cmdline | tr '\\0' ' '; echo; ls /proc/1/root/";
    let shown = world.ok(&["run", "--rm", "alpine", "sh", "-c", script]);
    let home = world.home().display().to_string();
    assert!(
        !shown.contains(&home) && !shown.contains("schooner"),
        "{shown}"
    );
    assert!(
        !shown.contains("/proc/1000"),
        "only the container's own processes: {shown}"
    );
}

#[test]
fn s05_a_working_folder_below_a_descriptor_is_refused_or_inside() {
    let world = World::new();
    for folder in [
        "/proc/self/fd/7",
        "/proc/self/fd/7/../../..",
        "/proc/1/cwd/../../../../..",
    ] {
        let output = world.run(&["run", "--rm", "-w", folder, "alpine", "ls"]);
        let shown = text(&output.stdout);
        assert!(
            !shown.contains("Cargo.toml") && !shown.contains("engine.log"),
            "{folder}: {shown}"
        );
    }
    assert_eq!(
        world
            .ok(&["run", "--rm", "alpine", "cat", "/../../../etc/hostname"])
            .trim()
            .len(),
        12
    );
}

#[test]
fn s20_names_are_names_and_not_paths() {
    let world = World::new();
    for name in ["../x", "a/b", ".x", "x", "con:", ""] {
        let output = world.run(&["create", "--name", name, "alpine"]);
        let refused = !output.status.success() || name.is_empty();
        assert!(refused, "{name:?} was taken as a name");
    }
    let output = world.run(&["inspect", "../../etc/passwd"]);
    assert!(!output.status.success());
}
