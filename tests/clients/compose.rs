//! The real docker compose on our engine: a project of two services from its first start to its end.
//!
//! Skips where there is no compose: `SCHOONER_COMPOSE` names the plugin or the standalone program, else `docker-compose` on the path.

use crate::support::{World, available, text};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

const PROJECT: &str = r#"
name: kcompose
services:
  app:
    image: alpine
    command: sh -c 'echo started; exec nc -lk -p 80 -e cat'
    environment: {GREETING: hello}
    ports: ["127.0.0.1::80"]
    volumes: ["data:/data", "./conf:/conf:ro"]
    depends_on: {db: {condition: service_healthy}}
    networks: [front, back]
    stop_grace_period: 1s
  db:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 1s
    healthcheck: {test: ["CMD", "true"], interval: 1s}
    networks: [back]
networks: {front: {}, back: {}}
volumes: {data: {}}
"#;

fn program() -> Option<OsString> {
    let named = std::env::var_os("SCHOONER_COMPOSE");
    named.or_else(|| {
        available("docker-compose", &["version"], "docker compose").then(|| "docker-compose".into())
    })
}

struct Project<'a> {
    world: &'a World,
    program: OsString,
    folder: &'a Path,
}

impl Project<'_> {
    /// Runs a command of compose that has to succeed; its standard output.
    fn ok(&self, arguments: &[&str]) -> String {
        let mut command = self.world.program(&self.program);
        let output = command
            .args(arguments)
            .current_dir(self.folder)
            .output()
            .expect("compose runs");
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{arguments:?}\n{out}\n{err}");
        out
    }
}

#[test]
fn a_project_lives_and_goes() {
    let Some(program) = program() else { return };
    let world = World::new();
    world.ok(&["pull", "-q", "alpine"]);
    world.ok(&["pull", "-q", "busybox"]);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("compose.yaml"), PROJECT).expect("written");
    std::fs::create_dir(folder.path().join("conf")).expect("made");
    std::fs::write(folder.path().join("conf/a"), "from the host\n").expect("written");
    let project = Project {
        world: &world,
        program,
        folder: folder.path(),
    };
    assert_eq!(project.ok(&["config", "--services"]), "db\napp\n");
    project.ok(&["up", "-d"]);
    let shown = project.ok(&["ps", "--format", "{{.Service}} {{.State}}"]);
    assert_eq!(shown, "app running\ndb running\n");
    assert_eq!(
        project.ok(&["logs", "--no-color", "app"]),
        "app-1  | started\n"
    );
    let inside = project.ok(&[
        "exec",
        "-T",
        "app",
        "sh",
        "-c",
        "echo $GREETING; cat /conf/a; ping -qc1 db; echo data > /data/a",
    ]);
    assert!(
        inside.starts_with("hello\nfrom the host\nPING db ("),
        "{inside}"
    );
    assert!(inside.contains("1 packets received"), "{inside}");
    assert!(project.ok(&["top", "db"]).contains("sleep 1000"));
    assert!(project.ok(&["port", "app", "80"]).starts_with("127.0.0.1:"));
    assert_eq!(
        project.ok(&["run", "--rm", "-T", "app", "cat", "/data/a"]),
        "data\n"
    );
    project.ok(&["pull", "-q"]);
    project.ok(&["stop"]);
    assert_eq!(project.ok(&["ps", "--format", "{{.Service}}"]), "");
    project.ok(&["start"]);
    project.ok(&["restart"]);
    project.ok(&["up", "-d", "--scale", "db=2"]);
    let names = project.ok(&["ps", "--format", "{{.Name}}"]);
    assert_eq!(names, "kcompose-app-1\nkcompose-db-1\nkcompose-db-2\n");
    project.ok(&["down", "-v"]);
    assert_eq!(world.ok(&["ps", "-aq"]), "");
    assert_eq!(world.ok(&["volume", "ls", "-q"]), "");
    assert_eq!(
        world.ok(&[
            "network",
            "ls",
            "--format",
            "{{.Name}}",
            "-f",
            "type=custom"
        ]),
        ""
    );
}

/// The project that README.md shows, on any free port.
fn readme() -> String {
    let text = include_str!("../../README.md");
    let project = text.split("```yaml\n").nth(1);
    let project = project.and_then(|rest| rest.split("```").next());
    let project = project.expect("a project in README.md");
    assert!(project.contains("\"8080:80\""), "{project}");
    project.replace("\"8080:80\"", "\"127.0.0.1::80\"")
}

#[test]
fn readmes_project_works() {
    let Some(program) = program() else { return };
    let world = World::new();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("compose.yaml"), readme()).expect("written");
    let project = Project {
        world: &world,
        program,
        folder: folder.path(),
    };
    project.ok(&["-p", "readme", "up", "-d"]);
    // Compose follows the log of a container that has ended already for ever.
    world.ok(&["wait", "readme-visitor-1"]);
    let log = project.ok(&["-p", "readme", "logs", "--no-color", "visitor"]);
    assert!(log.contains("visitor-1  | a visitor was here\n"), "{log}");
    let shown = project.ok(&["-p", "readme", "port", "web", "80"]);
    let mut web = TcpStream::connect(shown.trim()).expect("connected");
    web.write_all(b"GET /news.txt HTTP/1.0\r\n\r\n")
        .expect("asked");
    let mut page = String::new();
    web.read_to_string(&mut page).expect("a page");
    assert!(page.ends_with("\r\n\r\na visitor was here\n"), "{page}");
    project.ok(&["-p", "readme", "down"]);
    assert_eq!(world.ok(&["ps", "-aq"]), "");
}
