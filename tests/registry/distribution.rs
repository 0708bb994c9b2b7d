//! `GET /distribution/{name}/json`: what a name stands for in a registry. The answers were recorded from Docker 28.5.2 before the same
//! manifests.
#![cfg(unix)]

use crate::double::{Double, Reply, Seen};
use crate::place::Image;
use crate::support::World;
use crate::support::http::{Answer, ask};
use bytes::Bytes;
use schooner::base::digest::Digest;
use schooner::oci::manifest::{DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST};

/// An index of two platforms and, in the OCI form, one that is for none.
fn index(kind: &str, of: &Image) -> Bytes {
    let entry = |platform: &str| {
        format!(
            r#"{{"mediaType":"{DOCKER_MANIFEST}","digest":"{}","size":{}{platform}}}"#,
            of.digest(),
            of.manifest.len()
        )
    };
    let mut entries = vec![
        entry(
            r#","platform":{"architecture":"amd64","os":"linux","os.version":"10.1","features":["sse"],"os.features":["x"]}"#,
        ),
        entry(r#","platform":{"architecture":"arm","os":"linux","variant":"v7"}"#),
    ];
    if kind == OCI_INDEX {
        entries.push(entry(""));
    }
    let list = entries.join(",");
    format!(r#"{{"schemaVersion":2,"mediaType":"{kind}","manifests":[{list}]}}"#).into()
}

/// A registry with one image under `1`, the image as OCI's under `oci`, and indexes under `index` and `list`.
fn serve(image: &Image, seen: &Seen) -> Reply {
    let oci = String::from_utf8_lossy(&image.manifest).replace(DOCKER_MANIFEST, OCI_MANIFEST);
    let documents = [
        ("1", DOCKER_MANIFEST, image.manifest.clone()),
        ("oci", OCI_MANIFEST, oci.into_bytes().into()),
        ("index", OCI_INDEX, index(OCI_INDEX, image)),
        ("list", DOCKER_INDEX, index(DOCKER_INDEX, image)),
    ];
    let Some((_, asked)) = seen.path.split_once("/manifests/") else {
        return image.answer(seen);
    };
    let named = |(tag, _, bytes): &&(&str, &str, Bytes)| {
        *tag == asked || Digest::of(bytes).to_string() == asked
    };
    match documents.iter().find(named) {
        Some((_, kind, bytes)) => Reply::new(200, bytes.clone())
            .header("content-type", kind)
            .header("docker-content-digest", Digest::of(bytes)),
        None => Reply::error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
    }
}

fn inspect(world: &World, name: &str) -> Answer {
    ask(
        world,
        &format!("GET /v1.51/distribution/{name}/json"),
        "",
        b"",
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_described_as_docker_describes_it() {
    let image = Image::of("linux", "amd64", &["one"]);
    let source = image.clone();
    let registry = Double::serve(move |seen| serve(&source, seen)).await;
    let here = registry.name();
    let done = tokio::task::spawn_blocking(move || {
        let world = World::new();
        let told = |name: &str| {
            let answer = inspect(&world, &format!("{here}/{name}"));
            (answer.status, answer.body.trim_end().to_owned())
        };
        let expected = |kind: &str, bytes: &[u8], platforms: &str| {
            format!(
                r#"{{"Descriptor":{{"mediaType":"{kind}","digest":"{}","size":{}}},"Platforms":{platforms}}}"#,
                Digest::of(bytes),
                bytes.len()
            )
        };
        let own = r#"[{"architecture":"amd64","os":"linux"}]"#;
        let by_tag = expected(DOCKER_MANIFEST, &image.manifest, own);
        assert_eq!(told("a:1"), (200, by_tag.clone()));
        assert_eq!(told(&format!("a@{}", image.digest())), (200, by_tag));
        let (_, oci) = told("a:oci");
        assert!(
            oci.contains(OCI_MANIFEST) && oci.ends_with(r#""Platforms":null}"#),
            "{oci}"
        );
        let both = r#"{"architecture":"amd64","os":"linux","os.version":"10.1","os.features":["x"]},{"architecture":"arm","os":"linux","variant":"v7"}"#;
        let list = expected(
            DOCKER_INDEX,
            &index(DOCKER_INDEX, &image),
            &format!("[{both}]"),
        );
        assert_eq!(told("a:list"), (200, list));
        let none = format!(r#"[{both},{{"architecture":"","os":""}}]"#);
        let listed = expected(OCI_INDEX, &index(OCI_INDEX, &image), &none);
        assert_eq!(told("a:index"), (200, listed));
        let unknown = r#"{"message":"manifest unknown: manifest unknown"}"#;
        for name in ["a", "a:no", &format!("a@sha256:{}", "b".repeat(64))] {
            assert_eq!(told(name), (404, unknown.to_owned()), "{name}");
        }
        assert_eq!(world.ok(&["images", "-q"]), "");
    });
    done.await.expect("it holds");
}

#[test]
fn names_that_no_registry_is_asked_for() {
    let world = World::new();
    let id = "a".repeat(64);
    let prefixed = format!("sha256:{id}");
    for (name, status, message) in [
        (id.as_str(), 500, "no manifest found for full image ID"),
        (
            prefixed.as_str(),
            500,
            "no manifest found for full image ID",
        ),
        (
            "UP",
            400,
            "invalid reference format: repository name (library/UP) must be lowercase",
        ),
        ("a:b:c", 400, "invalid reference format"),
    ] {
        let answer = inspect(&world, name);
        let body: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(
            (answer.status, body["message"].as_str()),
            (status, Some(message))
        );
    }
    // The catalogue is its own registry: the digest is the one that a pull tells.
    let told: serde_json::Value =
        serde_json::from_str(&inspect(&world, "alpine").body).expect("JSON");
    let digest = told["Descriptor"]["digest"].as_str().expect("a digest");
    assert!(
        world
            .ok(&["pull", "alpine"])
            .contains(&format!("Digest: {digest}\n"))
    );
}
