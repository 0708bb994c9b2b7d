//! S21, S24: who may speak to the engine, and how rudely.

#![cfg(unix)]

use crate::support::World;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

fn socket(world: &World) -> PathBuf {
    world
        .host()
        .strip_prefix("unix://")
        .expect("a socket")
        .into()
}

/// Sends raw bytes and returns the first line of the answer.
fn ask(world: &World, request: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket(world)).expect("connected");
    // The engine may hang up in the middle of what it refuses.
    let _ = stream.write_all(request);
    let mut answer = String::new();
    let mut buffer = [0; 512];
    if let Ok(n) = stream.read(&mut buffer) {
        answer.push_str(&String::from_utf8_lossy(&buffer[..n]));
    }
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn s21_the_socket_and_the_state_belong_to_the_owner_alone() {
    let world = World::new();
    let path = socket(&world);
    let mode = |p: &std::path::Path| std::fs::metadata(p).expect("there").mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().expect("a folder")), 0o700);
    world.ok(&[
        "run",
        "-d",
        "--name",
        "xx",
        "alpine",
        "sh",
        "-c",
        "echo secret > /f; sleep 1000",
    ]);
    let mut open = Vec::new();
    walk(world.home(), &mut |p| {
        let meta = std::fs::symlink_metadata(p).expect("there");
        if !meta.file_type().is_symlink() && meta.mode() & 0o077 != 0 {
            open.push(format!("{:o} {}", meta.mode() & 0o777, p.display()));
        }
    });
    open.retain(|line| !line.contains("docker-config"));
    assert!(
        open.is_empty(),
        "others could reach these:\n{}",
        open.join("\n")
    );
}

fn walk(folder: &std::path::Path, visit: &mut impl FnMut(&std::path::Path)) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        visit(&entry.path());
        if entry.path().is_dir() {
            walk(&entry.path(), visit);
        }
    }
}

#[test]
fn s24_what_is_too_large_or_no_http_is_refused_and_the_engine_goes_on() {
    let world = World::new();
    let large = 9 << 20;
    let mut request = format!(
        "POST /v1.51/containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: {large}\r\n\r\n"
    )
    .into_bytes();
    request.resize(request.len() + large, b' ');
    assert!(ask(&world, &request).contains("413"), "a document of 9 MiB");

    let mut headers = b"GET /_ping HTTP/1.1\r\nHost: d\r\nX: ".to_vec();
    headers.resize(headers.len() + (1 << 20), b'x');
    headers.extend_from_slice(b"\r\n\r\n");
    assert!(ask(&world, &headers).contains("431"), "a header of 1 MiB");

    assert!(ask(&world, b"\x16\x03\x01 this is no HTTP\r\n\r\n").contains("400"));
    let deep = "[".repeat(100_000);
    let request = format!(
        "POST /v1.51/containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{deep}",
        deep.len()
    );
    assert!(
        ask(&world, request.as_bytes()).contains("400"),
        "a deep document"
    );
    let both = b"POST /v1.51/containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert!(!ask(&world, both).contains("201"));
    assert!(
        ask(
            &world,
            b"GET /_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n"
        )
        .contains("200")
    );
}

/// A client sends its whole upload before it reads: one that is refused meanwhile sees the answer, not a broken pipe.
#[test]
fn an_upload_that_is_refused_can_still_be_sent() {
    let world = World::new();
    world.ok(&["ps"]);
    let body = vec![0; 200 << 10];
    for request in [
        "PUT /v1.51/containers/nosuch/archive?path=/",
        "POST /v1.51/build?platform=a/b/c/d",
    ] {
        let mut stream = UnixStream::connect(socket(&world)).expect("connected");
        let head = format!(
            "{request} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("a request");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("the refusal");
        assert!(
            answer.starts_with(b"HTTP/1.1 4"),
            "{request}: {}",
            String::from_utf8_lossy(&answer)
        );
        stream
            .write_all(&body)
            .unwrap_or_else(|e| panic!("{request}: {e}"));
    }
}
