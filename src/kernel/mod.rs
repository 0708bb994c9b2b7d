//! The user-space kernel: sandboxes, processes, signals, descriptors, terminals, scheduling, and the guest ABIs.
//!
//! Files are named as a Unix kernel would name them. Start at `start` (a process begins), `life` (it runs its programs),
//! `gate` (it is stopped and killed), `scheduler` (it gets its CPU) and `abi` (what it may call). `docs/design/kernel.md` tells why.
//!
//! Lock order, from the outside in. No lock is held across an await, and none while guest code runs:
//!
//! ```text
//! table                     parents, groups, sessions, zombies
//!   process.signals         pending, masks, actions
//! sandbox.limits            while they change
//! process.{files, paths, identity, image, limits}    one at a time
//! description.moving        during one read or write of a file; /proc files look at processes below it
//!   vfs …
//! pipe, tty, scheduler, socket, cache                leaves
//! ```

pub mod abi;
pub mod accounting;
pub mod cache;
pub mod clock;
pub mod clone;
mod compile;
pub mod context;
pub mod deliver;
pub mod description;
pub mod device;
pub mod door;
pub mod exec;
pub mod fd;
mod gate;
mod life;
pub mod limits;
pub mod machine;
pub mod open;
pub mod pipe;
pub mod poll;
pub mod process;
pub mod procfs;
pub mod program;
pub mod quota;
pub mod sandbox;
mod scheduler;
pub mod signal;
mod sizes;
mod socket;
pub mod start;
pub mod status;
pub mod table;
pub mod tty;
pub mod wait;

pub use accounting::SandboxUsage;
pub use clock::{Clock, ManualClock, SystemClock};
pub use context::{Context, Leave};
pub use deliver::{Action, MaskHow, Sender};
pub use door::Door;
pub use limits::InUse;
pub use machine::{CompileEvent, CompileListener, Machine, MachineConfig};
pub use pipe::{PipeReader, PipeWriter, pipe};
pub use process::{Process, Rlimits, current};
pub use quota::CpuQuota;
pub use sandbox::{Limits, ProcInfo, Sandbox, SandboxSpec};
pub use signal::{SigSet, Signal};
pub use start::{ProcessHandle, ProcessSpec, StartError, Stdio};
pub use status::{Change, ExitStatus};
