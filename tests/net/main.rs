//! Networks at work: containers that reach each other, ports of the host that lead in, and what stays out of reach.

mod guests;
mod nginx;
mod redis;
#[path = "../support/mod.rs"]
mod support;
mod tools;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use support::{World, text};

/// Error numbers of preview1, as the guests exit with.
const ECONNREFUSED: i32 = 14;
const EHOSTUNREACH: i32 = 23;
const ENETUNREACH: i32 = 40;
const ENOENT: i32 = 44;

struct Net {
    world: World,
    programs: tempfile::TempDir,
}

impl Net {
    /// Nothing leaves the machine: the host's resolver is not asked either.
    fn new() -> Net {
        let net = Net::open();
        let policy = net.world.home().join("engine.json");
        std::fs::write(policy, r#"{"outbound":"deny"}"#).expect("written");
        net
    }

    fn open() -> Net {
        let programs = tempfile::tempdir().expect("a folder");
        guests::write(programs.path());
        Net {
            world: World::new(),
            programs,
        }
    }

    /// `run OPTIONS… alpine PROGRAM…` with the guests at /net.
    fn command(&self, options: &[&str], program: &[&str]) -> Output {
        let mount = format!("{}:/net:ro", self.programs.path().display());
        let start = ["run", "-v", &mount];
        let all = [&start[..], options, &["alpine"], program].concat();
        self.world.run(&all)
    }

    fn serve(&self, options: &[&str]) {
        let output = self.command(&[&["-d"], options].concat(), &["/net/serve"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    /// What a guest hears and how it ends.
    fn ask(&self, options: &[&str], name: &str, port: &str) -> (String, i32) {
        let options = [&["--rm"], options].concat();
        let output = self.command(&options, &["/net/ask", name, port]);
        let code = output.status.code().unwrap_or(-1);
        (text(&output.stdout), code)
    }

    fn field(&self, container: &str, template: &str) -> String {
        let shown = self.world.ok(&["inspect", "-f", template, container]);
        shown.trim().to_owned()
    }

    /// Waits until a container's log has a line with some words; the first start of a program compiles it.
    fn says(&self, container: &str, words: &str) {
        let mut follow = self.world.schooner();
        follow.args(["logs", "-f", container]);
        follow.stdin(Stdio::null()).stdout(Stdio::piped());
        let merged = follow.stderr(Stdio::null()).spawn();
        let mut child = merged.expect("logs run");
        let stdout = child.stdout.take().expect("a pipe");
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        let mut seen = Vec::new();
        while !seen
            .last()
            .is_some_and(|line: &String| line.contains(words))
        {
            match lines.recv_timeout(Duration::from_secs(120)) {
                Ok(line) => seen.push(line),
                Err(error) => panic!("{words:?} is not in the log ({error}): {seen:#?}"),
            }
        }
        child.kill().expect("ended");
        child.wait().expect("ended");
    }

    /// The port of the host that leads to port 80.
    fn port(&self, container: &str) -> u16 {
        self.port_of(container, "80")
    }

    /// The port of the host that leads to a port.
    fn port_of(&self, container: &str, inner: &str) -> u16 {
        let shown = self.world.ok(&["port", container, inner]);
        let port = shown.trim().rsplit(':').next().and_then(|p| p.parse().ok());
        port.unwrap_or_else(|| panic!("{shown}"))
    }
}

/// What the host hears at a port of its own.
fn from_host(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.write_all(b"hi\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn heard(words: &str) -> (String, i32) {
    (words.to_owned(), 0)
}

fn nothing(code: i32) -> (String, i32) {
    (String::new(), code)
}

#[test]
fn containers_of_one_network_find_each_other_by_name() {
    let net = Net::new();
    net.world.ok(&["network", "create", "front"]);
    net.world.ok(&["network", "create", "back"]);
    net.serve(&[
        "--name",
        "web",
        "--network",
        "front",
        "--network-alias",
        "site",
    ]);
    let front = ["--network", "front"];
    for name in [
        "web",
        "site",
        "WEB",
        &net.field("web", "{{.Config.Hostname}}"),
    ] {
        assert_eq!(net.ask(&front, name, "80"), heard("hello\n"), "{name}");
    }
    assert_eq!(net.ask(&front, "web", "81"), nothing(ECONNREFUSED));
    assert_eq!(
        net.ask(&["--network", "container:web"], "localhost", "80"),
        heard("hello\n")
    );
    // Another network knows neither the name nor the way.
    assert_eq!(
        net.ask(&["--network", "back"], "web", "80"),
        nothing(ENOENT)
    );
    let address = net.field("web", "{{.NetworkSettings.Networks.front.IPAddress}}");
    assert_eq!(
        net.ask(&["--network", "back"], &address, "80"),
        nothing(EHOSTUNREACH)
    );
    assert_eq!(
        net.ask(&["--network", "none"], &address, "80"),
        nothing(ENETUNREACH)
    );
    // A running container joins and leaves.
    net.world
        .ok(&["network", "connect", "--alias", "second", "back", "web"]);
    assert_eq!(
        net.ask(&["--network", "back"], "second", "80"),
        heard("hello\n")
    );
    net.world.ok(&["network", "disconnect", "back", "web"]);
    assert_eq!(
        net.ask(&["--network", "back"], "second", "80"),
        nothing(ENOENT)
    );
    net.world.ok(&["rename", "web", "shop"]);
    assert_eq!(net.ask(&front, "shop", "80"), heard("hello\n"));
}

#[test]
fn on_the_default_bridge_only_links_have_names() {
    let net = Net::new();
    net.serve(&["--name", "web"]);
    assert_eq!(net.ask(&[], "web", "80"), nothing(ENOENT));
    assert_eq!(net.ask(&["--link", "web:db"], "db", "80"), heard("hello\n"));
    let address = net.field("web", "{{.NetworkSettings.IPAddress}}");
    assert_eq!(net.ask(&[], &address, "80"), heard("hello\n"));
    assert_eq!(
        net.ask(&["--add-host", &format!("other:{address}")], "other", "80"),
        heard("hello\n")
    );
}

#[test]
fn s34_published_ports_are_this_machines_alone_and_close_with_their_container() {
    let net = Net::new();
    net.serve(&["--name", "web", "-p", "80", "--expose", "99"]);
    let port = net.port("web");
    assert_eq!(from_host(port).expect("an answer"), "hello\n");
    assert_eq!(
        net.world.ok(&["port", "web"]),
        format!("80/tcp -> 127.0.0.1:{port}\n")
    );
    assert_eq!(
        net.world.ok(&["ps", "--format", "{{.Ports}}"]),
        format!("99/tcp, 127.0.0.1:{port}->80/tcp\n")
    );
    let missing = net.world.run(&["port", "web", "99"]);
    assert_eq!(
        text(&missing.stderr),
        "Error: No public port '99' published for web\n"
    );
    // The same port for another container, and one that a program of the host has.
    let spec = format!("{port}:80");
    let taken = net.command(&["-d", "--name", "late", "-p", &spec], &["/net/serve"]);
    let words = text(&taken.stderr);
    assert_eq!(taken.status.code(), Some(125), "{words}");
    assert!(
        words.starts_with("schooner: Error response from daemon: failed to set up container networking: driver failed programming external connectivity on endpoint late (")
            && words.contains(&format!("): Bind for 127.0.0.1:{port} failed: port is already allocated\n")),
        "{words}"
    );
    let host = TcpListener::bind("127.0.0.1:0").expect("a port");
    let spec = format!("{}:80", host.local_addr().expect("bound").port());
    let taken = net.command(&["-d", "-p", &spec], &["/net/serve"]);
    let words = text(&taken.stderr);
    assert!(
        words.contains("): failed to bind host port for 127.0.0.1:")
            && words.contains(":80/tcp: address already in use\n"),
        "{words}"
    );
    net.world.ok(&["stop", "-t", "0", "web"]);
    assert!(from_host(port).is_err(), "the port is still open");
    assert_eq!(net.world.ok(&["port", "web"]), "");
    net.world.ok(&["start", "web"]);
    assert_eq!(from_host(net.port("web")).expect("an answer"), "hello\n");
}

#[test]
fn many_connections_at_once_and_a_silent_one() {
    let net = Net::new();
    net.serve(&["--name", "web", "-P", "--expose", "80"]);
    let port = net.port("web");
    let asking: Vec<_> = (0..8)
        .map(|_| std::thread::spawn(move || (0..50).map(|_| from_host(port)).collect::<Vec<_>>()))
        .collect();
    for thread in asking {
        for answer in thread.join().expect("asked") {
            assert_eq!(answer.expect("an answer"), "hello\n");
        }
    }
    // Nobody listens at this one: it opens and closes.
    net.serve(&["--name", "deaf", "-p", "81"]);
    let shown = net.world.ok(&["port", "deaf", "81"]);
    let port = shown
        .trim()
        .rsplit(':')
        .next()
        .and_then(|p| p.parse().ok())
        .expect("a port");
    assert_ne!(from_host(port).ok(), Some("hello\n".to_owned()));
}

#[test]
fn the_host_is_reached_at_the_ports_that_the_user_opened_and_at_no_other() {
    let net = Net::new();
    let open = TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
    let number = |listener: &TcpListener| listener.local_addr().expect("bound").port().to_string();
    let rule = format!("{{\"outbound\":\"deny\",\"host\":[{}]}}", number(&open));
    std::fs::write(net.world.home().join("engine.json"), rule).expect("written");
    net.world.ok(&["network", "create", "front"]);
    let added = ["--add-host", "up:host-gateway"];
    let front = ["--network", "front", "--add-host", "up:host-gateway"];
    for (options, name) in [
        (&[][..], "host.docker.internal"),
        (&added, "up"),
        (&front, "up"),
        (&front, "host.docker.internal"),
        (&[], "172.17.0.1"),
    ] {
        let heard = std::thread::scope(|scope| {
            scope.spawn(|| {
                let (mut stream, _) = open.accept().expect("a connection");
                let mut words = [0; 3];
                stream.read_exact(&mut words).expect("read");
                stream.write_all(b"host\n").expect("written");
            });
            net.ask(options, name, &number(&open))
        });
        assert_eq!(heard, self::heard("host\n"), "{options:?} {name}");
        let refused = net.ask(options, name, &number(&closed));
        assert_eq!(refused, nothing(ECONNREFUSED), "{options:?} {name}");
    }
}

#[test]
fn s23_a_guest_reaches_neither_the_host_nor_the_engine() {
    let net = Net::open();
    let host = TcpListener::bind("0.0.0.0:0").expect("a port");
    let port = host.local_addr().expect("bound").port().to_string();
    for name in [
        "host.docker.internal",
        "172.17.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "0.0.0.0",
    ] {
        assert_eq!(net.ask(&[], name, &port), nothing(ECONNREFUSED), "{name}");
    }
    for name in ["127.0.0.1", "169.254.169.254"] {
        let code = net.ask(&["--network", "host"], name, &port);
        assert_eq!(code, nothing(ECONNREFUSED), "{name}");
    }
    net.world.ok(&["network", "create", "--internal", "inner"]);
    assert_eq!(
        net.ask(&["--network", "inner"], "host.docker.internal", &port),
        nothing(ENOENT)
    );
    assert_eq!(
        net.ask(&["--network", "inner"], "192.0.2.1", "80"),
        nothing(ENETUNREACH)
    );
}
