//! The process table of a sandbox: numbers, parents, groups, sessions, zombies.
//!
//! Promises that a pid is never reused while anything refers to it (a process, a group, a session), that children of the dead
//! go to pid 1, and that a full table is EAGAIN. `wait.rs` reads it for parents.
//! Lock order: `state` before any process's signal lock; no other lock is taken under it. Signals are sent after it is released.

use super::deliver::{Action, Sender};
use super::process::Process;
use super::signal::Signal;
use super::status::{Change, ExitStatus};
use super::tty::Pty;
use crate::base::errno::Errno;
use parking_lot::{Mutex, MutexGuard};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The highest process number, as on 64-bit Linux.
const PID_MAX: u32 = 1 << 22;
/// Where numbers start again after that, as on Linux.
const FIRST_REUSED: u32 = 300;

/// Whether a process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    Running,
    Stopped,
    /// Ended, and nobody has waited for it.
    Zombie(ExitStatus),
}

/// A process's place in the table.
pub struct Entry {
    pub process: Arc<Process>,
    /// 0 for the first process and those that `exec` of the engine started.
    pub ppid: u32,
    pub pgrp: u32,
    pub sid: u32,
    pub state: RunState,
    /// A stop or continuation that the parent has not seen.
    pub(super) news: Option<Change>,
    /// Its first parent has ended: it was given to pid 1.
    adopted: bool,
    /// Has executed a program since it was cloned: its parent may not move it to another group (POSIX setpgid).
    pub(super) executed: bool,
}

impl Entry {
    fn is_zombie(&self) -> bool {
        matches!(self.state, RunState::Zombie(_))
    }
}

pub(super) struct State {
    pub entries: BTreeMap<u32, Entry>,
    last: u32,
    /// The numbers have come round once: some are in use.
    wrapped: bool,
    /// The first process has ended: nothing new may start.
    closed: bool,
    /// The controlling terminal of each session that has one.
    terminals: HashMap<u32, Arc<Pty>>,
    limit: usize,
}

/// All processes of a sandbox.
pub struct Table {
    state: Mutex<State>,
}

impl Table {
    /// A table that refuses to hold more than `limit` processes.
    pub fn new(limit: Option<u32>) -> Table {
        let state = State {
            entries: BTreeMap::new(),
            last: 0,
            wrapped: false,
            closed: false,
            terminals: HashMap::new(),
            limit: most(limit),
        };
        Table {
            state: Mutex::new(state),
        }
    }

    /// Sets another limit. Processes above it stay, and no new ones come.
    pub fn set_limit(&self, limit: Option<u32>) {
        self.state.lock().limit = most(limit);
    }

    /// The entries, locked. Take no other lock and call nothing that might.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Adds a process as a child of `parent`, in its group and session; without a parent it leads its own.
    pub(super) fn add(
        &self,
        parent: Option<u32>,
        make: impl FnOnce(u32) -> Arc<Process>,
    ) -> Result<Arc<Process>, Errno> {
        let mut state = self.state.lock();
        if state.closed || state.entries.len() >= state.limit {
            return Err(Errno::Again);
        }
        let pid = state.next_pid().ok_or(Errno::Again)?;
        let (ppid, pgrp, sid) = match parent {
            None => (0, pid, pid),
            Some(ppid) => {
                let parent = state.entries.get(&ppid).ok_or(Errno::Srch)?;
                (ppid, parent.pgrp, parent.sid)
            }
        };
        let process = make(pid);
        let entry = Entry {
            process: process.clone(),
            ppid,
            pgrp,
            sid,
            state: RunState::Running,
            news: None,
            adopted: false,
            executed: parent.is_none(),
        };
        state.entries.insert(pid, entry);
        state.wrapped |= pid + 1 >= PID_MAX;
        state.last = pid;
        Ok(process)
    }

    /// Takes out a process that never lived.
    pub(super) fn forget(&self, pid: u32) {
        self.state.lock().entries.remove(&pid);
    }

    /// Looks one entry up.
    pub fn with<T>(&self, pid: u32, look: impl FnOnce(&Entry) -> T) -> Option<T> {
        self.state.lock().entries.get(&pid).map(look)
    }

    /// Goes through all entries in the order of their numbers.
    pub fn each(&self, mut look: impl FnMut(&Entry)) {
        self.state.lock().entries.values().for_each(&mut look);
    }

    /// A process by its number, zombies too.
    pub fn get(&self, pid: u32) -> Option<Arc<Process>> {
        self.with(pid, |entry| entry.process.clone())
    }

    /// Processes that are not zombies and satisfy a condition.
    pub fn select(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<Arc<Process>> {
        let state = self.state.lock();
        let alive = state.entries.values().filter(|e| !e.is_zombie());
        alive
            .filter(|e| wanted(e))
            .map(|e| e.process.clone())
            .collect()
    }

    /// How many processes there are, zombies included.
    pub fn len(&self) -> usize {
        self.state.lock().entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the group of a process is orphaned: no member's parent is in another group of the same session.
    pub fn is_orphaned(&self, pid: u32) -> bool {
        let state = self.state.lock();
        state
            .entries
            .get(&pid)
            .is_none_or(|entry| state.is_orphaned(entry.pgrp))
    }

    /// Records a stop or continuation, and tells the parent.
    pub(super) fn changed(&self, pid: u32, change: Change) {
        let parent = {
            let mut state = self.state.lock();
            let Some(entry) = state.entries.get_mut(&pid) else {
                return;
            };
            if entry.is_zombie() {
                return;
            }
            entry.state = if matches!(change, Change::Stopped(_)) {
                RunState::Stopped
            } else {
                RunState::Running
            };
            entry.news = Some(change);
            let ppid = entry.ppid;
            state
                .entries
                .get(&ppid)
                .map(|parent| parent.process.clone())
        };
        if let Some(parent) = parent {
            parent.child_changed();
        }
    }

    /// Marks that a process runs a program of its own.
    pub(super) fn executed(&self, pid: u32) {
        if let Some(entry) = self.state.lock().entries.get_mut(&pid) {
            entry.executed = true;
        }
    }

    /// A process has ended: its children go to pid 1, it becomes a zombie or vanishes. Gives what is left to do.
    pub(super) fn ended(&self, pid: u32, status: ExitStatus) -> Aftermath {
        let mut after = Aftermath::default();
        let mut state = self.state.lock();
        let Some(entry) = state.entries.get_mut(&pid) else {
            return after;
        };
        entry.state = RunState::Zombie(status);
        entry.news = None;
        let (ppid, pgrp, sid) = (entry.ppid, entry.pgrp, entry.sid);
        // Behind `--init` somebody waits for orphans although the program itself does not.
        let reaped = entry.adopted && entry.process.sandbox.is_mortal();
        if sid == pid {
            after.terminal = state.terminals.remove(&sid);
        }
        if pid == 1 {
            state.closed = true;
            state.entries.retain(|_, e| !e.is_zombie());
            after.last_words = state.entries.values().map(|e| e.process.clone()).collect();
        }
        if state.closed {
            // Nobody is left who could wait for anybody.
            state.entries.remove(&pid);
            after.empty = state.entries.is_empty();
            return after;
        }
        let mut groups = vec![pgrp];
        let mut adopted_dead = false;
        for child in state.entries.values_mut().filter(|e| e.ppid == pid) {
            child.ppid = 1;
            child.adopted = true;
            adopted_dead |= child.is_zombie();
            groups.push(child.pgrp);
        }
        let parent = state.entries.get(&ppid).filter(|e| !e.is_zombie());
        let parent = parent.map(|e| e.process.clone());
        let unwanted = match &parent {
            Some(parent) => reaped || parent.signals.action(Signal::CHLD) == Action::Ignore,
            None => true,
        };
        if unwanted {
            state.entries.remove(&pid);
        }
        after.tell.extend(parent);
        if adopted_dead && state.ignores_children(1) {
            state.entries.retain(|_, e| !(e.adopted && e.is_zombie()));
        } else if adopted_dead {
            after
                .tell
                .extend(state.entries.get(&1).map(|e| e.process.clone()));
        }
        groups.sort_unstable();
        groups.dedup();
        for group in groups.into_iter().filter(|group| state.is_orphaned(*group)) {
            let members = state.entries.values().filter(|e| e.pgrp == group);
            if members.clone().any(|e| e.state == RunState::Stopped) {
                after.hang_up.extend(members.map(|e| e.process.clone()));
            }
        }
        after
    }

    /// The group of a process; 0 means the caller.
    pub fn getpgid(&self, caller: u32, pid: u32) -> Result<u32, Errno> {
        let pid = if pid == 0 { caller } else { pid };
        self.with(pid, |e| e.pgrp).ok_or(Errno::Srch)
    }

    /// The session of a process; 0 means the caller.
    pub fn getsid(&self, caller: u32, pid: u32) -> Result<u32, Errno> {
        let pid = if pid == 0 { caller } else { pid };
        self.with(pid, |e| e.sid).ok_or(Errno::Srch)
    }

    /// POSIX `setpgid`.
    pub fn setpgid(&self, caller: u32, pid: u32, pgid: u32) -> Result<(), Errno> {
        let pid = if pid == 0 { caller } else { pid };
        let pgid = if pgid == 0 { pid } else { pgid };
        let mut state = self.state.lock();
        let sid = state.entries.get(&caller).ok_or(Errno::Srch)?.sid;
        let target = state.entries.get(&pid).ok_or(Errno::Srch)?;
        if pid != caller {
            match target.ppid == caller {
                false => return Err(Errno::Srch),
                true if target.sid != sid => return Err(Errno::Perm),
                true if target.executed => return Err(Errno::Acces),
                true => {}
            }
        }
        if target.sid == pid {
            return Err(Errno::Perm);
        }
        if pgid != pid
            && !state
                .entries
                .values()
                .any(|e| e.pgrp == pgid && e.sid == sid)
        {
            return Err(Errno::Perm);
        }
        if let Some(target) = state.entries.get_mut(&pid) {
            target.pgrp = pgid;
        }
        Ok(())
    }

    /// POSIX `setsid`: the caller leads a new session without a terminal.
    pub fn setsid(&self, caller: u32) -> Result<u32, Errno> {
        let mut state = self.state.lock();
        if state.entries.values().any(|e| e.pgrp == caller) {
            return Err(Errno::Perm);
        }
        let entry = state.entries.get_mut(&caller).ok_or(Errno::Srch)?;
        (entry.sid, entry.pgrp) = (caller, caller);
        Ok(caller)
    }

    /// The controlling terminal of a process's session.
    pub fn terminal_of(&self, pid: u32) -> Option<Arc<Pty>> {
        let state = self.state.lock();
        let sid = state.entries.get(&pid)?.sid;
        state.terminals.get(&sid).cloned()
    }

    /// Gives a session its controlling terminal.
    pub fn set_terminal(&self, sid: u32, terminal: Arc<Pty>) {
        self.state.lock().terminals.insert(sid, terminal);
    }
}

fn most(limit: Option<u32>) -> usize {
    limit.map_or(usize::MAX, |limit| limit as usize)
}

impl State {
    fn next_pid(&self) -> Option<u32> {
        let free = |pid: &u32| {
            !self.entries.contains_key(pid)
                && !self
                    .entries
                    .values()
                    .any(|e| e.pgrp == *pid || e.sid == *pid)
        };
        // The search is linear; before the numbers have come round once, the next one is free without it.
        let next = self.last + 1;
        if !self.wrapped && next < PID_MAX {
            return Some(next);
        }
        (next..PID_MAX).chain(FIRST_REUSED..next).find(free)
    }

    /// Whether a parent wants no zombies (POSIX: SIGCHLD ignored).
    fn ignores_children(&self, pid: u32) -> bool {
        let parent = self.entries.get(&pid);
        parent.is_none_or(|parent| {
            parent.process.sandbox.is_mortal()
                || parent.process.signals.action(Signal::CHLD) == Action::Ignore
        })
    }

    fn is_orphaned(&self, pgrp: u32) -> bool {
        let mut members = self.entries.values().filter(|e| e.pgrp == pgrp);
        !members.any(|member| {
            let parent = self.entries.get(&member.ppid);
            parent.is_some_and(|parent| parent.pgrp != pgrp && parent.sid == member.sid)
        })
    }
}

/// What remains to be done, without the table's lock, when a process has ended.
#[derive(Default)]
pub(super) struct Aftermath {
    /// Parents to tell: SIGCHLD, and whoever waits is woken.
    pub tell: Vec<Arc<Process>>,
    /// Members of groups that are now orphaned with somebody stopped in them: SIGHUP and SIGCONT.
    pub hang_up: Vec<Arc<Process>>,
    /// pid 1 has ended: everybody else has to.
    pub last_words: Vec<Arc<Process>>,
    /// The terminal that has lost its session.
    pub terminal: Option<Arc<Pty>>,
    /// Nobody is left.
    pub empty: bool,
}

impl Aftermath {
    pub fn carry_out(self, sid: u32) {
        for parent in self.tell {
            parent.child_changed();
        }
        if let Some(terminal) = self.terminal {
            terminal.leader_exited(sid);
        }
        for member in self.hang_up {
            member.send(Signal::HUP, Sender::Outside);
            member.send(Signal::CONT, Sender::Outside);
        }
        for process in self.last_words {
            process.send(Signal::KILL, Sender::Outside);
        }
    }
}
