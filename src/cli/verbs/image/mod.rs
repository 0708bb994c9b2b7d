//! The commands about images that already exist here: their names, their history, their archives, their end.
//!
//! `images`, `pull`, `import` and `inspect` stand in files of their own one level up.

mod history;
mod load;
mod prune;
mod rm;
mod save;
mod tag;
pub mod tree;

pub use prune::print_pruned;

use crate::cli::grammar::Verb;

/// Every command that stands here.
pub fn verbs() -> Vec<Verb> {
    vec![
        history::verb(),
        load::verb(),
        prune::verb(),
        rm::verb(),
        save::verb(),
        tag::verb(),
    ]
}
