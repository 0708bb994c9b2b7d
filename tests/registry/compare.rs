//! The catalogue's `registry` image and Debian's docker-registry get the same requests and give the same answers.

use crate::catalogue::{Answer, ask, digest, start};
use crate::support::World;
use crate::support::registry::Registry;

/// A request of the comparison: method, path, headers, body. `UPLOAD` in a path is where the last upload goes on.
type Step = (String, String, Vec<(&'static str, &'static str)>, Vec<u8>);

const IMAGE: &str = "application/vnd.docker.distribution.manifest.v2+json";
const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const BYTES: &str = "application/octet-stream";

fn manifest(kind: &str, part: &str) -> Vec<u8> {
    let part = format!("{{\"mediaType\":\"{BYTES}\",\"size\":5,\"digest\":\"{part}\"}}");
    format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"{kind}\",\"config\":{part},\"layers\":[{part}]}}"
    )
    .into_bytes()
}

/// Everything that clients ask, and most of what they get wrong.
fn steps() -> Vec<Step> {
    let (hello, other) = (digest(b"hello"), digest(b"x"));
    let image = manifest(IMAGE, &hello);
    let its = digest(&image);
    let list = format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"{LIST}\",\"manifests\":[{{\"mediaType\":\"{IMAGE}\",\"size\":1,\
         \"digest\":\"{its}\",\"platform\":{{\"architecture\":\"amd64\",\"os\":\"linux\"}}}}]}}"
    );
    let mut steps: Vec<Step> = Vec::new();
    let mut add = |line: &str, headers: &[(&'static str, &'static str)], body: &[u8]| {
        let (method, path) = line.split_once(' ').expect("a method and a path");
        steps.push((
            method.to_owned(),
            path.to_owned(),
            headers.to_vec(),
            body.to_vec(),
        ));
    };
    for path in [
        "/",
        "/v2/",
        "/v2",
        "/v3/",
        "/v2/UPPER/tags/list",
        "/v2/_catalog",
    ] {
        add(&format!("GET {path}"), &[], b"");
    }
    add("POST /v2/_catalog", &[], b"");
    add("GET /v2/nosuch/tags/list", &[], b"");
    add("HEAD /v2/nosuch/manifests/latest", &[], b"");
    add("GET /v2/nosuch/manifests/latest", &[], b"");
    add("GET /v2/a/b/blobs/sha256:00", &[], b"");
    let blob = format!("/v2/a/b/blobs/{hello}");
    add(&format!("GET {blob}"), &[], b"");
    let bytes = [("Content-Type", BYTES)];
    add("POST /v2/a/b/blobs/uploads/", &[], b"");
    add("PATCH UPLOAD", &bytes, b"hel");
    add("GET UPLOAD", &[], b"");
    add("PUT UPLOAD", &[], b"");
    add("POST /v2/a/b/blobs/uploads/", &[], b"");
    add(&format!("PUT UPLOAD&digest={other}"), &bytes, b"hello");
    add("POST /v2/a/b/blobs/uploads/", &[], b"");
    add("PUT UPLOAD&digest=sha256:00", &bytes, b"hello");
    add("DELETE UPLOAD", &[], b"");
    add("DELETE UPLOAD", &[], b"");
    add("PATCH UPLOAD", &bytes, b"x");
    add("POST /v2/a/b/blobs/uploads/", &[], b"");
    add("PATCH UPLOAD", &bytes, b"hel");
    add(
        "PATCH UPLOAD",
        &[("Content-Type", BYTES), ("Content-Range", "3-4")],
        b"lo",
    );
    add(&format!("PUT UPLOAD&digest={hello}"), &[], b"");
    for range in ["bytes=1-2", "bytes=-2", "bytes=3-", "bytes=0-99"] {
        add(&format!("GET {blob}"), &[("Range", range)], b"");
    }
    add(&format!("HEAD {blob}"), &[], b"");
    add(&format!("GET {blob}"), &[], b"");
    add(&format!("POST {blob}"), &[], b"");
    add(
        &format!("POST /v2/c/blobs/uploads/?mount={hello}&from=a/b"),
        &[],
        b"",
    );
    add(
        &format!("POST /v2/d/blobs/uploads/?mount={hello}&from=zz"),
        &[],
        b"",
    );
    add("GET /v2/a/b/blobs/uploads/", &[], b"");
    let typed = [("Content-Type", IMAGE)];
    for (reference, body) in [
        ("latest", image.clone()),
        (&its, image.clone()),
        (&other, image.clone()),
        ("bad", manifest(IMAGE, &other)),
        ("bad", b"{}".to_vec()),
        ("bad", b"no json".to_vec()),
        ("bad", Vec::new()),
        ("bad", manifest(OCI, &hello)),
    ] {
        add(&format!("PUT /v2/a/b/manifests/{reference}"), &typed, &body);
    }
    add("PUT /v2/new/manifests/x", &typed, &image);
    add(
        "PUT /v2/a/b/manifests/bad",
        &[("Content-Type", "text/plain")],
        &image,
    );
    add(
        "PUT /v2/a/b/manifests/oci",
        &[("Content-Type", OCI)],
        &manifest(OCI, &hello),
    );
    add(
        "PUT /v2/a/b/manifests/list",
        &[("Content-Type", LIST)],
        list.as_bytes(),
    );
    for (reference, kind) in [
        ("latest", IMAGE),
        ("oci", IMAGE),
        ("oci", OCI),
        ("list", IMAGE),
        ("list", LIST),
        (&its, IMAGE),
        (&other, IMAGE),
    ] {
        let path = format!("GET /v2/a/b/manifests/{reference}");
        add(&path, &[("Accept", kind)], b"");
    }
    add("HEAD /v2/a/b/manifests/latest", &[("Accept", IMAGE)], b"");
    add("GET /v2/a/b/tags/list", &[], b"");
    add("GET /v2/c/tags/list", &[], b"");
    for query in ["", "?n=1", "?n=0", "?n=x", "?n=100000"] {
        add(&format!("GET /v2/_catalog{query}"), &[], b"");
    }
    add("DELETE /v2/a/b/manifests/latest", &[], b"");
    for _ in 0..2 {
        add(&format!("DELETE /v2/a/b/manifests/{its}"), &[], b"");
        add(&format!("DELETE {blob}"), &[], b"");
    }
    add("GET /v2/a/b/manifests/latest", &[("Accept", IMAGE)], b"");
    add("GET /v2/a/b/tags/list", &[], b"");
    add(&format!("GET {blob}"), &[], b"");
    add(&format!("GET /v2/c/blobs/{hello}"), &[], b"");
    steps
}

/// The answers to all steps, without what is new each time.
fn answers(port: u16) -> Vec<Answer> {
    let mut upload = String::new();
    let mut given = Vec::new();
    for (method, path, headers, body) in steps() {
        let path = path.replace("UPLOAD", &upload);
        let mut answer = ask(port, &method, &path, &headers, &body).expect("an answer");
        let id = answer.header("Docker-Upload-Uuid").map(str::to_owned);
        if let (Some(_), Some(place)) = (&id, answer.header("Location")) {
            upload = place
                .strip_prefix("http://here")
                .expect("an address")
                .to_owned();
            if !upload.contains('?') {
                upload.push('?');
            }
        }
        for (_, value) in &mut answer.headers {
            let state = value.find("?_state=");
            value.truncate(state.unwrap_or(value.len()));
            if let Some(id) = &id {
                *value = value.replace(id.as_str(), "ID");
            }
        }
        // The real one lists tags as their folders come.
        if path.ends_with("/tags/list") && answer.status == 200 {
            let mut tags: Vec<&str> = answer.body.split(['[', ']', ',']).collect();
            tags.sort_unstable();
            answer.body = tags.join(" ");
        }
        given.push(answer);
    }
    given
}

#[test]
fn it_answers_as_debians_docker_registry_does() {
    let Some(registry) = Registry::start(None) else {
        return;
    };
    let real = answers(registry.address.port());
    let world = World::new();
    let ours = answers(start(
        &world,
        &["-e", "REGISTRY_STORAGE_DELETE_ENABLED=true"],
    ));
    for ((step, real), ours) in steps().iter().zip(real).zip(ours) {
        assert_eq!(ours, real, "{} {} {:?}", step.0, step.1, step.2);
    }
}
