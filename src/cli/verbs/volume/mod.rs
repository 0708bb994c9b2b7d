//! The `volume` commands but for `inspect`, which is one for all kinds of objects.

mod create;
mod ls;
mod prune;
mod rm;

pub use ls::{row as usage_row, usage_listing};

use crate::cli::app::escape;
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Verb;

/// Every command of the group that stands here.
pub fn verbs() -> Vec<Verb> {
    vec![create::verb(), ls::verb(), prune::verb(), rm::verb()]
}

/// The path of a volume's resource; an empty name would be another resource.
fn resource(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::plain("invalid volume name or ID: value is empty"));
    }
    Ok(format!("/volumes/{}", escape(name)))
}
