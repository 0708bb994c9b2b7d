//! docker-py's own integration tests for containers, exec, health checks, networks, volumes, images and builds, as in its
//! source distribution, against our engine. What is known to fail, and why, is in `docker_py_suite.txt`.
//!
//! `.ci/run` fetches the distribution into `target/docker-py`; without it, or without pytest, the test says so and skips.

use crate::support::{World, available};
use crate::world::REAL;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Another place of the unpacked distribution.
const SOURCE: &str = "SCHOONER_DOCKER_PY_SOURCE";
/// Parts that run at once, each against an engine of its own: the tests count and prune all containers.
const SHARDS: usize = 6;
/// How long one part may take; a test that hangs is told by name.
const PATIENCE: Duration = Duration::from_secs(150);

/// How each test ended by its name.
type Outcomes = BTreeMap<String, String>;

#[test]
#[cfg(unix)]
fn docker_pys_own_tests_pass_on_our_engine() {
    let Some(source) = source() else { return };
    let shards: Vec<(Outcomes, String)> = std::thread::scope(|scope| {
        let source = &source;
        let run = move |shard| {
            let world = World::new();
            world.ok(&["run", "--rm", "alpine", "true"]);
            one_shard(&world.host(), source, shard, SHARDS)
        };
        let running: Vec<_> = (0..SHARDS)
            .map(|shard| scope.spawn(move || run(shard)))
            .collect();
        running
            .into_iter()
            .map(|s| s.join().expect("a part"))
            .collect()
    });
    judge("our engine", shards, &["ours", "both"]);
}

#[test]
#[cfg(unix)]
fn docker_pys_own_tests_on_the_real_engine() {
    let Ok(host) = std::env::var(REAL) else {
        println!("skipped: docker-py's own tests on the real engine: {REAL} is not set");
        return;
    };
    let Some(source) = source() else { return };
    let parts = vec![one_shard(&host, &source, 0, 1)];
    judge("the real engine", parts, &["real", "both"]);
}

/// Fails with every test that failed and is not on the list; tells those that are on it and passed.
fn judge(engine: &str, shards: Vec<(Outcomes, String)>, kinds: &[&str]) {
    let known = known(kinds);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let (mut wrong, mut details) = (Vec::new(), String::new());
    for (outcomes, told) in shards {
        for (name, outcome) in outcomes {
            *counts.entry(outcome.clone()).or_default() += 1;
            match (outcome.as_str(), known.contains(&name)) {
                ("passed", true) => println!("passes, and is on the list: {name}"),
                ("passed" | "skipped", _) | (_, true) => {}
                (_, false) => wrong.push(format!("{outcome} {name}")),
            }
        }
        details.push_str(&told);
    }
    println!("docker-py's own tests, {engine}: {counts:?}");
    assert!(counts.contains_key("passed"), "nothing ran:\n{details}");
    assert!(wrong.is_empty(), "{}\n\n{details}", wrong.join("\n"));
}

/// The unpacked source, if everything is there.
fn source() -> Option<PathBuf> {
    let test = "docker-py's own tests";
    let fetched = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../docker-py/docker-7.0.0");
    let source = std::env::var_os(SOURCE).map_or(fetched, PathBuf::from);
    if !source.join("tests/integration").is_dir() {
        println!("skipped: {test}: not in {}", source.display());
        return None;
    }
    available("python3", &["-c", "import docker, pytest"], test).then_some(source)
}

/// Runs one part; what was printed about failures comes with it.
fn one_shard(host: &str, source: &Path, shard: usize, shards: usize) -> (Outcomes, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let [out, err] = ["out", "err"].map(|name| folder.path().join(name));
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/clients/docker_py_suite.py"
    );
    let mut command = tokio::process::Command::new("python3");
    command
        .arg(script)
        .arg(source)
        .args([shard.to_string(), shards.to_string()])
        .current_dir(folder.path())
        .env("DOCKER_HOST", host)
        .env("HOME", folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&out).expect("a file"))
        .stderr(std::fs::File::create(&err).expect("a file"))
        .kill_on_drop(true);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let patience = PATIENCE * u32::try_from(SHARDS / shards).expect("a small number");
        let mut child = command.spawn().expect("python3 runs");
        let _ = tokio::time::timeout(patience, child.wait()).await;
    });
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    (outcomes(&read(&out)), read(&err))
}

/// The last word about each test; one that only `began` hung. A failure while cleaning up is a failure.
fn outcomes(out: &str) -> Outcomes {
    let mut outcomes = Outcomes::new();
    for (word, name) in out.lines().filter_map(|l| l.split_once(' ')) {
        let last = outcomes.entry(name.to_owned()).or_default();
        if last != "failed" {
            word.clone_into(last);
        }
    }
    outcomes
}

/// The names that may fail, of these kinds.
fn known(kinds: &[&str]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in include_str!("docker_py_suite.txt").lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        assert!(
            matches!(words[..], ["ours" | "real" | "both", _, _, ..]),
            "kind, name, reason: {line}"
        );
        if kinds.contains(&words[0]) {
            names.insert(words[1].to_owned());
        }
    }
    names
}

#[test]
fn a_test_that_never_ended_and_one_that_failed_late_are_failures() {
    let out = "began a::b\nbegan c::d\npassed c::d\nfailed c::d\nbegan e::f\npassed e::f\n";
    let outcomes = outcomes(out);
    let word = |name: &str| outcomes[name].as_str();
    assert_eq!(
        (word("a::b"), word("c::d"), word("e::f")),
        ("began", "failed", "passed")
    );
}
