//! WebAssembly out of a registry, the whole way: a program goes up in each of its forms, comes down on another engine, and runs.
#![cfg(unix)]

use crate::artifact::described;
use crate::double::Double;
use crate::push::Shelf;
use crate::support::World;
use crate::support::http::send;
use crate::support::registry::Registry;
use schooner::base::digest::Digest;
use schooner::oci::manifest::{OCI_CONFIG, OCI_MANIFEST};
use serde_json::json;
use std::net::{SocketAddr, TcpStream};

/// Writes `hi` and the number of its arguments, and ends with 3.
const HELLO: &str = include_str!("../support/hello.wat");

/// Puts blobs and a manifest into a repository, as the tools for artifacts do.
fn upload(registry: SocketAddr, repository: &str, blobs: &[&[u8]], manifest: &[u8]) {
    let ask = |request: String, kind: &str, body: &[u8]| {
        let stream = TcpStream::connect(registry).expect("the registry");
        send(stream, &request, kind, body)
    };
    for blob in blobs {
        let begun = ask(format!("POST /v2/{repository}/blobs/uploads/"), "", b"");
        let place = begun.header("location").expect("a place");
        let path = place.find("/v2/").map_or(place, |at| &place[at..]);
        let joint = if path.contains('?') { '&' } else { '?' };
        let request = format!("PUT {path}{joint}digest={}", Digest::of(blob));
        let done = ask(request, "application/octet-stream", blob);
        assert_eq!(done.status, 201, "{done:?}");
    }
    let request = format!("PUT /v2/{repository}/manifests/1");
    assert_eq!(ask(request, OCI_MANIFEST, manifest).status, 201);
}

/// An ordinary config over a layer that is the program itself.
fn image_of(program: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let digest = Digest::of(program).to_string();
    let config = json!({
        "os": "wasi", "architecture": "wasm", "config": {"Entrypoint": ["/hello.wasm", "own"]},
        "rootfs": {"type": "layers", "diff_ids": [digest]},
    });
    let config = config.to_string().into_bytes();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, "digest": Digest::of(&config).to_string(), "size": config.len()},
        "layers": [{
            "mediaType": "application/wasm", "digest": digest, "size": program.len(),
            "annotations": {"org.opencontainers.image.title": "hello.wasm"},
        }],
    });
    (config, manifest.to_string().into_bytes())
}

fn runs(world: &World, image: &str, args: &[&str], expected: &str) {
    let output = world.run(&[&["run", "--rm", image], args].concat());
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        said,
        expected,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(3));
}

/// The whole way, through any registry.
fn goes_up_comes_down_and_runs(registry: SocketAddr) {
    let program = wat::parse_str(HELLO).expect("a module");
    let (config, manifest) = described(&program);
    upload(registry, "me/artifact", &[&program, &config], &manifest);
    let (config, manifest) = image_of(&program);
    upload(registry, "me/layer", &[&program, &config], &manifest);

    let there = World::new();
    for (name, expected) in [("artifact", "hi 3\n"), ("layer", "hi 4\n")] {
        let image = format!("{registry}/me/{name}:1");
        there.ok(&["pull", "-q", &image]);
        runs(&there, &image, &["a", "b"], expected);
    }

    // What became an image goes up as one, and is the same image elsewhere.
    let (from, name) = (
        format!("{registry}/me/layer:1"),
        format!("{registry}/me/image:1"),
    );
    there.ok(&["tag", &from, &name]);
    there.ok(&["push", "-q", &name]);
    let elsewhere = World::new();
    elsewhere.ok(&["pull", "-q", &name]);
    runs(&elsewhere, &name, &["a"], "hi 3\n");
    let id = |world: &World| world.ok(&["image", "inspect", "-f", "{{.Id}}", &name]);
    assert_eq!(id(&elsewhere), id(&there));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_goes_through_a_scripted_registry() {
    let shelf = Shelf::default();
    let double = Double::serve(move |seen| shelf.answer(seen)).await;
    let address = double.address;
    let done = tokio::task::spawn_blocking(move || goes_up_comes_down_and_runs(address));
    done.await.expect("it runs");
}

#[test]
fn a_program_goes_through_a_real_registry() {
    let Some(registry) = Registry::start(None) else {
        return;
    };
    goes_up_comes_down_and_runs(registry.address);
}
