//! Bring your own WebAssembly: an image of nothing but a program.

use crate::client::{Context, build};
use crate::support::World;

/// Writes `hi` and the number of its arguments, and ends with 3.
const HELLO: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\05\00\00\00")
  (data (i32.const 16) "hi 0\n")
  (func (export "_start")
    (drop (call $sizes (i32.const 64) (i32.const 68)))
    (i32.store8 (i32.const 19) (i32.add (i32.const 48) (i32.load (i32.const 64))))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
    (call $exit (i32.const 3))))"#;

#[test]
fn a_program_alone_is_an_image() {
    let world = World::new();
    let module = wat::parse_str(HELLO).expect("a module");
    let lines = [
        "FROM scratch",
        "COPY hello.wasm /hello.wasm",
        "ENTRYPOINT [\"/hello.wasm\"]",
    ];
    build(
        &world,
        "t=k_hello",
        Context::new(&lines).with("hello.wasm", tar::EntryType::Regular, 0o755, "", &module),
    )
    .id();
    let output = world.run(&["run", "--rm", "k_hello", "a", "b"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hi 3\n");
    assert_eq!(output.status.code(), Some(3));
    let shown = world.ok(&[
        "image",
        "inspect",
        "-f",
        "{{.Os}}/{{.Architecture}} {{len .RootFS.Layers}}",
        "k_hello",
    ]);
    assert_eq!(shown, "wasi/wasm 1\n");
}

#[test]
fn a_program_can_be_run_while_the_image_is_built() {
    let world = World::new();
    let module = wat::parse_str(HELLO).expect("a module");
    let lines = [
        "FROM alpine",
        "COPY --chmod=755 hello.wasm /bin/hello",
        "RUN hello x y z >/out; echo $? >>/out; cat /out",
    ];
    let built = build(
        &world,
        "",
        Context::new(&lines).bytes("hello.wasm", &module),
    );
    assert!(built.said().contains("hi 4\n3\n"), "{}", built.said());
}
