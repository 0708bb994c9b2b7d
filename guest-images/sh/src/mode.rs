//! Which shell this process plays, and how its messages begin.
//!
//! Set once at the start; children are copies of the process and inherit it.

use std::cell::{Cell, RefCell};

thread_local! {
    static BASH: Cell<bool> = const { Cell::new(false) };
    static INTERACTIVE: Cell<bool> = const { Cell::new(false) };
    static NAME: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Whether the program was started as `bash`.
pub fn is_bash() -> bool {
    BASH.get()
}

/// Whether commands come from a person.
pub fn is_interactive() -> bool {
    INTERACTIVE.get()
}

/// The name that begins messages: `$0`.
pub fn name() -> String {
    NAME.with_borrow(String::clone)
}

/// Sets all of it.
pub fn set(bash: bool, interactive: bool, name: &str) {
    BASH.set(bash);
    INTERACTIVE.set(interactive);
    NAME.with_borrow_mut(|own| name.clone_into(own));
}
