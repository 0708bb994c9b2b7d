//! R01 at the store: a process that is killed at any moment has lost nothing that it had told.
//!
//! The victim is this same test binary: it works on the folder that a variable names and prints a line after each
//! answer.

use crate::world::*;
use schooner::store::Store;
use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const FOLDER: &str = "SCHOONER_TEST_VICTIM";
const ROUNDS: u64 = 20;

/// Not a test of its own: works until it is killed.
#[test]
fn victim() {
    let Some(folder) = env::var_os(FOLDER) else {
        return;
    };
    let store = Store::open_dir(Path::new(&folder)).expect("the folder");
    let mut out = std::io::stdout();
    let mut tell = |line: String| {
        writeln!(out, "ack {line}")
            .and_then(|()| out.flush())
            .expect("the parent");
    };
    let image = import(&store, 0).expect("import");
    let containers = state(&store).containers;
    let numbers = containers.iter().filter_map(|id| id[1..].parse().ok());
    let first = numbers.max().map_or(0, |last: u64| last + 1);
    for number in first.. {
        let id = format!("c{number}");
        create_container(&store, &id, &image).expect("create");
        tell(format!("+{id}"));
        if number % 3 == 0 {
            remove_container(&store, &id).expect("rm");
            tell(format!("-{id}"));
        }
        if number % 5 == 0 {
            import(&store, number as u32 + 1).expect("import");
            tell(format!("={}", reference(number as u32 + 1)));
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    for round in 0..ROUNDS {
        let told = run_and_kill(dir.path(), 1 + round * 7 % 19);
        let store = Store::open_dir(dir.path()).unwrap_or_else(|e| panic!("round {round}: {e}"));
        let found = state(&store);
        let removed: BTreeSet<&str> = told.iter().filter_map(|l| l.strip_prefix('-')).collect();
        let containers: BTreeSet<&str> = found.containers.iter().map(String::as_str).collect();
        for line in &told {
            let (sign, name) = line.split_at(1);
            match sign {
                "+" if removed.contains(name) => {
                    assert!(
                        !containers.contains(name),
                        "round {round}: {name} came back"
                    );
                }
                // Its removal may have been under way.
                "+" if Some(line) == told.last() => {}
                "+" => assert!(containers.contains(name), "round {round}: {name} is lost"),
                "=" => assert!(
                    found.tags.contains_key(name),
                    "round {round}: {name} is lost"
                ),
                _ => {}
            }
        }
        assert_sound(&store, &format!("round {round}"));
    }
}

/// Kills the victim after so many answers and returns all that it has told.
fn run_and_kill(folder: &Path, answers: u64) -> Vec<String> {
    let mut victim = Command::new(env::current_exe().expect("this binary"))
        .args(["--exact", "kill::victim", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the victim");
    let mut told = Vec::new();
    let lines = BufReader::new(victim.stdout.take().expect("piped")).lines();
    for line in lines.map_while(Result::ok) {
        // The test harness writes on the same stream, and not always a whole line.
        let Some((_, answer)) = line.split_once("ack ") else {
            continue;
        };
        told.push(answer.to_owned());
        if told.len() as u64 == answers {
            victim.kill().expect("kill");
        }
    }
    victim.wait().expect("wait");
    assert!(told.len() as u64 >= answers, "the victim ended by itself");
    told
}
