//! Signals: the size of the terminal changes, and what the user sends goes on to the container.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Nothing beyond raw mode is needed here.
pub fn enter() {}

pub fn leave() {}

/// Tells when the terminal has a new size.
pub struct Resizes(Option<Signal>);

impl Resizes {
    pub fn new() -> Self {
        Self(signal(SignalKind::window_change()).ok())
    }

    pub async fn next(&mut self) {
        match &mut self.0 {
            Some(changes) => {
                changes.recv().await;
            }
            None => std::future::pending().await,
        }
    }
}

/// Signals as Linux numbers them, with the names that the engine knows.
fn forwarded() -> Vec<(SignalKind, &'static str)> {
    vec![
        (SignalKind::hangup(), "HUP"),
        (SignalKind::interrupt(), "INT"),
        (SignalKind::quit(), "QUIT"),
        (SignalKind::terminate(), "TERM"),
        (SignalKind::user_defined1(), "USR1"),
        (SignalKind::user_defined2(), "USR2"),
        (SignalKind::alarm(), "ALRM"),
    ]
}

/// Catches the signals that a user may send and calls `each` with their names, for as long as it is awaited.
pub async fn forward_signals(mut each: impl AsyncFnMut(&'static str)) {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    for (kind, name) in forwarded() {
        let sender = sender.clone();
        if let Ok(mut stream) = signal(kind) {
            tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    if sender.send(name).is_err() {
                        break;
                    }
                }
            });
        }
    }
    while let Some(name) = receiver.recv().await {
        each(name).await;
    }
}
