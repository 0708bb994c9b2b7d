//! Bring your own WebAssembly: an image of nothing but a program, a module or a component, built or out of an artifact.

use crate::client::{Context, build};
use crate::support::{World, text};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::process::Stdio;

/// The component that the kernel's tests run too; its first argument says what it does.
fn component() -> Vec<u8> {
    zstd::decode_all(&include_bytes!("../kernel/guests/component.wasm.zst")[..]).expect("zstd")
}

/// Writes `hi` and the number of its arguments, and ends with 3.
const HELLO: &str = include_str!("../support/hello.wat");

#[test]
fn a_program_alone_is_an_image() {
    let world = World::new();
    let module = wat::parse_str(HELLO).expect("a module");
    let lines = [
        "FROM scratch",
        "COPY hello.wasm /hello.wasm",
        "ENTRYPOINT [\"/hello.wasm\"]",
    ];
    build(
        &world,
        "t=k_hello",
        Context::new(&lines).with("hello.wasm", tar::EntryType::Regular, 0o755, "", &module),
    )
    .id();
    let output = world.run(&["run", "--rm", "k_hello", "a", "b"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hi 3\n");
    assert_eq!(output.status.code(), Some(3));
    let shown = world.ok(&[
        "image",
        "inspect",
        "-f",
        "{{.Os}}/{{.Architecture}} {{len .RootFS.Layers}}",
        "k_hello",
    ]);
    assert_eq!(shown, "wasi/wasm 1\n");
}

#[test]
fn a_program_can_be_run_while_the_image_is_built() {
    let world = World::new();
    let module = wat::parse_str(HELLO).expect("a module");
    let lines = [
        "FROM alpine",
        "COPY --chmod=755 hello.wasm /bin/hello",
        "RUN hello x y z >/out; echo $? >>/out; cat /out",
    ];
    let built = build(
        &world,
        "",
        Context::new(&lines).bytes("hello.wasm", &module),
    );
    assert!(built.said().contains("hi 4\n3\n"), "{}", built.said());
}

#[test]
fn a_component_alone_is_an_image() {
    let world = World::new();
    let lines = [
        "FROM scratch",
        "COPY c.wasm /c.wasm",
        "ENV COLOUR=blue",
        "WORKDIR /work",
        "ENTRYPOINT [\"/c.wasm\"]",
    ];
    build(
        &world,
        "t=k_component",
        Context::new(&lines).with("c.wasm", tar::EntryType::Regular, 0o755, "", &component()),
    )
    .id();
    let args = world.ok(&["run", "--rm", "k_component", "args", "x"]);
    assert_eq!(args, "[\"/c.wasm\", \"args\", \"x\"]\n");
    assert_eq!(
        world.ok(&["run", "--rm", "k_component", "env", "COLOUR"]),
        "Ok(\"blue\")\n"
    );
    assert_eq!(
        world
            .run(&["run", "--rm", "k_component", "exit", "1"])
            .status
            .code(),
        Some(1)
    );
    assert_eq!(
        world
            .run(&["run", "--rm", "k_component", "panic"])
            .status
            .code(),
        Some(134)
    );
    let files = world.ok(&["run", "--rm", "k_component", "files", "/work/new"]);
    assert!(files.starts_with("first\nSECOND\n5 bytes\n"), "{files}");

    let mut cat = world.schooner();
    cat.args(["run", "--rm", "-i", "k_component", "cat"]);
    let mut cat = cat
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("runs");
    cat.stdin
        .take()
        .expect("a pipe")
        .write_all(b"through\n")
        .expect("taken");
    assert_eq!(
        text(&cat.wait_with_output().expect("ends").stdout),
        "through\n"
    );

    world.ok(&["run", "-d", "--name", "k_spin", "k_component", "spin"]);
    assert_eq!(
        world.ok(&["exec", "k_spin", "/c.wasm", "both"]),
        "to stdout\n"
    );
    assert_eq!(
        world
            .run(&["exec", "k_spin", "/c.wasm", "fail"])
            .status
            .code(),
        Some(1)
    );
    assert!(world.ok(&["top", "k_spin"]).contains("/c.wasm spin"));
    world.ok(&["pause", "k_spin"]);
    world.ok(&["unpause", "k_spin"]);
    world.ok(&["kill", "k_spin"]);
    let code = world.ok(&["inspect", "-f", "{{.State.ExitCode}}", "k_spin"]);
    assert_eq!(code, "137\n");
}

#[test]
fn a_shell_uses_components_as_commands() {
    let world = World::new();
    let lines = [
        "FROM alpine",
        "COPY --chmod=755 c.wasm /bin/c",
        "RUN echo one | c cat | tr a-z A-Z >/out; c exit 1; echo $? >>/out; c append /out $(c env HOME); cat /out",
    ];
    let built = build(
        &world,
        "",
        Context::new(&lines).bytes("c.wasm", &component()),
    );
    assert!(
        built.said().contains("ONE\n1\nOk(\"/root\")"),
        "{}",
        built.said()
    );
}

/// An OCI layout with one artifact of the CNCF's form.
fn artifact(program: &[u8]) -> Vec<u8> {
    let sum = |bytes: &[u8]| {
        let hex: String = Sha256::digest(bytes)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        (format!("sha256:{hex}"), format!("blobs/sha256/{hex}"))
    };
    let (digest, place) = sum(program);
    let config = format!(
        r#"{{"created":"2024-01-01T00:00:00Z","architecture":"wasm","os":"wasip2","layerDigests":["{digest}"]}}"#
    );
    let (config_digest, config_place) = sum(config.as_bytes());
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.wasm.config.v0+json", "digest": config_digest, "size": config.len()},
        "layers": [{
            "mediaType": "application/wasm", "digest": digest, "size": program.len(),
            "annotations": {"org.opencontainers.image.title": "c.wasm"},
        }],
    })
    .to_string();
    let (manifest_digest, manifest_place) = sum(manifest.as_bytes());
    let index = serde_json::json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{
            "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": manifest_digest, "size": manifest.len(),
            "annotations": {"io.containerd.image.name": "docker.io/library/k_artifact:1"},
        }],
    })
    .to_string();
    Context::empty()
        .file("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#)
        .file("index.json", &index)
        .file(&config_place, &config)
        .file(&manifest_place, &manifest)
        .bytes(&place, program)
        .tar()
}

#[test]
fn an_artifact_runs() {
    let world = World::new();
    let tar = world.home().join("artifact.tar");
    for (program, expected) in [
        (component(), "[\"/c.wasm\", \"args\"]\n"),
        (wat::parse_str(HELLO).expect("a module"), "hi 2\n"),
    ] {
        std::fs::write(&tar, artifact(&program)).expect("written");
        world.ok(&["load", "-q", "-i", tar.to_str().expect("a path")]);
        let output = world.run(&["run", "--rm", "k_artifact:1", "args"]);
        assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
    }
}

#[test]
fn what_a_component_misses_is_named() {
    let world = World::new();
    let http = wat::parse_str(r#"(component (import "wasi:http/types@0.2.0" (instance)))"#);
    let lines = [
        "FROM scratch",
        "COPY c.wasm /c.wasm",
        "ENTRYPOINT [\"/c.wasm\"]",
    ];
    build(
        &world,
        "t=k_http",
        Context::new(&lines).with(
            "c.wasm",
            tar::EntryType::Regular,
            0o755,
            "",
            &http.expect("a component"),
        ),
    )
    .id();
    let output = world.run(&["run", "--rm", "k_http"]);
    let line = "exec /c.wasm: exec format error: unknown import `wasi:http/types@0.2.0`\n";
    assert_eq!(text(&output.stderr), line);
    assert_eq!(output.status.code(), Some(255));
    let check = world.ok(&["image", "check", "k_http"]);
    let lacks =
        "/c.wasm does not run here: no wasi:http/types@0.2.0, export of wasi:cli/run@0.2.0\n";
    assert!(check.contains(lacks), "{check}");
}
