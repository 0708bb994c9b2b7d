//! Health checks with real programs.

use crate::support::World;

/// Polls until a template over the container `cc` gives what is wanted.
fn until(world: &World, template: &str, wanted: &str) {
    let begun = std::time::Instant::now();
    loop {
        let found = world.ok(&["inspect", "-f", template, "cc"]);
        if found.trim() == wanted {
            return;
        }
        assert!(begun.elapsed().as_secs() < 60, "{template} stays {found}");
    }
}

const STATUS: &str = "{{.State.Health.Status}}";

#[test]
fn a_container_becomes_healthy_and_unhealthy() {
    let world = World::new();
    world.ok(&[
        "run",
        "-d",
        "--name",
        "cc",
        "-u",
        "guest",
        "-e",
        "A=value",
        "--health-cmd",
        "id -un; echo $A; test -e /tmp/ok",
        "--health-interval",
        "50ms",
        "--health-retries",
        "2",
        "alpine",
        "sleep",
        "1000",
    ]);
    until(&world, STATUS, "unhealthy");
    let unhealthy = [
        "ps",
        "--filter",
        "health=unhealthy",
        "--format",
        "{{.Names}} {{.Status}}",
    ];
    let line = world.ok(&unhealthy);
    assert!(
        line.starts_with("cc Up ") && line.ends_with(" (unhealthy)\n"),
        "{line}"
    );
    // A probe is the container's own user with its environment.
    let output =
        "{{(index .State.Health.Log 0).ExitCode}} {{json (index .State.Health.Log 0).Output}}";
    assert_eq!(
        world.ok(&["inspect", "-f", output, "cc"]),
        "1 \"guest\\nvalue\\n\"\n"
    );
    world.ok(&["exec", "cc", "touch", "/tmp/ok"]);
    until(&world, STATUS, "healthy");
    assert_eq!(world.ok(&unhealthy), "");
    world.ok(&["pause", "cc"]);
    until(&world, STATUS, "unhealthy");
    world.ok(&["unpause", "cc"]);
    until(&world, STATUS, "healthy");
    world.ok(&["stop", "-t", "0", "cc"]);
    until(&world, STATUS, "unhealthy");
    assert_eq!(world.ok(&["ps", "-q", "--filter", "health=healthy"]), "");
}

#[test]
fn a_probe_that_hangs_is_killed_and_leaves_no_process() {
    let world = World::new();
    world.ok(&[
        "run",
        "-d",
        "--name",
        "cc",
        "--health-cmd",
        "echo begun; exec sleep 999",
        "--health-interval",
        "10ms",
        "--health-timeout",
        "300ms",
        "--health-retries",
        "2",
        "alpine",
        "sleep",
        "1000",
    ]);
    until(&world, STATUS, "unhealthy");
    let output =
        "{{(index .State.Health.Log 0).ExitCode}} {{json (index .State.Health.Log 0).Output}}";
    assert_eq!(
        world.ok(&["inspect", "-f", output, "cc"]),
        "-1 \"Health check exceeded timeout (300ms): begun\\n\"\n"
    );
    world.ok(&["pause", "cc"]);
    world.ok(&["unpause", "cc"]);
    let processes = world.ok(&["exec", "cc", "ps", "-o", "args"]);
    let hanging = processes
        .lines()
        .filter(|l| l.contains("sleep 999"))
        .count();
    assert!(hanging <= 1, "{processes}");
}

#[test]
fn the_check_can_be_switched_off() {
    let world = World::new();
    let run = [
        "run",
        "-d",
        "--name",
        "cc",
        "--no-healthcheck",
        "alpine",
        "sleep",
        "1000",
    ];
    world.ok(&run);
    until(
        &world,
        "{{json .Config.Healthcheck.Test}} {{json .State.Health}}",
        "[\"NONE\"] null",
    );
}
