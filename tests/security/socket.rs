//! S23: the engine's socket in a container lets it tidy up, and opens nothing else.

use crate::support::{World, text};

/// What the engine says to a container that sends this through the socket that was mounted.
fn through(world: &World, mount: &[&str], request: &str) -> String {
    let script = format!(
        "exec 3<>/var/run/docker.sock && printf '{request} HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3"
    );
    let run = [&["run", "--rm"], mount, &["alpine", "sh", "-c", &script]].concat();
    let output = world.run(&run);
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn s23_a_container_with_the_socket_lists_and_removes_and_cannot_make() {
    let world = World::new();
    let host = world.host();
    let own = host
        .strip_prefix("unix://")
        .map(|path| format!("{path}:/var/run/docker.sock"));
    let usual = "/var/run/docker.sock:/var/run/docker.sock".to_owned();
    world.ok(&["volume", "create", "old"]);
    for source in own.into_iter().chain([usual]) {
        let mount = ["-v", &source];
        let listed = through(&world, &mount, "GET /v1.43/volumes");
        assert!(
            listed.contains(" 200 OK\r\n") && listed.contains("\"Name\":\"old\""),
            "{listed}"
        );
        for request in [
            "POST /containers/create",
            "POST /build",
            "POST /grpc",
            "GET /info",
            "GET /containers/x/archive?path=/",
            "PUT /containers/x/archive?path=/",
        ] {
            let refused = through(&world, &mount, request);
            assert!(
                refused.contains(" 403 Forbidden\r\n"),
                "{request}: {refused}"
            );
        }
    }
    let mount = [
        "--mount",
        "type=bind,source=/var/run/docker.sock,target=/var/run/docker.sock,readonly",
    ];
    let gone = through(&world, &mount, "DELETE /volumes/old");
    assert!(gone.contains(" 204 No Content\r\n"), "{gone}");
    assert_eq!(world.ok(&["volume", "ls", "-q"]), "");
}

#[test]
fn s23_a_socket_file_of_ones_own_and_no_mount_lead_nowhere() {
    let world = World::new();
    let missing = through(&world, &[], "GET /_ping");
    assert!(!missing.contains("200 OK"), "{missing}");
    // The engine's folder is a folder like any other, and its socket in it is only seen.
    let host = world.host();
    let Some(path) = host.strip_prefix("unix://") else {
        return;
    };
    let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
    let mount = format!("{folder}:/engine");
    let script = "exec 3<>/engine/engine.sock && echo in";
    let seen = world.run(&["run", "--rm", "-v", &mount, "alpine", "sh", "-c", script]);
    assert!(!text(&seen.stdout).contains("in"), "{}", text(&seen.stdout));
}
