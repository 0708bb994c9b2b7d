//! Signals, pausing, stopping: in loops and in calls.

use crate::world::{World, ready, start};
use schooner::kernel::{Limits, Signal};
use std::time::Duration;

const SPIN: &str = r#"(func (export "_start") (local $n i64)
    (i32.store8 (i32.const 300) (i32.const 46))
    (call $print (i32.const 300) (i32.const 1))
    (loop $more (local.set $n (i64.add (local.get $n) (i64.const 1))) (br $more)))"#;
const REST: &str = r#"(func (export "_start") (call $exit (call $rest)))"#;
const READ: &str = r#"(func (export "_start")
    (drop (call $pipe (i32.const 1024) (i32.const 1028)))
    (i32.store8 (i32.const 300) (i32.const 46))
    (call $print (i32.const 300) (i32.const 1))
    (call $exit (call $read (i32.load (i32.const 1024)) (i32.const 2000) (i32.const 9))))"#;

#[tokio::test]
async fn kill_ends_loops_and_calls() {
    let world = World::new();
    for body in [SPIN, REST, READ] {
        world.program("/bin/it", body);
        let sandbox = world.sandbox(Limits::default());
        let (handle, [out, _err]) = start(&sandbox, &["it"]).await;
        ready(&out).await;
        sandbox.signal(None, Signal::KILL).expect("a process");
        assert_eq!(handle.wait().await.code, 137);
        assert_eq!(sandbox.finished().await.code, 137);
    }
}

#[tokio::test]
async fn the_first_process_ignores_what_it_does_not_catch_and_others_do_not() {
    let world = World::new();
    world.program("/bin/rest", REST);
    let sandbox = world.sandbox(Limits::default());
    let (first, [out, _err]) = start(&sandbox, &["rest"]).await;
    let (second, [out2, _err2]) = start(&sandbox, &["rest"]).await;
    ready(&out).await;
    ready(&out2).await;
    sandbox.signal(None, Signal::TERM).expect("processes");
    assert_eq!(second.wait().await.code, 143);
    assert_eq!(first.status(), None);
    sandbox.signal(Some(1), Signal::KILL).expect("a process");
    assert_eq!(first.wait().await.code, 137);
}

#[tokio::test]
async fn a_caught_signal_interrupts_a_call() {
    let world = World::new();
    let body = r#"(func (export "_start")
      (drop (call $sigaction (i32.const 15) (i32.const 2) (i32.const 0)))
      ;; 27 is EINTR; then the set of caught signals, bit 14.
      (if (i32.ne (call $rest) (i32.const 27)) (then (call $exit (i32.const 1))))
      (drop (call $sigcaught (i32.const 1024)))
      (if (i64.ne (i64.load (i32.const 1024)) (i64.const 0x4000)) (then (call $exit (i32.const 2))))
      (call $exit (i32.const 0)))"#;
    world.program("/bin/it", body);
    let sandbox = world.sandbox(Limits::default());
    let (handle, [out, _err]) = start(&sandbox, &["it"]).await;
    ready(&out).await;
    sandbox.signal(Some(1), Signal::TERM).expect("a process");
    assert_eq!(handle.wait().await.code, 0);
}

#[tokio::test]
async fn a_paused_sandbox_uses_no_cpu() {
    let world = World::new();
    world.program("/bin/spin", SPIN);
    let sandbox = world.sandbox(Limits::default());
    let (handle, [out, _err]) = start(&sandbox, &["spin"]).await;
    ready(&out).await;
    sandbox.pause().await;
    // Its last slice is over when `pause` is. Others' whole lives pass on the same CPUs.
    let before = sandbox.usage();
    for _ in 0..20 {
        world.run_body(r#"(func (export "_start"))"#).await;
    }
    assert_eq!(sandbox.usage(), before);
    sandbox.resume();
    while sandbox.usage().fuel <= before.fuel {
        tokio::task::yield_now().await;
    }
    sandbox.pause().await;
    sandbox.signal(None, Signal::KILL).expect("a process");
    assert_eq!(
        handle.wait().await.code,
        137,
        "a paused process can be killed"
    );
}

#[tokio::test]
async fn children_stop_continue_and_end_and_their_parent_sees_it() {
    let world = World::new();
    // WUNTRACED 2, WCONTINUED 8: stopped by 19 is 0x137f, continued 0xffff, killed 9.
    let body = r#"
      (func (export "__clone_entry") (param i32 i32) (drop (call $sleep (i64.const 1000000000000))))
      (func $next (result i32)
        (drop (call $wait4 (i32.const -1) (i32.const 10) (i32.const 308) (i32.const 312) (i32.const 0)))
        (i32.load (i32.const 308)))
      (func $send (param i32) (drop (call $kill (i32.load (i32.const 1024)) (local.get 0))))
      (func (export "_start")
        (drop (call $clone (i32.const 0) (i32.const 0) (i32.const 1024)))
        (call $send (i32.const 19))
        (if (i32.ne (call $next) (i32.const 0x137f)) (then (call $exit (i32.const 1))))
        (call $send (i32.const 18))
        (if (i32.ne (call $next) (i32.const 0xffff)) (then (call $exit (i32.const 2))))
        (call $send (i32.const 9))
        (if (i32.ne (call $next) (i32.const 9)) (then (call $exit (i32.const 3))))
        ;; ECHILD is 12.
        (call $exit (call $wait)))"#;
    assert_eq!(world.run_body(body).await.code(), (-12i32 & 0xff));
}

#[tokio::test]
async fn raising_a_signal_ends_the_caller_inside_the_call() {
    let world = World::new();
    let body = r#"
      (func (export "__clone_entry") (param i32 i32)
        (drop (call $kill (call $getid (i32.const 0)) (i32.const 15)))
        (call $exit (i32.const 42)))
      (func (export "_start")
        (drop (call $clone (i32.const 0) (i32.const 0) (i32.const 1024)))
        (call $exit (call $wait)))"#;
    assert_eq!(world.run_body(body).await.code(), 15);
}

#[tokio::test]
async fn five_hundred_blocked_processes_die_at_once() {
    let world = World::new();
    world.program("/bin/rest", REST);
    let sandbox = world.sandbox(Limits::default());
    let mut handles = Vec::new();
    for _ in 0..500 {
        handles.push(start(&sandbox, &["rest"]).await);
    }
    for (_, [out, _]) in &handles {
        ready(out).await;
    }
    sandbox.signal(Some(1), Signal::KILL).expect("a process");
    let end = tokio::time::timeout(Duration::from_secs(20), sandbox.finished()).await;
    assert_eq!(end.expect("in time").code, 137);
    assert_eq!((sandbox.memory.used(), sandbox.usage().pids), (0, 0));
}
