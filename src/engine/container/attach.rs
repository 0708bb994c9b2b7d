//! `attach`: a client on a container's streams, before or while it runs.

use super::defaults::escape_keys;
use crate::engine::io::{AtEnd, Escape, StdinEnded, StdinWriter, Subscription};
use crate::engine::logs::{self, Driver};
use crate::engine::options::{AttachOptions, AttachStreams, ByteStream, LogOptions};
use crate::engine::state::Verdict;
use crate::engine::{Engine, Error, Result};
use crate::wire::frame;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use std::sync::Arc;
use tokio::sync::watch;

/// Tells when a client's side of stdin is over.
type End = watch::Receiver<Option<StdinEnded>>;

impl Engine {
    /// Attaches a client; it misses nothing that is written after this returns.
    pub fn attach(self: &Arc<Self>, id: &str, options: AttachOptions) -> Result<AttachStreams> {
        let keys = escape_keys(options.detach_keys.as_deref())?;
        let container = self.find(id)?;
        let refuse = |why| Err(Error::conflict(format!("container {id} is {why}")));
        match container.phase().can_attach() {
            Verdict::Paused => return refuse("paused, unpause the container before attach"),
            Verdict::Restarting => {
                return refuse("restarting, wait until the container is running");
            }
            _ => {}
        }
        let (tty, open, once, logged) = container.look(|r| {
            (
                r.config.tty,
                r.config.open_stdin,
                r.config.stdin_once,
                Driver::of(r).is_readable(r),
            )
        });
        let live = options
            .stream
            .then(|| container.output.subscribe(options.stdout, options.stderr));
        let (stdin, end) = if options.stream && options.stdin && open {
            // A terminal's stdin stays open when one client leaves it.
            let at_end = if once && !tty {
                AtEnd::CloseStdin
            } else {
                AtEnd::EndOutput
            };
            let (writer, end) = StdinWriter::new(
                container.stdin.clone(),
                tty.then(|| Escape::new(keys)),
                at_end,
            );
            (Some(writer), Some(end))
        } else {
            (None, None)
        };
        let past: ByteStream = if options.logs && logged {
            let all = LogOptions {
                stdout: options.stdout,
                stderr: options.stderr,
                ..LogOptions::default()
            };
            logs::read(container.log.clone(), self.clock.clone(), all, tty)
        } else {
            Box::pin(stream::empty())
        };
        self.tell(&container, "attach", &[]);
        let engine = self.clone();
        let detached = move || engine.tell(&container, "detach", &[]);
        let live: ByteStream = match live {
            Some(live) => follow(live, tty, end, detached),
            None => Box::pin(stream::empty()),
        };
        Ok(AttachStreams {
            tty,
            stdin,
            output: Box::pin(past.chain(live)),
        })
    }
}

/// The live output until the process ends or the client's stdin does; `detached` is called when its keys were typed.
pub(in crate::engine) fn follow(
    live: Subscription,
    tty: bool,
    end: Option<End>,
    detached: impl FnOnce() + Send + 'static,
) -> ByteStream {
    let state = (live, end, Some(detached));
    Box::pin(stream::unfold(
        state,
        move |(mut live, mut end, mut detached)| async move {
            let piece = tokio::select! {
                // What was written before the end still goes out.
                biased;
                piece = live.recv() => piece,
                reason = over(&mut end) => {
                    if let (StdinEnded::Detached, Some(tell)) = (reason, detached.take()) {
                        tell();
                    }
                    None
                }
            };
            let (source, bytes) = piece?;
            let bytes: Bytes = if tty {
                bytes
            } else {
                frame::encode(source, &bytes)
            };
            Some((bytes, (live, end, detached)))
        },
    ))
}

/// Pending for ever unless the attachment is over.
async fn over(end: &mut Option<End>) -> StdinEnded {
    let Some(receiver) = end else {
        return std::future::pending().await;
    };
    // The sender is gone without a word where the end of input closed the process's stdin: output goes on.
    let reason = receiver
        .wait_for(Option::is_some)
        .await
        .ok()
        .and_then(|reason| *reason);
    match reason {
        Some(reason) => reason,
        None => {
            *end = None;
            std::future::pending().await
        }
    }
}
