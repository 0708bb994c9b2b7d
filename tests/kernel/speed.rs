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
