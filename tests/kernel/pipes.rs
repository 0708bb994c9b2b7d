//! Pipes between guests and with the engine.

use crate::world::{World, run_in};
use schooner::kernel::Limits;
use schooner::vfs::{Cred, Kind};

/// Copies its input to its output.
const CAT: &str = r#"
  (func (export "_start") (local $n i32)
    (loop $more
      (local.set $n (call $read (i32.const 0) (i32.const 4096) (i32.const 60000)))
      (if (i32.gt_s (local.get $n) (i32.const 0))
        (then (call $print (i32.const 4096) (local.get $n)) (br $more)))))"#;

#[tokio::test]
async fn megabytes_pass_through_a_guest_unchanged() {
    let world = World::new();
    world.program("/bin/cat", CAT);
    let input: Vec<u8> = (0..2_000_000u32).map(|n| (n % 253) as u8).collect();
    let output = run_in(&world.sandbox(Limits::default()), &["cat"], &input)
        .await
        .expect("started");
    assert!(
        output.stdout == input,
        "{} bytes of {}",
        output.stdout.len(),
        input.len()
    );
    assert_eq!(output.code(), 0);
}

#[tokio::test]
async fn a_child_writes_and_its_parent_reads() {
    let world = World::new();
    let body = r#"
      (data (i32.const 2000) "from the child")
      (func (export "__clone_entry") (param i32 i32)
        (drop (call $fd_renumber (i32.load (i32.const 1028)) (i32.const 1)))
        (call $print (i32.const 2000) (i32.const 14))
        (call $exit (i32.const 0)))
      (func (export "_start")
        (drop (call $pipe (i32.const 1024) (i32.const 1028)))
        (drop (call $clone (i32.const 0) (i32.const 0) (i32.const 1032)))
        (drop (call $fd_close (i32.load (i32.const 1028))))
        (call $print (i32.const 4096) (call $read (i32.load (i32.const 1024)) (i32.const 4096) (i32.const 100)))
        ;; The only writer is gone: the end.
        (call $exit (call $read (i32.load (i32.const 1024)) (i32.const 4096) (i32.const 100))))"#;
    let output = world.run_body(body).await;
    assert_eq!(
        (output.text().as_str(), output.code()),
        ("from the child", 0)
    );
}

#[tokio::test]
async fn writing_without_a_reader_is_sigpipe() {
    let world = World::new();
    let body = r#"
      (func (export "__clone_entry") (param i32 i32)
        (drop (call $fd_close (i32.load (i32.const 1024))))
        (drop (call $fd_renumber (i32.load (i32.const 1028)) (i32.const 1)))
        (call $print (i32.const 0) (i32.const 10))
        (call $exit (i32.const 99)))
      (func (export "_start")
        (drop (call $pipe (i32.const 1024) (i32.const 1028)))
        (drop (call $fd_close (i32.load (i32.const 1024))))
        (drop (call $clone (i32.const 0) (i32.const 0) (i32.const 1032)))
        (call $exit (call $wait)))"#;
    assert_eq!(
        world.run_body(body).await.code(),
        13,
        "the child's status word is SIGPIPE"
    );
    // The first process has no default action: it sees EPIPE.
    let body = r#"
      (func (export "_start")
        (drop (call $pipe (i32.const 1024) (i32.const 1028)))
        (drop (call $fd_close (i32.load (i32.const 1024))))
        (i32.store (i32.const 4) (i32.const 5))
        (call $exit (call $fd_write (i32.load (i32.const 1028)) (i32.const 0) (i32.const 1) (i32.const 8))))"#;
    assert_eq!(world.run_body(body).await.code(), 64);
}

#[tokio::test]
async fn a_fifo_joins_two_processes_that_open_it() {
    let world = World::new();
    world
        .tree
        .mknod(&Cred::root(), "/", "/tmp/fifo", Kind::Fifo, 0o666, (0, 0))
        .expect("a FIFO");
    // The child opens it for writing (right 64), the parent for reading (right 2): each waits for the other.
    let body = r#"
      (data (i32.const 2000) "/tmp/fifo")
      (data (i32.const 2100) "through")
      (func $open (param $rights i64) (result i32)
        (if (call $path_open (i32.const 3) (i32.const 1) (i32.const 2000) (i32.const 9) (i32.const 0)
              (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 1024)) (then (call $exit (i32.const 1))))
        (i32.load (i32.const 1024)))
      (func (export "__clone_entry") (param i32 i32)
        (drop (call $fd_renumber (call $open (i64.const 64)) (i32.const 1)))
        (call $print (i32.const 2100) (i32.const 7))
        (call $exit (i32.const 0)))
      (func (export "_start") (local $fd i32)
        (drop (call $clone (i32.const 0) (i32.const 0) (i32.const 1032)))
        (local.set $fd (call $open (i64.const 2)))
        (call $print (i32.const 4096) (call $read (local.get $fd) (i32.const 4096) (i32.const 100)))
        (call $exit (call $read (local.get $fd) (i32.const 4096) (i32.const 100))))"#;
    let output = world.run_body(body).await;
    assert_eq!((output.text().as_str(), output.code()), ("through", 0));
}
