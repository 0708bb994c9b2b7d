//! `clone`: memory and globals are copied, descriptors shared, the rest of POSIX's fork.

use crate::world::{World, ready, start};
use schooner::kernel::{Limits, Signal};

#[tokio::test]
async fn memory_and_globals_are_copied_and_then_separate() {
    let world = World::new();
    let body = r#"
      (func (export "__clone_entry") (param $entry i32) (param $arg i32)
        (if (i32.ne (local.get $entry) (i32.const 11)) (then (call $exit (i32.const 1))))
        (if (i32.ne (local.get $arg) (i32.const 22)) (then (call $exit (i32.const 2))))
        (if (i32.ne (i32.load (i32.const 5000)) (i32.const 33)) (then (call $exit (i32.const 3))))
        (if (i32.ne (global.get $sp) (i32.const 44)) (then (call $exit (i32.const 4))))
        ;; The grown page came along.
        (if (i32.ne (memory.size) (i32.const 5)) (then (call $exit (i32.const 5))))
        (if (i32.ne (i32.load (i32.const 300000)) (i32.const 55)) (then (call $exit (i32.const 6))))
        (i32.store (i32.const 5000) (i32.const 99))
        (call $exit (i32.const 77)))
      (func (export "_start")
        (drop (memory.grow (i32.const 3)))
        (i32.store (i32.const 5000) (i32.const 33))
        (i32.store (i32.const 300000) (i32.const 55))
        (global.set $sp (i32.const 44))
        (drop (call $clone (i32.const 11) (i32.const 22) (i32.const 1024)))
        (if (i32.ne (call $wait) (i32.const 0x4d00)) (then (call $exit (i32.const 8))))
        (if (i32.ne (i32.load (i32.const 312)) (i32.load (i32.const 1024))) (then (call $exit (i32.const 9))))
        (if (i32.ne (i32.load (i32.const 5000)) (i32.const 33)) (then (call $exit (i32.const 10)))))"#;
    let output = world.run_body(body).await;
    assert_eq!(output.code(), 0);
}

#[tokio::test]
async fn a_module_without_the_entry_cannot_clone() {
    let world = World::new();
    // 52 is ENOSYS.
    let body = r#"(func (export "_start")
        (call $exit (call $clone (i32.const 0) (i32.const 0) (i32.const 1024))))"#;
    assert_eq!(world.run_body(body).await.code(), 52);
}

#[tokio::test]
async fn orphans_go_to_the_first_process() {
    let world = World::new();
    // The child makes a grandchild and ends; the grandchild's parent becomes 1, which waits for both.
    let body = r#"
      (func (export "__clone_entry") (param $depth i32) (param i32)
        (if (i32.eqz (local.get $depth)) (then
          (drop (call $clone (i32.const 1) (i32.const 0) (i32.const 1024)))
          (call $exit (i32.const 0))))
        (loop $more (br_if $more (i32.ne (call $getid (i32.const 1)) (i32.const 1))))
        (call $exit (i32.const 5)))
      (func (export "_start")
        (drop (call $clone (i32.const 0) (i32.const 0) (i32.const 1024)))
        (call $exit (i32.shr_u (i32.or (call $wait) (call $wait)) (i32.const 8))))"#;
    assert_eq!(world.run_body(body).await.code(), 5);
}

#[tokio::test]
async fn behind_init_orphans_are_waited_for() {
    let world = World::new();
    // The grandchild ends while pid 1 never waits for anybody but its own child; then one process is left.
    world.program(
        "/bin/it",
        r#"(func (export "__clone_entry") (param $depth i32) (param i32)
             (if (i32.eqz (local.get $depth)) (then
               (drop (call $clone (i32.const 1) (i32.const 0) (i32.const 1024)))
               (call $exit (i32.const 0))))
             (loop $more (br_if $more (i32.ne (call $getid (i32.const 1)) (i32.const 1))))
             (call $exit (i32.const 0)))
           (func (export "_start")
             (drop (call $clone (i32.const 0) (i32.const 0) (i32.const 1024)))
             (drop (call $wait4 (i32.load (i32.const 1024)) (i32.const 0) (i32.const 308) (i32.const 312) (i32.const 0)))
             (drop (call $rest)))"#,
    );
    let sandbox = world.sandbox(Limits::default());
    sandbox.make_mortal();
    let (handle, [out, _err]) = start(&sandbox, &["it"]).await;
    ready(&out).await;
    while sandbox.usage().pids != 1 {
        tokio::task::yield_now().await;
    }
    // And signals end it although it catches nothing.
    sandbox.signal(Some(1), Signal::TERM).expect("a process");
    assert_eq!(handle.wait().await.code, 143);
}
