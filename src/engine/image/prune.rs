//! `image prune`: images that nothing names or, with `dangling=false`, that no container has.

use crate::engine::ports::Image;
use crate::engine::{Engine, Filters, ImageRemoveOptions, Kind, Result, blocking};
use crate::wire::{ImageDeleted, ImagesPruned, StringMap};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Engine {
    /// Removes what can be removed without force; whatever is in use stays.
    pub async fn image_prune(self: &Arc<Self>, filters: Filters) -> Result<ImagesPruned> {
        let _turn = self.prunes.images.begin()?;
        filters.only(&["dangling", "label", "label!", "until"])?;
        let engine = self.clone();
        blocking(move || engine.prune_images(&filters)).await
    }

    fn prune_images(&self, filters: &Filters) -> Result<ImagesPruned> {
        let dangling = filters.boolean("dangling", true)?;
        let until = filters.until(self.clock.now())?;
        let _turn = self.image_turn.lock();
        let all = self.images.all()?;
        let parents: BTreeSet<&str> = all.iter().map(|i| i.parent.as_str()).collect();
        let layers = self.images.layers()?;
        let chosen = all.iter().filter(|image| {
            let labels = image.config.labels.as_ref();
            let is_parent = parents.contains(image.id.as_str());
            let wanted = match dangling {
                true => image.repo_tags.is_empty() && !is_parent,
                // What others were made from goes with them.
                false => !(image.references.is_empty() && is_parent),
            };
            wanted
                && until.is_none_or(|until| image.created <= until)
                && filters.labels(|key| labels.and_then(|l| l.get(key)).map(String::as_str))
        });
        let mut gone = Vec::new();
        for image in chosen {
            gone.extend(self.prune_image(image)?);
        }
        let freed = gone.iter().filter_map(|g| layers.get(g.deleted.as_str()));
        let space_reclaimed = freed.map(|l| u64::try_from(l.size).unwrap_or(0)).sum();
        let reclaimed = StringMap::from([("reclaimed".to_owned(), format!("{space_reclaimed}"))]);
        self.events.publish("image", "prune", "", reclaimed);
        Ok(ImagesPruned {
            images_deleted: Some(gone).filter(|gone| !gone.is_empty()),
            space_reclaimed,
        })
    }

    fn prune_image(&self, image: &Image) -> Result<Vec<ImageDeleted>> {
        let mut names: Vec<String> = image.references.iter().map(|r| r.to_string()).collect();
        if names.is_empty() {
            names.push(image.id.clone());
        }
        let options = ImageRemoveOptions {
            prune: true,
            ..ImageRemoveOptions::default()
        };
        let mut gone = Vec::new();
        for name in names {
            match self.remove_image(&name, &options) {
                Ok(one) => gone.extend(one),
                // It is in use, or went with another one.
                Err(e) if matches!(e.kind, Kind::Conflict | Kind::NotFound) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(gone)
    }
}
