//! CPUs divided among sandboxes: shares, cpusets, quotas, and limits that change while everything runs.
//!
//! Ratios of CPU time are asserted, never times: they hold on a busy machine too.

use crate::world::{World, ready, run_in, start};
use schooner::base::cpuset::CpuSet;
use schooner::kernel::{CpuQuota, Limits, Machine, MachineConfig, PipeReader, Sandbox, Signal};
use std::sync::Arc;
use std::time::Duration;

const SPIN: &str = r#"(func (export "_start")
    (i32.store8 (i32.const 300) (i32.const 46))
    (call $print (i32.const 300) (i32.const 1))
    (loop $more (br $more)))"#;

/// A machine with so many CPUs of its own, and a program that spins.
fn world(cpus: usize) -> (World, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a folder");
    let mut config = MachineConfig::new(dir.path());
    config.workers = cpus;
    let world = World::on(Machine::new(config).expect("a machine"));
    world.program("/bin/spin", SPIN);
    (world, dir)
}

/// A sandbox with processes that spin already.
async fn spinning(
    world: &World,
    limits: Limits,
    processes: usize,
) -> (Arc<Sandbox>, Vec<PipeReader>) {
    let sandbox = world.sandbox(limits);
    let mut pipes = Vec::new();
    for _ in 0..processes {
        let (_, [out, err]) = start(&sandbox, &["spin"]).await;
        ready(&out).await;
        pipes.extend([out, err]);
    }
    (sandbox, pipes)
}

fn shares(shares: u64) -> Limits {
    Limits {
        shares,
        ..Limits::default()
    }
}

/// What two sandboxes use of the next 600 ms of CPU time.
async fn measure(one: &Sandbox, two: &Sandbox) -> (f64, f64) {
    let now = || (one.usage().cpu_ns, two.usage().cpu_ns);
    let before = now();
    loop {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let (first, second) = now();
        let used = (first - before.0, second - before.1);
        if used.0 + used.1 > 600_000_000 {
            return (used.0 as f64, used.1 as f64);
        }
    }
}

fn assert_ratio(found: (f64, f64), wanted: f64) {
    let ratio = found.0 / found.1;
    assert!(
        (ratio / wanted - 1.0).abs() < 0.1,
        "{ratio} instead of {wanted}"
    );
}

fn end(sandboxes: &[&Arc<Sandbox>]) {
    for sandbox in sandboxes {
        sandbox.signal(None, Signal::KILL).expect("processes");
    }
}

#[tokio::test]
async fn shares_divide_a_cpu_and_can_be_changed() {
    let (world, _dir) = world(1);
    let (one, _pipes) = spinning(&world, shares(1024), 1).await;
    let (two, _more) = spinning(&world, shares(512), 3).await;
    assert_ratio(measure(&one, &two).await, 2.0);
    two.update(shares(4096)).expect("room");
    assert_ratio(measure(&one, &two).await, 0.25);
    end(&[&one, &two]);
}

#[tokio::test]
async fn a_cpuset_pins_and_can_be_moved() {
    let (world, _dir) = world(2);
    let pinned = |cpu, shares| Limits {
        cpus: CpuSet::one(cpu),
        shares,
        ..Limits::default()
    };
    let (one, _pipes) = spinning(&world, pinned(0, 1024), 2).await;
    let (two, _more) = spinning(&world, pinned(0, 512), 2).await;
    assert_ratio(measure(&one, &two).await, 2.0);
    two.update(pinned(1, 512)).expect("room");
    let (mut first, mut second) = (0.0, 0.0);
    // Each has a CPU now; how fast those are is the host's affair, so nothing but the end of the rivalry is asserted.
    while second < first * 0.6 || first == 0.0 {
        (first, second) = measure(&one, &two).await;
    }
    assert_eq!(two.cpus(), CpuSet::one(1));
    end(&[&one, &two]);
}

#[tokio::test]
async fn a_quota_is_not_overdrawn_and_can_be_lifted() {
    let (world, _dir) = world(2);
    let limited = Limits {
        cpu: Some(CpuQuota {
            quota_us: 5_000,
            period_us: 20_000,
        }),
        ..Limits::default()
    };
    let begin = world.machine.clock().monotonic();
    let (sandbox, _pipes) = spinning(&world, limited, 3).await;
    while sandbox.usage().periods < 20 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let usage = sandbox.usage();
    let passed = world.machine.clock().monotonic() - begin;
    // A slice more for each CPU, and they may be long here.
    let allowed = passed / 4 + 100_000_000;
    assert!(usage.cpu_ns <= allowed, "{usage:?} in {passed}");
    assert!(usage.throttled > 0 && usage.throttled_ns > 0, "{usage:?}");
    sandbox.update(Limits::default()).expect("room");
    let before = sandbox.usage().cpu_ns;
    while sandbox.usage().cpu_ns < before + 50_000_000 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(sandbox.usage().periods, 0, "no quota, no periods");
    end(&[&sandbox]);
}

#[tokio::test]
async fn memory_and_processes_are_limited_anew() {
    let world = World::new();
    world.program(
        "/bin/grow",
        r#"(func (export "_start") (drop (memory.grow (i32.const 32))) (drop (call $rest)))"#,
    );
    world.program("/bin/true", r#"(func (export "_start"))"#);
    let sandbox = world.sandbox(Limits::default());
    let (first, [out, _err]) = start(&sandbox, &["grow"]).await;
    ready(&out).await;
    let limit = |memory: u64, pids| Limits {
        memory: Some(memory),
        pids,
        ..Limits::default()
    };
    let refused = sandbox.update(limit(1 << 20, Some(1))).unwrap_err();
    assert!(refused.used > 2 << 20 && refused.limit == 1 << 20);
    assert_eq!(sandbox.limits().pids, None, "nothing changes then");
    let used = sandbox.usage().memory;
    sandbox
        .update(limit(used + (1 << 20), Some(1)))
        .expect("room");
    assert!(
        run_in(&sandbox, &["true"], b"").await.is_err(),
        "the table is full"
    );
    sandbox.update(limit(used + (1 << 20), None)).expect("room");
    let output = run_in(&sandbox, &["grow"], b"").await.expect("started");
    assert!(output.status.oom && output.code() == 137);
    assert_eq!(first.status(), None, "whoever was there lives on");
    end(&[&sandbox]);
}
