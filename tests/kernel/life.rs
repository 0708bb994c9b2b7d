//! Beginning and ending: arguments, exit codes, traps, programs that are none, and runc's words for what cannot start.

use crate::world::{World, run_in};
use schooner::kernel::Limits;

#[tokio::test]
async fn exit_codes_have_eight_bits() {
    let world = World::new();
    for (code, seen) in [
        (0, 0),
        (3, 3),
        (126, 126),
        (255, 255),
        (256 + 5, 5),
        (-1, 255),
    ] {
        let body = format!(r#"(func (export "_start") (call $exit (i32.const {code})))"#);
        assert_eq!(world.run_body(&body).await.code(), seen);
    }
    assert_eq!(
        world.run_body(r#"(func (export "_start"))"#).await.code(),
        0,
        "returning from _start"
    );
}

#[tokio::test]
async fn arguments_arrive() {
    let world = World::new();
    world.program(
        "/bin/show",
        r#"(func (export "_start")
             (drop (call $args_sizes (i32.const 1024) (i32.const 1028)))
             (drop (call $args_get (i32.const 2048) (i32.const 4096)))
             (call $print (i32.const 4096) (i32.load (i32.const 1028))))"#,
    );
    let output = world.run(&["show", "one", "", "drei ü"]).await;
    assert_eq!(output.text(), "show\0one\0\0drei ü\0");
}

#[tokio::test]
async fn traps_are_signals() {
    let world = World::new();
    let cases = [
        ("unreachable", 134),
        ("(drop (i32.div_u (i32.const 1) (i32.const 0)))", 136),
        ("(drop (i32.load (i32.const 0x7fffffff)))", 139),
        ("(call $forever)", 139),
    ];
    for (body, code) in cases {
        let body = format!(
            r#"(func $forever (call $forever) (call $forever)) (func (export "_start") {body})"#
        );
        let output = world.run_body(&body).await;
        assert_eq!(output.code(), code, "{body}");
        assert_eq!(
            output.status.signal.map(|signal| 128 + signal.number()),
            Some(code)
        );
        assert!(!output.status.oom);
    }
}

#[tokio::test]
async fn what_is_no_program_says_so_and_ends_with_255() {
    let world = World::new();
    world.file("/bin/elf", b"\x7fELF\x02\x01\x01", 0o755);
    world.file("/bin/bad", b"\0asm\x01\0\0\0\xff\xff\xff", 0o755);
    world.file("/bin/text", b"echo hello\n", 0o755);
    world.file("/bin/empty", b"", 0o755);
    let foreign = wat::parse_str(r#"(module (import "env" "f" (func)) (func (export "_start")))"#)
        .expect("a module");
    world.file("/bin/foreign", &foreign, 0o755);
    for name in ["elf", "text", "empty"] {
        let path = format!("/bin/{name}");
        let output = world.run(&[&path]).await;
        assert_eq!(output.errors(), format!("exec {path}: exec format error\n"));
        assert_eq!(output.code(), 255, "{name}");
    }
    // Of WebAssembly more can be said.
    for (name, why) in [("bad", ""), ("foreign", "unknown import `env` `f`\n")] {
        let path = format!("/bin/{name}");
        let output = world.run(&[&path]).await;
        let line = format!("exec {path}: exec format error: {why}");
        assert!(output.errors().starts_with(&line), "{}", output.errors());
        assert_eq!(output.code(), 255, "{name}");
    }
    world.file("/bin/crlf", b"#!/bin/sh\r\necho\r\n", 0o755);
    let output = world.run(&["/bin/crlf"]).await;
    assert_eq!(
        output.errors(),
        "exec /bin/crlf: no such file or directory\n"
    );
    assert_eq!(output.code(), 255);
}

#[tokio::test]
async fn scripts_run_their_interpreter() {
    let world = World::new();
    world.program(
        "/bin/show",
        r#"(func (export "_start")
             (drop (call $args_sizes (i32.const 1024) (i32.const 1028)))
             (drop (call $args_get (i32.const 2048) (i32.const 4096)))
             (call $print (i32.const 4096) (i32.load (i32.const 1028))))"#,
    );
    world.file("/bin/script", b"#! /bin/show -a  b \nrest", 0o755);
    world.file("/bin/nested", b"#!/bin/script\n", 0o755);
    assert_eq!(
        world.run(&["script", "x"]).await.text(),
        "/bin/show\0-a  b\0/bin/script\0x\0"
    );
    let text = world.run(&["/bin/nested", "y"]).await.text();
    assert_eq!(text, "/bin/show\0-a  b\0/bin/script\0/bin/nested\0y\0");
    world.file("/bin/snake", b"#!/bin/snake\n", 0o755);
    assert_eq!(world.run(&["/bin/snake"]).await.code(), 255);
}

#[tokio::test]
async fn errors_in_the_words_of_runc() {
    let world = World::new();
    world.file("/bin/data", b"data", 0o644);
    let cases = [
        (
            "nosuch",
            "exec: \"nosuch\": executable file not found in $PATH",
            127,
        ),
        (
            "data",
            "exec: \"data\": executable file not found in $PATH",
            127,
        ),
        ("", "exec: \"\": executable file not found in $PATH", 127),
        (
            "/nosuch",
            "exec: \"/nosuch\": stat /nosuch: no such file or directory",
            127,
        ),
        ("/bin/data", "exec: \"/bin/data\": permission denied", 126),
        (
            "/bin",
            "exec: \"/bin\": is a directory: permission denied",
            126,
        ),
    ];
    for (name, words, code) in cases {
        let error = run_in(&world.sandbox(Limits::default()), &[name], b"")
            .await
            .err()
            .expect("refused");
        assert_eq!((error.to_string().as_str(), error.code()), (words, code));
    }
}

#[tokio::test]
async fn the_first_process_takes_all_others_along() {
    let world = World::new();
    world.program(
        "/bin/parent",
        r#"(func $child (export "__clone_entry") (param i32 i32) (drop (call $rest)))
           (func (export "_start")
             (drop (call $clone (i32.const 0) (i32.const 0) (i32.const 1024)))
             (drop (call $clone (i32.const 0) (i32.const 0) (i32.const 1024)))
             (call $exit (i32.const 7)))"#,
    );
    let sandbox = world.sandbox(Limits::default());
    assert_eq!(
        run_in(&sandbox, &["parent"], b"")
            .await
            .expect("started")
            .code(),
        7
    );
    assert_eq!(sandbox.finished().await.code, 7);
    assert_eq!(sandbox.usage().pids, 0);
    assert_eq!(sandbox.memory.used(), 0, "all memory came back");
}
