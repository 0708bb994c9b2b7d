//! Connections that break: the download goes on where it stopped, a few times, and says so.

use crate::double::{Double, Reply};
use crate::place::{Image, Place, gzip, ranged, steps, tar};
use parking_lot::Mutex;
use schooner::base::digest::Digest;
use schooner::registry::Step;

/// Text that does not compress to nothing.
fn noise(bytes: usize) -> String {
    let mut seed = 1u64;
    let letters = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'a' + (seed >> 59) as u8)
    });
    letters.take(bytes).collect()
}

#[tokio::test]
async fn a_download_goes_on_where_it_stopped() {
    for knows_ranges in [true, false] {
        let image = Image::new(&[&noise(200_000)]);
        let (served, layer) = (image.clone(), image.layer(0));
        let cuts = Mutex::new(vec![60_000, 40_000]);
        let double = Double::serve(move |seen| {
            if !seen.path.ends_with(&layer.to_string()) {
                return served.answer(seen);
            }
            let reply = match knows_ranges {
                true => ranged(seen, &served.layers[0]),
                false => Reply::new(200, served.layers[0].clone()),
            };
            match cuts.lock().pop() {
                Some(bytes) => reply.cut_after(bytes),
                None => reply,
            }
        })
        .await;
        let place = Place::new();
        let (pulled, events) = place.pull(&format!("{}/x", double.name())).await;
        assert_eq!(pulled.unwrap(), [image.id()]);
        let ranges: Vec<_> = double
            .seen()
            .into_iter()
            .filter(|s| s.path.ends_with(&layer.to_string()))
            .map(|s| s.range.is_some())
            .collect();
        assert_eq!(ranges, [false, true, true], "it is asked for the rest only");
        let steps = steps(&events, &layer);
        assert!(
            steps.iter().any(|s| matches!(s, Step::Retrying(_))),
            "{steps:?}"
        );
    }
}

#[tokio::test]
async fn a_registry_that_always_fails_is_left_after_six_attempts() {
    let image = Image::new(&["x"]);
    let layer = image.layer(0).to_string();
    let double = Double::serve(move |seen| match seen.path.ends_with(&layer) {
        true => Reply::new(500, "oops"),
        false => image.answer(seen),
    })
    .await;
    let place = Place::new();
    let (pulled, _) = place.pull(&format!("{}/x", double.name())).await;
    assert_eq!(
        pulled.unwrap_err().to_string(),
        "received unexpected HTTP status: 500 Internal Server Error"
    );
    let blobs = double
        .seen()
        .into_iter()
        .filter(|s| s.path.contains("/blobs/"));
    assert_eq!(blobs.count(), 1 + 6, "the config, and six times the layer");
    place.assert_empty();
}

#[tokio::test]
async fn what_was_refused_is_not_asked_for_again() {
    for (status, code, words) in [
        (429, "TOOMANYREQUESTS", "toomanyrequests: because"),
        (401, "UNAUTHORIZED", "unauthorized: because"),
        (403, "DENIED", "denied: because"),
        (404, "BLOB_UNKNOWN", "unknown blob"),
    ] {
        let image = Image::new(&["x"]);
        let layer = image.layer(0).to_string();
        let double = Double::serve(move |seen| match seen.path.ends_with(&layer) {
            true => Reply::error(status, code, "because"),
            false => image.answer(seen),
        })
        .await;
        let place = Place::new();
        let (pulled, _) = place.pull(&format!("{}/x", double.name())).await;
        assert_eq!(pulled.unwrap_err().to_string(), words);
        let blobs = double
            .seen()
            .into_iter()
            .filter(|s| s.path.contains("/blobs/"));
        assert_eq!(blobs.count(), 2, "{code}");
        place.assert_empty();
    }
}

/// The file behind the digest changed between two connections: the pieces do not fit, and a whole one is fetched.
#[tokio::test]
async fn pieces_that_do_not_fit_are_fetched_anew() {
    let image = Image::new(&[&noise(100_000)]);
    let other = gzip(&tar(noise(90_000).as_bytes()));
    let (served, layer) = (image.clone(), image.layer(0));
    assert_ne!(Digest::of(&other), layer);
    let turn = Mutex::new(0);
    let double = Double::serve(move |seen| {
        if !seen.path.ends_with(&layer.to_string()) {
            return served.answer(seen);
        }
        *turn.lock() += 1;
        match *turn.lock() {
            1 => Reply::new(200, other.clone())
                .header("content-length", served.layers[0].len())
                .cut_after(30_000),
            _ => ranged(seen, &served.layers[0]),
        }
    })
    .await;
    let place = Place::new();
    let (pulled, _) = place.pull(&format!("{}/x", double.name())).await;
    assert_eq!(pulled.unwrap(), [image.id()]);
    assert_eq!(double.count("GET", &layer.to_string()), 3);
    assert_eq!(place.store.check().unwrap(), []);
}
