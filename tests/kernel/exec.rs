//! `execve`: another program in the same process.

use crate::world::World;

#[tokio::test]
async fn the_program_is_replaced_and_the_process_stays() {
    let world = World::new();
    // Exits with 10 x pid, plus 1 if an argument came along.
    world.program(
        "/bin/second",
        r#"(func (export "_start")
             (drop (call $args_sizes (i32.const 1024) (i32.const 1028)))
             (call $exit (i32.add (i32.mul (call $getid (i32.const 0)) (i32.const 10))
               (i32.eq (i32.load (i32.const 1024)) (i32.const 2)))))"#,
    );
    // argv is {ptr, len} pairs: "second", "x".
    let first = r#"
      (data (i32.const 2000) "/bin/secondx")
      (data (i32.const 2100) "\d5\07\00\00\06\00\00\00\db\07\00\00\01\00\00\00")
      (func (export "_start")
        (call $exit (call $execve (i32.const 2000) (i32.const 11) (i32.const 2100) (i32.const 2) (i32.const 0) (i32.const 0))))"#;
    assert_eq!(world.run_body(first).await.code(), 11);
}

#[tokio::test]
async fn a_failing_exec_leaves_the_program_running() {
    let world = World::new();
    world.file("/tmp/x", b"no program", 0o755);
    // ENOENT 44, ENOEXEC 45.
    for (path, errno) in [("/nope", 44), ("/tmp/x", 45)] {
        let len = path.len();
        let body = format!(
            r#"(data (i32.const 2000) "{path}")
               (func (export "_start")
                 (call $exit (call $execve (i32.const 2000) (i32.const {len}) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))"#
        );
        assert_eq!(world.run_body(&body).await.code(), errno);
    }
}
