//! The line editor at the prompt.
//!
//! `keys` turns bytes into keys, `state` does what they say, `draw` makes the picture, `complete` and `history` help; all of
//! these are pure. `session` alone touches the terminal. The history lives here, in the process.

mod complete;
mod draw;
mod history;
mod keys;
mod session;
mod state;
mod width;

use crate::sys;
use history::History;
use std::cell::RefCell;

pub use session::{Outcome, Session};

thread_local! {
    static HISTORY: RefCell<History> = RefCell::default();
}

/// Whether lines can be edited here: a terminal that knows cursor movements.
pub fn usable(term: Option<&str>) -> bool {
    term != Some("dumb") && sys::tcgetattr(0).is_ok()
}

pub fn history_len() -> usize {
    HISTORY.with_borrow(|history| history.lines().len())
}
pub fn history_lines() -> Vec<String> {
    HISTORY.with_borrow(|history| history.lines().to_vec())
}
pub fn history_clear() {
    HISTORY.with_borrow_mut(History::clear);
}
pub fn history_load(text: &str) {
    HISTORY.with_borrow_mut(|history| history.load(text));
}
/// The text for the file; none when nothing was typed.
pub fn history_text() -> Option<String> {
    HISTORY.with_borrow(|history| (history.lines().len() != history.loaded).then(|| history.text()))
}
