//! The commands about images that already exist here: their names, their history, their archives, their end.
//!
//! `images`, `pull`, `import` and `inspect` stand in files of their own one level up.

mod check;
mod history;
mod layers;
mod load;
mod prune;
mod push;
mod rm;
mod save;
mod tag;
pub mod tree;
mod view;

pub use prune::print_pruned;

use crate::cli::grammar::Verb;

/// Every command that stands here.
pub fn verbs() -> Vec<Verb> {
    vec![
        check::verb(),
        history::verb(),
        layers::verb(),
        load::verb(),
        prune::verb(),
        push::verb(),
        rm::verb(),
        save::verb(),
        tag::verb(),
    ]
}
