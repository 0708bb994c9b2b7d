//! A process: what stays the same thing through `exec`, from its birth to its zombie.
//!
//! `Arc<Process>` is shared: by the guest's own calls, by others that signal it, by /proc, by the engine. Every field locks for
//! itself and briefly. Order: the table, then `signals`; `files`, `paths`, `identity`, `image`, `limits` are leaves, never held
//! together or across an await.

use super::accounting::Usage;
use super::deliver::{Sender, Signals};
use super::description::Description;
use super::fd::FdTable;
use super::gate::GateState;
use super::program::Image;
use super::sandbox::Sandbox;
use super::signal::Signal;
use super::status::ExitStatus;
use crate::base::errno::Errno;
use crate::base::waiters::Waiters;
use crate::vfs::{Cred, Namespace};
use parking_lot::Mutex;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Poll;

/// Where relative paths start, and what mode bits new files lack.
#[derive(Clone)]
pub struct Paths {
    /// Absolute and normalised.
    pub cwd: String,
    pub umask: u16,
}

/// Who a process is.
#[derive(Clone)]
pub struct Identity {
    /// Real user and group.
    pub uid: u32,
    pub gid: u32,
    pub saved_uid: u32,
    pub saved_gid: u32,
    /// Effective user, group and groups: what permission checks see.
    pub cred: Arc<Cred>,
}

impl Identity {
    /// Real and effective alike.
    pub fn of(cred: Cred) -> Identity {
        Identity {
            uid: cred.uid,
            gid: cred.gid,
            saved_uid: cred.uid,
            saved_gid: cred.gid,
            cred: Arc::new(cred),
        }
    }
}

/// What program runs: what /proc shows of it.
#[derive(Clone, Default)]
pub struct ImageInfo {
    pub argv: Vec<String>,
    pub env: Vec<String>,
    /// The program's own path, after symbolic links.
    pub exe: String,
}

/// Linux's resource numbers (`RLIMIT_*`) and their soft and hard values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rlimits(pub [(u64, u64); Rlimits::COUNT]);

impl Rlimits {
    pub const COUNT: usize = 16;
    pub const NPROC: usize = 6;
    pub const NOFILE: usize = 7;
    /// "Unlimited".
    pub const INFINITY: u64 = u64::MAX;

    /// What a container starts with.
    pub fn new(nofile: u64) -> Rlimits {
        let mut limits = [(Rlimits::INFINITY, Rlimits::INFINITY); Rlimits::COUNT];
        limits[3] = (8 << 20, Rlimits::INFINITY);
        limits[4] = (0, Rlimits::INFINITY);
        limits[Rlimits::NOFILE] = (nofile, nofile);
        Rlimits(limits)
    }
}

thread_local! {
    static CURRENT: Cell<u32> = const { Cell::new(0) };
}

/// The pid of the process in whose name the file tree is called on this thread: what `/proc/self` means. 0: the engine.
pub fn current() -> u32 {
    CURRENT.get()
}

/// One process.
pub struct Process {
    pub pid: u32,
    /// Its number among all processes of the machine: what an onlooker from outside the container calls its pid.
    pub number: u32,
    pub sandbox: Arc<Sandbox>,
    pub signals: Signals,
    pub files: Mutex<FdTable>,
    pub paths: Mutex<Paths>,
    pub identity: Mutex<Identity>,
    pub image: Mutex<Arc<ImageInfo>>,
    pub limits: Mutex<Rlimits>,
    pub usage: Usage,
    /// The nice value: recorded and shown.
    pub nice: AtomicI32,
    /// Nanoseconds on the sandbox's monotonic clock.
    pub started: u64,
    pub(super) gate: GateState,
    /// Something about a child has changed.
    pub(super) children: Waiters,
    /// What `exec` has prepared.
    pub(super) next_image: Mutex<Option<Image>>,
    ended: OnceLock<ExitStatus>,
    watchers: Waiters,
}

/// What a new process is made of.
pub(super) struct Birth {
    pub signals: Signals,
    pub files: FdTable,
    pub paths: Paths,
    pub identity: Identity,
    pub image: Arc<ImageInfo>,
    pub limits: Rlimits,
    pub nice: i32,
}

impl Process {
    pub(super) fn new(pid: u32, sandbox: &Arc<Sandbox>, birth: Birth) -> Arc<Process> {
        Arc::new(Process {
            pid,
            number: sandbox.machine.next_number(),
            sandbox: sandbox.clone(),
            signals: birth.signals,
            files: Mutex::new(birth.files),
            paths: Mutex::new(birth.paths),
            identity: Mutex::new(birth.identity),
            image: Mutex::new(birth.image),
            limits: Mutex::new(birth.limits),
            usage: Usage::default(),
            nice: AtomicI32::new(birth.nice),
            started: sandbox.machine.clock().monotonic(),
            gate: GateState::default(),
            children: Waiters::default(),
            next_image: Mutex::new(None),
            ended: OnceLock::new(),
            watchers: Waiters::default(),
        })
    }

    /// Everything that a clone shares or copies.
    pub(super) fn offspring(&self) -> Birth {
        Birth {
            signals: self.signals.inherited(),
            files: self.files.lock().clone(),
            paths: self.paths.lock().clone(),
            identity: self.identity.lock().clone(),
            image: self.image.lock().clone(),
            limits: self.limits.lock().clone(),
            nice: self.nice.load(Ordering::Relaxed),
        }
    }

    /// The effective credentials.
    pub fn cred(&self) -> Arc<Cred> {
        self.identity.lock().cred.clone()
    }

    /// Runs one call of the file tree in this process's name: /proc answers for it (`current`).
    pub fn tree<T>(&self, call: impl FnOnce(&Namespace, &Cred) -> T) -> T {
        let before = CURRENT.replace(self.pid);
        let result = call(&self.sandbox.namespace, &self.cred());
        CURRENT.set(before);
        result
    }

    /// The current directory.
    pub fn cwd(&self) -> String {
        self.paths.lock().cwd.clone()
    }

    /// The last part of the program's path, at most 15 bytes: `comm` of /proc.
    pub fn comm(&self) -> String {
        let image = self.image.lock().clone();
        let name = image.exe.rsplit('/').next().unwrap_or_default();
        // Programs are `NAME.wasm` behind links; who looks at the table means NAME.
        let shown = match image.argv.first() {
            Some(arg) if name.ends_with(".wasm") => arg
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .trim_start_matches('-'),
            _ => name,
        };
        let end = (0..=shown.len().min(15))
            .rev()
            .find(|end| shown.is_char_boundary(*end))
            .unwrap_or(0);
        shown[..end].to_owned()
    }

    /// Runs what may block, ending with EINTR when a caught signal arrives first. What is ready at once wins.
    ///
    /// `op` must lose nothing when it is dropped at an await. SIGKILL needs nothing: it drops the whole program.
    pub async fn block<F: Future>(&self, op: F) -> Result<F::Output, Errno> {
        let mut op = pin!(op);
        let waiting = InCall::enter(self);
        let result = poll_fn(|cx| match op.as_mut().poll(cx) {
            Poll::Ready(value) => Poll::Ready(Ok(value)),
            Poll::Pending if self.signals.poll_interrupt(cx) => Poll::Ready(Err(Errno::Intr)),
            Poll::Pending => Poll::Pending,
        })
        .await;
        drop(waiting);
        result
    }

    /// Lets the gate act before the guest goes on: after a call that may have ended or stopped the caller itself.
    pub async fn checkpoint(&self) {
        if self.is_interrupted() {
            self.breathe().await;
        }
    }

    /// Whether the gate has something to do before the guest may go on.
    pub(super) fn is_interrupted(&self) -> bool {
        self.gate.is_ending() || self.gate.is_stopped()
    }

    /// Gives way to other processes, and to the gate.
    pub async fn breathe(&self) {
        let _waiting = InCall::enter(self);
        let mut yielded = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// Gives a description the lowest free number; directories begin at 4, as 3 means the root in preview1's `path_*`.
    pub fn install(&self, description: Arc<Description>, cloexec: bool) -> Result<u32, Errno> {
        let directory = description
            .file()
            .is_some_and(|file| file.attr().is_ok_and(|attr| attr.is_dir()));
        let min = if directory { 4 } else { 0 };
        self.files.lock().insert(min, description, cloexec)
    }

    /// Whether the process has been told to end.
    pub fn is_ending(&self) -> bool {
        self.gate.is_ending()
    }

    /// Ends the process from outside its own calls.
    pub(super) fn end(&self, status: ExitStatus) {
        self.gate.end(status);
    }

    /// How it ended, if it has.
    pub fn status(&self) -> Option<ExitStatus> {
        self.ended.get().copied()
    }

    /// Waits for its end, as a bystander: nothing is reaped.
    pub async fn watch(&self) -> ExitStatus {
        poll_fn(|cx| {
            self.watchers.register(cx);
            self.status().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// The program is gone: closes files, tells everybody.
    pub(super) fn finish(self: &Arc<Process>, status: ExitStatus) {
        let files = std::mem::replace(&mut *self.files.lock(), FdTable::new(0));
        // Closing may flush files and wake readers: not under the lock.
        drop(files);
        self.usage.set_memory(0);
        let sid = self.sandbox.table.getsid(self.pid, self.pid).unwrap_or(0);
        if self.pid == 1 {
            self.sandbox.first_ended(status);
        }
        let after = self.sandbox.table.ended(self.pid, status);
        let empty = after.empty;
        let _ = self.ended.set(status);
        self.watchers.wake();
        after.carry_out(sid);
        if empty {
            self.sandbox.all_ended();
        }
    }

    /// A child has ended, stopped or continued.
    pub(super) fn child_changed(self: &Arc<Process>) {
        self.children.wake();
        self.send(Signal::CHLD, Sender::Outside);
    }

    pub(super) fn charge_cpu(&self, ns: u64) {
        self.usage.add_cpu(ns);
        self.sandbox.charge_cpu(ns);
    }
}

/// Marks that the process waits in a call while this lives.
struct InCall<'a>(&'a Process);

impl InCall<'_> {
    fn enter(process: &Process) -> InCall<'_> {
        process.usage.set_in_call(true);
        InCall(process)
    }
}

impl Drop for InCall<'_> {
    fn drop(&mut self) {
        self.0.usage.set_in_call(false);
    }
}
