//! Pulling: what comes in, under which names, with which lines, and what is not asked for twice.

use crate::double::{Double, Reply};
use crate::place::{Image, Place, all, pull_of, steps};
use schooner::base::digest::Digest;
use schooner::base::platform::Platform;
use schooner::oci::manifest::{DOCKER_INDEX, OCI_INDEX};
use schooner::registry::{Event, Pull, Step};
use tokio::sync::mpsc;

#[tokio::test]
async fn an_image_arrives_with_its_names_and_is_not_fetched_again() {
    let image = Image::new(&["one", "two"]);
    let served = image.clone();
    let double = Double::serve(move |seen| served.answer(seen)).await;
    let (place, name) = (Place::new(), format!("{}/me/app", double.name()));

    let (pulled, events) = place.pull(&format!("{name}:v1")).await;
    assert_eq!(pulled.unwrap(), [image.id()]);
    assert_eq!(
        events[0],
        Event::From {
            reference: "v1".to_owned(),
            path: "me/app".to_owned()
        }
    );
    for n in [0, 1] {
        assert_eq!(
            steps(&events, &image.layer(n)),
            [
                Step::Wanted,
                Step::Verifying,
                Step::Downloaded,
                Step::Pulled
            ]
        );
    }
    let complete: Vec<_> = events
        .iter()
        .filter_map(|e| match e {
            Event::Layer {
                id,
                step: Step::Pulled,
            } => Some(id.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(complete, [image.layer(0).short(), image.layer(1).short()]);
    let familiar = format!("{name}:v1");
    let done = |newer| Event::Pulled {
        name: familiar.clone(),
        newer,
    };
    assert_eq!(
        events[events.len() - 2..],
        [Event::Digest(image.digest()), done(true)]
    );
    let tags: Vec<String> = place
        .store
        .images()
        .tags()
        .unwrap()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let by_digest = format!("{name}@{}", image.digest());
    assert_eq!(tags, [format!("{name}:v1"), by_digest.clone()]);
    let record = place.store.images().get(&image.id()).unwrap().unwrap();
    let kept = place.store.blobs().read(&record.manifest.unwrap()).unwrap();
    assert_eq!(kept, image.manifest);

    // The same again, and by digest: the registry is asked what the tag is, and for nothing more.
    let before = double.count("GET", "");
    let (again, events) = place.pull(&format!("{name}:v1")).await;
    assert_eq!(again.unwrap(), [image.id()]);
    assert_eq!(events.last(), Some(&done(false)));
    let (by_digest, events) = place.pull(&by_digest).await;
    assert_eq!(by_digest.unwrap(), [image.id()]);
    assert!(matches!(
        events.last(),
        Some(Event::Pulled { newer: false, .. })
    ));
    let pings = 2;
    assert_eq!(double.count("GET", ""), before + pings);
}

#[tokio::test]
async fn a_layer_that_is_there_is_not_fetched() {
    let (first, second) = (Image::new(&["base", "one"]), Image::new(&["base", "two"]));
    let images = (first.clone(), second.clone());
    let double = Double::serve(move |seen| match seen.path.contains("/first/") {
        true => images.0.answer(seen),
        false => images.1.answer(seen),
    })
    .await;
    let place = Place::new();
    place
        .pull(&format!("{}/first", double.name()))
        .await
        .0
        .unwrap();
    let (pulled, events) = place.pull(&format!("{}/second", double.name())).await;
    assert_eq!(pulled.unwrap(), [second.id()]);
    assert_eq!(steps(&events, &second.layer(0)), [Step::Exists]);
    assert_eq!(double.count("GET", &first.layer(0).to_string()), 1);
}

#[tokio::test]
async fn every_tag_of_a_repository() {
    let image = Image::new(&["x"]);
    let double = Double::serve(
        move |seen| match (seen.path.as_str(), seen.query.as_str()) {
            ("/v2/r/tags/list", "") => Reply::new(200, r#"{"name":"r","tags":["a","no/tag"]}"#)
                .header("link", "</v2/r/tags/list?last=a&n=1>; rel=\"next\""),
            ("/v2/r/tags/list", _) => Reply::new(200, r#"{"name":"r","tags":["b"]}"#),
            ("/v2/none/tags/list", _) => Reply::new(200, r#"{"name":"none","tags":null}"#),
            _ => image.answer(seen),
        },
    )
    .await;
    let (place, name) = (Place::new(), format!("{}/r", double.name()));
    let (pulled, events) = place.pull_every_tag(&name).await;
    assert_eq!(pulled.unwrap().len(), 2);
    let last = |newer, name: String| Some(Event::Pulled { name, newer });
    assert_eq!(events.last().cloned(), last(true, name.clone()));
    for tag in ["a", "b"] {
        let name = format!("{name}:{tag}");
        assert!(
            place.store.images().tagged(&name).unwrap().is_some(),
            "{name}"
        );
    }
    let none = format!("{}/none", double.name());
    let (pulled, events) = place.pull_every_tag(&none).await;
    assert_eq!(pulled.unwrap(), []);
    assert_eq!(events.last().cloned(), last(false, none));
}

#[tokio::test]
async fn the_image_of_our_platform_is_chosen() {
    for media_type in [OCI_INDEX, DOCKER_INDEX] {
        let ours = Image::of("wasip1", "wasm", &["ours"]);
        let theirs = Image::of("linux", "amd64", &["theirs"]);
        let entry = |image: &Image, os: &str, arch: &str| {
            serde_json::json!({"mediaType": image.media_type, "size": image.manifest.len(),
                "digest": image.digest().to_string(), "platform": {"os": os, "architecture": arch}})
        };
        let index = serde_json::json!({"schemaVersion": 2, "mediaType": media_type, "manifests": [
            entry(&theirs, "linux", "amd64"), entry(&ours, "wasip1", "wasm"),
            {"mediaType": ours.media_type, "size": 2, "digest": Digest::of(b"").to_string(),
             "platform": {"os": "unknown", "architecture": "unknown"}}]})
        .to_string();
        let (digest, images) = (Digest::of(index.as_bytes()), [ours.clone(), theirs.clone()]);
        let double = Double::serve(move |seen| {
            let is_index =
                seen.path.ends_with("/latest") || seen.path.ends_with(&digest.to_string());
            if is_index {
                let body = if seen.method == "HEAD" { "" } else { &index };
                return Reply::new(200, body.to_owned())
                    .header("content-type", media_type)
                    .header("content-length", index.len())
                    .header("docker-content-digest", digest);
            }
            let replies = images.iter().map(|image| image.answer(seen));
            replies.min_by_key(|reply| reply.status).expect("a reply")
        })
        .await;
        let (place, name) = (Place::new(), format!("{}/x:latest", double.name()));
        let (pulled, events) = place.pull(&name).await;
        assert_eq!(pulled.unwrap(), [ours.id()]);
        assert!(
            events.contains(&Event::Digest(digest)),
            "the index's digest is told"
        );

        let asked = |text: &str| Pull {
            platform: Some(Platform::parse(text).unwrap()),
            ..pull_of(&name)
        };
        let (tell, events) = mpsc::channel(1024);
        let linux = place
            .registries
            .pull(&place.store, asked("linux/amd64"), &tell)
            .await;
        assert_eq!(linux.unwrap(), [theirs.id()]);
        let none = place
            .registries
            .pull(&place.store, asked("windows/amd64"), &tell)
            .await;
        drop(tell);
        all(events).await;
        assert_eq!(
            none.unwrap_err().to_string(),
            "no matching manifest for windows/amd64 in the manifest list entries"
        );
    }
}

#[tokio::test]
async fn two_pulls_of_one_image_fetch_each_layer_once() {
    let image = Image::new(&["one", "two", "three", "four", "five"]);
    let served = image.clone();
    let double = Double::serve(move |seen| served.answer(seen)).await;
    let place = Place::new();
    let names = ["a", "b"].map(|tag| format!("{}/x:{tag}", double.name()));
    let (one, two) = tokio::join!(place.pull(&names[0]), place.pull(&names[1]));
    assert_eq!(one.0.unwrap(), [image.id()]);
    assert_eq!(two.0.unwrap(), [image.id()]);
    for n in 0..5 {
        let digest = image.layer(n).to_string();
        assert_eq!(double.count("GET", &digest), 1, "layer {n}");
    }
    assert_eq!(place.store.check().unwrap(), []);
}

#[tokio::test]
async fn who_leaves_ends_his_pull_and_nothing_stays() {
    let image = Image::new(&["slow"]);
    let slow = image.layer(0).to_string();
    let double = Double::serve(move |seen| {
        let reply = image.answer(seen);
        if !seen.path.ends_with(&slow) {
            return reply;
        }
        Reply {
            stalls: true,
            body: reply.body.slice(..20),
            ..reply.clone().header("content-length", reply.body.len())
        }
    })
    .await;
    let place = Place::new();
    let (tell, mut events) = mpsc::channel(1024);
    let (registries, store) = (place.registries.clone(), place.store.clone());
    let pull = pull_of(&format!("{}/x:latest", double.name()));
    let pulling = tokio::spawn(async move { registries.pull(&store, pull, &tell).await });
    loop {
        let event = events.recv().await.expect("the download begins");
        if let Event::Layer {
            step: Step::Downloading { .. },
            ..
        } = event
        {
            break;
        }
    }
    drop(events);
    let outcome = pulling.await.expect("no panic");
    assert_eq!(outcome.unwrap_err().to_string(), "context canceled");
    place.assert_empty();
}
