//! R02: restart policies with real programs, within one engine and from one engine to the next.

use crate::support::{World, text};

const STATE: &str = "{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}}";

fn state(world: &World, name: &str) -> String {
    world.ok(&["inspect", "-f", STATE, name]).trim().to_owned()
}

/// Waits until the container `cc` is in a state.
fn until_state(world: &World, wanted: &str) {
    let begun = std::time::Instant::now();
    while state(world, "cc") != wanted {
        assert!(begun.elapsed().as_secs() < 60, "{}", state(world, "cc"));
    }
}

#[test]
fn a_container_that_fails_is_started_again_and_its_log_goes_on() {
    let world = World::new();
    let fails = ["alpine", "sh", "-c", "echo hi; exit 3"];
    let run = [
        &["run", "--name", "cc", "--restart", "on-failure:2"],
        &fails[..],
    ]
    .concat();
    let first = world.run(&run);
    // The client sees the first run only.
    assert_eq!(
        (first.status.code(), text(&first.stdout)),
        (Some(3), "hi\n".to_owned())
    );
    until_state(&world, "exited 2 3");
    assert_eq!(world.ok(&["logs", "cc"]), "hi\nhi\nhi\n");
    assert_eq!(world.ok(&["start", "cc"]), "cc\n");
    until_state(&world, "exited 2 3");
    assert_eq!(world.ok(&["logs", "-f", "cc"]), "hi\n".repeat(6));
}

#[test]
fn the_next_engine_brings_back_what_the_policy_says() {
    let world = World::new();
    let run = |name: &str, policy: &str| {
        world.ok(&[
            "run",
            "-d",
            "--name",
            name,
            "--restart",
            policy,
            "alpine",
            "sleep",
            "1000",
        ])
    };
    run("no", "no");
    run("always", "always");
    run("failing", "on-failure");
    run("unless", "unless-stopped");
    run("stopped", "unless-stopped");
    world.ok(&["stop", "-t", "0", "stopped"]);
    let running = || world.ok(&["ps", "--format", "{{.Names}}"]);
    world.ok(&["engine", "stop", "-t", "0"]);
    // The command that starts the engine finds them running.
    assert_eq!(running(), "unless\nfailing\nalways\n");
    assert_eq!(state(&world, "no"), "exited 0 137");
    assert_eq!(state(&world, "always"), "running 0 0");

    world.ok(&["engine", "stop", "-t", "0"]);
    world.ok(&["engine", "start", "-r=false"]);
    assert_eq!(running(), "");
    world.ok(&["start", "unless"]);

    #[cfg(unix)]
    {
        let pid = rustix::process::Pid::from_raw(world.engine_pid()).expect("a pid");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("killed");
        // With policies honoured, `always` comes back although nobody started it since.
        assert_eq!(running(), "unless\nfailing\nalways\n");
    }
}

#[test]
fn commands_wait_for_an_engine_that_is_leaving() {
    let world = World::new();
    world.ok(&["run", "-d", "alpine", "sleep", "1000"]);
    let mut leaving = world
        .schooner()
        .args(["engine", "stop", "-t", "1"])
        .spawn()
        .expect("schooner");
    while world.run(&["engine", "status"]).status.success() {}
    assert_eq!(world.ok(&["ps", "-q"]), "");
    assert!(leaving.wait().expect("ended").success());
}
