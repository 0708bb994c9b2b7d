//! `history`: the steps that made an image, the newest first.

use super::check_platform;
use crate::base::platform::Platform;
use crate::engine::{Engine, Result, blocking};
use crate::wire::ImageHistory;
use std::sync::Arc;

impl Engine {
    /// What a step made is an image of its own only where that was kept: a parent. Else its id is `<missing>`.
    pub async fn image_history(
        self: &Arc<Self>,
        name: &str,
        platform: Option<Platform>,
    ) -> Result<Vec<ImageHistory>> {
        let (images, name) = (self.images.clone(), name.to_owned());
        blocking(move || {
            let image = images.resolve(&name)?;
            check_platform(&image, &name, platform.as_ref())?;
            let steps = images.history(&image.id)?.into_iter().rev();
            let mut shown: Vec<ImageHistory> = steps
                .map(|step| ImageHistory {
                    comment: step.comment,
                    created: step.created.seconds(),
                    created_by: step.created_by,
                    id: "<missing>".to_owned(),
                    size: step.layer.map_or(0, |(_, size)| size),
                    tags: None,
                })
                .collect();
            let mut made = Some(image);
            for line in &mut shown {
                let Some(image) = made else { break };
                line.id.clone_from(&image.id);
                line.tags = Some(image.repo_tags.clone()).filter(|tags| !tags.is_empty());
                // A parent that has gone ends what is known.
                made = images
                    .resolve(&image.parent)
                    .ok()
                    .filter(|_| !image.parent.is_empty());
            }
            Ok(shown)
        })
        .await
    }
}
