//! `rmi`: takes a name away, and the image with the last one.
//!
//! The rules are Docker's: a name may go as long as another one is left; the image goes when nothing names it, no image was
//! made from it, and no container has it. What force allows is in [`Conflict`].

use super::check_platform;
use crate::base::id;
use crate::base::reference::Reference;
use crate::engine::ports::Image;
use crate::engine::{Engine, Error, ImageRemoveOptions, Result, blocking};
use crate::wire::ImageDeleted;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Engine {
    /// Removes an image by one of its names or by its id, and tells what went.
    pub async fn image_remove(
        self: &Arc<Self>,
        name: &str,
        options: ImageRemoveOptions,
    ) -> Result<Vec<ImageDeleted>> {
        let (engine, name) = (self.clone(), name.to_owned());
        blocking(move || {
            let _turn = engine.image_turn.lock();
            engine.remove_image(&name, &options)
        })
        .await
    }

    /// The caller has the turn.
    pub(super) fn remove_image(
        &self,
        name: &str,
        options: &ImageRemoveOptions,
    ) -> Result<Vec<ImageDeleted>> {
        let image = self.images.resolve(name)?;
        if options.platforms.len() > 1 {
            return Err(Error::invalid("multiple platforms are not supported"));
        }
        check_platform(&image, name, options.platforms.first())?;
        let mut removal = Removal {
            engine: self,
            gone: Vec::new(),
        };
        let quiet = if is_id_prefix(&image.id, name) {
            removal.by_id(&image, options.force)?;
            false
        } else if removal.by_name(&image, name, options.force)? {
            return Ok(removal.gone);
        } else {
            true
        };
        removal.image(&image.id, options.force, options.prune, quiet)?;
        Ok(removal.gone)
    }
}

/// What a removal has done so far.
struct Removal<'e> {
    engine: &'e Engine,
    gone: Vec<ImageDeleted>,
}

/// Why an image has to stay.
struct Conflict {
    id: String,
    /// Force does not help.
    hard: bool,
    /// A container has it.
    used: bool,
    why: String,
}

impl From<Conflict> for Error {
    fn from(conflict: Conflict) -> Error {
        let force = if conflict.hard { "cannot" } else { "must" };
        Error::conflict(format!(
            "conflict: unable to delete {} ({force} be forced) - {}",
            id::short(&conflict.id),
            conflict.why
        ))
    }
}

impl Removal<'_> {
    /// Takes a name away; true when others are left, so that the image stays.
    fn by_name(&mut self, image: &Image, name: &str, force: bool) -> Result<bool> {
        if !force
            && is_single(&image.references)
            && let Some(container) = self.user(&image.id, |_| true)
        {
            return Err(Error::conflict(format!(
                "conflict: unable to remove repository reference \"{name}\" (must force) - container {} is using its referenced image {}",
                id::short(&container),
                id::short(&image.id)
            )));
        }
        let reference = Reference::parse(name)?.kept();
        self.untag(image, &reference)?;
        let mut left: Vec<&Reference> = image
            .references
            .iter()
            .filter(|r| **r != reference)
            .collect();
        let (same, other): (Vec<&Reference>, Vec<&Reference>) =
            left.iter().partition(|r| r.name() == reference.name());
        // Digests of a repository whose last tag has gone say nothing any more.
        if reference.digest.is_none() && same.iter().all(|r| r.digest.is_some()) {
            for digest in same {
                self.engine.images.untag(digest)?;
                self.gone.push(ImageDeleted::untagged(digest.familiar()));
            }
            left = other;
        }
        Ok(!left.is_empty())
    }

    /// An id takes all names away if they are one repository's with a single tag.
    fn by_id(&mut self, image: &Image, force: bool) -> Result<()> {
        if !is_single(&image.references) {
            return Ok(());
        }
        if let Some(conflict) = self.conflict(&image.id, force, false)? {
            return Err(conflict.into());
        }
        for reference in &image.references {
            self.untag(image, reference)?;
        }
        Ok(())
    }

    fn untag(&mut self, image: &Image, reference: &Reference) -> Result<()> {
        self.engine.images.untag(reference)?;
        self.engine.tell_image("untag", image, &image.id);
        self.gone.push(ImageDeleted::untagged(reference.familiar()));
        Ok(())
    }

    /// Removes the image and, with `prune`, its parents as far as nothing needs them. `quiet`: something has been done
    /// already, so that an image which has to stay is no failure.
    fn image(&mut self, id: &str, force: bool, prune: bool, quiet: bool) -> Result<()> {
        let image = self.engine.images.resolve(id)?;
        if let Some(conflict) = self.conflict(id, force, true)? {
            let dangling = image.references.is_empty() && !self.has_children(id)?;
            return match quiet && (!dangling || conflict.used) {
                true => Ok(()),
                false => Err(conflict.into()),
            };
        }
        for reference in &image.references {
            self.untag(&image, reference)?;
        }
        let layers = self.engine.images.remove(id)?;
        self.engine.tell_image_gone("delete", id);
        self.gone.push(ImageDeleted::deleted(id.to_owned()));
        self.gone
            .extend(layers.into_iter().map(ImageDeleted::deleted));
        if !prune || image.parent.is_empty() {
            return Ok(());
        }
        match self.engine.images.resolve(&image.parent) {
            Ok(parent) => self.image(&parent.id, false, true, true),
            Err(_) => Ok(()),
        }
    }

    /// With `names`, an image that has any is in conflict too.
    fn conflict(&self, id: &str, force: bool, names: bool) -> Result<Option<Conflict>> {
        let conflict = |hard, used, why: String| {
            let id = id.to_owned();
            Ok(Some(Conflict {
                id,
                hard,
                used,
                why,
            }))
        };
        if self.has_children(id)? {
            return conflict(true, false, "image has dependent child images".to_owned());
        }
        let by = |kind: &str, container: &str| {
            format!(
                "image is being used by {kind} container {}",
                id::short(container)
            )
        };
        if let Some(running) = self.user(id, |alive| alive) {
            return conflict(true, true, by("running", &running));
        }
        if force {
            return Ok(None);
        }
        if names && !self.engine.images.resolve(id)?.references.is_empty() {
            let why = "image is referenced in multiple repositories".to_owned();
            return conflict(false, false, why);
        }
        match self.user(id, |alive| !alive) {
            Some(stopped) => conflict(false, true, by("stopped", &stopped)),
            None => Ok(None),
        }
    }

    fn has_children(&self, id: &str) -> Result<bool> {
        Ok(self
            .engine
            .images
            .all()?
            .iter()
            .any(|image| image.parent == id))
    }

    /// A container that has the image, among those that run or do not.
    fn user(&self, image: &str, kind: impl Fn(bool) -> bool) -> Option<String> {
        let all = self.engine.containers.all();
        let found = all.iter().find(|container| {
            kind(container.phase().is_alive()) && container.look(|r| r.image == image)
        });
        found.map(|container| container.id.clone())
    }
}

/// Whether somebody who wrote this meant the id.
fn is_id_prefix(id: &str, written: &str) -> bool {
    let hex = id.split_once(':').map_or(id, |(_, hex)| hex);
    id.starts_with(written) || hex.starts_with(written)
}

/// One tag at most, and digests of its repository alone.
fn is_single(references: &[Reference]) -> bool {
    if references.len() <= 1 {
        return true;
    }
    let (digests, tags): (Vec<&Reference>, Vec<&Reference>) =
        references.iter().partition(|r| r.digest.is_some());
    let repositories: BTreeSet<String> = digests.iter().map(|r| r.name()).collect();
    let one = tags.first().or(digests.first()).map(|r| r.name());
    tags.len() <= 1 && repositories.len() == 1 && repositories.first() == one.as_ref()
}
