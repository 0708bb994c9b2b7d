//! Images: one file per verb. Where they are kept is behind [`super::ports::Images`].
//!
//! Lock order: `Engine::image_turn`, held on blocking threads while names and images are taken away, then nothing of the engine's.

mod changes;
mod commit;
mod distribution;
mod history;
mod import;
mod inspect;
mod layers;
mod list;
mod load;
mod pattern;
mod prune;
mod pull;
mod push;
mod remove;
mod save;
mod search;
mod tag;
#[cfg(test)]
mod tests;

pub use commit::layer_from_upper;
pub use pull::ProgressStream;
pub(in crate::engine) use pull::receive;

use super::ports::Image;
use super::{Engine, Error, Result};
use crate::base::platform::Platform;
use crate::wire::StringMap;

impl Engine {
    /// Docker's event of an image: its labels, and the name by which it was called.
    pub(in crate::engine) fn tell_image(&self, action: &str, image: &Image, name: &str) {
        let mut attributes = image.config.labels.clone().unwrap_or_default();
        attributes.insert("name".to_owned(), name.to_owned());
        self.events.publish("image", action, &image.id, attributes);
    }

    /// The same where nothing is left but the id.
    fn tell_image_gone(&self, action: &str, id: &str) {
        let attributes = StringMap::from([("name".to_owned(), id.to_owned())]);
        self.events.publish("image", action, id, attributes);
    }
}

/// Refuses an image that is not for the platform that was asked for; `name` is what the user called it.
fn check_platform(image: &Image, name: &str, wanted: Option<&Platform>) -> Result<()> {
    let own = Platform::new(&image.os, &image.architecture, &image.variant);
    match wanted {
        Some(wanted) if !wanted.answers_for(&own) => Err(Error::not_found(format!(
            "image with reference {name} was found but its platform ({own}) does not match the specified platform ({wanted})"
        ))),
        _ => Ok(()),
    }
}
