//! Descriptors: what a program starts with, and what is left when it has ended (S05).

use crate::world::{World, ready, start};
use schooner::kernel::{Limits, Signal};

#[tokio::test]
async fn a_program_starts_with_three_descriptors_and_the_root() {
    let world = World::new();
    // Counts the numbers below 1,024 that are open: 0, 1, 2, and the preopen at 3.
    let body = r#"(func (export "_start") (local $fd i32) (local $open i32)
      (loop $more
        (if (i32.eqz (call $fdstat (local.get $fd) (i32.const 1024)))
          (then (local.set $open (i32.add (local.get $open) (i32.const 1)))))
        (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get $fd) (i32.const 1024))))
      (call $exit (local.get $open)))"#;
    assert_eq!(world.run_body(body).await.code(), 4);
}

#[tokio::test]
async fn nothing_stays_open_after_a_kill() {
    let world = World::new();
    world.program(
        "/bin/hold",
        r#"(func (export "__clone_entry") (param i32 i32) (drop (call $rest)))
           (func (export "_start")
             (drop (call $clone (i32.const 0) (i32.const 0) (i32.const 1024)))
             (drop (call $sleep (i64.const 1000000000000))))"#,
    );
    let sandbox = world.sandbox(Limits::default());
    let (_handle, [out, err]) = start(&sandbox, &["hold"]).await;
    ready(&out).await;
    sandbox.signal(Some(1), Signal::KILL).expect("a process");
    sandbox.finished().await;
    assert_eq!(out.read(9).await, b"", "every writer is gone");
    assert_eq!(err.read(9).await, b"");
}

#[tokio::test]
async fn a_file_about_its_own_descriptor_can_be_read() {
    let world = World::new();
    // A file at 3, what /proc says of 3 at 4, and that moved to 3.
    let body = r#"(data (i32.const 2000) "/proc/self/fdinfo/3")
      (data (i32.const 2100) "/bin/it")
      (func $open (param $at i32) (param $len i32) (result i32)
        (if (call $path_open (i32.const 3) (i32.const 1) (local.get $at) (local.get $len) (i32.const 0)
              (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 1024)) (then (call $exit (i32.const 1))))
        (i32.load (i32.const 1024)))
      (func (export "_start")
        (if (i32.ne (call $open (i32.const 2100) (i32.const 7)) (i32.const 3)) (then (call $exit (i32.const 2))))
        (drop (call $fd_renumber (call $open (i32.const 2000) (i32.const 19)) (i32.const 3)))
        (call $print (i32.const 4096) (call $read (i32.const 3) (i32.const 4096) (i32.const 1000))))"#;
    let output = world.run_body(body).await;
    assert_eq!(output.code(), 0, "{}", output.errors());
    assert!(output.text().starts_with("pos:\t0\n"), "{}", output.text());
}
