//! Parts of images by their digests: whole, in part, or only their sizes.

use crate::http::{Answer, Body, Code, Request, broken};
use crate::route;
use crate::store::{Kind, Store};
use serde_json::json;
use std::fs::File;
use std::io::{Seek, SeekFrom};

/// What a `Range` header asks of so many bytes.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// The first byte and how many.
    From(u64, u64),
    Nothing,
}

/// `GET` and `HEAD`.
pub fn get(store: &Store, request: &Request, name: &str, digest: &str) -> Answer {
    let Some(hex) = route::hex(digest) else {
        return Code::DigestInvalid.detail(json!({}));
    };
    let Some(size) = store.size(name, Kind::Layer, hex) else {
        return Code::BlobUnknown.detail(json!(digest));
    };
    let tag = format!("\"{digest}\"");
    let known = request.header("if-none-match") == Some(&tag);
    let described = |answer: Answer| {
        answer
            .with("Cache-Control", "max-age=31536000")
            .with("Docker-Content-Digest", digest)
            .with("Etag", tag.clone())
    };
    if known {
        return described(Answer::empty(304));
    }
    let (status, first, count) = match part(request.header("range"), size) {
        Part::Whole => (200, 0, size),
        Part::From(first, count) => (206, first, count),
        Part::Nothing => {
            let refused = Answer::text(416, "invalid range: failed to overlap");
            return described(refused).with("Content-Range", format!("bytes */{size}"));
        }
    };
    let opened = File::open(store.blob(hex)).and_then(|mut file| {
        file.seek(SeekFrom::Start(first))?;
        Ok(file)
    });
    let file = match opened {
        Ok(file) => file,
        Err(error) => return broken(&error),
    };
    let mut answer = described(Answer::empty(status))
        .with("Accept-Ranges", "bytes")
        .with("Content-Type", "application/octet-stream");
    if status == 206 {
        let last = first + count - 1;
        answer = answer.with("Content-Range", format!("bytes {first}-{last}/{size}"));
    }
    answer.body = Body::File(file, count);
    answer
}

/// `DELETE`: the repository forgets it, the blob stays until a collection.
pub fn delete(store: &Store, name: &str, digest: &str) -> Answer {
    let Some(hex) = route::hex(digest) else {
        return Code::DigestInvalid.detail(json!({}));
    };
    if store.size(name, Kind::Layer, hex).is_none() {
        return Code::BlobUnknown.plain();
    }
    match store.remove(name, Kind::Layer, hex) {
        Ok(()) => Answer::empty(202),
        Err(error) => broken(&error),
    }
}

/// One range; several at once are answered as a whole, which a server may do.
fn part(header: Option<&str>, size: u64) -> Part {
    let range = header.and_then(|text| text.trim().strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else {
        return Part::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    let (first, last) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(size.saturating_sub(1))),
        (Ok(first), Err(_)) if last.is_empty() => (first, size.saturating_sub(1)),
        (Err(_), Ok(count)) if first.is_empty() => {
            (size.saturating_sub(count), size.saturating_sub(1))
        }
        _ => return Part::Whole,
    };
    match first < size {
        true => Part::From(first, last - first + 1),
        false => Part::Nothing,
    }
}
