//! The `network` commands but for `inspect`, which is one for all kinds of objects.

mod connect;
mod create;
mod ls;
mod prune;
mod rm;

use crate::cli::app::escape;
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Verb;

/// Every command of the group that stands here.
pub fn verbs() -> Vec<Verb> {
    let mut all = vec![create::verb(), ls::verb(), prune::verb(), rm::verb()];
    all.extend(connect::verbs());
    all
}

/// The path of a network's resource; an empty name would be another resource.
fn resource(name: &str, below: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::plain("invalid network name or ID: value is empty"));
    }
    Ok(format!("/networks/{}{below}", escape(name)))
}
