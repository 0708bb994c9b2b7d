//! The scheduler: a thread for each CPU of the machine, and one run queue from which they take processes.
//!
//! Promises: sandboxes divide the CPUs by their shares, within their cpusets and quotas (`queue` tells the rule); a process that
//! wants to run and may is never left waiting while a CPU that it may use sleeps; a sandbox on hold uses none; a process that
//! has to end does so even then. Slices are the guests' affair: whoever returns `Pending` gives the CPU back.
//!
//! Lock order: `state` is a leaf: no future is polled or dropped and nobody is woken while it is held.

mod queue;
mod task;
#[cfg(test)]
mod tests;

pub use queue::Claim;
pub use task::Task;

use super::clock::Clock;
use crate::base::cpuset::CpuSet;
use crate::base::waiters::Waiters;
use parking_lot::{Condvar, Mutex, MutexGuard};
use queue::{GroupId, RunQueue};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use task::Turn;
use tokio::runtime::Handle;

thread_local! {
    static SPENT: Cell<u64> = const { Cell::new(0) };
}

/// Tells the scheduler what the present turn has cost, in nanoseconds of CPU time.
pub fn spent(ns: u64) {
    SPENT.set(SPENT.get() + ns);
}

/// All CPUs of a machine.
pub struct Scheduler {
    clock: Arc<dyn Clock>,
    cpus: CpuSet,
    state: Mutex<State>,
    /// Where each CPU sleeps.
    beds: Vec<Condvar>,
    /// Whoever waits for a group on hold to stand still.
    settled: Waiters,
}

struct State {
    queue: RunQueue<Arc<Task>>,
    /// CPUs that sleep and were not woken yet.
    idle: CpuSet,
    closed: bool,
}

/// A turn that is over.
struct Done {
    group: GroupId,
    used: u64,
    again: Option<Arc<Task>>,
}

impl Scheduler {
    /// Starts a thread for each of `count` CPUs. Their timers are driven by `timers`.
    pub fn start(
        count: u32,
        clock: Arc<dyn Clock>,
        timers: &Handle,
    ) -> std::io::Result<Arc<Scheduler>> {
        let count = count.clamp(1, CpuSet::MOST);
        let scheduler = Arc::new(Scheduler {
            cpus: CpuSet::first(count),
            state: Mutex::new(State {
                queue: RunQueue::new(count, clock.monotonic()),
                idle: CpuSet::EMPTY,
                closed: false,
            }),
            beds: (0..count).map(|_| Condvar::new()).collect(),
            settled: Waiters::default(),
            clock,
        });
        for cpu in 0..count {
            let (own, timers) = (scheduler.clone(), timers.clone());
            let thread = std::thread::Builder::new().name(format!("guest-cpu{cpu}"));
            let spawned = thread.spawn(move || {
                let _timers = timers.enter();
                own.work(cpu);
            });
            if let Err(error) = spawned {
                scheduler.close();
                return Err(error);
            }
        }
        Ok(scheduler)
    }

    /// The CPUs there are.
    pub fn cpus(&self) -> CpuSet {
        self.cpus
    }

    /// Sends the threads home after their present turn. Never waits.
    pub fn close(&self) {
        self.state.lock().closed = true;
        for bed in &self.beds {
            bed.notify_all();
        }
    }

    /// A group without tasks; of its claim, CPUs that there are not do not count.
    pub fn group(self: &Arc<Scheduler>, claim: Claim) -> Group {
        let now = self.clock.monotonic();
        let id = self.state.lock().queue.add(self.within(claim), now);
        Group {
            id,
            scheduler: self.clone(),
        }
    }

    /// A set of CPUs that are all gone would mean a group that never runs.
    fn within(&self, claim: Claim) -> Claim {
        let cpus = claim.cpus.and(self.cpus);
        let cpus = if cpus.is_empty() { self.cpus } else { cpus };
        Claim { cpus, ..claim }
    }

    fn enqueue(&self, group: GroupId, task: Arc<Task>) {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        let stranger = state.queue.enqueue(group, task, now);
        self.rouse(&mut state);
        drop(state);
        drop(stranger);
    }

    fn enqueue_urgent(&self, group: GroupId, task: Arc<Task>) {
        let mut state = self.state.lock();
        state.queue.enqueue_urgent(group, task);
        self.rouse(&mut state);
    }

    /// Wakes a CPU that has something to do, if one sleeps. It wakes the next one itself.
    fn rouse(&self, state: &mut MutexGuard<'_, State>) {
        if let Some(cpu) = state.queue.wanted(state.idle) {
            state.idle.remove(cpu);
            self.beds[cpu as usize].notify_one();
        }
    }

    /// The life of a CPU.
    fn work(&self, cpu: u32) {
        let mut last = None;
        while let Some((group, task)) = self.next(cpu, last.take()) {
            SPENT.set(0);
            let turn = task.run();
            last = Some(Done {
                group,
                used: SPENT.get(),
                again: (turn == Turn::Again).then_some(task),
            });
        }
    }

    /// Gives the last task back and takes the next one; sleeps while there is none. `None`: the end.
    fn next(&self, cpu: u32, last: Option<Done>) -> Option<(GroupId, Arc<Task>)> {
        let mut now = self.clock.monotonic();
        let mut state = self.state.lock();
        if let Some(Done {
            group,
            used,
            mut again,
        }) = last
        {
            if let Some(task) = again.take_if(|task| task.is_hurried()) {
                state.queue.enqueue_urgent(group, task);
            }
            let settled = state.queue.put(cpu, group, used, &mut again, now);
            if settled || again.is_some() {
                MutexGuard::unlocked(&mut state, || {
                    drop(again);
                    self.settled.wake();
                });
            }
        }
        loop {
            if state.closed {
                return None;
            }
            let found = state.queue.pick(cpu, now);
            self.rouse(&mut state);
            if found.is_some() {
                return found;
            }
            state.idle.insert(cpu);
            let bed = &self.beds[cpu as usize];
            match state.queue.deadline() {
                None => bed.wait(&mut state),
                Some(until) => {
                    let left = Duration::from_nanos(until.saturating_sub(now));
                    bed.wait_for(&mut state, left);
                }
            }
            state.idle.remove(cpu);
            now = self.clock.monotonic();
        }
    }
}

/// A sandbox's place among the others. Dropping it takes the group out; tasks must have ended before.
pub struct Group {
    id: GroupId,
    scheduler: Arc<Scheduler>,
}

impl Group {
    /// Makes a task, which does not run before [`Group::begin`].
    pub fn task(&self, future: impl Future<Output = ()> + Send + 'static) -> Arc<Task> {
        Task::new(self.id, self.scheduler.clone(), Box::pin(future))
    }

    /// Lets a new task run.
    pub fn begin(&self, task: &Arc<Task>) {
        self.scheduler.enqueue(self.id, task.clone());
    }

    /// Changes shares, CPUs and quota at once.
    pub fn change(&self, claim: Claim) {
        let claim = self.scheduler.within(claim);
        let now = self.scheduler.clock.monotonic();
        let mut state = self.scheduler.state.lock();
        state.queue.change(self.id, claim, now);
        self.scheduler.rouse(&mut state);
    }

    /// Lets nothing more run, and waits until what runs just now has given its CPU back, a slice at most. Dropping the future
    /// leaves the group on hold.
    pub fn hold(&self) -> impl Future<Output = ()> + Send + use<> {
        self.scheduler.state.lock().queue.hold(self.id);
        let (id, scheduler) = (self.id, self.scheduler.clone());
        poll_fn(move |cx| {
            scheduler.settled.register(cx);
            // Whoever lets it go on meanwhile ends the wait too.
            match scheduler.state.lock().queue.is_settled(id) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
    }

    /// Undoes `hold`.
    pub fn release(&self) {
        let now = self.scheduler.clock.monotonic();
        let mut state = self.scheduler.state.lock();
        state.queue.release(self.id, now);
        self.scheduler.rouse(&mut state);
        drop(state);
        self.scheduler.settled.wake();
    }

    /// The quota's periods, those in which it was used up, and the nanoseconds for which tasks were kept waiting.
    pub fn throttling(&self) -> (u64, u64, u64) {
        self.scheduler.state.lock().queue.throttling(self.id)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let left = self.scheduler.state.lock().queue.remove(self.id);
        drop(left);
    }
}
