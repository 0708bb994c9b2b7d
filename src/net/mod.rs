//! The networks of containers, within the process.
//!
//! Layers, each over those below it:
//!
//! ```text
//! socket send          what a program holds: one non-blocking attempt per call, and readiness
//! publish  relay       from the host in, and out to the host's network
//! resolver             names over the wire, at 127.0.0.11
//! outside              the policy of what may be reached, the host's resolver
//! switch               which namespace is at which address, by which names
//! stack                a namespace: interfaces and ports
//! listener stream mailbox channel   backlog, connection, datagrams, bytes: bounded buffers
//! addresses pools mac counters budget echo   pure
//! ```
//!
//! Knows nothing of containers, records or HTTP: the engine's `network` verbs decide who is where, the kernel makes descriptors
//! of sockets. No lock is held across an await.

pub mod addresses;
mod budget;
mod channel;
pub mod counters;
mod echo;
mod listener;
pub mod mac;
mod mailbox;
pub mod outside;
pub mod pools;
pub mod publish;
mod relay;
mod resolver;
mod send;
pub mod socket;
pub mod stack;
mod stream;
pub mod switch;
#[cfg(test)]
mod tests;

pub use addresses::{Addresses, Refused};
pub use outside::{HostPorts, Outside, Policy, Reach};
pub use socket::Socket;
pub use stack::{Interface, Protocol, Stack};
pub use stream::Stream;
pub use switch::Switch;
