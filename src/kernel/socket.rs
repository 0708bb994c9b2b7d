//! Sockets of processes: what `net` has no word for, which is waiting.
//!
//! A wait ends with EINTR when a caught signal arrives and with EAGAIN when the socket's timeout is over; dropping it loses
//! nothing.

use super::description::{Description, Object};
use super::poll::Ready;
use super::process::Process;
use crate::base::errno::Errno;
use crate::net::Socket;
use crate::net::socket::Readiness;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

impl Description {
    /// The socket, or ENOTSOCK.
    pub fn socket(&self) -> Result<&Socket, Errno> {
        match &self.object {
            Object::Socket(socket) => Ok(socket),
            _ => Err(Errno::Notsock),
        }
    }

    /// Tries until it does not say EAGAIN, at most for `timeout`; once only if the descriptor does not block.
    pub async fn until_ready<T>(
        &self,
        process: &Arc<Process>,
        timeout: Option<Duration>,
        mut attempt: impl FnMut(&Socket) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        let socket = self.socket()?;
        match attempt(socket) {
            Err(Errno::Again) if !self.nonblocking() => {}
            done => return done,
        }
        let wait = poll_fn(|cx| {
            socket.poll(cx);
            again(attempt(socket))
        });
        within(process, timeout, wait).await
    }

    /// Connects; EINPROGRESS if that takes a while and the descriptor does not block.
    pub async fn connect(&self, process: &Arc<Process>, to: SocketAddr) -> Result<(), Errno> {
        let socket = self.socket()?;
        match socket.try_connect(to) {
            Err(Errno::Again | Errno::Inprogress) if self.nonblocking() => {
                return Err(Errno::Inprogress);
            }
            Err(Errno::Again | Errno::Inprogress) => {}
            done => return done,
        }
        let timeout = socket.options.lock().send_timeout;
        let wait = poll_fn(|cx| {
            socket.poll_connect(cx, to);
            match socket.try_connect(to) {
                Err(Errno::Inprogress) => Poll::Pending,
                outcome => again(outcome),
            }
        });
        within(process, timeout, wait).await
    }
}

fn again<T>(outcome: Result<T, Errno>) -> Poll<Result<T, Errno>> {
    match outcome {
        Err(Errno::Again) => Poll::Pending,
        done => Poll::Ready(done),
    }
}

async fn within<T>(
    process: &Arc<Process>,
    timeout: Option<Duration>,
    wait: impl Future<Output = Result<T, Errno>>,
) -> Result<T, Errno> {
    match timeout {
        None => process.block(wait).await?,
        Some(time) => {
            let limited = tokio::time::timeout(time, wait);
            process.block(limited).await?.unwrap_or(Err(Errno::Again))
        }
    }
}

/// A socket's readiness as `poll` tells it.
pub fn ready(socket: &Socket, cx: &Context<'_>) -> Ready {
    let Readiness {
        read,
        write,
        hung_up,
        failed,
    } = socket.poll(cx);
    let mut ready = Ready::NONE;
    for (is, bit) in [
        (read, Ready::IN),
        (write, Ready::OUT),
        (hung_up, Ready::HUP),
        (failed, Ready::ERR),
    ] {
        if is {
            ready |= bit;
        }
    }
    ready
}
