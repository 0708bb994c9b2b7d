//! The user-space kernel: sandboxes, processes, signals, descriptors, terminals, scheduling, and the guest ABIs.

pub mod tty;
