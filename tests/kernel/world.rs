//! A machine, a file tree in memory, and guests assembled from text.

use schooner::kernel::{
    ExitStatus, Limits, Machine, MachineConfig, PipeReader, PipeWriter, ProcessHandle, ProcessSpec,
    Sandbox, SandboxSpec, StartError, Stdio, pipe,
};
use schooner::net::Stack;
use schooner::vfs::overlay::{Overlay, TmpfsOptions, uncharged};
use schooner::vfs::{Cred, Namespace, OpenOptions, host_clock};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// One machine for all tests: their compiled code is shared and kept below the target folder.
pub fn machine() -> Arc<Machine> {
    static MACHINE: OnceLock<Arc<Machine>> = OnceLock::new();
    let make = || {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("kernel-code");
        Machine::new(MachineConfig::new(dir)).expect("a machine")
    };
    MACHINE.get_or_init(make).clone()
}

/// A file tree and the machine that runs its programs.
pub struct World {
    pub machine: Arc<Machine>,
    pub tree: Arc<Namespace>,
}

/// What a program that has ended leaves.
pub struct Output {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Output {
    pub fn code(&self) -> i32 {
        self.status.code
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub fn errors(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

impl World {
    pub fn new() -> World {
        World::on(machine())
    }

    pub fn on(machine: Arc<Machine>) -> World {
        let tmpfs = Overlay::tmpfs(&TmpfsOptions::default(), uncharged(), host_clock())
            .expect("a file tree");
        let world = World {
            machine,
            tree: Arc::new(Namespace::new(Arc::new(tmpfs), false)),
        };
        for dir in ["/bin", "/tmp", "/proc"] {
            world
                .tree
                .mkdir(&Cred::root(), "/", dir, 0o777)
                .expect("a directory");
        }
        world
    }

    /// Writes a file.
    pub fn file(&self, path: &str, bytes: &[u8], mode: u16) {
        let options = OpenOptions {
            write: true,
            create: true,
            truncate: true,
            mode,
            ..OpenOptions::default()
        };
        let root = Cred::root();
        let file = self
            .tree
            .open(&root, "/", path, &options)
            .expect("a new file");
        let mut at = 0;
        while at < bytes.len() {
            at += file
                .write_at(&root, at as u64, &bytes[at..], false)
                .expect("written")
                .0;
        }
    }

    /// Writes a program; see [`guest`].
    pub fn program(&self, path: &str, body: &str) {
        self.file(path, &guest(body), 0o755);
    }

    pub fn sandbox(&self, limits: Limits) -> Arc<Sandbox> {
        self.machine.sandbox(SandboxSpec {
            id: "test".to_owned(),
            hostname: "box".to_owned(),
            domainname: String::new(),
            namespace: self.tree.clone(),
            limits,
            memory: None,
            net: Stack::alone(),
        })
    }

    /// Runs a program as pid 1 to its end.
    pub async fn run(&self, argv: &[&str]) -> Output {
        run_in(&self.sandbox(Limits::default()), argv, b"")
            .await
            .expect("started")
    }

    /// Assembles a program and runs it.
    pub async fn run_body(&self, body: &str) -> Output {
        self.program("/bin/it", body);
        self.run(&["/bin/it"]).await
    }
}

/// How a process starts here.
pub fn spec(
    argv: &[&str],
    stdin: Option<PipeReader>,
    stdout: PipeWriter,
    stderr: PipeWriter,
) -> ProcessSpec {
    ProcessSpec {
        argv: argv.iter().map(|&arg| arg.to_owned()).collect(),
        env: vec!["PATH=/sbin:/bin".to_owned(), "HOME=/".to_owned()],
        cwd: "/".to_owned(),
        cred: Cred::root(),
        umask: 0o022,
        stdio: Stdio::Pipes {
            stdin,
            stdout,
            stderr,
        },
    }
}

/// Starts a process whose output nobody needs; the readers keep its pipes whole.
pub async fn start(sandbox: &Arc<Sandbox>, argv: &[&str]) -> (ProcessHandle, [PipeReader; 2]) {
    let ((out, stdout), (err, stderr)) = (pipe(65536), pipe(65536));
    let handle = sandbox
        .start(spec(argv, None, stdout, stderr))
        .await
        .expect("started");
    (handle, [out, err])
}

/// Runs a process to its end, feeding it and gathering what it says.
pub async fn run_in(
    sandbox: &Arc<Sandbox>,
    argv: &[&str],
    input: &[u8],
) -> Result<Output, StartError> {
    let ((stdin, feed), (out, stdout), (err, stderr)) = (pipe(65536), pipe(65536), pipe(65536));
    let input = input.to_vec();
    let handle = sandbox
        .start(spec(argv, Some(stdin), stdout, stderr))
        .await?;
    tokio::spawn(async move {
        let _ = feed.write_all(&input).await;
    });
    let (stdout, stderr) = tokio::join!(read_all(out), read_all(err));
    Ok(Output {
        status: handle.wait().await,
        stdout,
        stderr,
    })
}

pub async fn read_all(reader: PipeReader) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let piece = reader.read(4096).await;
        if piece.is_empty() {
            return all;
        }
        all.extend_from_slice(&piece);
    }
}

/// Waits for a byte that a guest prints when it has come to a certain place.
pub async fn ready(reader: &PipeReader) {
    assert!(
        !reader.read(1).await.is_empty(),
        "the guest ended before it was ready"
    );
}

/// A module from the body of its `_start` and what else stands beside it. Addresses below 1024 belong to the helpers.
///
/// Of the prelude's items, separated by empty lines, those come along whose names are used.
pub fn guest(body: &str) -> Vec<u8> {
    let mut text = body.to_owned();
    let mut items: Vec<&str> = PRELUDE.split("\n\n").collect();
    loop {
        let used = |item: &&str| {
            let name = item
                .split(['(', ')', ' ', '\n'])
                .find(|word| word.starts_with('$'))
                .unwrap_or_default();
            name.is_empty()
                || text.contains(&format!("{name} "))
                || text.contains(&format!("{name})"))
        };
        let (wanted, left): (Vec<&str>, Vec<&str>) = items.iter().partition(|item| used(item));
        if wanted.is_empty() {
            break;
        }
        items = left;
        text = format!("{text}\n{}", wanted.join("\n"));
    }
    // Imports come first in a module.
    let (imports, rest): (Vec<&str>, Vec<&str>) = text
        .lines()
        .partition(|line| line.trim_start().starts_with("(import"));
    wat::parse_str(format!(
        "(module {}\n{})",
        imports.join("\n"),
        rest.join("\n")
    ))
    .expect("a module")
}

const PRELUDE: &str = r#"
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))

  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))

  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))

  (import "wasi_snapshot_preview1" "fd_renumber" (func $fd_renumber (param i32 i32) (result i32)))

  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))

  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))

  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))

  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))

  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))

  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))

  (import "wasix_32v1" "fd_pipe" (func $pipe (param i32 i32) (result i32)))

  (import "schooner" "clone" (func $clone (param i32 i32 i32) (result i32)))

  (import "schooner" "getid" (func $getid (param i32) (result i32)))

  (import "schooner" "kill" (func $kill (param i32 i32) (result i32)))

  (import "schooner" "wait4" (func $wait4 (param i32 i32 i32 i32 i32) (result i32)))

  (import "schooner" "sigaction" (func $sigaction (param i32 i32 i32) (result i32)))

  (import "schooner" "sigcaught" (func $sigcaught (param i32) (result i32)))

  (import "schooner" "execve" (func $execve (param i32 i32 i32 i32 i32 i32) (result i32)))

  (memory (export "memory") 2)

  (global $sp (export "__stack_pointer") (mut i32) (i32.const 65536))

  (func $print (param $at i32) (param $len i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $len))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func $read (param $fd i32) (param $at i32) (param $len i32) (result i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $len))
    (i32.store (i32.const 8) (i32.const 0))
    (if (call $fd_read (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))
      (then (return (i32.const -1))))
    (i32.load (i32.const 8)))

  ;; Sleeps and gives the errno of poll_oneoff.
  (func $sleep (param $ns i64) (result i32)
    (i32.store8 (i32.const 108) (i32.const 0))
    (i32.store (i32.const 116) (i32.const 1))
    (i64.store (i32.const 124) (local.get $ns))
    (i32.store16 (i32.const 140) (i32.const 0))
    (call $poll (i32.const 100) (i32.const 160) (i32.const 1) (i32.const 200)))

  ;; Says "here", then sleeps for a long time; gives the errno.
  (func $rest (result i32)
    (i32.store8 (i32.const 300) (i32.const 46))
    (call $print (i32.const 300) (i32.const 1))
    (call $sleep (i64.const 1000000000000)))

  ;; Waits for any child and gives its status word, or minus the errno.
  (func $wait (result i32) (local $errno i32)
    (local.set $errno (call $wait4 (i32.const -1) (i32.const 0) (i32.const 308) (i32.const 312) (i32.const 0)))
    (if (local.get $errno) (then (return (i32.sub (i32.const 0) (local.get $errno)))))
    (i32.load (i32.const 308)))
"#;
