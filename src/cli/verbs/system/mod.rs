//! The commands about everything at once: what is taken, and what can be given back.

mod df;
mod df_cache;
mod prune;

use crate::cli::grammar::Verb;

/// Every command that stands here.
pub fn verbs() -> Vec<Verb> {
    vec![df::verb(), prune::verb()]
}
