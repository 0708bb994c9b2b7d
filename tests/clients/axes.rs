//! The three axes: every case, its answers against the recorded ones, every difference told at once.

use crate::difference::tell;
use crate::list::{Listed, cases};
use crate::run::{Answers, Target, run};
use crate::support::World;
use crate::transcript::{Answer, Part, Step};
use crate::world::{REAL, clean, clients_own, has_buildx, ours, prepared, real_client};

/// Runs all cases, compares the answers with the record and fails with all differences.
///
/// A case that differs gets a second run, alone: among a hundred others on a busy machine a second that a case waits may be too
/// short. What differed once is printed, what differs twice fails.
fn compare(axis: &str, parts: &[Part], target: &Target) {
    let mut cases = cases();
    if !has_buildx(&target.client) {
        println!("{axis}: without buildx, whose cases are passed by");
        cases.retain(|listed| !listed.buildx());
    }
    let commands: usize = cases.iter().map(|listed| listed.case.steps.len()).sum();
    let answers = run(target, &cases);
    let first = differences(parts, cases, &answers);
    if first.commands > 0 {
        println!("{axis}: run once more, as they differ:\n\n{}", first.text);
    }
    let alone = |one| run(target, std::slice::from_ref(one));
    let answers: Answers = first.cases.iter().flat_map(alone).collect();
    let second = differences(parts, first.cases, &answers);
    let differ = second.commands;
    println!("{axis}: {commands} commands, {differ} differ");
    assert!(
        differ == 0,
        "{axis}: {differ} of {commands} differ:\n\n{}",
        second.text
    );
}

/// Cases with answers that nobody expects.
struct Differences {
    cases: Vec<Listed>,
    /// How many of their commands differ.
    commands: usize,
    /// All of them, told.
    text: String,
}

fn differences(parts: &[Part], mut cases: Vec<Listed>, answers: &Answers) -> Differences {
    let (mut commands, mut text) = (0, String::new());
    cases.retain(|listed| {
        let (before, title) = (commands, listed.title());
        for (step, answer) in listed.case.steps.iter().zip(&answers[&title]) {
            let expected = expected(step, parts);
            if !expected.contains(&answer) {
                commands += 1;
                tell(&mut text, &title, step, expected.first().copied(), answer);
            }
        }
        commands > before
    });
    Differences {
        cases,
        commands,
        text,
    }
}

/// What may be answered on this axis: where differences are explained, those; else the record.
pub fn expected<'a>(step: &'a Step, parts: &[Part]) -> Vec<&'a Answer> {
    let explained: Vec<&Answer> = step
        .explained
        .iter()
        .filter(|e| parts.contains(&e.part))
        .map(|e| &e.answer)
        .collect();
    match explained.is_empty() {
        true => step.recorded.iter().collect(),
        false => explained,
    }
}

#[test]
#[cfg(unix)]
fn the_real_cli_on_our_engine() {
    let Some(client) = real_client("the real docker CLI on our engine") else {
        return;
    };
    let world = World::new();
    let target = Target {
        client,
        host: prepared(&world),
    };
    compare("real CLI, our engine", &[Part::Engine], &target);
}

#[test]
#[cfg(unix)]
fn our_cli_on_our_engine() {
    let world = World::new();
    let target = Target {
        client: ours(),
        host: prepared(&world),
    };
    let parts = [Part::Engine, Part::Cli];
    compare("our CLI, our engine", &parts, &target);
}

#[test]
#[cfg(unix)]
fn our_cli_on_the_real_engine() {
    let Ok(host) = std::env::var(REAL) else {
        println!("skipped: our CLI on the real engine: {REAL} is not set");
        return;
    };
    let target = Target {
        client: ours(),
        host,
    };
    let _mine = clean(&target);
    compare("our CLI, real engine", &[Part::Cli], &target);
}

/// For people: any client on any engine, against the record.
#[test]
#[cfg(unix)]
fn any_client_on_any_engine() {
    let Some(target) = clients_own() else { return };
    compare("this client, this engine", &[], &target);
}
