//! `ADD` of addresses, from a server of this test's own.

use crate::buildkit::{logged, names, solved};
use crate::client::{Context, build, shell};
use crate::grpc::Files;
use crate::remote::serve;
use crate::support::World;

const SUM: &str = "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

fn files(dockerfile: String) -> Files {
    let text: &'static str = dockerfile.leak();
    Files::from([(("dockerfile", "Dockerfile"), text.as_bytes())])
}

fn server() -> String {
    let archive = Context::empty().file("inside", "packed\n").tar();
    serve(vec![
        ("/d/hello.txt", "text/plain", b"hello\n".to_vec()),
        ("/", "text/html", b"<html>".to_vec()),
        ("/a.tar", "application/x-tar", archive),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_becomes_a_file_and_its_step_is_known_by_its_contents() {
    let world = World::new();
    let at = server();
    let text = format!(
        "FROM alpine\nARG U={at}\nADD --checksum={SUM} $U/d/hello.txt?x=y $U /q/\nADD --chmod=640 --chown=5:6 $U/a.tar /p\nADD --unpack=true $U/a.tar /r/\n\
         RUN stat -c '%n %a %u:%g %Y %s' /q/* /p; cat /q/hello.txt /r/inside\n"
    );
    // The sum is that of each document, so two need no sum together.
    let (outcome, _) = solved(&world, "both", files(text.clone())).await;
    assert!(outcome.unwrap_err().starts_with("digest mismatch sha256:"));
    let text = text.replace(&format!("--checksum={SUM} "), "");
    let (outcome, told) = solved(&world, "one", files(text.clone())).await;
    outcome.expect("an image");
    let out = logged(&told, 1);
    assert!(
        out.starts_with("/q/__unnamed__ 600 0:0 1445412480 6\n/q/hello.txt 600 0:0 1445412480 6\n/p 640 5:6 1445412480 "),
        "{out}"
    );
    assert!(out.ends_with("hello\npacked\n"), "{out}");
    let steps = names(&told);
    let add = format!("[2/5] ADD {at}/d/hello.txt?x=y {at} /q/");
    assert!(steps.contains(&add), "{steps:?}");
    let (_, told) = solved(&world, "two", files(text)).await;
    assert_eq!(logged(&told, 1), "", "all of it is in the cache");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_fetched_says_why() {
    let world = World::new();
    let at = server();
    let closed = "http://127.0.0.1:9";
    for (number, (line, expected)) in [
        (format!("ADD {at}/nosuch /"), "failed to load cache key: invalid response status 404".to_owned()),
        (
            format!("ADD {closed}/x /"),
            format!("failed to load cache key: Get \"{closed}/x\": dial tcp 127.0.0.1:9: connect: connection refused"),
        ),
        (
            format!("ADD --checksum={} {at}/d/hello.txt /", SUM.replace("5891", "0000")),
            format!("digest mismatch {SUM}: {}", SUM.replace("5891", "0000")),
        ),
        (format!("ADD --checksum=foo {at}/d/hello.txt /"), "invalid checksum digest format".to_owned()),
        (format!("ADD --checksum={SUM} file /"), "checksum requires HTTP(S) or Git sources".to_owned()),
        (format!("COPY {at}/d/hello.txt /"), "source can't be a URL for COPY".to_owned()),
        (
            "ADD https://h/x.git /".to_owned(),
            "failed to load cache key: failed to fetch the repository https://h/x.git: this engine does not run git".to_owned(),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let mut files = files(format!("FROM alpine\n{line}\n"));
        files.insert(("context", "file"), b"f");
        let (outcome, _) = solved(&world, &format!("bad{number}"), files).await;
        assert_eq!(outcome.unwrap_err(), expected, "{line}");
    }
}

#[test]
fn the_classic_builder_fetches_too() {
    let world = World::new();
    let at = server();
    let add = format!("ADD {at}/d/hello.txt /f");
    let built = build(&world, "", Context::new(&["FROM alpine", &add]));
    assert_eq!(
        shell(&world, &built.id(), "cat /f; stat -c %a /f"),
        "hello\n600\n"
    );
    let add = format!("ADD {at}/nosuch /f");
    let built = build(&world, "", Context::new(&["FROM alpine", &add]));
    let words = format!("ADD failed: failed to GET {at}/nosuch with status 404 Not Found: gone");
    assert_eq!(built.error(), Some(words.as_str()));
}
