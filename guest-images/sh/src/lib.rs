//! The shell inside Schooner's containers: `sh`, `ash` and `bash`.
//!
//! The language comes from the yash crates; here are the operating system below it ([`system`] over [`sys`]), what busybox's
//! ash has and yash lacks ([`builtins`]), ash's messages ([`messages`], [`jobs`]), the line editor ([`editor`]) and the start
//! ([`args`], [`startup`]). Everything above `sys` also runs natively, where the tests compare it with other shells.

pub mod args;
pub mod builtins;
pub mod editor;
pub mod input;
pub mod jobs;
pub mod messages;
pub mod mode;
pub mod prompt;
pub mod rewrite;
pub mod startup;
pub mod sys;
pub mod system;

use std::rc::Rc;
use yash_env::system::Concurrent;

/// The system type of everything here.
pub type System = Rc<Concurrent<system::Kernel>>;
/// The environment type of everything here.
pub type Env = yash_env::Env<System>;
