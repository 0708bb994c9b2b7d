//! Figures for the design's goals. Run alone: `cargo test --release --test kernel speed -- --ignored --nocapture`.

use crate::world::{World, ready, start};
use schooner::kernel::{Limits, Signal};
use std::time::Instant;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn starts_and_kills() {
    let world = World::new();
    world.program("/bin/true", r#"(func (export "_start"))"#);
    world.program(
        "/bin/rest",
        r#"(func (export "_start") (drop (call $rest)))"#,
    );
    world.run(&["true"]).await;
    let count = 2000;
    let begin = Instant::now();
    for _ in 0..count {
        world.run(&["true"]).await;
    }
    let each = begin.elapsed() / count;
    println!(
        "sandbox, start, end: {each:?} each, {:.0} a second",
        1.0 / each.as_secs_f64()
    );

    let sandbox = world.sandbox(Limits::default());
    let memory = resident();
    let mut handles = Vec::new();
    let begin = Instant::now();
    for _ in 0..5000 {
        handles.push(start(&sandbox, &["rest"]).await);
    }
    for (_, [out, _]) in &handles {
        ready(out).await;
    }
    println!(
        "5,000 sleepers started in {:?}, {} KiB each",
        begin.elapsed(),
        (resident() - memory) / 5000
    );
    let begin = Instant::now();
    sandbox.signal(Some(1), Signal::KILL).expect("a process");
    sandbox.finished().await;
    println!("and killed in {:?}", begin.elapsed());
}

/// Resident memory of this process in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn calls_and_clones() {
    let world = World::new();
    let cases = [
        (
            "a call that cannot wait",
            1_000_000,
            "(drop (call $getid (i32.const 0)))",
        ),
        (
            "an empty write, which could",
            1_000_000,
            "(drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 8)))",
        ),
        (
            "a clone, its end and the wait",
            2_000,
            "(drop (call $clone (i32.const 0) (i32.const 0) (i32.const 1024))) (drop (call $wait))",
        ),
    ];
    for (what, count, call) in cases {
        let body = format!(
            r#"(func (export "__clone_entry") (param i32 i32))
               (func (export "_start") (local $n i32)
                 (loop $more {call}
                   (local.set $n (i32.add (local.get $n) (i32.const 1)))
                   (br_if $more (i32.lt_u (local.get $n) (i32.const {count})))))"#
        );
        world.program("/bin/it", &body);
        let begin = Instant::now();
        assert_eq!(world.run(&["/bin/it"]).await.code(), 0);
        println!("{what}: {:?}", begin.elapsed() / count);
    }
}
