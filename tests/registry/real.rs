//! Round trips through Debian's docker-registry, with and without a password. Skipped, and said so, where it is missing.

use crate::support::registry::Registry;
use crate::support::{World, text};
use std::io::Write;
use std::process::{Command, Stdio};

/// `ada` with the password `lovelace`, in bcrypt.
const USERS: &str = "ada:$2y$05$abcdefghijklmnopqrstuuugyJgZetmHGvxwCJ1rpgM8bgT8KJ8.i\n";

/// Our program with a folder of configuration of its own.
fn command(world: &World, args: &[&str]) -> Command {
    let mut command = world.schooner();
    command
        .args(args)
        .env("DOCKER_CONFIG", world.home().join("docker"));
    command
}

/// Standard output and standard error of a command that may fail.
fn say(world: &World, args: &[&str], input: &str) -> (String, String, i32) {
    speak(command(world, args), input)
}

fn speak(mut command: Command, input: &str) -> (String, String, i32) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("schooner runs");
    let mut stdin = child.stdin.take().expect("stdin");
    stdin.write_all(input.as_bytes()).expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("an end");
    let code = output.status.code().unwrap_or(-1);
    (text(&output.stdout), text(&output.stderr), code)
}

#[test]
fn what_is_pushed_comes_back_with_its_digest() {
    let Some(registry) = Registry::start(None) else {
        return;
    };
    let world = World::new();
    let name = format!("{}/me/alpine:1", registry.address);
    world.ok(&["pull", "-q", "alpine"]);
    world.ok(&["tag", "alpine", &name]);
    let (out, err, code) = say(&world, &["push", &name], "");
    assert_eq!(code, 0, "{out}{err}");
    assert!(
        out.contains(": Pushed\n") && out.contains("\n1: digest: sha256:"),
        "{out}"
    );
    let digest = out
        .split("digest: ")
        .nth(1)
        .and_then(|t| t.split(' ').next());
    let digest = digest.expect("a digest").to_owned();
    let (again, ..) = say(&world, &["push", &name], "");
    assert!(again.contains(": Layer already exists\n"), "{again}");
    let id = world.ok(&["image", "inspect", "-f", "{{.Id}}", &name]);
    let other = World::new();
    let pulled = other.ok(&["pull", &name]);
    assert!(pulled.contains(&format!("Digest: {digest}\n")), "{pulled}");
    assert_eq!(other.ok(&["image", "inspect", "-f", "{{.Id}}", &name]), id);
    assert_eq!(other.ok(&["run", "--rm", &name, "echo", "back"]), "back\n");
}

#[test]
fn a_password_opens_the_door_and_logout_forgets_it() {
    let Some(registry) = Registry::start(Some(USERS)) else {
        return;
    };
    let world = World::new();
    let server = registry.address.to_string();
    let name = format!("{server}/me/hello:1");
    world.ok(&["pull", "-q", "hello-world"]);
    world.ok(&["tag", "hello-world", &name]);
    let (_, err, code) = say(&world, &["push", &name], "");
    assert_eq!((err.as_str(), code), ("no basic auth credentials\n", 1));
    let login = ["login", "-u", "ada", "--password-stdin", &server];
    let (_, err, code) = say(&world, &login, "wrong");
    assert!(err.contains("401 Unauthorized") && code == 1, "{err}");
    let (out, err, code) = say(&world, &login, "lovelace\n");
    assert_eq!((out.as_str(), code), ("Login Succeeded\n", 0), "{err}");
    let (out, err, code) = say(&world, &["push", "-q", &name], "");
    assert_eq!((out, code), (format!("{name}\n"), 0), "{err}");
    world.ok(&["rmi", &name, "hello-world"]);
    let (_, err, code) = say(&world, &["pull", "-q", &name], "");
    assert_eq!(code, 0, "{err}");
    let (out, ..) = say(&world, &["logout", &server], "");
    assert_eq!(out, format!("Removing login credentials for {server}\n"));
    let (_, err, code) = say(&world, &["push", &name], "");
    assert_eq!((err.as_str(), code), ("no basic auth credentials\n", 1));
}

#[test]
fn every_tag_of_a_repository_goes_and_comes() {
    let Some(registry) = Registry::start(None) else {
        return;
    };
    let world = World::new();
    let name = format!("{}/me/many", registry.address);
    world.ok(&["pull", "-q", "alpine"]);
    world.ok(&["pull", "-q", "hello-world"]);
    for (image, tag) in [("alpine", "1"), ("alpine", "2"), ("hello-world", "3")] {
        world.ok(&["tag", image, &format!("{name}:{tag}")]);
    }
    let (out, err, code) = say(&world, &["push", "-a", &name], "");
    assert_eq!(code, 0, "{out}{err}");
    for tag in ["1", "2", "3"] {
        assert!(out.contains(&format!("\n{tag}: digest: sha256:")), "{out}");
    }
    let other = World::new();
    let pulled = other.ok(&["pull", "-a", &name]);
    assert!(
        pulled.ends_with(&format!(
            "Status: Downloaded newer image for {name}\n{name}\n"
        )),
        "{pulled}"
    );
    let list = [
        "images",
        "--no-trunc",
        "--format",
        "{{.Tag}} {{.ID}}",
        &name,
    ];
    let sorted = |world: &World| {
        let listed = world.ok(&list);
        let mut lines: Vec<String> = listed.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&other), sorted(&world));
    assert_eq!(sorted(&other).len(), 3);
}

/// A program as Docker's clients ask one for passwords; it has one drawer, the folder `$DRAWER`.
const HELPER: &str = r#"#!/bin/sh
kept=$DRAWER/kept
case $1 in
store) cat > "$kept" ;;
get) cat "$kept" 2> /dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
erase) rm -f "$kept" ;;
esac
"#;

#[test]
#[cfg(unix)]
fn a_helper_keeps_the_password() {
    use std::os::unix::fs::PermissionsExt;
    let Some(registry) = Registry::start(Some(USERS)) else {
        return;
    };
    let world = World::new();
    let drawer = tempfile::tempdir().expect("a folder");
    let helper = drawer.path().join("docker-credential-drawer");
    std::fs::write(&helper, HELPER).expect("written");
    std::fs::set_permissions(&helper, PermissionsExt::from_mode(0o755)).expect("a mode");
    let server = registry.address.to_string();
    let config = world.home().join("docker/config.json");
    std::fs::create_dir_all(world.home().join("docker")).expect("made");
    let helpers = serde_json::json!({"credHelpers": {&server: "drawer"}});
    std::fs::write(&config, helpers.to_string()).expect("written");
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", drawer.path().display());
    let asks = |args: &[&str], input: &str| {
        let mut command = command(&world, args);
        command.env("PATH", &path).env("DRAWER", drawer.path());
        speak(command, input)
    };

    let name = format!("{server}/me/hello:1");
    world.ok(&["pull", "-q", "hello-world"]);
    world.ok(&["tag", "hello-world", &name]);
    let login = ["login", "-u", "ada", "--password-stdin", &server];
    let (out, err, code) = asks(&login, "lovelace\n");
    assert_eq!((out.as_str(), code), ("Login Succeeded\n", 0), "{err}");
    let kept = std::fs::read_to_string(drawer.path().join("kept")).expect("kept");
    assert!(kept.contains(r#""Secret":"lovelace""#), "{kept}");
    let file = std::fs::read_to_string(&config).expect("the file");
    assert!(
        !file.contains("\"auth\"") && file.contains(&server),
        "{file}"
    );

    let (out, err, code) = asks(&["push", "-q", &name], "");
    assert_eq!((out, code), (format!("{name}\n"), 0), "{err}");
    world.ok(&["rmi", &name, "hello-world"]);
    let (_, err, code) = asks(&["pull", "-q", &name], "");
    assert_eq!(code, 0, "{err}");
    let (out, ..) = asks(&["logout", &server], "");
    assert_eq!(out, format!("Removing login credentials for {server}\n"));
    assert!(!drawer.path().join("kept").exists());
    let (_, err, code) = asks(&["push", &name], "");
    assert_eq!((err.as_str(), code), ("no basic auth credentials\n", 1));
}
