//! Round trips through Debian's docker-registry, with and without a password. Skipped, and said so, where it is missing.

use crate::support::World;
use crate::support::registry::Registry;
use std::io::Read;
use std::process::Stdio;

/// Standard output and standard error of a command that may fail.
fn say(world: &World, args: &[&str], input: &str) -> (String, String, i32) {
    let mut child = world
        .schooner()
        .args(args)
        .env("DOCKER_CONFIG", world.home().join("docker"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("schooner runs");
    std::io::Write::write_all(&mut child.stdin.take().expect("stdin"), input.as_bytes())
        .expect("written");
    let (mut out, mut err) = (String::new(), String::new());
    child
        .stdout
        .take()
        .expect("stdout")
        .read_to_string(&mut out)
        .expect("text");
    child
        .stderr
        .take()
        .expect("stderr")
        .read_to_string(&mut err)
        .expect("text");
    let code = child.wait().expect("an end").code().unwrap_or(-1);
    (out, err, code)
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
    // `ada` with the password `lovelace`, in bcrypt.
    let users = "ada:$2y$05$abcdefghijklmnopqrstuuugyJgZetmHGvxwCJ1rpgM8bgT8KJ8.i\n";
    let Some(registry) = Registry::start(Some(users)) else {
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
