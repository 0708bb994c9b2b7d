//! Published ports: real listeners of the host that lead into a namespace.
//!
//! TCP: each connection of the host becomes one of the namespace, from the gateway's address, and both are joined; the guest's
//! backlog and buffers hold back what comes too fast. UDP: each client has a port of its own at the gateway's address, so that
//! answers find it. Closing a [`Published`] (or dropping it, a moment later) closes the listener and what goes through it.

use super::mailbox::{LARGEST, Mailbox};
use super::stack::Stack;
use super::stream::Stream;
use crate::base::errno::Errno;
use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};
use std::task::Poll;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};

/// Connections through one published port at a time.
const CONNECTIONS: usize = 4096;
/// UDP clients of one published port at a time.
const CLIENTS: usize = 512;
/// A UDP client that has been silent for so long is forgotten.
const SILENCE: Duration = Duration::from_secs(90);

/// After an error of the host's.
const PAUSE: Duration = Duration::from_millis(50);

/// An open port of the host.
pub struct Published {
    pub host: SocketAddr,
    task: JoinHandle<()>,
}

/// Where it leads.
#[derive(Clone)]
pub struct Target {
    pub stack: Weak<Stack>,
    /// The container's own address and port.
    pub to: SocketAddr,
    /// Where the guest sees its clients.
    pub gateway: IpAddr,
}

impl Published {
    /// Closes the port; it can be opened again when this returns.
    pub async fn close(mut self) {
        self.task.abort();
        // The error says that it was aborted.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Opens a TCP port of the host, on the caller's runtime; port 0 is any.
pub async fn tcp(host: SocketAddr, target: Target) -> io::Result<Published> {
    let listener = TcpListener::bind(host).await?;
    let host = listener.local_addr()?;
    let task = tokio::spawn(accept(listener, target));
    Ok(Published { host, task })
}

/// Opens a UDP port of the host, on the caller's runtime; port 0 is any.
pub async fn udp(host: SocketAddr, target: Target) -> io::Result<Published> {
    let socket = UdpSocket::bind(host).await?;
    let host = socket.local_addr()?;
    let task = tokio::spawn(forward(Arc::new(socket), target));
    Ok(Published { host, task })
}

async fn accept(listener: TcpListener, target: Target) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    // The connections end with this task.
    let mut connections = JoinSet::new();
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else {
            return;
        };
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((host, _)) => {
                let target = target.clone();
                connections.spawn(async move {
                    enter(host, target).await;
                    drop(permit);
                });
            }
            // Out of descriptors: those that are open may end meanwhile.
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Joins a connection of the host to the program that listens; without one it is closed, as Docker's proxy does.
async fn enter(host: TcpStream, target: Target) {
    let _ = host.set_nodelay(true);
    let Some(stack) = target.stack.upgrade() else {
        return;
    };
    let Some(listener) = stack.listener(target.to) else {
        return;
    };
    let port = host.peer_addr().map_or(1, |peer| peer.port());
    let from = SocketAddr::new(target.gateway, port);
    let counters = stack.counters_of(target.to.ip());
    let budget = stack.budget.clone();
    drop(stack);
    let offered = poll_fn(|cx| {
        listener.poll_room(cx);
        let pair = || Stream::pair(&budget, (from, None), (target.to, counters.clone()));
        match listener.offer(pair) {
            Err(Errno::Again) => Poll::Pending,
            done => Poll::Ready(done),
        }
    });
    if let Ok(stream) = offered.await {
        drop(listener);
        stream.bridge(host).await;
    }
}

/// A client of a UDP port.
struct Client {
    /// Where the guest's answers to it arrive.
    port: u16,
    answers: AbortHandle,
}

async fn forward(socket: Arc<UdpSocket>, target: Target) {
    let mut clients: HashMap<SocketAddr, Client> = HashMap::new();
    let mut tasks = JoinSet::new();
    let mut buffer = vec![0; LARGEST];
    loop {
        let Ok((count, client)) = socket.recv_from(&mut buffer).await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        while tasks.try_join_next().is_some() {}
        clients.retain(|_, client| !client.answers.is_finished());
        let Some(stack) = target.stack.upgrade() else {
            return;
        };
        let known = clients.get(&client).map(|client| client.port);
        let port = match known {
            Some(port) => port,
            None if clients.len() >= CLIENTS => continue,
            None => {
                let (port, mailbox) = stack
                    .switch
                    .open_gateway_port(target.gateway, &stack.budget);
                let answers = answer(socket.clone(), client, mailbox);
                let answers = tasks.spawn(answers);
                clients.insert(client, Client { port, answers });
                port
            }
        };
        if let Some(mailbox) = stack.mailbox(target.to)
            && mailbox.deliver(SocketAddr::new(target.gateway, port), &buffer[..count])
            && let Some(counters) = stack.counters_of(target.to.ip())
        {
            counters.received(count);
        }
    }
}

/// Sends a guest's answers to their client until it has been silent for a while.
async fn answer(socket: Arc<UdpSocket>, client: SocketAddr, mailbox: Arc<Mailbox>) {
    while let Ok(Some((_, bytes))) = tokio::time::timeout(SILENCE, mailbox.take()).await {
        // A client that is gone does not matter.
        let _ = socket.send_to(&bytes, client).await;
    }
}
