//! `remote`: a context that the engine fetches, from a server of this test's own.

use crate::client::{Context, post};
use crate::support::{World, text};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

/// Answers with the documents of these paths, each with its content type; anything else is not found. Gives its address.
pub fn serve(documents: Vec<(&'static str, &'static str, Vec<u8>)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut lines = BufReader::new(stream.try_clone().expect("a handle")).lines();
            let asked = lines.next().and_then(Result::ok).unwrap_or_default();
            while lines.next().is_some_and(|l| l.is_ok_and(|l| !l.is_empty())) {}
            let path = asked.split([' ', '?']).nth(1).unwrap_or_default();
            let found = documents.iter().find(|(name, _, _)| *name == path);
            let (status, kind, body) = match found {
                Some((_, kind, body)) => ("200 OK", *kind, body.as_slice()),
                None => ("404 Not Found", "text/plain", &b" gone \n"[..]),
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            // The engine may have seen enough.
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(body);
        }
    });
    format!("http://{address}")
}

#[test]
fn a_context_is_fetched_from_an_address() {
    let world = World::new();
    let context = Context::new(&["FROM alpine", "COPY f /f"]).file("f", "fetched\n");
    let at = serve(vec![
        (
            "/Dockerfile",
            "text/plain",
            b"FROM alpine\nENV a=1\n".to_vec(),
        ),
        (
            "/D2",
            "application/octet-stream",
            b"FROM alpine\nCOPY f /f\n".to_vec(),
        ),
        ("/context.tar", "application/x-tar", context.tar()),
        ("/bad", "text/plain", b"RUNN x\n".to_vec()),
        ("/page", "text/html", b"<html>".to_vec()),
        ("/empty", "text/plain", Vec::new()),
    ]);
    world.ok(&["run", "--rm", "alpine", "true"]);
    let build = |address: &str| post(&world, &format!("/build?t=fetched&remote={address}"), b"");

    let (status, said) = build(&format!("{at}/Dockerfile"));
    assert_eq!(status, 200, "{said}");
    let first = format!(
        r#"{{"status":"{at}/Dockerfile","progressDetail":{{"current":20}},"progress":"     20B","id":"Downloading context"}}"#
    );
    assert!(said.starts_with(&format!("{first}\r\n{{}}\r\n")), "{said}");
    assert!(
        said.contains("Successfully tagged fetched:latest"),
        "{said}"
    );

    assert_eq!(build(&format!("{at}/context.tar")).0, 200);
    assert_eq!(
        world.ok(&["run", "--rm", "fetched", "cat", "/f"]),
        "fetched\n"
    );

    // The words are those of a real Docker.
    let told = |path: &str| build(&format!("{at}{path}")).1;
    let said = told("/D2");
    let words = r#""error":"COPY failed: missing build context""#;
    assert!(said.contains(words), "{said}");
    assert!(told("/bad").contains("dockerfile parse error on line 1: unknown instruction: RUNN"));
    for (address, status, words) in [
        (
            format!("{at}/nosuch"),
            404,
            format!(
                "error downloading remote context {at}/nosuch: failed to GET {at}/nosuch with status 404 Not Found: gone"
            ),
        ),
        (
            format!("{at}/page"),
            500,
            format!(
                r#"error detecting content type for remote {at}/page: unsupported Content-Type \"text/html\""#
            ),
        ),
        (
            format!("{at}/empty"),
            500,
            format!("error detecting content type for remote {at}/empty: empty response"),
        ),
        (
            "foo".to_owned(),
            500,
            "remoteURL (foo) could not be recognized as URL".to_owned(),
        ),
        (
            format!("{at}/x.git"),
            500,
            format!("failed to fetch the repository {at}/x.git: this engine does not run git"),
        ),
    ] {
        let (found, said) = build(&address);
        assert_eq!(found, status, "{address}: {said}");
        assert!(said.contains(&words), "{address}: {said}");
    }

    let id = world.ok(&["build", "-q", &format!("{at}/Dockerfile")]);
    assert!(id.starts_with("sha256:"), "{id}");
    let refused = world.run(&["build", "-q", "git@h:x"]);
    assert!(text(&refused.stderr).contains("this engine does not run git"));
}
