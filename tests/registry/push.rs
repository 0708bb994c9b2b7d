//! Push against a scripted registry: what goes up, what does not, and what happens when a connection breaks.

use crate::double::{Double, Reply, Seen};
use crate::place::{Image, Place, all};
use parking_lot::Mutex;
use schooner::base::digest::Digest;
use schooner::base::reference::Reference;
use schooner::registry::{Credentials, Event, Push, Step};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A registry that keeps what it gets, in one namespace for all repositories.
#[derive(Clone, Default)]
pub struct Shelf {
    /// By path behind `/v2/`: `me/app/blobs/sha256:…`, `me/app/manifests/1`.
    kept: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    /// The bytes of the upload under way.
    coming: Arc<Mutex<Vec<u8>>>,
    /// How many more pieces fail.
    failures: Arc<Mutex<usize>>,
}

impl Shelf {
    pub fn answer(&self, seen: &Seen) -> Reply {
        let path = seen.path.trim_start_matches("/v2/").to_owned();
        let (repository, rest) = path.split_once("/blobs/").unwrap_or((&path, ""));
        let place = |repository: &str| format!("/v2/{repository}/blobs/uploads/1");
        match (seen.method.as_str(), rest) {
            ("GET", _) if path.is_empty() => Reply::new(200, "{}"),
            ("POST", "uploads/") => {
                let query: BTreeMap<_, _> =
                    url::form_urlencoded::parse(seen.query.as_bytes()).collect();
                if let (Some(digest), Some(from)) = (query.get("mount"), query.get("from")) {
                    let found = self
                        .kept
                        .lock()
                        .get(&format!("{from}/blobs/{digest}"))
                        .cloned();
                    if let Some(bytes) = found {
                        let name = format!("{repository}/blobs/{digest}");
                        self.kept.lock().insert(name, bytes);
                        return Reply::new(201, "");
                    }
                }
                self.coming.lock().clear();
                Reply::new(202, "").header("location", place(repository))
            }
            ("PATCH", _) => {
                let mut failures = self.failures.lock();
                if *failures > 0 {
                    *failures -= 1;
                    return Reply::new(500, "");
                }
                self.coming.lock().extend_from_slice(&seen.body);
                Reply::new(202, "").header("location", place(repository))
            }
            ("GET", "uploads/1") => {
                let last = self.coming.lock().len().saturating_sub(1);
                Reply::new(204, "").header("range", format!("0-{last}"))
            }
            ("PUT", "uploads/1") => {
                let query: BTreeMap<_, _> =
                    url::form_urlencoded::parse(seen.query.as_bytes()).collect();
                let mut bytes = std::mem::take(&mut *self.coming.lock());
                bytes.extend_from_slice(&seen.body);
                let digest = Digest::of(&bytes).to_string();
                if query.get("digest").map(AsRef::as_ref) != Some(digest.as_str()) {
                    return Reply::error(400, "DIGEST_INVALID", "not these bytes");
                }
                self.kept
                    .lock()
                    .insert(format!("{repository}/blobs/{digest}"), bytes);
                Reply::new(201, "")
            }
            ("PUT", _) => {
                self.kept.lock().insert(path, seen.body.to_vec());
                Reply::new(201, "")
            }
            _ => match self.kept.lock().get(&path) {
                Some(bytes) if seen.method == "HEAD" => {
                    Reply::new(200, "").header("content-length", bytes.len())
                }
                Some(bytes) => Reply::new(200, bytes.clone()),
                None => Reply::error(404, "BLOB_UNKNOWN", "blob unknown to registry"),
            },
        }
    }

    fn get(&self, path: &str) -> Vec<u8> {
        self.kept.lock().get(path).cloned().expect(path)
    }
}

async fn push(
    place: &Place,
    name: &str,
    id: Digest,
) -> (schooner::registry::Result<()>, Vec<Event>) {
    let (tell, events) = mpsc::channel(1024);
    let push = Push {
        tags: vec![(Reference::parse(name).expect("a name"), id)],
        credentials: Credentials::default(),
    };
    let outcome = place.registries.push(&place.store, push, &tell).await;
    drop(tell);
    (outcome, all(events).await)
}

fn steps(events: &[Event]) -> Vec<Step> {
    let of = |event: &Event| match event {
        Event::Layer {
            step: Step::Pushing { .. },
            ..
        } => None,
        Event::Layer { step, .. } => Some(step.clone()),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

/// An image of the store that came from no registry.
fn imported(place: &Place, text: &[u8]) -> Digest {
    let tar = crate::place::tar(text);
    let config = |layer: &schooner::store::NewLayer| {
        serde_json::json!({
            "os": "linux", "architecture": "amd64",
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id.to_string()]},
        })
        .to_string()
        .into_bytes()
    };
    let image = place.store.import(&mut &tar[..], config, &[]);
    image.expect("an image").id
}

#[tokio::test]
async fn a_new_image_goes_up_once_and_is_mounted_elsewhere() {
    let (place, shelf) = (Place::new(), Shelf::default());
    let answers = shelf.clone();
    let registry = Double::serve(move |seen| answers.answer(seen)).await;
    let id = imported(&place, b"pushed");
    let name = format!("{}/me/app:1", registry.name());
    let (outcome, events) = push(&place, &name, id).await;
    outcome.unwrap();
    assert_eq!(
        events[0],
        Event::PushTo(format!("{}/me/app", registry.name()))
    );
    assert_eq!(steps(&events), [Step::Preparing, Step::Pushed]);
    let manifest = shelf.get("me/app/manifests/1");
    let done = events.iter().find(|e| matches!(e, Event::PushedTag { .. }));
    let Some(Event::PushedTag { tag, digest, size }) = done else {
        panic!("{events:?}");
    };
    assert_eq!((tag.as_str(), *size), ("1", manifest.len() as u64));
    assert_eq!(*digest, Digest::of(&manifest));
    let text: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(text["config"]["digest"], id.to_string());
    let layer = text["layers"][0]["digest"].as_str().unwrap();
    shelf.get(&format!("me/app/blobs/{layer}"));

    let (outcome, events) = push(&place, &name, id).await;
    outcome.unwrap();
    assert_eq!(steps(&events), [Step::Preparing, Step::There]);
    let other = format!("{}/me/other:2", registry.name());
    let (outcome, events) = push(&place, &other, id).await;
    outcome.unwrap();
    assert_eq!(
        steps(&events),
        [Step::Preparing, Step::Mounted("me/app".to_owned())]
    );
    assert_eq!(
        shelf.get("me/other/manifests/2"),
        manifest,
        "the same bytes each time"
    );
    let pieces = registry.count("PATCH", "uploads/1");
    assert_eq!(
        pieces, 3,
        "the layer once, and a config for each repository"
    );
}

#[tokio::test]
async fn an_image_that_was_pulled_keeps_its_digest() {
    let (place, shelf) = (Place::new(), Shelf::default());
    let image = Image::new(&["one", "two"]);
    let source = image.clone();
    let from = Double::serve(move |seen| source.answer(seen)).await;
    let (pulled, _) = place.pull(&format!("{}/a:1", from.name())).await;
    let id = pulled.unwrap()[0];
    // The new registry has the layers already, as one has that images are copied in.
    for layer in &image.layers {
        let name = format!("b/blobs/{}", Digest::of(layer));
        shelf.kept.lock().insert(name, layer.to_vec());
    }
    let answers = shelf.clone();
    let to = Double::serve(move |seen| answers.answer(seen)).await;
    let (outcome, events) = push(&place, &format!("{}/b:1", to.name()), id).await;
    outcome.unwrap();
    assert_eq!(shelf.get("b/manifests/1"), image.manifest);
    assert_eq!(steps(&events)[2..], [Step::There, Step::There]);
}

#[tokio::test]
async fn an_upload_goes_on_after_a_failure_and_a_refusal_is_told() {
    let (place, shelf) = (Place::new(), Shelf::default());
    *shelf.failures.lock() = 2;
    let answers = shelf.clone();
    let registry = Double::serve(move |seen| answers.answer(seen)).await;
    let id = imported(&place, b"resumed");
    let (outcome, _) = push(&place, &format!("{}/c:1", registry.name()), id).await;
    outcome.unwrap();
    shelf.get("c/manifests/1");

    let denied = Double::serve(|seen| match seen.method.as_str() {
        "GET" => Reply::new(200, "{}"),
        "HEAD" => Reply::new(404, ""),
        _ => Reply::error(403, "DENIED", "requested access to the resource is denied"),
    })
    .await;
    let (outcome, events) = push(&place, &format!("{}/c:1", denied.name()), id).await;
    let words = outcome.unwrap_err().to_string();
    assert_eq!(words, "denied: requested access to the resource is denied");
    assert!(!events.iter().any(|e| matches!(e, Event::PushedTag { .. })));
}
