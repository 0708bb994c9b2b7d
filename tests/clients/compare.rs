//! The three axes, and the recording of the real engine's answers.

use crate::cases::{Case, all, recorded, shell};
use crate::support::{World, available};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the real engine's address; the tests that need it skip without it.
const REAL: &str = "SCHOONER_REAL_DOCKER_HOST";

/// Cases whose answers differ for a reason that `docs/fidelity.md` tells, with the line that tells it.
const EXPLAINED: &[(&str, &str)] = &[];

fn ours() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_schooner"))
}

fn real_cli() -> Option<PathBuf> {
    let found = available(
        "docker",
        &["--version"],
        "the real docker CLI on our engine",
    ) && cfg!(unix);
    let which = Command::new("sh")
        .args(["-c", "command -v docker"])
        .output()
        .ok()?;
    let path = PathBuf::from(String::from_utf8_lossy(&which.stdout).trim());
    found.then_some(path).filter(|p| p.is_absolute())
}

/// Runs the list and tells every difference from the record at once.
fn compare(axis: &str, client: &Path, prepare: impl Fn(&mut Command)) {
    let only = std::env::var("SCHOONER_CASE").unwrap_or_default();
    let folder = tempfile::tempdir().expect("a folder");
    let recorded = recorded();
    let mut differences = Vec::new();
    let cases: Vec<Case> = all()
        .into_iter()
        .filter(|c| c.name.contains(&only))
        .collect();
    for case in &cases {
        let expected = recorded
            .get(&case.name)
            .unwrap_or_else(|| panic!("`{}` was never recorded", case.name));
        let mut shell = shell(client, folder.path());
        prepare(&mut shell);
        let answer = case.run(shell);
        let explained = EXPLAINED.iter().any(|(name, _)| *name == case.name);
        if answer != *expected && !explained {
            differences.push(format!(
                "### {}\n-- real:\n{expected}\n-- {axis}:\n{answer}\n",
                case.name
            ));
        }
    }
    println!(
        "{axis}: {} cases, {} differ",
        cases.len(),
        differences.len()
    );
    assert!(
        differences.is_empty(),
        "{axis}: {} of {} differ:\n\n{}",
        differences.len(),
        cases.len(),
        differences.join("\n")
    );
}

#[test]
fn the_real_cli_on_our_engine() {
    let Some(client) = real_cli() else { return };
    let world = World::new();
    let host = world.host();
    prepare_images(&world);
    compare("real CLI, our engine", &client, |shell| {
        shell
            .env("DOCKER_HOST", &host)
            .env("DOCKER_CONFIG", world.home().join("docker-config"));
    });
}

#[test]
#[cfg(unix)]
fn our_cli_on_our_engine() {
    let world = World::new();
    let host = world.host();
    prepare_images(&world);
    compare("our CLI, our engine", &ours(), |shell| {
        shell
            .env("DOCKER_HOST", &host)
            .env("SCHOONER_HOME", world.home());
    });
}

#[test]
#[cfg(unix)]
fn our_cli_on_the_real_engine() {
    let Ok(host) = std::env::var(REAL) else {
        println!("skipped: our CLI on the real engine: {REAL} is not set");
        return;
    };
    compare("our CLI, real engine", &ours(), |shell| {
        shell.env("DOCKER_HOST", &host);
    });
}

/// Writes `recorded.txt` anew from the real engine.
#[test]
#[cfg(unix)]
fn record_the_real_engine() {
    let (Ok(host), Ok(_)) = (std::env::var(REAL), std::env::var("SCHOONER_RECORD")) else {
        println!("skipped: recording: {REAL} and SCHOONER_RECORD are not both set");
        return;
    };
    let client = real_cli().expect("the docker CLI");
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = String::from(
        "What a real Docker 28.5 answered to cases.txt, normalised. Written by the test `record_the_real_engine`.\n",
    );
    for case in all() {
        let mut shell = shell(&client, folder.path());
        shell.env("DOCKER_HOST", &host);
        text.push_str(&format!("\n### {}\n{}\n", case.name, case.run(shell)));
    }
    std::fs::write(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/recorded.txt"),
        text,
    )
    .expect("written");
}

/// The record was made where alpine was present already.
fn prepare_images(world: &World) {
    world.ok(&["run", "--rm", "alpine", "true"]);
}
