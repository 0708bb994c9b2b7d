//! Two guests in WebAssembly text: one serves, one asks. Each error number becomes the exit code.

use std::path::Path;

/// `serve`: listens on port 80 and answers each connection's first words with `hello` and a line feed.
const SERVE: &str = r#"(module
  (import "wasix_32v1" "sock_open" (func $open (param i32 i32 i32 i32) (result i32)))
  (import "wasix_32v1" "sock_bind" (func $bind (param i32 i32) (result i32)))
  (import "wasix_32v1" "sock_listen" (func $listen (param i32 i32) (result i32)))
  (import "wasix_32v1" "sock_accept_v2" (func $accept (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "hello\n")
  (func $must (param $errno i32)
    (if (local.get $errno) (then (call $exit (local.get $errno)))))
  (func (export "_start") (local $fd i32)
    (call $must (call $open (i32.const 1) (i32.const 1) (i32.const 0) (i32.const 200)))
    ;; 0.0.0.0:80
    (i32.store8 (i32.const 300) (i32.const 1))
    (i32.store16 (i32.const 302) (i32.const 80))
    (call $must (call $bind (i32.load (i32.const 200)) (i32.const 300)))
    (call $must (call $listen (i32.load (i32.const 200)) (i32.const 1024)))
    (i32.store (i32.const 0) (i32.const 1000))
    (i32.store (i32.const 4) (i32.const 1000))
    (i32.store (i32.const 16) (i32.const 100))
    (i32.store (i32.const 20) (i32.const 6))
    (loop $more
      (call $must (call $accept (i32.load (i32.const 200)) (i32.const 0) (i32.const 204) (i32.const 400)))
      (local.set $fd (i32.load (i32.const 204)))
      (drop (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 32)))
      (drop (call $fd_write (local.get $fd) (i32.const 16) (i32.const 1) (i32.const 32)))
      (drop (call $close (local.get $fd)))
      (br $more))))"#;

/// `ask NAME PORT`: connects, says `hi`, and prints what comes back.
const ASK: &str = r#"(module
  (import "wasix_32v1" "sock_open" (func $open (param i32 i32 i32 i32) (result i32)))
  (import "wasix_32v1" "sock_connect" (func $connect (param i32 i32) (result i32)))
  (import "wasix_32v1" "resolve" (func $resolve (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_recv" (func $recv (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_shutdown" (func $shutdown (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "hi\n")
  (func $must (param $errno i32)
    (if (local.get $errno) (then (call $exit (local.get $errno)))))
  (func $length (param $at i32) (result i32) (local $n i32)
    (loop $more
      (if (i32.load8_u (i32.add (local.get $at) (local.get $n)))
        (then (local.set $n (i32.add (local.get $n) (i32.const 1))) (br $more))))
    (local.get $n))
  (func $number (param $at i32) (result i32) (local $n i32)
    (loop $more
      (if (i32.load8_u (local.get $at))
        (then
          (local.set $n (i32.add
            (i32.mul (local.get $n) (i32.const 10))
            (i32.sub (i32.load8_u (local.get $at)) (i32.const 48))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $more))))
    (local.get $n))
  (func (export "_start") (local $name i32)
    (drop (call $args_get (i32.const 2000) (i32.const 3000)))
    (local.set $name (i32.load (i32.const 2004)))
    (call $must (call $resolve (local.get $name) (call $length (local.get $name)) (i32.const 0)
      (i32.const 400) (i32.const 8) (i32.const 396)))
    ;; The first address, with the port.
    (i32.store8 (i32.const 300) (i32.load8_u (i32.const 400)))
    (i32.store16 (i32.const 302) (call $number (i32.load (i32.const 2008))))
    (i64.store (i32.const 304) (i64.load align=1 (i32.const 402)))
    (i64.store (i32.const 312) (i64.load align=1 (i32.const 410)))
    (call $must (call $open (i32.load8_u (i32.const 300)) (i32.const 1) (i32.const 0) (i32.const 200)))
    (call $must (call $connect (i32.load (i32.const 200)) (i32.const 300)))
    (i32.store (i32.const 0) (i32.const 100))
    (i32.store (i32.const 4) (i32.const 3))
    (call $must (call $send (i32.load (i32.const 200)) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 32)))
    (call $must (call $shutdown (i32.load (i32.const 200)) (i32.const 2)))
    (loop $more
      (i32.store (i32.const 0) (i32.const 5000))
      (i32.store (i32.const 4) (i32.const 1000))
      (call $must (call $recv (i32.load (i32.const 200)) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 4) (i32.const 40)))
      (if (i32.load (i32.const 4))
        (then
          (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
          (br $more))))))"#;

/// Writes both into a folder, to be mounted.
pub fn write(folder: &Path) {
    for (name, text) in [("serve", SERVE), ("ask", ASK)] {
        let module = wat::parse_str(text).expect("a module");
        let file = folder.join(name);
        std::fs::write(&file, module).expect("written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&file, mode).expect("executable");
        }
    }
}
