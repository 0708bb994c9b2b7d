//! The catalogue's own `registry` image: a container like any other that other engines and clients can push to.

use crate::support::{World, text};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// `ada` with the password `lovelace`, in bcrypt.
const USERS: &str = "ada:$2y$05$abcdefghijklmnopqrstuuugyJgZetmHGvxwCJ1rpgM8bgT8KJ8.i\n";

/// Starts it; its port on the host, once it answers.
pub fn start(world: &World, options: &[&str]) -> u16 {
    let run = ["run", "-d", "--name", "registry", "-p", "127.0.0.1::5000"];
    world.ok(&[&run[..], options, &["registry:2"]].concat());
    let shown = world.ok(&["port", "registry", "5000/tcp"]);
    let port = shown.trim().rsplit(':').next().expect("a port");
    let port = port.parse().expect("a port");
    wait(port);
    port
}

fn wait(port: u16) {
    let end = Instant::now() + Duration::from_secs(60);
    while !ask(port, "GET", "/", &[], b"").is_ok_and(|answer| answer.status == 200) {
        assert!(Instant::now() < end, "no answer");
        std::thread::yield_now();
    }
}

/// An answer, without the headers that are new each time.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// One request on a connection of its own.
pub fn ask(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    if !matches!(method, "GET" | "HEAD") {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = text(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let mut headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .filter(|(name, _)| {
            !matches!(
                name.as_str(),
                "Date" | "Connection" | "X-Content-Type-Options"
            )
        })
        .collect();
    headers.sort();
    Ok(Answer {
        status: status.and_then(|s| s.parse().ok()).unwrap_or(0),
        headers,
        body: body.to_owned(),
    })
}

/// The digest of these bytes.
pub fn digest(bytes: &[u8]) -> String {
    let hex = Sha256::digest(bytes);
    let hex: String = hex.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[test]
fn what_is_pushed_into_a_container_comes_back_and_stays_in_its_volume() {
    let world = World::new();
    world.ok(&["pull", "-q", "alpine"]);
    let port = start(&world, &["-v", "images:/var/lib/registry"]);
    let name = format!("localhost:{port}/me/alpine");
    world.ok(&["tag", "alpine", &name]);
    let pushed = world.ok(&["push", &name]);
    let digest = pushed.split("digest: ").nth(1);
    let digest = digest.and_then(|rest| rest.split(' ').next());
    let digest = digest.expect("a digest");

    let other = World::new();
    let pulled = other.ok(&["pull", &name]);
    assert!(pulled.contains(&format!("Digest: {digest}\n")), "{pulled}");
    assert_eq!(other.ok(&["run", "--rm", &name, "echo", "back"]), "back\n");

    let log = world.run(&["logs", "registry"]);
    let asked = "\"PUT /v2/me/alpine/manifests/latest HTTP/1.1\" 201 0 \"\" \"schooner/";
    assert!(text(&log.stdout).contains(asked), "{}", text(&log.stdout));
    let told = "level=info msg=\"listening on [::]:5000\" ";
    assert!(text(&log.stderr).contains(told), "{}", text(&log.stderr));
    let top = world.ok(&["top", "registry"]);
    assert!(
        top.contains("registry serve /etc/docker/registry/config.yml"),
        "{top}"
    );

    // It ends by SIGTERM at once, with the code of the real one, and another takes its images over.
    let began = Instant::now();
    world.ok(&["stop", "registry"]);
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "it does not hear SIGTERM"
    );
    let code = ["inspect", "-f", "{{.State.ExitCode}}", "registry"];
    assert_eq!(world.ok(&code), "2\n");
    world.ok(&["rm", "registry"]);
    let port = start(&world, &["-v", "images:/var/lib/registry"]);
    let tags = ask(port, "GET", "/v2/me/alpine/tags/list", &[], b"").expect("an answer");
    assert_eq!(
        tags.body,
        "{\"name\":\"me/alpine\",\"tags\":[\"latest\"]}\n"
    );
}

#[test]
fn a_users_file_closes_it_and_deleting_has_to_be_allowed() {
    let world = World::new();
    let folder = tempfile::tempdir().expect("a folder");
    let users = folder.path().join("users");
    std::fs::write(&users, USERS).expect("written");
    let mount = format!("{}:/auth/users:ro", users.display());
    let path = "REGISTRY_AUTH_HTPASSWD_PATH=/auth/users";
    let realm = "REGISTRY_AUTH_HTPASSWD_REALM=here";
    let port = start(&world, &["-v", &mount, "-e", path, "-e", realm]);
    let base = |header: &str| {
        let header = [("Authorization", header)];
        ask(port, "GET", "/v2/", &header, b"").expect("an answer")
    };
    let refused = base("Basic YWRhOndyb25n");
    assert_eq!(refused.status, 401);
    assert_eq!(
        refused.header("Www-Authenticate"),
        Some("Basic realm=\"here\"")
    );
    let shown = "Basic YWRhOmxvdmVsYWNl";
    assert_eq!(base(shown).status, 200);
    assert_eq!(base(shown).status, 200);
    let blob = format!("/v2/a/blobs/{}", digest(b"x"));
    let header = [("Authorization", shown)];
    let refused = ask(port, "DELETE", &blob, &header, b"").expect("an answer");
    assert!(refused.body.contains("\"UNSUPPORTED\""), "{refused:?}");
}

#[test]
fn what_no_manifest_names_is_collected_and_what_is_unknown_is_refused() {
    let world = World::new();
    let delete = "REGISTRY_STORAGE_DELETE_ENABLED=true";
    let port = start(&world, &["-e", delete]);
    let hello = format!("/v2/a/blobs/{}", digest(b"hello"));
    let begun = ask(port, "POST", "/v2/a/blobs/uploads/", &[], b"").expect("an answer");
    let place = begun.header("Location").expect("a place").to_owned();
    let path = place.strip_prefix("http://here").expect("an address");
    // What was sent before a restart of the container counts.
    assert_eq!(
        ask(port, "PATCH", path, &[], b"hel")
            .expect("an answer")
            .status,
        202
    );
    world.ok(&["restart", "registry"]);
    let shown = world.ok(&["port", "registry", "5000/tcp"]);
    let port = shown.trim().rsplit(':').next().and_then(|p| p.parse().ok());
    let port = port.expect("a port");
    wait(port);
    let last = format!("{path}?digest={}", digest(b"hello"));
    assert_eq!(
        ask(port, "PUT", &last, &[], b"lo")
            .expect("an answer")
            .status,
        201
    );
    assert_eq!(
        ask(port, "GET", &hello, &[], b"").expect("an answer").body,
        "hello"
    );
    let collect = [
        "exec",
        "registry",
        "registry",
        "garbage-collect",
        "/etc/docker/registry/config.yml",
    ];
    let told = world.ok(&collect);
    assert!(
        told.contains("0 blobs marked, 1 blobs and 0 manifests eligible"),
        "{told}"
    );
    assert_eq!(
        ask(port, "GET", &hello, &[], b"")
            .expect("an answer")
            .status,
        404
    );
    let refused = world.run(&["run", "--rm", "-e", "REGISTRY_STORAGE=s3", "registry:3"]);
    assert_eq!(
        text(&refused.stderr).lines().last(),
        Some("configuration error: StorageDriver not registered: s3")
    );
}
