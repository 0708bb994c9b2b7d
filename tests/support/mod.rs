//! A hermetic world for tests that need an engine: a state folder of its own, removed at the end, and the programs
//! that talk to it. All worlds share one cache of compiled code below the target folder.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod http;
pub mod registry;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// One engine and its state folder.
pub struct World {
    home: tempfile::TempDir,
}

impl World {
    /// Makes an empty state folder; the first command starts the engine.
    pub fn new() -> Self {
        let home = tempfile::Builder::new()
            .prefix("schooner-test-")
            .tempdir()
            .expect("a temporary folder");
        Self { home }
    }

    /// The state folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Our own program, pointed at this world.
    pub fn schooner(&self) -> Command {
        self.prepare(Command::new(env!("CARGO_BIN_EXE_schooner")))
    }

    /// Any other program, pointed at this world through `DOCKER_HOST`.
    pub fn program(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.prepare(Command::new(program));
        command.env("DOCKER_HOST", self.host());
        command
    }

    /// Where the engine listens; starts it.
    pub fn host(&self) -> String {
        let started = self.run(&["engine", "start"]);
        assert!(
            started.status.success(),
            "engine start: {}",
            text(&started.stderr)
        );
        text(&self.run(&["engine", "host"]).stdout)
            .trim()
            .to_owned()
    }

    /// Runs `schooner ARGS` to its end without a terminal.
    pub fn run(&self, args: &[&str]) -> Output {
        self.schooner()
            .args(args)
            .stdin(Stdio::null())
            .output()
            .expect("schooner runs")
    }

    /// Runs `schooner ARGS`, expects success, returns what it printed.
    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(
            output.status.success(),
            "schooner {args:?}: {}\n{}",
            output.status,
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// What the engine wrote to its log.
    pub fn engine_log(&self) -> String {
        std::fs::read_to_string(self.home().join("engine.log")).unwrap_or_default()
    }

    /// The engine's process.
    pub fn engine_pid(&self) -> i32 {
        let text = std::fs::read_to_string(self.home().join("engine.pid")).unwrap_or_default();
        text.trim().parse().expect("the engine's pid")
    }

    /// How many entries the engine has in a folder of /proc (`fd`, `task`); zero where there is no /proc.
    pub fn engine_count(&self, folder: &str) -> usize {
        std::fs::read_dir(format!("/proc/{}/{folder}", self.engine_pid()))
            .map_or(0, Iterator::count)
    }

    /// The engine's resident memory in KiB; zero where there is no /proc.
    pub fn engine_kib(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.engine_pid()))
            .unwrap_or_default();
        let rss = status
            .lines()
            .find_map(|l| l.strip_prefix("VmRSS:"))
            .unwrap_or("0");
        rss.split_whitespace()
            .next()
            .and_then(|n| n.parse().ok())
            .unwrap_or(0)
    }

    fn prepare(&self, mut command: Command) -> Command {
        command
            .env("SCHOONER_HOME", self.home())
            .env("SCHOONER_CACHE", shared_cache())
            .env("DOCKER_CONFIG", self.home().join("docker-config"))
            .env_remove("DOCKER_HOST")
            .env_remove("DOCKER_CONTEXT");
        command
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.run(&["engine", "stop", "-t", "0"]);
        // A panic anywhere in the engine fails the test that caused it.
        let log = self.engine_log();
        if !std::thread::panicking() {
            assert!(!log.contains("panicked at"), "the engine panicked:\n{log}");
        }
    }
}

/// Bytes as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn shared_cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")
}

/// Whether a program answers `--version`; says so when a test has to be skipped.
pub fn available(program: &str, args: &[&str], test: &str) -> bool {
    let found = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|o| o.status.success());
    if !found {
        println!(
            "skipped: {test}: `{program} {}` does not work here",
            args.join(" ")
        );
    }
    found
}
