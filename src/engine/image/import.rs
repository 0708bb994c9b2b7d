//! `import`: a tar of a file system becomes an image with one layer.

use super::changes;
use crate::base::bridge::readable;
use crate::base::reference::Reference;
use crate::engine::options::ImportOptions;
use crate::engine::ports::ImportSpec;
use crate::engine::{Engine, Result, blocking};
use crate::wire::{ContainerConfig, StringMap};
use bytes::Bytes;
use futures_util::Stream;
use std::io;

impl Engine {
    /// Reads the whole body and returns the new image's id.
    pub async fn import<S>(&self, body: S, options: ImportOptions) -> Result<String>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + Unpin + 'static,
    {
        let reference = match options.repo.as_str() {
            "" => None,
            repo => {
                let text = if options.tag.is_empty() {
                    repo.to_owned()
                } else {
                    format!("{repo}:{}", options.tag)
                };
                Some(Reference::parse(&text)?.with_default_tag())
            }
        };
        let mut config = ContainerConfig::default();
        changes::apply_all(&mut config, &options.changes)?;
        let (os, architecture, variant) = platform(&options.platform);
        let spec = ImportSpec {
            config,
            comment: if options.message.is_empty() {
                "Imported from -".to_owned()
            } else {
                options.message
            },
            created: self.clock.now(),
            os,
            architecture,
            variant,
            reference: reference.as_ref().map(ToString::to_string),
        };
        let images = self.images.clone();
        let mut reader = readable(body);
        let id = blocking(move || images.import(&mut reader, spec)).await?;
        let name = reference.map(|r| r.familiar());
        let attributes = name
            .map(|n| StringMap::from([("name".to_owned(), n)]))
            .unwrap_or_default();
        self.events
            .publish("image", "import", &id, attributes.clone());
        if !attributes.is_empty() {
            self.events.publish("image", "tag", &id, attributes);
        }
        Ok(id)
    }
}

/// `os/architecture/variant`; without one the image is for us.
fn platform(text: &str) -> (String, String, String) {
    let mut parts = text.split('/').map(str::to_owned);
    let mut next = |default: &str| {
        parts
            .next()
            .filter(|p| !p.is_empty())
            .unwrap_or_else(|| default.to_owned())
    };
    (next("wasi"), next("wasm"), next(""))
}
