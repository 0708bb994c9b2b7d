//! A sandbox is one container: a file tree, a process table, limits, a host name.
//!
//! It holds no lock across an await. It lives until its last process is gone and nobody holds it.

use super::accounting::SandboxUsage;
use super::deliver::Sender;
use super::door::Door;
use super::limits::{InUse, MemoryCounter};
use super::machine::Machine;
use super::pipe::Pipe;
use super::process::{Process, Rlimits};
use super::quota::CpuQuota;
use super::scheduler::{Claim, Group};
use super::signal::Signal;
use super::status::ExitStatus;
use super::table::{RunState, Table};
use super::tty::{Pty, TtySignals};
use crate::base::capability::Capability;
use crate::base::cpuset::CpuSet;
use crate::base::errno::Errno;
use crate::base::waiters::Waiters;
use crate::net::Stack;
use crate::vfs::Namespace;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::task::Poll;

/// What a container may use. `None` means no limit.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of memory of all processes, pipes and memory files.
    pub memory: Option<u64>,
    pub pids: Option<u32>,
    /// What each process starts with; never more than 1024 open files.
    pub rlimits: Rlimits,
    pub cpu: Option<CpuQuota>,
    /// Docker's `--cpu-shares`: the weight against other sandboxes, from 2 to 262,144.
    pub shares: u64,
    /// The CPUs that it may use; those that there are not do not count.
    pub cpus: CpuSet,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            memory: None,
            pids: None,
            rlimits: Rlimits::new(1024),
            cpu: None,
            shares: 1024,
            cpus: CpuSet::ALL,
        }
    }
}

impl Limits {
    fn claim(&self) -> Claim {
        Claim {
            shares: self.shares,
            cpus: self.cpus,
            quota: self.cpu,
        }
    }
}

/// How to make a sandbox.
pub struct SandboxSpec {
    pub id: String,
    pub hostname: String,
    pub domainname: String,
    pub namespace: Arc<Namespace>,
    pub limits: Limits,
    /// The counter that memory filesystems of this container are charged to as well; made from the limit if absent.
    pub memory: Option<Arc<MemoryCounter>>,
    /// Its network namespace.
    pub net: Arc<Stack>,
}

/// One container at work.
pub struct Sandbox {
    pub id: String,
    pub machine: Arc<Machine>,
    pub namespace: Arc<Namespace>,
    pub hostname: Mutex<String>,
    pub domainname: String,
    limits: Mutex<Limits>,
    pub table: Table,
    pub memory: Arc<MemoryCounter>,
    pub net: Arc<Stack>,
    /// Nanoseconds since 1970.
    pub started_at: i64,
    pub(super) group: Group,
    /// The pipes of FIFOs that are open, by device and inode.
    pub(super) fifos: Mutex<HashMap<(u64, u64), Weak<Pipe>>>,
    /// What answers behind socket files, by device and inode.
    pub(super) doors: Mutex<HashMap<(u64, u64), Door>>,
    terminals: Mutex<Vec<Weak<Pty>>>,
    paused: AtomicBool,
    /// Pid 1 dies of signals like any other process: somebody else plays init (`--init`).
    mortal: AtomicBool,
    cpu_ns: AtomicU64,
    /// Fuel of processes that have ended.
    fuel: AtomicU64,
    first: OnceLock<ExitStatus>,
    gone: AtomicBool,
    watchers: Waiters,
}

/// What /proc and `top` show of a process.
#[derive(Clone, Debug)]
pub struct ProcInfo {
    pub pid: u32,
    /// Among all processes of the machine.
    pub number: u32,
    pub ppid: u32,
    pub pgrp: u32,
    pub sid: u32,
    /// The number below /dev/pts of the controlling terminal.
    pub tty: Option<u32>,
    /// The group in its foreground.
    pub foreground: Option<u32>,
    /// `R`, `S`, `T` or `Z`, as ps(1) shows it.
    pub state: char,
    pub comm: String,
    pub argv: Vec<String>,
    pub uid: u32,
    pub gid: u32,
    /// Nanoseconds since 1970.
    pub started_at: i64,
    pub cpu_ns: u64,
    pub memory: u64,
    pub nice: i32,
}

impl Sandbox {
    pub(super) fn new(machine: &Arc<Machine>, spec: SandboxSpec) -> Arc<Sandbox> {
        let clock = machine.clock();
        Arc::new(Sandbox {
            table: Table::new(spec.limits.pids),
            memory: spec
                .memory
                .unwrap_or_else(|| MemoryCounter::new(spec.limits.memory)),
            net: spec.net,
            group: machine.scheduler.group(spec.limits.claim()),
            started_at: clock.realtime(),
            machine: machine.clone(),
            id: spec.id,
            namespace: spec.namespace,
            hostname: Mutex::new(spec.hostname),
            domainname: spec.domainname,
            limits: Mutex::new(spec.limits),
            fifos: Mutex::new(HashMap::new()),
            doors: Mutex::new(HashMap::new()),
            terminals: Mutex::new(Vec::new()),
            paused: AtomicBool::new(false),
            mortal: AtomicBool::new(false),
            cpu_ns: AtomicU64::new(0),
            fuel: AtomicU64::new(0),
            first: OnceLock::new(),
            gone: AtomicBool::new(false),
            watchers: Waiters::default(),
        })
    }

    /// Sends a signal from outside: to one process, or to all. ESRCH if there is none.
    pub fn signal(&self, pid: Option<u32>, signal: Signal) -> Result<(), Errno> {
        let targets = self
            .table
            .select(|e| pid.is_none_or(|pid| e.process.pid == pid));
        if targets.is_empty() {
            return Err(Errno::Srch);
        }
        targets
            .iter()
            .for_each(|process| process.send(signal, Sender::Outside));
        Ok(())
    }

    /// POSIX `kill` by a process: `pid` > 0 that process, 0 own group, -1 all others, < -1 that group. `None` only asks.
    pub fn kill(
        &self,
        caller: &Arc<Process>,
        pid: i32,
        signal: Option<Signal>,
    ) -> Result<(), Errno> {
        let group = match pid {
            0 => self.table.getpgid(caller.pid, 0)?,
            _ => pid.unsigned_abs(),
        };
        // Zombies count as being there, as on Linux.
        let mut targets = Vec::new();
        self.table.each(|e| {
            let meant = match pid {
                1.. => e.process.pid == group,
                -1 => e.process.pid != 1 && e.process.pid != caller.pid,
                _ => e.pgrp == group,
            };
            if meant {
                targets.push(e.process.clone());
            }
        });
        if targets.is_empty() {
            return Err(Errno::Srch);
        }
        let sender = caller.identity.lock().clone();
        targets.retain(|target| {
            let target = target.identity.lock();
            let same = |uid: u32| uid == target.uid || uid == target.saved_uid;
            sender.cred.can(Capability::KILL) || same(sender.uid) || same(sender.cred.uid)
        });
        if targets.is_empty() {
            return Err(Errno::Perm);
        }
        if let Some(signal) = signal {
            targets
                .iter()
                .for_each(|target| target.send(signal, Sender::Inside));
        }
        Ok(())
    }

    /// Sends to every member of a group, in the kernel's own name.
    pub fn send_group(&self, pgrp: u32, signal: Signal) {
        for process in self.table.select(|e| e.pgrp == pgrp) {
            process.send(signal, Sender::Outside);
        }
    }

    /// Says before the start that pid 1 shall have no special protection from signals, as behind `docker-init`.
    pub fn make_mortal(&self) {
        self.mortal.store(true, Ordering::Release);
    }

    pub(super) fn is_mortal(&self) -> bool {
        self.mortal.load(Ordering::Acquire)
    }

    /// What it may use now.
    pub fn limits(&self) -> Limits {
        self.limits.lock().clone()
    }

    /// Sets other limits, for the processes that there are too; open files alone only for new ones. Nothing changes when
    /// memory above the new limit is in use.
    pub fn update(&self, limits: Limits) -> Result<(), InUse> {
        let mut current = self.limits.lock();
        self.memory.set_limit(limits.memory)?;
        self.table.set_limit(limits.pids);
        self.group.change(limits.claim());
        *current = limits;
        Ok(())
    }

    /// The CPUs that its processes may use.
    pub fn cpus(&self) -> CpuSet {
        let there = self.machine.cpus();
        let own = self.limits.lock().cpus.and(there);
        if own.is_empty() { there } else { own }
    }

    /// Stops every process, each at the end of its slice; has happened when the future ends. No CPU is used until `resume`.
    ///
    /// Processes can still be killed.
    pub async fn pause(&self) {
        self.paused.store(true, Ordering::Release);
        self.group.hold().await;
    }

    /// Lets the processes go on.
    pub fn resume(&self) {
        self.paused.store(false, Ordering::Release);
        self.group.release();
    }

    pub fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }

    /// All processes, in the order of their numbers.
    pub fn processes(&self) -> Vec<ProcInfo> {
        let mut rows = Vec::new();
        self.table
            .each(|e| rows.push((e.process.clone(), e.ppid, e.pgrp, e.sid, e.state)));
        rows.into_iter()
            .map(|(process, ppid, pgrp, sid, state)| self.info(&process, ppid, pgrp, sid, state))
            .collect()
    }

    fn info(
        &self,
        process: &Arc<Process>,
        ppid: u32,
        pgrp: u32,
        sid: u32,
        state: RunState,
    ) -> ProcInfo {
        let image = process.image.lock().clone();
        let (uid, gid) = {
            let identity = process.identity.lock();
            (identity.cred.uid, identity.cred.gid)
        };
        let now = self.machine.clock();
        let age = now.monotonic().saturating_sub(process.started);
        let terminal = self.table.terminal_of(process.pid);
        ProcInfo {
            pid: process.pid,
            number: process.number,
            ppid,
            pgrp,
            sid,
            foreground: terminal.as_ref().and_then(|t| t.foreground()),
            tty: terminal.and_then(|terminal| self.terminal_index(&terminal)),
            state: match state {
                RunState::Zombie(_) => 'Z',
                RunState::Stopped => 'T',
                RunState::Running if process.usage.waits() => 'S',
                RunState::Running => 'R',
            },
            comm: process.comm(),
            argv: image.argv.clone(),
            uid,
            gid,
            started_at: now.realtime() - age as i64,
            cpu_ns: process.usage.cpu_ns(),
            memory: process.usage.memory(),
            nice: process.nice.load(Ordering::Relaxed),
        }
    }

    /// What the sandbox uses and has used.
    pub fn usage(&self) -> SandboxUsage {
        let mut fuel = self.fuel.load(Ordering::Relaxed);
        let mut pids = 0;
        self.table.each(|e| {
            pids += 1;
            if !matches!(e.state, RunState::Zombie(_)) {
                fuel += e.process.usage.fuel();
            }
        });
        let (periods, throttled, throttled_ns) = self.group.throttling();
        SandboxUsage {
            cpu_ns: self.cpu_ns.load(Ordering::Relaxed),
            fuel,
            memory: self.memory.used(),
            memory_peak: self.memory.peak(),
            memory_limit: self.memory.limit(),
            pids,
            pids_limit: self.limits().pids,
            oom_killed: self.memory.oom_killed(),
            periods,
            throttled,
            throttled_ns,
        }
    }

    /// Waits until pid 1 has ended and every other process is gone.
    pub async fn finished(&self) -> ExitStatus {
        poll_fn(|cx| {
            self.watchers.register(cx);
            match (self.gone.load(Ordering::Acquire), self.first.get()) {
                (true, Some(status)) => Poll::Ready(*status),
                _ => Poll::Pending,
            }
        })
        .await
    }

    /// Whether pid 1 has ended, so that whatever else ends now was killed with it.
    pub fn is_ending(&self) -> bool {
        self.first.get().is_some()
    }

    pub(super) fn first_ended(&self, status: ExitStatus) {
        let _ = self.first.set(status);
    }

    pub(super) fn all_ended(&self) {
        self.gone.store(true, Ordering::Release);
        self.watchers.wake();
    }

    pub(super) fn charge_cpu(&self, ns: u64) {
        self.cpu_ns.fetch_add(ns, Ordering::Relaxed);
    }

    pub(super) fn add_fuel(&self, fuel: u64) {
        self.fuel.fetch_add(fuel, Ordering::Relaxed);
    }

    /// Makes a terminal known: its number below /dev/pts.
    pub fn add_terminal(self: &Arc<Sandbox>, terminal: &Arc<Pty>) -> u32 {
        let signals: Weak<dyn TtySignals> = Arc::downgrade(&(self.clone() as Arc<dyn TtySignals>));
        terminal.set_signals(signals);
        if let Some(index) = self.terminal_index(terminal) {
            return index;
        }
        let mut terminals = self.terminals.lock();
        let free = terminals.iter().position(|t| t.strong_count() == 0);
        let index = free.unwrap_or(terminals.len());
        match free {
            Some(index) => terminals[index] = Arc::downgrade(terminal),
            None => terminals.push(Arc::downgrade(terminal)),
        }
        index as u32
    }

    /// The terminal of a number.
    pub fn terminal(&self, index: u32) -> Option<Arc<Pty>> {
        self.terminals.lock().get(index as usize)?.upgrade()
    }

    /// The number of a terminal.
    pub fn terminal_index(&self, terminal: &Arc<Pty>) -> Option<u32> {
        let terminals = self.terminals.lock();
        terminals
            .iter()
            .position(|t| std::ptr::eq(t.as_ptr(), Arc::as_ptr(terminal)))
            .map(|index| index as u32)
    }
}

impl TtySignals for Sandbox {
    fn signal_group(&self, pgrp: u32, signal: u8) {
        if let Some(signal) = Signal::new(signal.into()) {
            self.send_group(pgrp, signal);
        }
    }

    fn signal_leader(&self, session: u32, signal: u8) {
        if let (Some(leader), Some(signal)) = (self.table.get(session), Signal::new(signal.into()))
        {
            leader.send(signal, Sender::Outside);
        }
    }
}
