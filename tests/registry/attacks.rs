//! Hostile registries (S09, S11): what is not what it was promised to be leaves no image, no name and no blob.

use crate::double::{Double, Reply, Seen};
use crate::place::{Image, Place, gzip, tar};
use bytes::Bytes;
use schooner::base::digest::Digest;

/// Pulls from a registry that answers as `lie` says, and as an honest one where it says nothing.
async fn refused(
    image: Image,
    lie: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static,
) -> String {
    let double = Double::serve(move |seen| lie(seen).unwrap_or_else(|| image.answer(seen))).await;
    let place = Place::new();
    let (pulled, _) = place.pull(&format!("{}/x:latest", double.name())).await;
    let error = pulled.expect_err("refused").to_string();
    place.assert_empty();
    error
}

/// The answer to a request for one blob.
fn instead(blob: Digest, body: Vec<u8>) -> impl Fn(&Seen) -> Option<Reply> {
    let end = blob.to_string();
    move |seen| {
        seen.path
            .ends_with(&end)
            .then(|| Reply::new(200, body.clone()))
    }
}

#[tokio::test]
async fn a_layer_that_is_another_one() {
    let image = Image::new(&["good", "also good"]);
    let layer = image.layer(0);
    let words = format!("filesystem layer verification failed for digest {layer}");
    let evil = gzip(&tar(b"evil"));
    let honest = image.layers[0].to_vec();
    let longer = [honest.clone(), gzip(b"")].concat();
    let garbage = vec![b'x'; honest.len()];
    let shorter = honest[..honest.len() - 4].to_vec();
    for body in [evil, longer, garbage, shorter] {
        assert_eq!(refused(image.clone(), instead(layer, body)).await, words);
    }
}

/// The digest of the compressed bytes is right, and the config promises another tar.
#[tokio::test]
async fn a_layer_that_is_not_the_configs() {
    let image = Image::new(&["good"]);
    let other = Image::new(&["other"]);
    let mixed = Image::from_parts(image.layers.clone(), other.config);
    let words = format!(
        "filesystem layer verification failed for digest {}",
        image.layer(0)
    );
    assert_eq!(refused(mixed, |_| None).await, words);
}

#[tokio::test]
async fn a_config_that_is_another_one() {
    let image = Image::new(&["good"]);
    let id = image.id();
    assert_eq!(
        refused(image, instead(id, b"{}".to_vec())).await,
        format!(
            "error pulling image configuration: image config verification failed for digest {id}"
        )
    );
    let image = Image::new(&["good"]);
    let fewer = Image::from_parts(Vec::new(), image.config);
    assert_eq!(
        refused(fewer, |_| None).await,
        "layers from manifest don't match image configuration"
    );
}

#[tokio::test]
async fn a_manifest_that_is_another_one() {
    let image = Image::new(&["good"]);
    let (digest, other) = (image.digest(), Image::new(&["evil"]).manifest);
    assert_eq!(
        refused(image.clone(), instead(digest, other.to_vec())).await,
        format!("manifest verification failed for digest {digest}")
    );
    // Without a promise by `HEAD`, the one that comes with the manifest must hold.
    let lie = move |seen: &Seen| {
        (seen.path.contains("/manifests/")).then(|| match seen.method.as_str() {
            "HEAD" => Reply::new(200, ""),
            _ => Reply::new(200, other.clone()).header("docker-content-digest", digest),
        })
    };
    assert_eq!(
        refused(image, lie).await,
        format!("manifest verification failed for digest {digest}")
    );
}

/// CVE-2021-41190: a document that is a manifest to one reader and an index to another.
#[tokio::test]
async fn a_manifest_of_two_meanings() {
    let mut image = Image::new(&["good"]);
    let text = String::from_utf8(image.manifest.to_vec()).unwrap();
    let both = text.replacen("{", r#"{"manifests":[],"#, 1);
    image.manifest = Bytes::from(both);
    let words = refused(image, |_| None).await;
    assert_eq!(
        words,
        "invalid manifest: it is both a manifest and an index"
    );

    let mut image = Image::new(&["good"]);
    image.media_type = "application/vnd.oci.image.index.v1+json";
    let words = refused(image, |_| None).await;
    assert!(words.starts_with("invalid manifest: "), "{words}");
}

#[tokio::test]
async fn what_is_no_image() {
    for (kind, class) in [
        ("application/vnd.cncf.helm.config.v1+json", "unknown"),
        ("application/vnd.docker.plugin.v1+json", "plugin"),
    ] {
        let mut image = Image::new(&["good"]);
        let text = String::from_utf8(image.manifest.to_vec()).unwrap();
        let other = text.replace("application/vnd.docker.container.image.v1+json", kind);
        image.manifest = Bytes::from(other);
        assert_eq!(
            refused(image, |_| None).await,
            format!("Encountered remote \"{kind}\"({class}) when fetching")
        );
    }
}

/// S09: a layer of zeroes is stopped at the limit, which is named.
#[tokio::test]
async fn a_bomb() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeroes = vec![0; 1 << 20];
    let header = &tar(&[0; 1024])[..512];
    std::io::Write::write_all(&mut bomb, header).unwrap();
    for _ in 0..130 {
        std::io::Write::write_all(&mut bomb, &zeroes).unwrap();
    }
    let bomb = Bytes::from(bomb.finish().unwrap());
    let config = Image::new(&["good"]).config;
    let words = refused(Image::from_parts(vec![bomb], config), |_| None).await;
    assert!(
        words.contains("is over the limit of") || words.contains("zero block"),
        "{words}"
    );
}

#[tokio::test]
async fn documents_without_end() {
    let image = Image::new(&["good"]);
    let huge = vec![b' '; (8 << 20) + 1];
    let body = huge.clone();
    let lie = move |seen: &Seen| {
        let get = seen.method == "GET" && seen.path.contains("/manifests/");
        get.then(|| Reply::new(200, body.clone()))
    };
    let words = refused(image.clone(), lie).await;
    assert!(words.contains("is over 8388608 bytes"), "{words}");
    let words = refused(image.clone(), instead(image.id(), huge)).await;
    assert!(words.contains("document size is over the limit"), "{words}");
}

#[tokio::test]
async fn redirects_without_end() {
    let image = Image::new(&["good"]);
    let lie = |seen: &Seen| {
        let next = format!("{}{}", seen.here, seen.path);
        seen.path
            .contains("/blobs/")
            .then(|| Reply::redirect(&next))
    };
    let words = refused(image, lie).await;
    assert!(words.ends_with("stopped after 10 redirects"), "{words}");
}
