//! Terminals: a pty is a line discipline between two bounded buffers, with a size, a session and a foreground group.
//!
//! * `termios`: modes, with Linux's values
//! * `line`, `echo`, `erase`: the line discipline, pure
//! * `pty`: both sides, waiting, hang-up
//! * `job`: who may read and write, the controlling terminal

mod echo;
mod erase;
mod job;
mod line;
mod pty;
pub mod termios;

#[cfg(all(test, target_os = "linux"))]
mod compare;
#[cfg(test)]
mod tests;

pub use job::{Access, Background, Caller, TtySignals};
pub use line::signal;
pub use pty::{Pty, SetWhen, Size, Slave};
pub use termios::Termios;
