//! Log drivers and `logs`: what a container wrote is read back, sent, rotated and compressed.

use crate::support::{World, text};
use std::net::UdpSocket;
use std::time::Duration;

const SAY: [&str; 4] = ["alpine", "sh", "-c", "echo out; echo err >&2"];

fn run(world: &World, options: &[&str], command: &[&str]) -> (Option<i32>, String) {
    let all = [&["run", "--name", "cc"], options, command].concat();
    let done = world.run(&all);
    (done.status.code(), text(&done.stderr))
}

/// The next message of a server.
fn message(server: &UdpSocket) -> String {
    let mut buffer = [0; 65536];
    let length = server.recv(&mut buffer).expect("a message");
    text(&buffer[..length])
}

fn server() -> (UdpSocket, String) {
    let server = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let patience = Some(Duration::from_secs(20));
    server.set_read_timeout(patience).expect("a time limit");
    let address = format!(
        "syslog-address=udp://{}",
        server.local_addr().expect("bound")
    );
    (server, address)
}

#[test]
fn syslog_gets_each_line_and_logs_reads_the_copy() {
    let world = World::new();
    let (server, address) = server();
    let options = ["--log-driver", "syslog", "--log-opt", &address, "--log-opt"];
    let tagged = [&options[..], &["tag={{.Name}}/{{.ImageName}}"]].concat();
    let script = ["alpine", "sh", "-c", "echo one; echo two"];
    assert_eq!(run(&world, &tagged, &script).0, Some(0));
    let pid = world.engine_pid();
    for line in ["one", "two"] {
        let message = message(&server);
        assert!(message.starts_with("<30>"), "{message}");
        assert!(
            message.ends_with(&format!(" cc/alpine[{pid}]: {line}\n")),
            "{message}"
        );
    }
    assert_eq!(world.ok(&["logs", "cc"]), "one\ntwo\n");
    assert_eq!(world.ok(&["inspect", "-f", "{{.LogPath}}", "cc"]), "\n");
    world.ok(&["rm", "cc"]);

    let uncached = [&options[..], &["cache-disabled=true"]].concat();
    assert_eq!(run(&world, &uncached, &SAY).0, Some(0));
    let refused = world.run(&["logs", "cc"]);
    assert_eq!(
        text(&refused.stderr),
        "Error response from daemon: configured logging driver does not support reading\n"
    );
}

#[test]
fn a_driver_that_cannot_begin_is_an_error_of_the_start() {
    let world = World::new();
    world.ok(&["pull", "-q", "alpine"]);
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("bound");
    drop(free);
    let option = format!("syslog-address=tcp://{address}");
    let options = ["--log-driver", "syslog", "--log-opt", &option];
    let (code, words) = run(&world, &options, &SAY);
    let why = format!("dial tcp {address}: connect: connection refused");
    assert_eq!(code, Some(125));
    assert!(
        words.starts_with(&format!(
            "docker: Error response from daemon: failed to create task for container: failed to initialize logging driver: {why}"
        ).replace("docker: ", "schooner: ")),
        "{words}"
    );
    assert_eq!(
        world.ok(&[
            "inspect",
            "-f",
            "{{.State.Status}} {{.State.ExitCode}}",
            "cc"
        ]),
        "created 128\n"
    );
    let refused = world.run(&["logs", "cc"]);
    assert_eq!(
        text(&refused.stderr),
        format!("Error response from daemon: {why}\n")
    );
}

#[test]
fn old_files_are_compressed_and_still_read() {
    let world = World::new();
    let options = [
        "--log-opt",
        "max-size=20k",
        "--log-opt",
        "max-file=3",
        "--log-opt",
        "compress=true",
    ];
    let script = "i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i+1)); done";
    let (code, _) = run(&world, &options, &["alpine", "sh", "-c", script]);
    assert_eq!(code, Some(0));
    let path = world.ok(&["inspect", "-f", "{{.LogPath}}", "cc"]);
    let path = path.trim();
    let begun = std::time::Instant::now();
    while !std::path::Path::new(&format!("{path}.2.gz")).exists() {
        assert!(begun.elapsed().as_secs() < 20, "nothing was compressed");
        std::thread::yield_now();
    }
    let logs = world.ok(&["logs", "cc"]);
    let lines: Vec<&str> = logs.lines().collect();
    assert_eq!(lines.last(), Some(&"line 999"));
    // Two full files of 20,000 bytes and what is in the third, at about 75 bytes an entry.
    assert!((500..900).contains(&lines.len()), "{}", lines.len());
    assert_eq!(world.ok(&["logs", "-n", "2", "cc"]), "line 998\nline 999\n");
}

#[test]
fn details_show_what_was_asked_for() {
    let world = World::new();
    let options = [
        "--label",
        "a=1",
        "--label",
        "ab=2",
        "-e",
        "E=x",
        "--log-opt",
        "labels-regex=^a",
        "--log-opt",
        "env=E",
        "--log-opt",
        "tag={{.Name}} x&y",
    ];
    run(&world, &options, &["alpine", "echo", "hi"]);
    assert_eq!(
        world.ok(&["logs", "--details", "cc"]),
        "E=x,a=1,ab=2,tag=cc+x%26y hi\n"
    );
}

#[test]
fn a_follower_ends_with_rm() {
    let world = World::new();
    world.ok(&[
        "run",
        "-d",
        "--name",
        "cc",
        "alpine",
        "sh",
        "-c",
        "echo begun; sleep 1000",
    ]);
    let mut follower = world
        .schooner()
        .args(["logs", "-f", "cc"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it follows");
    let mut out = follower.stdout.take().expect("a pipe");
    let mut first = [0; 6];
    std::io::Read::read_exact(&mut out, &mut first).expect("the first line");
    assert_eq!(&first, b"begun\n");
    world.ok(&["rm", "-f", "cc"]);
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut out, &mut rest).expect("the end");
    assert_eq!(
        (rest.as_str(), follower.wait().expect("an end").code()),
        ("", Some(0))
    );
}
