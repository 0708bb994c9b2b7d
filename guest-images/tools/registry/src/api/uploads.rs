//! Uploads: begun with POST (or answered at once, when another repository has the blob), filled by PATCH and PUT, closed by PUT.
//!
//! The digest is computed while the bytes come. What is known of an upload is kept in memory; after a restart of the container
//! it is found again in its folder and read once.

use super::{Api, Sink};
use crate::http::{Answer, Code, Request, broken};
use crate::route;
use crate::store::{Kind, Store};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};

/// What came of an upload so far.
struct Progress {
    sum: Sha256,
    size: u64,
}

/// The uploads of this process, by the names of their folders.
#[derive(Default)]
pub struct Uploads {
    open: HashMap<String, Progress>,
}

/// A request that adds to an upload.
pub struct Writing {
    name: String,
    id: String,
    folder: String,
    data: File,
    /// The upload is over with this request, and this is what it has to be.
    digest: Option<String>,
}

impl Uploads {
    /// Takes a piece.
    pub fn write(&mut self, writing: &mut Writing, piece: &[u8]) -> Result<(), Answer> {
        // Somebody may have given the upload up meanwhile.
        let Some(progress) = self.open.get_mut(&writing.folder) else {
            return Err(Code::BlobUploadUnknown.detail(json!({})));
        };
        writing.data.write_all(piece).map_err(|e| broken(&e))?;
        progress.sum.update(piece);
        progress.size += piece.len() as u64;
        Ok(())
    }

    /// What is known of the upload in a folder.
    fn progress(&mut self, folder: &str) -> io::Result<&mut Progress> {
        if !self.open.contains_key(folder) {
            let mut data = File::open(format!("{folder}/data"))?;
            let (mut sum, mut size) = (Sha256::new(), 0);
            let mut buffer = vec![0; 64 << 10];
            loop {
                let count = data.read(&mut buffer)?;
                if count == 0 {
                    break;
                }
                sum.update(&buffer[..count]);
                size += count as u64;
            }
            self.open.insert(folder.to_owned(), Progress { sum, size });
        }
        self.open
            .get_mut(folder)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn forget(&mut self, folder: &str) -> io::Result<()> {
        self.open.remove(folder);
        fs::remove_dir_all(folder)
    }
}

/// A new name, as a UUID of random bits.
pub fn new_id() -> io::Result<String> {
    let mut bits = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bits)?;
    bits[6] = bits[6] & 0x0f | 0x40;
    bits[8] = bits[8] & 0x3f | 0x80;
    let hex: String = bits.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    Ok(parts.join("-"))
}

/// `POST`: a new upload, or none when the blob can be taken over from another repository.
pub fn begin(api: &mut Api, request: &Request, name: &str) -> Answer {
    if let (Some(digest), Some(from)) = (request.parameter("mount"), request.parameter("from"))
        && let Some(hex) = route::hex(digest)
        && route::is_name(from)
        && api.store.size(from, Kind::Layer, hex).is_some()
    {
        return match api.store.add(name, Kind::Layer, hex) {
            Ok(()) => created(request, name, digest),
            Err(error) => broken(&error),
        };
    }
    let made = new_id().and_then(|id| {
        let folder = api.store.upload(name, &id);
        fs::create_dir_all(&folder)?;
        let now = applet::time::civil_in(request.began, 0, "UTC");
        let started = applet::time::format("%Y-%m-%dT%H:%M:%SZ", &now);
        fs::write(format!("{folder}/startedat"), started)?;
        File::create(format!("{folder}/data"))?;
        api.uploads.progress(&folder)?;
        Ok(id)
    });
    match made {
        Ok(id) => status(Answer::empty(202), request, name, &id, 0),
        Err(error) => broken(&error),
    }
}

/// How far an upload is, and where it goes on. An empty one is `0-0` too: the API has no word for nothing.
fn status(answer: Answer, request: &Request, name: &str, id: &str, size: u64) -> Answer {
    let place = request.address(&format!("/v2/{name}/blobs/uploads/{id}"));
    answer
        .with("Docker-Upload-Uuid", id)
        .with("Location", place)
        .with("Range", format!("0-{}", size.saturating_sub(1)))
}

fn created(request: &Request, name: &str, digest: &str) -> Answer {
    let place = request.address(&format!("/v2/{name}/blobs/{digest}"));
    Answer::empty(201)
        .with("Docker-Content-Digest", digest)
        .with("Location", place)
}

/// Everything that is asked of an upload that was begun.
pub fn go_on(api: &mut Api, request: &Request, name: &str, id: &str) -> Result<Sink, Answer> {
    let folder = api.store.upload(name, id);
    let unknown = || Code::BlobUploadUnknown.detail(json!({}));
    let size = match api.uploads.progress(&folder) {
        Ok(progress) => progress.size,
        Err(_) => return Err(unknown()),
    };
    match request.method.as_str() {
        "GET" | "HEAD" => return Err(status(Answer::empty(204), request, name, id, size)),
        "DELETE" => {
            let gone = api.uploads.forget(&folder);
            let answer = Answer::empty(204).with("Docker-Upload-Uuid", id);
            return Err(gone.map_or_else(|error| broken(&error), |()| answer));
        }
        "PATCH" | "PUT" => {}
        _ => return Err(unknown()),
    }
    let digest = match (request.method.as_str(), request.parameter("digest")) {
        ("PATCH", _) => None,
        (_, None) => return Err(Code::DigestInvalid.detail(json!("digest missing"))),
        (_, Some(digest)) if route::hex(digest).is_some() => Some(digest.to_owned()),
        _ => return Err(Code::DigestInvalid.detail(json!("digest parsing failed"))),
    };
    if let Some(range) = request.header("content-range")
        && !follows(range, size)
    {
        let refused = Answer::empty(416);
        return Err(status(refused, request, name, id, size));
    }
    let data = OpenOptions::new()
        .append(true)
        .open(format!("{folder}/data"))
        .map_err(|e| broken(&e))?;
    Ok(Sink::Upload(Writing {
        name: name.to_owned(),
        id: id.to_owned(),
        folder,
        data,
        digest,
    }))
}

/// Whether `FIRST-LAST` begins where the upload ends.
fn follows(range: &str, size: u64) -> bool {
    let range = range.trim().trim_start_matches("bytes").trim();
    let first = range.split('-').next().and_then(|first| first.parse().ok());
    first == Some(size)
}

/// The body of a PATCH or PUT is all there.
pub fn close(api: &mut Api, request: &Request, writing: Writing) -> Answer {
    let Writing {
        name,
        id,
        folder,
        data,
        digest,
    } = writing;
    let (sum, size) = match api.uploads.progress(&folder) {
        Ok(progress) => (progress.sum.clone(), progress.size),
        Err(_) => return Code::BlobUploadUnknown.detail(json!({})),
    };
    let Some(digest) = digest else {
        return status(Answer::empty(202), request, &name, &id, size);
    };
    let hex: String = sum
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if route::hex(&digest) != Some(&hex) {
        // What it was is unknown, so nothing that follows could make it right.
        let _ = api.uploads.forget(&folder);
        return Code::DigestInvalid.detail(json!({ "Digest": digest, "Reason": {} }));
    }
    let settled = data
        .sync_all()
        .and_then(|()| settle(&api.store, &name, &hex, &folder));
    drop(data);
    match settled.and_then(|()| api.uploads.forget(&folder)) {
        Ok(()) => created(request, &name, &digest),
        Err(error) => broken(&error),
    }
}

fn settle(store: &Store, name: &str, hex: &str, folder: &str) -> io::Result<()> {
    store.settle(name, hex, &format!("{folder}/data"))
}
