//! Testcontainers for Python, from PyPI, as it is: containers, a network, and ryuk, which removes what a run left behind.

use crate::support::{World, available, text};
use std::time::{Duration, Instant};

#[test]
fn ryuk_removes_what_a_killed_test_run_left_behind() {
    let test = "Testcontainers for Python";
    if !available("python3", &["-c", "import testcontainers.core"], test) {
        return;
    }
    let world = World::new();
    // What is there without the label of the run stays.
    world.ok(&["volume", "create", "mine"]);
    world.ok(&["run", "-d", "--name", "mine", "alpine", "sleep", "1000"]);
    world.ok(&["rm", "-f", "mine"]);
    world.ok(&["run", "-d", "--name", "mine", "busybox", "sleep", "1000"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/ryuk.py");
    let output = world
        .program("python3")
        .arg(script)
        .env("HOME", world.home())
        .env("RYUK_RECONNECTION_TIMEOUT", "1s")
        // Where tests themselves run in a container it would look for ports at the gateway.
        .env("TESTCONTAINERS_CONNECTION_MODE", "docker_host")
        .env_remove("TESTCONTAINERS_RYUK_DISABLED")
        .output()
        .expect("python3 runs");
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    let ryuk = format!("testcontainers-ryuk-{}", out.trim());
    // Its `logs -f` ends when it does; `--rm` takes the container itself away.
    let log = world.run(&["logs", "-f", &ryuk]);
    let log = text(&log.stderr) + &text(&log.stdout);
    let end = Instant::now() + Duration::from_secs(20);
    while world.ok(&["ps", "-a", "--format", "{{.Names}}"]) != "mine\n" {
        assert!(Instant::now() < end, "{log}");
    }
    assert!(
        log.contains("Removed 1 container(s), 1 network(s), 1 volume(s) 0 image(s)"),
        "{log}"
    );
    assert_eq!(world.ok(&["volume", "ls", "-q"]), "mine\n");
    let networks = ["network", "ls", "-q", "-f", "type=custom"];
    assert_eq!(world.ok(&networks), "");
}
