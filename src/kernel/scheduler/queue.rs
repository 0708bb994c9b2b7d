//! The run queue: which waiting task a CPU runs next. A value without locks, threads or clocks of its own.
//!
//! Tasks belong to groups, one for each sandbox. Within a group they come in turn; among groups the one with the smallest
//! *virtual time* does: CPU time × 1024 / shares, of which the older part counts less and less ([`HALF_LIFE`]).
//!
//! ```text
//!                 enqueue                    pick                     put
//!   (elsewhere) ───────────▶ waiting ─────────────────▶ running ───────────────▶ waiting or elsewhere
//!                            held: paused, nothing is picked     charged: virtual time, quota
//!                            throttled: until the quota's next period
//! ```
//!
//! * Shares hold exactly between groups that want the same CPUs, whatever the others do on other CPUs.
//! * A group that could not use its share (fewer tasks than CPUs, or pinned) gains no claim on the future beyond a half-life.
//! * A group that comes back from sleep begins where the best of those that it competes with stand, a little earlier
//!   ([`GRACE`]): short work is served at once, and nobody saves up.

use super::super::quota::{CpuQuota, Quota};
use crate::base::cpuset::CpuSet;
use std::collections::{BTreeSet, HashMap, VecDeque};

/// After this many nanoseconds used CPU time counts half. Ratios of shares hold as long as the slices between two turns of the
/// lighter group are short against it: 1:100 within 5 %.
const HALF_LIFE: u64 = 700_000_000;
/// How many half-lives pass before the keys are scaled down; a float has room for 1,000.
const RESCALE: u64 = 64;
/// Nanoseconds of CPU time that a group may use before its turn when it comes back from sleep.
const GRACE: f64 = 4_000_000.0;
/// The weight that virtual time is measured against: Docker's default for `--cpu-shares`.
const NORMAL: f64 = 1024.0;
/// Linux's bounds for shares.
const SHARES: std::ops::RangeInclusive<u64> = 2..=262_144;

/// The number of a group; never used again.
pub type GroupId = u64;

/// What of the CPU a group may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Docker's `--cpu-shares`, clamped as Linux does.
    pub shares: u64,
    pub cpus: CpuSet,
    pub quota: Option<CpuQuota>,
}

struct Group<T> {
    shares: u64,
    cpus: CpuSet,
    quota: Option<Quota>,
    /// Virtual time in nanoseconds, scaled by `RunQueue::growth` at the time of each charge.
    vtime: f64,
    waiting: VecDeque<T>,
    /// Tasks on CPUs.
    running: u32,
    held: bool,
    throttled: Option<u64>,
    /// Stands in `ready`, under `vtime` and `cpus` as they are.
    listed: bool,
}

/// Tasks that wait for a CPU, and who runs where. `T` is the task.
pub struct RunQueue<T> {
    groups: HashMap<GroupId, Group<T>>,
    next: GroupId,
    /// Groups with something to pick, by the CPUs that they may use; in each by virtual time (the bits of a float that is not
    /// negative have its order).
    ready: Vec<(CpuSet, BTreeSet<(u64, GroupId)>)>,
    /// Tasks that only have to end: they go first, on any CPU, also when their group is held or throttled.
    urgent: VecDeque<(GroupId, T)>,
    throttled: BTreeSet<(u64, GroupId)>,
    /// What runs on each CPU.
    running: Vec<Option<GroupId>>,
    /// Where the exponent of `growth` is zero.
    epoch: u64,
}

impl<T> RunQueue<T> {
    /// A queue for CPUs 0 to `cpus` - 1.
    pub fn new(cpus: u32, now: u64) -> RunQueue<T> {
        RunQueue {
            groups: HashMap::new(),
            next: 0,
            ready: Vec::new(),
            urgent: VecDeque::new(),
            throttled: BTreeSet::new(),
            running: vec![None; cpus as usize],
            epoch: now,
        }
    }

    pub fn add(&mut self, claim: Claim, now: u64) -> GroupId {
        let id = self.next;
        self.next += 1;
        let group = Group {
            shares: claim.shares.clamp(*SHARES.start(), *SHARES.end()),
            cpus: claim.cpus,
            quota: claim.quota.map(|quota| Quota::new(quota, now)),
            vtime: 0.0,
            waiting: VecDeque::new(),
            running: 0,
            held: false,
            throttled: None,
            listed: false,
        };
        self.groups.insert(id, group);
        id
    }

    /// Takes a group out; what waited in it comes back, to be dropped where no lock is held.
    pub fn remove(&mut self, id: GroupId) -> VecDeque<T> {
        self.unlist(id);
        let group = self.groups.remove(&id);
        if let Some(until) = group.as_ref().and_then(|group| group.throttled) {
            self.throttled.remove(&(until, id));
        }
        group.map(|group| group.waiting).unwrap_or_default()
    }

    /// Changes a claim at once; what runs just now runs its slice to the end.
    pub fn change(&mut self, id: GroupId, claim: Claim, now: u64) {
        self.unlist(id);
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        group.shares = claim.shares.clamp(*SHARES.start(), *SHARES.end());
        group.cpus = claim.cpus;
        let before = group.quota.as_ref().map(Quota::quota);
        if before != claim.quota {
            group.quota = match (group.quota.take(), claim.quota) {
                (_, None) => None,
                (None, Some(quota)) => Some(Quota::new(quota, now)),
                (Some(old), Some(quota)) => Some(old.changed(quota, now)),
            };
            if let Some(until) = group.throttled.take() {
                self.throttled.remove(&(until, id));
            }
        }
        self.catch_up(id, now);
        self.list(id);
    }

    /// A task wants to run. It comes back if there is no such group.
    pub fn enqueue(&mut self, id: GroupId, task: T, now: u64) -> Option<T> {
        let Some(group) = self.groups.get_mut(&id) else {
            return Some(task);
        };
        let slept = group.waiting.is_empty() && group.running == 0;
        group.waiting.push_back(task);
        if slept {
            self.catch_up(id, now);
        }
        self.list(id);
        None
    }

    /// A task has to be run once more whatever holds its group back, because that ends it.
    pub fn enqueue_urgent(&mut self, id: GroupId, task: T) {
        self.urgent.push_back((id, task));
    }

    /// What a CPU runs next. Give it back with [`RunQueue::put`].
    pub fn pick(&mut self, cpu: u32, now: u64) -> Option<(GroupId, T)> {
        self.unthrottle(now);
        let (id, task) = match self.urgent.pop_front() {
            Some(found) => found,
            None => self.pick_fair(cpu, now)?,
        };
        if let Some(group) = self.groups.get_mut(&id) {
            group.running += 1;
        }
        if let Some(place) = self.running.get_mut(cpu as usize) {
            *place = Some(id);
        }
        Some((id, task))
    }

    fn pick_fair(&mut self, cpu: u32, now: u64) -> Option<(GroupId, T)> {
        loop {
            let lists = self.ready.iter().filter(|(cpus, _)| cpus.contains(cpu));
            let (_, id) = *lists.filter_map(|(_, list)| list.first()).min()?;
            // Whoever is listed is there, and something waits in it.
            let group = self.groups.get_mut(&id)?;
            if let Some(wait) = group.quota.as_mut().and_then(|quota| quota.wait(now)) {
                let until = now.saturating_add(wait);
                self.unlist(id);
                self.groups.get_mut(&id)?.throttled = Some(until);
                self.throttled.insert((until, id));
                continue;
            }
            let task = group.waiting.pop_front();
            if group.waiting.is_empty() {
                self.unlist(id);
            }
            return task.map(|task| (id, task));
        }
    }

    /// What ran on a CPU has stopped after `used` nanoseconds; `again` wants to run on and is taken, if the group is there.
    /// Tells whether a held group stands still now.
    pub fn put(
        &mut self,
        cpu: u32,
        id: GroupId,
        used: u64,
        again: &mut Option<T>,
        now: u64,
    ) -> bool {
        if let Some(place) = self.running.get_mut(cpu as usize) {
            *place = None;
        }
        let growth = self.growth(now);
        self.unlist(id);
        let Some(group) = self.groups.get_mut(&id) else {
            return false;
        };
        group.running -= 1;
        group.vtime += used as f64 * growth * NORMAL / group.shares as f64;
        if let Some(quota) = &mut group.quota {
            quota.charge(used);
        }
        group.waiting.extend(again.take());
        let still = group.held && group.running == 0;
        self.list(id);
        still
    }

    /// Lets nothing of a group run from now on, but for urgent tasks.
    pub fn hold(&mut self, id: GroupId) {
        self.unlist(id);
        if let Some(group) = self.groups.get_mut(&id) {
            group.held = true;
        }
    }

    /// Undoes `hold`.
    pub fn release(&mut self, id: GroupId, now: u64) {
        if let Some(group) = self.groups.get_mut(&id)
            && std::mem::take(&mut group.held)
        {
            self.catch_up(id, now);
            self.list(id);
        }
    }

    /// Whether nothing of a group runs, or it is no longer held.
    pub fn is_settled(&self, id: GroupId) -> bool {
        let group = self.groups.get(&id);
        group.is_none_or(|group| !group.held || group.running == 0)
    }

    /// One of the idle CPUs that has something to do.
    pub fn wanted(&self, idle: CpuSet) -> Option<u32> {
        if !self.urgent.is_empty() {
            return idle.lowest();
        }
        let mut useful = self.ready.iter().map(|(cpus, _)| cpus.and(idle));
        useful.find_map(CpuSet::lowest)
    }

    /// When the next throttled group may go on.
    pub fn deadline(&self) -> Option<u64> {
        self.throttled.first().map(|(until, _)| *until)
    }

    /// The quota's periods so far, those in which it was used up, and for how many nanoseconds tasks were kept waiting.
    pub fn throttling(&self, id: GroupId) -> (u64, u64, u64) {
        let quota = self.groups.get(&id).and_then(|group| group.quota.as_ref());
        quota.map_or((0, 0, 0), Quota::counts)
    }

    /// Lists groups whose next period has begun.
    fn unthrottle(&mut self, now: u64) {
        while let Some((until, id)) = self.throttled.first().copied().filter(|(t, _)| *t <= now) {
            self.throttled.remove(&(until, id));
            if let Some(group) = self.groups.get_mut(&id) {
                group.throttled = None;
            }
            self.list(id);
        }
    }

    /// How much more a nanosecond counts now than at the epoch: twice as much after each half-life.
    fn growth(&mut self, now: u64) -> f64 {
        let lives = now.saturating_sub(self.epoch) / HALF_LIFE;
        if lives >= RESCALE {
            self.rescale(lives);
        }
        let since = now.saturating_sub(self.epoch) as f64;
        (since / HALF_LIFE as f64).exp2()
    }

    /// Moves the epoch. All keys shrink alike, so their order stays; what is too old to count becomes zero.
    fn rescale(&mut self, lives: u64) {
        self.epoch += lives * HALF_LIFE;
        let factor = (-(lives as f64)).exp2();
        let ids: Vec<GroupId> = self.groups.keys().copied().collect();
        for id in ids {
            self.unlist(id);
            if let Some(group) = self.groups.get_mut(&id) {
                group.vtime *= factor;
            }
            self.list(id);
        }
    }

    /// A group that begins to compete again does so where the best of its competitors stand.
    fn catch_up(&mut self, id: GroupId, now: u64) {
        let growth = self.growth(now);
        let Some(cpus) = self.groups.get(&id).map(|group| group.cpus) else {
            return;
        };
        let waiting = self.ready.iter().filter(|(others, _)| others.meets(cpus));
        let waiting = waiting.filter_map(|(_, list)| list.first());
        let waiting = waiting.map(|(key, _)| f64::from_bits(*key));
        let on_cpus = cpus.iter().map_while(|cpu| self.running.get(cpu as usize));
        let on_cpus = on_cpus.flatten().filter(|other| **other != id);
        let on_cpus = on_cpus.filter_map(|other| Some(self.groups.get(other)?.vtime));
        let best = waiting.chain(on_cpus).min_by(f64::total_cmp);
        if let (Some(best), Some(group)) = (best, self.groups.get_mut(&id)) {
            let grace = GRACE * growth * NORMAL / group.shares as f64;
            group.vtime = group.vtime.max(best - grace);
        }
    }

    /// Puts a group where `pick` finds it, if something of it may run.
    fn list(&mut self, id: GroupId) {
        let Some(group) = self.groups.get_mut(&id) else {
            return;
        };
        let barred = group.held || group.throttled.is_some();
        if group.listed || barred || group.waiting.is_empty() {
            return;
        }
        group.listed = true;
        let key = (group.vtime.to_bits(), id);
        match self.ready.iter_mut().find(|(cpus, _)| *cpus == group.cpus) {
            Some((_, list)) => drop(list.insert(key)),
            None => self.ready.push((group.cpus, BTreeSet::from([key]))),
        }
    }

    /// Takes a group out of `ready`, before anything that it is listed under changes.
    fn unlist(&mut self, id: GroupId) {
        let Some(group) = self.groups.get_mut(&id).filter(|group| group.listed) else {
            return;
        };
        group.listed = false;
        let key = (group.vtime.to_bits(), id);
        let at = self.ready.iter().position(|(cpus, _)| *cpus == group.cpus);
        if let Some(at) = at {
            self.ready[at].1.remove(&key);
            if self.ready[at].1.is_empty() {
                self.ready.swap_remove(at);
            }
        }
    }
}
