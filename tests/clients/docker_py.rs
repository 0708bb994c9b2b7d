//! docker-py, from PyPI, as it is: ping, run, streamed logs, exec, attach and wait.

use crate::support::{World, available, text};

#[test]
fn docker_py_drives_the_engine() {
    if !available("python3", &["-c", "import docker"], "docker-py") {
        return;
    }
    let world = World::new();
    world.ok(&["run", "--rm", "alpine", "true"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/docker_py.py");
    let output = world
        .program("python3")
        .arg(script)
        .output()
        .expect("python3 runs");
    assert!(
        output.status.success(),
        "{}\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    assert_eq!(text(&output.stdout).lines().last(), Some("all passed"));
}
