//! The streams of a container: fan-out of its output, its input, the detach keys, and its log.
//!
//! Output goes through [`Output`] in the order in which it was read: first into the log, then to every attached client.
//! Input comes from any number of attached clients through [`Stdin`]. Nothing here knows processes or HTTP.

mod escape;
mod jsonline;
mod lines;
mod logfile;
mod logread;
mod output;
mod stdin;

pub use escape::{Escape, EscapeKeys};
pub use logfile::{LogFile, LogLimits};
pub use logread::read as read_log;
pub use output::{Output, Subscription};
pub use stdin::{AtEnd, Stdin, StdinEnded, StdinSource, StdinWriter};
