//! The signals that end the engine: SIGTERM and SIGINT on Unix, Ctrl-C and Ctrl-Break elsewhere.

/// Returns at the first of them.
#[cfg(unix)]
pub async fn wait() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        return std::future::pending().await;
    };
    // A terminal that closes must not take the engine along.
    let mut hangup = signal(SignalKind::hangup()).ok();
    loop {
        tokio::select! {
            _ = term.recv() => return,
            _ = int.recv() => return,
            Some(()) = async { match hangup.as_mut() { Some(h) => h.recv().await, None => std::future::pending().await } } => {}
        }
    }
}

/// Returns at the first of them.
#[cfg(not(unix))]
pub async fn wait() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
