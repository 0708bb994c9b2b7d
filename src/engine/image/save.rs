//! `save`: images with their names as one archive.

use super::check_platform;
use crate::base::bridge::outlet;
use crate::base::platform::Platform;
use crate::base::reference::Reference;
use crate::engine::ports::{Image, Images};
use crate::engine::{Engine, Error, Result, blocking};
use bytes::Bytes;
use futures_util::Stream;
use std::io;
use std::sync::Arc;

impl Engine {
    /// Finds the images, then answers with the archive as it is made. A failure on the way cuts the stream off.
    pub async fn image_save(
        self: &Arc<Self>,
        names: Vec<String>,
        platform: Option<Platform>,
    ) -> Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>> {
        let images = self.images.clone();
        let chosen = blocking(move || choose(&*images, &names, platform.as_ref())).await?;
        let (mut writer, stream) = outlet();
        let engine = self.clone();
        tokio::task::spawn_blocking(move || {
            let list: Vec<(String, Vec<Reference>)> = chosen
                .iter()
                .map(|(image, references)| (image.id.clone(), references.clone()))
                .collect();
            let saved = engine.images.save(&list, &mut writer);
            if let Err(e) = &saved {
                tracing::warn!("an archive was cut off: {e}");
            }
            let complete = saved.is_ok();
            writer.end(saved.map_err(|e| io::Error::other(e.message)));
            for (image, _) in chosen.iter().filter(|_| complete) {
                engine.tell_image("save", image, &image.id);
            }
        });
        Ok(stream)
    }
}

type Chosen = Vec<(Arc<Image>, Vec<Reference>)>;

/// A name with a tag means that tag, a bare one every tag of the repository, and an id no tag at all.
fn choose(images: &dyn Images, names: &[String], platform: Option<&Platform>) -> Result<Chosen> {
    let mut chosen: Chosen = Vec::new();
    let mut add = |image: Arc<Image>, reference: Option<Reference>| {
        let at = chosen.iter().position(|(known, _)| known.id == image.id);
        let at = at.unwrap_or_else(|| {
            chosen.push((image, Vec::new()));
            chosen.len() - 1
        });
        let known = &mut chosen[at].1;
        known.extend(reference.filter(|r| r.digest.is_none() && !known.contains(r)));
    };
    for name in names {
        let reference = Reference::parse(name).ok();
        let bare = reference
            .as_ref()
            .filter(|r| r.tag.is_none() && r.digest.is_none());
        if let Some(bare) = bare {
            let mut found = false;
            for image in images.all()? {
                for own in image.references.iter().filter(|r| r.name() == bare.name()) {
                    found = true;
                    add(image.clone(), Some(own.clone()));
                }
            }
            if found {
                continue;
            }
        }
        let image = images.resolve(name).map_err(|e| match bare {
            // Docker looks for an id then, and has no tag to name.
            Some(_) => Error::not_found(format!("No such image: {name}")),
            None if reference.is_some() => Error::not_found("reference does not exist"),
            None => e,
        })?;
        let by_id = image
            .id
            .split_once(':')
            .is_some_and(|(_, hex)| hex.starts_with(name.strip_prefix("sha256:").unwrap_or(name)));
        add(image, reference.filter(|_| !by_id));
    }
    for (image, _) in &chosen {
        let unfit = check_platform(image, "", platform).is_err();
        if let Some(platform) = platform.filter(|_| unfit) {
            return Err(Error::not_found(format!(
                "no suitable export target found for platform {platform}"
            )));
        }
        if image.layers.is_empty() {
            return Err(Error::system("empty export - not implemented"));
        }
    }
    Ok(chosen)
}
