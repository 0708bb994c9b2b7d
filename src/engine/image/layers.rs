//! `image layers` and `image check`, which Docker does not have: what an image is made of, and where else it runs.

use crate::engine::{Engine, Result, blocking};
use crate::oci::layer_changes::Action;
use crate::wire::{ImageLayer, LayerFile, ProgramCheck};

impl Engine {
    /// The steps of an image, oldest first, each with what its layer does to the files.
    pub async fn image_layers(&self, name: &str) -> Result<Vec<ImageLayer>> {
        let (images, name) = (self.images.clone(), name.to_owned());
        blocking(move || {
            let id = images.resolve(&name)?.id.clone();
            let mut layers = images.layer_changes(&id)?.into_iter();
            let steps = images.history(&id)?.into_iter();
            let mut shown: Vec<ImageLayer> = steps
                .map(|step| ImageLayer {
                    instruction: match step.created_by.as_str() {
                        "" => step.comment,
                        by => by.to_owned(),
                    },
                    created: step.created.seconds(),
                    ..match step.layer.and_then(|_| layers.next()) {
                        Some(layer) => files_of(layer),
                        None => ImageLayer::default(),
                    }
                })
                .collect();
            // Some images have no history for their layers.
            shown.extend(layers.map(files_of));
            Ok(shown)
        })
        .await
    }

    /// Every program of an image with what it asks of its engine.
    pub async fn image_check(&self, name: &str) -> Result<Vec<ProgramCheck>> {
        let (images, name) = (self.images.clone(), name.to_owned());
        blocking(move || {
            let id = images.resolve(&name)?.id.clone();
            let programs = images.programs(&id)?.into_iter();
            let shown = programs.map(|found| {
                let mut check = ProgramCheck {
                    path: found.path,
                    size: i64::try_from(found.size).unwrap_or(i64::MAX),
                    ..ProgramCheck::default()
                };
                match found.program {
                    Ok(program) => {
                        check.kind = if program.component {
                            "component"
                        } else {
                            "module"
                        }
                        .to_owned();
                        check.missing = program.missing();
                        let own = program.foreign();
                        check.own = own.map(|(m, names)| (m.clone(), names.clone())).collect();
                        check.imports = program.imports.into_keys().collect();
                    }
                    Err(why) => check.error = why,
                }
                check
            });
            Ok(shown.collect())
        })
        .await
    }
}

fn files_of(layer: crate::engine::ports::LayerChanges) -> ImageLayer {
    let bytes = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let files = layer.changes.into_iter().map(|change| LayerFile {
        path: format!("/{}", change.path),
        action: match change.action {
            Action::Added => "added",
            Action::Changed => "changed",
            Action::Removed => "removed",
        }
        .to_owned(),
        size: bytes(change.size),
        hidden: bytes(change.hidden),
    });
    let files: Vec<LayerFile> = files.collect();
    ImageLayer {
        diff_id: layer.diff_id,
        size: files.iter().map(|f| f.size).sum(),
        wasted: files.iter().map(|f| f.hidden).sum(),
        files: Some(files),
        ..ImageLayer::default()
    }
}
