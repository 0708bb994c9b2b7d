//! Limits: memory, processes, files. A container that passes one ends or gets an error; its neighbours do not notice (S27).

use crate::world::{World, ready, run_in, start};
use schooner::kernel::{CpuQuota, Limits, Machine, MachineConfig, Rlimits, Signal};

#[tokio::test]
async fn memory_past_the_limit_is_137_and_oom() {
    let world = World::new();
    world.program(
        "/bin/hog",
        r#"(func (export "_start") (loop $more (drop (memory.grow (i32.const 16))) (br $more)))"#,
    );
    let sandbox = world.sandbox(Limits {
        memory: Some(8 << 20),
        ..Limits::default()
    });
    let output = run_in(&sandbox, &["hog"], b"").await.expect("started");
    assert_eq!(output.code(), 137);
    assert!(output.status.oom && sandbox.usage().oom_killed);
    assert!(sandbox.usage().memory_peak <= 8 << 20);
    assert_eq!(sandbox.memory.used(), 0);
}

#[tokio::test]
async fn a_module_that_is_too_big_from_the_start_is_out_of_memory_too() {
    let world = World::new();
    let module =
        wat::parse_str(r#"(module (memory (export "memory") 1000) (func (export "_start")))"#)
            .expect("a module");
    world.file("/bin/big", &module, 0o755);
    let sandbox = world.sandbox(Limits {
        memory: Some(1 << 20),
        ..Limits::default()
    });
    let output = run_in(&sandbox, &["big"], b"").await.expect("started");
    assert!(output.status.oom);
}

#[tokio::test]
async fn memory_that_the_module_itself_limits_is_its_own_affair() {
    let world = World::new();
    let module = wat::parse_str(
        r#"(module
             (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
             (memory (export "memory") 1 2)
             (func (export "_start") (call $exit (i32.eq (memory.grow (i32.const 5)) (i32.const -1)))))"#,
    )
    .expect("a module");
    world.file("/bin/small", &module, 0o755);
    let output = world.run(&["small"]).await;
    assert_eq!((output.code(), output.status.oom), (1, false));
}

#[tokio::test]
async fn a_fork_bomb_meets_eagain() {
    let world = World::new();
    world.program(
        "/bin/bomb",
        r#"(func $burst (local $errno i32)
             (loop $more
               (local.set $errno (call $clone (i32.const 0) (i32.const 0) (i32.const 1024)))
               (br_if $more (i32.eqz (local.get $errno))))
             ;; 6 is EAGAIN.
             (if (i32.ne (local.get $errno) (i32.const 6)) (then (call $exit (i32.const 1))))
             (if (i32.eq (call $getid (i32.const 0)) (i32.const 1)) (then (call $exit (i32.const 0))))
             (drop (call $sleep (i64.const 1000000000000))))
           (func (export "__clone_entry") (param i32 i32) (call $burst))
           (func (export "_start") (call $burst))"#,
    );
    let sandbox = world.sandbox(Limits {
        pids: Some(20),
        ..Limits::default()
    });
    assert_eq!(
        run_in(&sandbox, &["bomb"], b"")
            .await
            .expect("started")
            .code(),
        0
    );
    assert_eq!(sandbox.finished().await.code, 0);
    assert_eq!(sandbox.usage().pids, 0);
}

#[tokio::test]
async fn files_end_at_the_limit() {
    let world = World::new();
    // Opens /tmp until it fails and exits with the errno; the count is left to the limit below.
    world.program(
        "/bin/open",
        r#"(data (i32.const 2000) "/tmp")
           (func (export "_start") (local $n i32) (local $errno i32)
             (loop $more
               (local.set $errno (call $path_open (i32.const 3) (i32.const 1) (i32.const 2000) (i32.const 4)
                 (i32.const 2) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 1024)))
               (local.set $n (i32.add (local.get $n) (i32.const 1)))
               (br_if $more (i32.eqz (local.get $errno))))
             ;; 33 is EMFILE; directories begin at 4, so 12 are left of 16.
             (if (i32.ne (local.get $errno) (i32.const 33)) (then (call $exit (i32.const 100))))
             (call $exit (local.get $n)))"#,
    );
    let sandbox = world.sandbox(Limits {
        rlimits: Rlimits::new(16),
        ..Limits::default()
    });
    assert_eq!(
        run_in(&sandbox, &["open"], b"")
            .await
            .expect("started")
            .code(),
        13
    );
}

#[tokio::test]
async fn a_quota_throttles() {
    let world = World::new();
    world.program(
        "/bin/work",
        r#"(func (export "_start") (local $n i64)
             (loop $more
               (local.set $n (i64.add (local.get $n) (i64.const 1)))
               (br_if $more (i64.lt_u (local.get $n) (i64.const 100000000)))))"#,
    );
    let cpu = Some(CpuQuota {
        quota_us: 2_000,
        period_us: 10_000,
    });
    let sandbox = world.sandbox(Limits {
        cpu,
        ..Limits::default()
    });
    assert_eq!(
        run_in(&sandbox, &["work"], b"")
            .await
            .expect("started")
            .code(),
        0
    );
    let usage = sandbox.usage();
    assert!(usage.throttled > 0, "{usage:?}");
    // What was allowed, and at most a slice more for each thread.
    let allowed = (usage.periods + 1) * 2_000_000 + 100_000_000;
    assert!(usage.cpu_ns <= allowed, "{usage:?}");
}

#[tokio::test]
async fn a_spinning_neighbour_shares_the_only_thread() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut config = MachineConfig::new(dir.path());
    config.workers = 1;
    let world = World::on(Machine::new(config).expect("a machine"));
    world.program(
        "/bin/spin",
        r#"(func (export "_start")
             (i32.store8 (i32.const 300) (i32.const 46))
             (call $print (i32.const 300) (i32.const 1))
             (loop $more (br $more)))"#,
    );
    world.program("/bin/true", r#"(func (export "_start"))"#);
    let sandbox = world.sandbox(Limits::default());
    let (handle, [out, _err]) = start(&sandbox, &["spin"]).await;
    ready(&out).await;
    for _ in 0..20 {
        assert_eq!(world.run(&["true"]).await.code(), 0);
    }
    sandbox.signal(None, Signal::KILL).expect("a process");
    assert_eq!(handle.wait().await.code, 137);
}
