//! Streams blobs out of the embedded archive.
//!
//! The archive is one zstd frame around a plain tar in OCI layout (`blobs/sha256/HEX`), so a read walks it from the start: about 50 ms
//! for everything. Ask for all the blobs of an image at once.

use std::io::{self, Read};

use super::Descriptor;

const PACK: &[u8] = include_bytes!("../../../guest-images/dist/pack.tar.zst");

/// Calls `each` with every wanted blob, in the order of the archive (layers lowest first come in any order; each comes once).
/// Errors when one is missing. The reader given to `each` ends after the blob; it need not be read to its end.
pub fn read(
    wanted: &[&Descriptor],
    mut each: impl FnMut(&Descriptor, &mut dyn Read) -> io::Result<()>,
) -> io::Result<()> {
    let mut left: Vec<&Descriptor> = Vec::new();
    for descriptor in wanted {
        if !left.iter().any(|other| other.digest == descriptor.digest) {
            left.push(descriptor);
        }
    }
    let mut archive = tar::Archive::new(zstd::Decoder::new(PACK)?);
    for entry in archive.entries()? {
        if left.is_empty() {
            return Ok(());
        }
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        let Some(hex) = path.strip_prefix("blobs/sha256/") else {
            continue;
        };
        let Some(at) = left
            .iter()
            .position(|d| d.digest.strip_prefix("sha256:") == Some(hex))
        else {
            continue;
        };
        each(left.swap_remove(at), &mut entry)?;
    }
    match left.first() {
        None => Ok(()),
        Some(missing) => Err(io::Error::new(
            io::ErrorKind::NotFound,
            format!("{} is not in the catalogue", missing.digest),
        )),
    }
}

/// The whole of one small blob (a config or a manifest).
pub fn read_one(descriptor: &Descriptor) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    read(&[descriptor], |_, reader| {
        reader.read_to_end(&mut bytes).map(drop)
    })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::catalogue::images;
    use sha2::{Digest, Sha256};

    #[test]
    fn every_blob_is_there_and_is_what_its_name_says() {
        assert!(!images().is_empty());
        let wanted: Vec<&Descriptor> = images().iter().flat_map(|image| image.blobs()).collect();
        let mut seen = 0;
        read(&wanted, |descriptor, reader| {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes)?;
            let hex: String = Sha256::digest(&bytes)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            assert_eq!(descriptor.digest, format!("sha256:{hex}"));
            assert_eq!(descriptor.size, bytes.len() as u64);
            seen += 1;
            Ok(())
        })
        .unwrap();
        assert!(seen > images().len());
    }

    #[test]
    fn a_missing_blob_is_an_error() {
        let missing = Descriptor {
            media_type: String::new(),
            digest: "sha256:00".into(),
            size: 0,
        };
        assert_eq!(
            read_one(&missing).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
