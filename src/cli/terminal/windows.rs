//! The console: escape sequences in both directions, polled size, Ctrl-C and Ctrl-Break.

use std::sync::Mutex;
use std::time::Duration;
use windows_sys::Win32::System::Console::{
    DISABLE_NEWLINE_AUTO_RETURN, ENABLE_VIRTUAL_TERMINAL_INPUT, ENABLE_VIRTUAL_TERMINAL_PROCESSING,
    GetConsoleMode, GetStdHandle, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, SetConsoleMode,
};

/// The modes to give back: which standard handle, and its mode.
static BEFORE: Mutex<Vec<(u32, u32)>> = Mutex::new(Vec::new());

/// Lets keys arrive as escape sequences and shows those of the container.
pub fn enter() {
    add(STD_INPUT_HANDLE, ENABLE_VIRTUAL_TERMINAL_INPUT);
    add(
        STD_OUTPUT_HANDLE,
        ENABLE_VIRTUAL_TERMINAL_PROCESSING | DISABLE_NEWLINE_AUTO_RETURN,
    );
}

pub fn leave() {
    let Ok(mut before) = BEFORE.lock() else {
        return;
    };
    for (which, mode) in before.drain(..) {
        // SAFETY: the handle is one of the process's standard ones; a stale one makes the call fail, no more.
        unsafe { SetConsoleMode(GetStdHandle(which), mode) };
    }
}

fn add(which: u32, flags: u32) {
    let mut mode = 0;
    // SAFETY: `mode` outlives the call; the handle is one of the process's standard ones.
    let known = unsafe { GetConsoleMode(GetStdHandle(which), &mut mode) } != 0;
    if !known {
        return;
    }
    if let Ok(mut before) = BEFORE.lock() {
        before.push((which, mode));
    }
    // SAFETY: as above.
    unsafe { SetConsoleMode(GetStdHandle(which), mode | flags) };
}

/// Tells when the console has a new size, by looking four times a second.
pub struct Resizes((u16, u16));

impl Resizes {
    pub fn new() -> Self {
        Self(super::size())
    }

    pub async fn next(&mut self) {
        loop {
            tokio::time::sleep(Duration::from_millis(250)).await;
            let now = super::size();
            if now != self.0 {
                self.0 = now;
                return;
            }
        }
    }
}

/// Catches Ctrl-C and Ctrl-Break and calls `each` with the name of the signal, for as long as it is awaited.
pub async fn forward_signals(mut each: impl AsyncFnMut(&'static str)) {
    let (Ok(mut c), Ok(mut pause)) = (
        tokio::signal::windows::ctrl_c(),
        tokio::signal::windows::ctrl_break(),
    ) else {
        return std::future::pending().await;
    };
    loop {
        tokio::select! {
            Some(()) = c.recv() => each("INT").await,
            Some(()) = pause.recv() => each("TERM").await,
            else => return,
        }
    }
}
