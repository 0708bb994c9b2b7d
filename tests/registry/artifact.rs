//! WebAssembly artifacts: a program in a registry becomes an image that can be run.

use crate::double::{Double, Reply, Seen};
use crate::place::{Place, ranged};
use bytes::Bytes;
use schooner::base::digest::Digest;
use schooner::oci::manifest::OCI_MANIFEST;

const PROGRAM: &[u8] = b"\0asm\x01\0\0\0";

/// The config and the manifest of the CNCF's form: a config of its own, and the program as it is.
pub fn described(program: &[u8]) -> (Bytes, Bytes) {
    let config = Bytes::from(format!(
        r#"{{"created":"2024-01-01T00:00:00Z","architecture":"wasm","os":"wasip1","layerDigests":["{}"]}}"#,
        Digest::of(program)
    ));
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": {"mediaType": "application/vnd.wasm.config.v0+json", "digest": Digest::of(&config).to_string(), "size": config.len()},
        "layers": [{
            "mediaType": "application/wasm", "digest": Digest::of(program).to_string(), "size": program.len(),
            "annotations": {"org.opencontainers.image.title": "../hello.wasm"},
        }],
    });
    (config, Bytes::from(manifest.to_string()))
}

/// A registry whose every tag is said to be `PROGRAM`; `program` is what it sends.
fn artifact(seen: &Seen, program: &Bytes) -> Reply {
    let (config, manifest) = described(PROGRAM);
    match seen.path.as_str() {
        "/v2/" => Reply::new(200, "{}"),
        path if path.contains("/manifests/") => Reply::new(200, manifest.clone())
            .header("content-type", OCI_MANIFEST)
            .header("docker-content-digest", Digest::of(&manifest)),
        path if path.ends_with(&Digest::of(&config).to_string()) => ranged(seen, &config),
        path if path.ends_with(&Digest::of(PROGRAM).to_string()) => ranged(seen, program),
        _ => Reply::error(404, "BLOB_UNKNOWN", "blob unknown to registry"),
    }
}

#[tokio::test]
async fn a_program_becomes_an_image() {
    let program = Bytes::from_static(PROGRAM);
    let registry = Double::serve(move |seen| artifact(seen, &program)).await;
    let place = Place::new();
    let (outcome, _) = place.pull(&format!("{}/hello:1", registry.name())).await;
    let id = outcome.unwrap()[0];
    let config = place.store.images().config(&id).unwrap();
    let view = config.view();
    assert_eq!(
        (view.os.as_str(), view.architecture.as_str()),
        ("wasip1", "wasm")
    );
    let entry = view.config.entrypoint.clone().map(|words| words.0);
    assert_eq!(entry, Some(vec!["/hello.wasm".to_owned()]));
    let record = place.store.images().get(&id).unwrap().unwrap();
    let layers = place.store.layers(&record).unwrap();
    assert_eq!(layers[0].index.entries[0].path, "hello.wasm");
    let (again, _) = place.pull(&format!("{}/hello:1", registry.name())).await;
    assert_eq!(again.unwrap(), [id]);
}

#[tokio::test]
async fn a_program_that_is_another_one_leaves_nothing() {
    let other = Bytes::from_static(b"\0asm\x01\0\0\x01");
    let registry = Double::serve(move |seen| artifact(seen, &other)).await;
    let place = Place::new();
    let (outcome, _) = place.pull(&format!("{}/hello:1", registry.name())).await;
    let words = outcome.unwrap_err().to_string();
    assert!(
        words.starts_with("filesystem layer verification failed"),
        "{words}"
    );
    place.assert_empty();
}
