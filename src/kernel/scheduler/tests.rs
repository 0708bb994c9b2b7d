//! The run queue against what it promises: shares, cpusets, quotas, nothing lost; and the threads on top of it.

use super::super::clock::SystemClock;
use super::super::quota::CpuQuota;
use super::queue::{Claim, GroupId, RunQueue};
use super::{Group, Scheduler, Task, spent};
use crate::base::cpuset::CpuSet;
use futures_util::task::AtomicWaker;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::Poll;
use std::time::Duration;

const MS: u64 = 1_000_000;

fn claim(shares: u64, cpus: CpuSet) -> Claim {
    Claim {
        shares,
        cpus,
        quota: None,
    }
}

/// CPUs that run slices of a millisecond in lockstep; a task is a number.
struct Model {
    queue: RunQueue<u32>,
    cpus: u32,
    now: u64,
    used: BTreeMap<GroupId, u64>,
}

impl Model {
    fn new(cpus: u32) -> Model {
        Model {
            queue: RunQueue::new(cpus, 0),
            cpus,
            now: 0,
            used: BTreeMap::new(),
        }
    }

    /// A group with tasks that never sleep.
    fn busy(&mut self, shares: u64, cpus: CpuSet, tasks: u32) -> GroupId {
        let id = self.queue.add(claim(shares, cpus), self.now);
        for task in 0..tasks {
            assert_eq!(self.queue.enqueue(id, task, self.now), None);
        }
        id
    }

    /// Runs a slice on every CPU.
    fn slice(&mut self) {
        let all: Vec<_> = (0..self.cpus)
            .map(|cpu| self.queue.pick(cpu, self.now))
            .collect();
        self.now += MS;
        for (cpu, picked) in (0..).zip(all) {
            if let Some((id, task)) = picked {
                *self.used.entry(id).or_default() += MS;
                self.queue.put(cpu, id, MS, &mut Some(task), self.now);
            }
        }
    }

    /// How many milliseconds each group got in the next `slices`.
    fn run<const N: usize>(&mut self, slices: u64, groups: [GroupId; N]) -> [f64; N] {
        self.used.clear();
        (0..slices).for_each(|_| self.slice());
        groups.map(|id| self.used.get(&id).copied().unwrap_or(0) as f64 / MS as f64)
    }
}

fn near(found: f64, wanted: f64, tolerance: f64) {
    assert!(
        (found - wanted).abs() <= wanted * tolerance,
        "{found} instead of {wanted}"
    );
}

#[test]
fn shares_divide_the_cpus() {
    for (cpus, tasks) in [(1, 1), (1, 3), (2, 2), (4, 8)] {
        let mut model = Model::new(cpus);
        let [one, two] = [(1024, tasks), (512, tasks)].map(|(s, t)| model.busy(s, CpuSet::ALL, t));
        let [first, second] = model.run(3000, [one, two]);
        near(first / second, 2.0, 0.01);
        near(first + second, 3000.0 * f64::from(cpus), 0.001);
    }
}

#[test]
fn far_apart_shares_hold_too() {
    let mut model = Model::new(1);
    let [heavy, light] = [10_000, 100].map(|shares| model.busy(shares, CpuSet::ALL, 1));
    let [heavy, light] = model.run(20_000, [heavy, light]);
    near(heavy / light, 100.0, 0.07);
}

#[test]
fn what_others_do_on_other_cpus_does_not_matter() {
    let mut model = Model::new(2);
    let zero = CpuSet::one(0);
    let [one, two] = [1024, 512].map(|shares| model.busy(shares, zero, 1));
    let alone = model.busy(1024, CpuSet::one(1), 1);
    let [first, second, third] = model.run(3000, [one, two, alone]);
    near(first / second, 2.0, 0.01);
    near(third, 3000.0, 0.001);
}

#[test]
fn nobody_saves_up() {
    // One spinner of eight CPUs, asleep or pinned, has no claim on later time beyond a second or so.
    let mut model = Model::new(8);
    let modest = model.busy(1024, CpuSet::ALL, 1);
    let greedy = model.busy(1024, CpuSet::ALL, 16);
    model.run(20_000, [modest]);
    for task in 1..16 {
        model.queue.enqueue(modest, task, model.now);
    }
    model.run(1_000, [modest]);
    let [modest, greedy] = model.run(1_000, [modest, greedy]);
    near(modest / greedy, 1.0, 0.02);
}

#[test]
fn a_newcomer_does_not_hold_up_those_who_were_there() {
    let mut model = Model::new(1);
    let old = model.busy(1024, CpuSet::ALL, 1);
    model.run(10_000, [old]);
    let new = model.busy(1024, CpuSet::ALL, 1);
    let [old, new] = model.run(100, [old, new]);
    near(new / old, 1.0, 0.2);
}

#[test]
fn whoever_slept_is_served_first() {
    let mut model = Model::new(1);
    let spinners: Vec<_> = (0..50).map(|_| model.busy(1024, CpuSet::ALL, 5)).collect();
    let sleeper = model.queue.add(claim(1024, CpuSet::ALL), 0);
    model.run(5_000, [spinners[0]]);
    model.queue.enqueue(sleeper, 7, model.now);
    assert_eq!(model.queue.pick(0, model.now), Some((sleeper, 7)));
}

#[test]
fn a_quota_holds_its_group_alone() {
    let mut model = Model::new(2);
    let quota = CpuQuota {
        quota_us: 50_000,
        period_us: 100_000,
    };
    let limited = model.queue.add(
        Claim {
            quota: Some(quota),
            ..claim(1024, CpuSet::ALL)
        },
        0,
    );
    for task in 0..2 {
        assert_eq!(model.queue.enqueue(limited, task, 0), None);
    }
    let free = model.busy(1024, CpuSet::ALL, 2);
    let [half, rest] = model.run(10_000, [limited, free]);
    near(half, 5_000.0, 0.01);
    near(rest, 15_000.0, 0.01);
    let (periods, throttled, _) = model.queue.throttling(limited);
    assert!(periods >= 99 && throttled >= 98, "{periods} {throttled}");
    model
        .queue
        .change(limited, claim(1024, CpuSet::ALL), model.now);
    let [half, rest] = model.run(3_000, [limited, free]);
    near(half / rest, 1.0, 0.02);
}

#[test]
fn on_hold_nothing_runs_but_what_has_to_end() {
    let mut model = Model::new(2);
    let group = model.busy(1024, CpuSet::ALL, 3);
    let running = model.queue.pick(0, 0).expect("a task");
    model.queue.hold(group);
    assert!(!model.queue.is_settled(group));
    assert_eq!(model.queue.pick(1, 0), None);
    assert!(model.queue.put(0, group, MS, &mut Some(running.1), MS));
    assert!(model.queue.is_settled(group));
    assert_eq!(model.queue.wanted(CpuSet::first(2)), None);
    model.queue.enqueue_urgent(group, 9);
    assert_eq!(model.queue.wanted(CpuSet::first(2)), Some(0));
    assert_eq!(model.queue.pick(1, MS), Some((group, 9)));
    model.queue.put(1, group, 0, &mut None, MS);
    model.queue.release(group, MS);
    let [used] = model.run(10, [group]);
    near(used, 20.0, 0.001);
}

/// What a test does to the queue.
#[derive(Clone, Debug)]
enum Step {
    Wake(usize),
    Pick(u32),
    Put(u32, bool),
    Hold(usize),
    Release(usize),
    Change(usize, u64, u8, bool),
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..12_usize).prop_map(Step::Wake),
        6 => (0..3_u32).prop_map(Step::Pick),
        6 => (0..3_u32, any::<bool>()).prop_map(|(cpu, again)| Step::Put(cpu, again)),
        1 => (0..4_usize).prop_map(Step::Hold),
        1 => (0..4_usize).prop_map(Step::Release),
        1 => (0..4_usize, 0..5000_u64, 1..8_u8, any::<bool>())
            .prop_map(|(group, shares, cpus, quota)| Step::Change(group, shares, cpus, quota)),
        1 => (0..100_000_000_000_u64).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 0..200)
}

fn some_cpus(bits: u8) -> CpuSet {
    let mut set = CpuSet::EMPTY;
    (0..3)
        .filter(|cpu| bits >> cpu & 1 == 1)
        .for_each(|cpu| set.insert(cpu));
    set
}

proptest! {
    /// Twelve tasks in four groups: each is in one place, nothing runs where it must not, and nothing that may run is
    /// passed over.
    #[test]
    fn nothing_is_lost_and_nothing_doubled(steps in steps()) {
        let (mut queue, mut now) = (RunQueue::new(3, 0), 0);
        let groups: Vec<_> = (0..4).map(|_| queue.add(claim(1024, CpuSet::first(3)), 0)).collect();
        let mut cpus = [CpuSet::first(3); 4];
        let mut held = [false; 4];
        let mut quotas = [false; 4];
        let mut waiting = BTreeSet::new();
        let mut running: [Option<usize>; 3] = [None; 3];
        let place = |id: GroupId| groups.iter().position(|g| *g == id).expect("ours");
        for step in steps {
            match step {
                Step::Wake(task) if !waiting.contains(&task) && !running.contains(&Some(task)) => {
                    waiting.insert(task);
                    prop_assert_eq!(queue.enqueue(groups[task % 4], task, now), None);
                }
                Step::Pick(cpu) if running[cpu as usize].is_none() => match queue.pick(cpu, now) {
                    Some((id, task)) => {
                        let group = place(id);
                        prop_assert_eq!(group, task % 4);
                        prop_assert!(waiting.remove(&task) && !held[group] && cpus[group].contains(cpu));
                        running[cpu as usize] = Some(task);
                    }
                    None => {
                        let missed = waiting.iter().find(|task| {
                            let group = *task % 4;
                            !held[group] && !quotas[group] && cpus[group].contains(cpu)
                        });
                        prop_assert_eq!(missed, None);
                    }
                },
                Step::Put(cpu, again) => if let Some(task) = running[cpu as usize].take() {
                    if again {
                        waiting.insert(task);
                    }
                    let group = task % 4;
                    let still = queue.put(cpu, groups[group], MS, &mut again.then_some(task), now);
                    let busy = running.iter().flatten().any(|other| other % 4 == group);
                    prop_assert_eq!(still, held[group] && !busy);
                },
                Step::Hold(group) => {
                    queue.hold(groups[group]);
                    held[group] = true;
                    let busy = running.iter().flatten().any(|other| other % 4 == group);
                    prop_assert_eq!(queue.is_settled(groups[group]), !busy);
                }
                Step::Release(group) => {
                    queue.release(groups[group], now);
                    held[group] = false;
                }
                Step::Change(group, shares, bits, limited) => {
                    cpus[group] = some_cpus(bits);
                    quotas[group] = limited;
                    let quota = CpuQuota { quota_us: 1000, period_us: 10_000 };
                    let claim = Claim { quota: limited.then_some(quota), ..claim(shares, cpus[group]) };
                    queue.change(groups[group], claim, now);
                }
                Step::Pass(ns) => now += ns,
                _ => {}
            }
            // A CPU is woken exactly when it would find something: quotas aside, which only picking looks at.
            if let Some(cpu) = queue.wanted(CpuSet::first(3)) {
                prop_assert!(waiting.iter().any(|task| !held[task % 4] && cpus[task % 4].contains(cpu)));
            }
        }
        // In the end everything comes out.
        running.iter().enumerate().for_each(|(cpu, task)| if let Some(task) = task {
            queue.put(cpu as u32, groups[task % 4], MS, &mut None, now);
        });
        groups.iter().for_each(|id| queue.release(*id, now));
        for cpu in (0..3).cycle().take(600) {
            now += 100 * MS;
            if let Some((id, task)) = queue.pick(cpu, now) {
                prop_assert!(waiting.remove(&task));
                queue.put(cpu, id, MS, &mut None, now);
            }
        }
        prop_assert!(waiting.is_empty(), "{waiting:?}");
        prop_assert_eq!(queue.deadline(), None);
    }
}

/// Threads for real: a scheduler, and what drives timers.
struct World {
    scheduler: Arc<Scheduler>,
    timers: tokio::runtime::Runtime,
}

impl World {
    fn new(cpus: u32) -> World {
        let timers = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()
            .expect("a runtime");
        let clock = Arc::new(SystemClock::default());
        let scheduler = Scheduler::start(cpus, clock, timers.handle()).expect("threads");
        World { scheduler, timers }
    }

    fn group(&self) -> Group {
        self.scheduler.group(claim(1024, CpuSet::ALL))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.scheduler.close();
    }
}

fn begin(group: &Group, future: impl Future<Output = ()> + Send + 'static) -> Arc<Task> {
    let task = group.task(future);
    group.begin(&task);
    task
}

async fn give_way() {
    let mut given = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn no_wake_up_is_lost() {
    let world = World::new(3);
    let groups: Vec<_> = (0..4).map(|_| world.group()).collect();
    let (done, finished) = std::sync::mpsc::channel();
    // Pairs that hand a ball to each other, from group to group.
    for pair in 0..16_usize {
        let ball = Arc::new((
            AtomicUsize::new(0),
            [AtomicWaker::new(), AtomicWaker::new()],
        ));
        for side in 0..2 {
            let (ball, done) = (ball.clone(), done.clone());
            begin(&groups[(pair + side) % 4], async move {
                for round in 0..2_000 {
                    let turn = 2 * round + side;
                    poll_fn(|cx| {
                        ball.1[side].register(cx.waker());
                        match ball.0.load(SeqCst) == turn {
                            true => Poll::Ready(()),
                            false => Poll::Pending,
                        }
                    })
                    .await;
                    ball.0.store(turn + 1, SeqCst);
                    ball.1[1 - side].wake();
                    if round % 7 == pair % 7 {
                        give_way().await;
                    }
                }
                done.send(()).expect("a listener");
            });
        }
    }
    for _ in 0..32 {
        finished
            .recv_timeout(Duration::from_secs(120))
            .expect("everybody ends");
    }
}

#[test]
fn a_group_on_hold_stands_still_and_its_tasks_can_be_ended() {
    let world = World::new(2);
    let group = world.group();
    let turns = Arc::new(AtomicUsize::new(0));
    let end = Arc::new(AtomicUsize::new(0));
    let (done, finished) = std::sync::mpsc::channel();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (turns, end, done) = (turns.clone(), end.clone(), done.clone());
            begin(&group, async move {
                while end.load(SeqCst) == 0 {
                    turns.fetch_add(1, SeqCst);
                    spent(1000);
                    give_way().await;
                }
                done.send(()).expect("a listener");
            })
        })
        .collect();
    for _ in 0..200 {
        world.timers.block_on(group.hold());
        let before = turns.load(SeqCst);
        std::thread::yield_now();
        assert_eq!(turns.load(SeqCst), before);
        group.release();
    }
    world.timers.block_on(group.hold());
    end.store(1, SeqCst);
    tasks.iter().for_each(Task::hurry);
    for _ in 0..8 {
        finished
            .recv_timeout(Duration::from_secs(60))
            .expect("ends although on hold");
    }
}

#[test]
fn a_panic_takes_its_task_and_nothing_else() {
    let world = World::new(1);
    let group = world.group();
    begin(&group, async { panic!("on purpose") });
    let (done, finished) = std::sync::mpsc::channel();
    begin(&group, async move { done.send(()).expect("a listener") });
    finished
        .recv_timeout(Duration::from_secs(60))
        .expect("the CPU lives");
}
