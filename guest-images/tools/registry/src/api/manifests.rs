//! Manifests by tag and by digest. One is taken only when everything that it names is in the repository.

use crate::http::{Answer, Body, Code, Request, broken};
use crate::route;
use crate::store::{Kind, Store};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The hexadecimal digits of what a reference means.
fn found(store: &Store, name: &str, reference: &str) -> Result<String, Answer> {
    match route::hex(reference) {
        Some(hex) => Ok(hex.to_owned()),
        None if reference.contains(':') => Err(Code::DigestInvalid.plain()),
        None => {
            let unknown = || Code::ManifestUnknown.detail(json!({ "Tag": reference }));
            store.tagged(name, reference).ok_or_else(unknown)
        }
    }
}

/// The media type of a manifest that was taken once.
fn kind(manifest: &Value) -> &str {
    match manifest["mediaType"].as_str() {
        Some(kind) => kind,
        None if manifest["manifests"].is_array() => OCI_INDEX,
        None => OCI,
    }
}

/// `GET` and `HEAD`.
pub fn get(store: &Store, request: &Request, name: &str, reference: &str) -> Answer {
    let mut hex = match found(store, name, reference) {
        Ok(hex) => hex,
        Err(answer) => return answer,
    };
    let unknown = |hex: &str| {
        let detail = json!({ "Name": name, "Revision": format!("sha256:{hex}") });
        Code::ManifestUnknown.detail(detail)
    };
    let Some(mut bytes) = store.manifest(name, &hex) else {
        return unknown(&hex);
    };
    if request.header("if-none-match") == Some(&format!("\"sha256:{hex}\"")) {
        return Answer::empty(304);
    }
    let mut manifest: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    // Who asks by tag and does not know lists gets the image for the usual machine, as old clients expect.
    let by_tag = route::hex(reference).is_none();
    if by_tag && kind(&manifest) == DOCKER_LIST && !request.accepts(DOCKER_LIST) {
        let usual = manifest["manifests"].as_array().and_then(|all| {
            let platform = |one: &&Value| {
                one["platform"]["os"] == "linux" && one["platform"]["architecture"] == "amd64"
            };
            all.iter().find(platform)?["digest"].as_str()
        });
        let Some(inner) = usual.and_then(route::hex) else {
            return Code::ManifestUnknown.plain();
        };
        hex = inner.to_owned();
        bytes = match store.manifest(name, &hex) {
            Some(bytes) => bytes,
            None => return unknown(&hex),
        };
        manifest = serde_json::from_slice(&bytes).unwrap_or_default();
    }
    match kind(&manifest) {
        OCI if !request.accepts(OCI) => {
            return Code::ManifestUnknown
                .says("OCI manifest found, but accept header does not support OCI manifests");
        }
        OCI_INDEX if !request.accepts(OCI_INDEX) => {
            return Code::ManifestUnknown
                .says("OCI index found, but accept header does not support OCI indexes");
        }
        _ => {}
    }
    let mut answer = Answer::empty(200)
        .with("Content-Type", kind(&manifest))
        .with("Docker-Content-Digest", format!("sha256:{hex}"))
        .with("Etag", format!("\"sha256:{hex}\""));
    answer.body = Body::Bytes(bytes);
    answer
}

/// `PUT`.
pub fn put(store: &Store, request: &Request, name: &str, reference: &str, bytes: &[u8]) -> Answer {
    let manifest = match understood(request.header("content-type"), bytes) {
        Ok(manifest) => manifest,
        Err(answer) => return answer,
    };
    let sum = Sha256::digest(bytes);
    let hex: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    let by_digest = reference.contains(':');
    if by_digest && route::hex(reference) != Some(&hex) {
        return Code::DigestInvalid.plain();
    }
    let missing = missing(store, name, &manifest);
    if !missing.is_empty() {
        return Code::ManifestBlobUnknown.listed(&missing);
    }
    let stored = store.put_manifest(name, &hex, bytes).and_then(|()| {
        if by_digest {
            return Ok(());
        }
        store.set_tag(name, reference, &hex)
    });
    if let Err(error) = stored {
        return broken(&error);
    }
    let place = request.address(&format!("/v2/{name}/manifests/sha256:{hex}"));
    Answer::empty(201)
        .with("Docker-Content-Digest", format!("sha256:{hex}"))
        .with("Location", place)
}

/// Reads a manifest and holds it against what its sender calls it.
fn understood(content_type: Option<&str>, bytes: &[u8]) -> Result<Value, Answer> {
    let manifest: Value = serde_json::from_slice(bytes).map_err(|error| {
        let at = match bytes.is_empty() {
            true => 0,
            false => error.column(),
        };
        Code::ManifestInvalid.detail(json!({ "Offset": at }))
    })?;
    let said = content_type.and_then(|text| text.split(';').next());
    let said = said.map_or("", str::trim);
    let own = manifest["mediaType"].as_str();
    let fits = match said {
        DOCKER | DOCKER_LIST => own == Some(said),
        OCI | OCI_INDEX => own.is_none_or(|own| own == said),
        _ => false,
    };
    // What has both could be read in two ways, and two readers would see two images.
    let parts = [&manifest["layers"], &manifest["config"]];
    let (is_image, is_index) = (
        parts.iter().any(|part| !part.is_null()),
        !manifest["manifests"].is_null(),
    );
    let wants_index = matches!(said, DOCKER_LIST | OCI_INDEX);
    let whole = match wants_index {
        true => manifest["manifests"].is_array() && !is_image,
        false => manifest["config"].is_object() && manifest["layers"].is_array() && !is_index,
    };
    match fits && manifest["schemaVersion"] == 2 && whole {
        true => Ok(manifest),
        false => Err(Code::ManifestInvalid.detail(json!({}))),
    }
}

/// What a manifest names and the repository does not have. Layers with addresses of their own may be elsewhere.
fn missing(store: &Store, name: &str, manifest: &Value) -> Vec<Option<Value>> {
    let list = |member: &str| manifest[member].as_array().cloned().unwrap_or_default();
    let has = |part: &Value, kind| {
        let hex = part["digest"].as_str().and_then(route::hex);
        hex.is_some_and(|hex| store.size(name, kind, hex).is_some())
    };
    let mut missing = Vec::new();
    for part in list("layers").iter().chain([&manifest["config"]]) {
        let elsewhere = part["urls"].as_array().is_some_and(|urls| !urls.is_empty());
        if part.is_object() && !elsewhere && !has(part, Kind::Layer) {
            missing.push(Some(part["digest"].clone()));
        }
    }
    for part in &list("manifests") {
        if !has(part, Kind::Manifest) {
            missing.push(Some(part["digest"].clone()));
        }
    }
    missing
}

/// `DELETE`, by digest alone.
pub fn delete(store: &Store, name: &str, reference: &str) -> Answer {
    let Some(hex) = route::hex(reference) else {
        return Code::DigestInvalid.plain();
    };
    match store.remove_manifest(name, hex) {
        Ok(true) => Answer::empty(202),
        Ok(false) => Code::ManifestUnknown.plain(),
        Err(error) => broken(&error),
    }
}
