//! The streams of a container: fan-out of its output, its input, and the detach keys.
//!
//! Output goes through [`Output`] in the order in which it was read: first into the log, then to every attached client.
//! Input comes from any number of attached clients through [`Stdin`]. Nothing here knows processes or HTTP.

mod escape;
mod output;
mod stdin;

pub use escape::{Escape, EscapeKeys};
pub use output::{Output, Subscription};
pub use stdin::{AtEnd, Stdin, StdinEnded, StdinSource, StdinWriter};
