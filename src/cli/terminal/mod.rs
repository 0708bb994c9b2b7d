//! The user's terminal: raw mode that is always undone, its size, its changes, the keys that detach.

mod detach;
mod secret;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

pub use detach::{Detector, parse_keys};
pub use secret::read_secret;
pub use system::{Resizes, forward_signals};

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};

static RAW: AtomicBool = AtomicBool::new(false);

/// Raw mode for as long as the value lives; a panic undoes it too.
#[derive(Debug)]
pub struct Raw(());

impl Raw {
    /// Every key goes to the container, none to this program.
    pub fn enter() -> std::io::Result<Self> {
        crossterm::terminal::enable_raw_mode()?;
        system::enter();
        if !RAW.swap(true, Ordering::SeqCst) {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                restore();
                before(info);
            }));
        }
        Ok(Self(()))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back as it was; harmless when it was never taken.
pub fn restore() {
    if RAW.swap(false, Ordering::SeqCst) {
        system::leave();
        // Nothing can be done about a terminal that went away.
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// Height and width of the terminal; zeros where there is none.
pub fn size() -> (u16, u16) {
    if !std::io::stdout().is_terminal() {
        return (0, 0);
    }
    crossterm::terminal::size().map_or((0, 0), |(width, height)| (height, width))
}

pub fn stdin_is_terminal() -> bool {
    std::io::stdin().is_terminal()
}
