//! Taking in a WebAssembly artifact: its programs become layers of an ordinary image (`oci::artifact`).

use super::Store;
use super::error::{Error, Result};
use super::images::ImageRecord;
use super::ingest::Expect;
use crate::base::digest::Digest;
use crate::oci::artifact;
use crate::oci::manifest::{Descriptor, Manifest};

impl Store {
    /// Makes the image of an artifact. `part` gives the bytes of a layer, which are verified here; `tags` are canonical
    /// references.
    pub fn take_artifact(
        &self,
        manifest: &Manifest,
        config: &[u8],
        mut part: impl FnMut(&Descriptor) -> Result<Vec<u8>>,
        tags: &[&str],
    ) -> Result<ImageRecord> {
        let mut ingest = self.ingest();
        let (mut diff_ids, mut first) = (Vec::new(), None);
        for (number, descriptor) in manifest.layers.iter().enumerate() {
            let bytes = part(descriptor)?;
            let (expected, found) = (descriptor.digest, Digest::of(&bytes));
            if expected != found {
                return Err(crate::oci::Error::Digest { expected, found }.into());
            }
            let tar = match artifact::is_program(descriptor) {
                true => {
                    let name = artifact::file_name(descriptor, number);
                    let tar = artifact::layer(&name, &bytes);
                    first.get_or_insert(name);
                    tar.map_err(|e| Error::io("a layer", e))?
                }
                false => bytes,
            };
            let taken = ingest.layer(&mut &tar[..], Expect::default())?;
            diff_ids.push(taken.diff_id);
        }
        let made = artifact::config(config, &first.unwrap_or_default(), &diff_ids);
        ingest.commit(&made, None, tags)
    }
}
