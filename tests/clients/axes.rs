//! The three axes: every case, its answers against the recorded ones, every difference told at once.

use crate::difference::tell;
use crate::list::{Listed, cases};
use crate::run::{Answers, Target, run};
use crate::support::World;
use crate::transcript::{Answer, Part, Step};
use crate::world::{REAL, clean, clients_own, ours, prepared, real_client};

/// Compares answers with the record and fails with all differences.
fn compare(axis: &str, parts: &[Part], cases: &[Listed], answers: &Answers) {
    let mut text = String::new();
    let (mut commands, mut differ) = (0, 0);
    for listed in cases {
        let title = listed.title();
        for (step, answer) in listed.case.steps.iter().zip(&answers[&title]) {
            commands += 1;
            let expected = expected(step, parts);
            if !expected.contains(&answer) {
                differ += 1;
                tell(&mut text, &title, step, expected.first().copied(), answer);
            }
        }
    }
    println!("{axis}: {commands} commands, {differ} differ");
    assert!(
        differ == 0,
        "{axis}: {differ} of {commands} differ:\n\n{text}"
    );
}

/// What may be answered on this axis: where differences are explained, those; else the record.
fn expected<'a>(step: &'a Step, parts: &[Part]) -> Vec<&'a Answer> {
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
    let cases = cases();
    let answers = run(&target, &cases);
    compare("real CLI, our engine", &[Part::Engine], &cases, &answers);
}

#[test]
#[cfg(unix)]
fn our_cli_on_our_engine() {
    let world = World::new();
    let target = Target {
        client: ours(),
        host: prepared(&world),
    };
    let cases = cases();
    let answers = run(&target, &cases);
    let parts = [Part::Engine, Part::Cli];
    compare("our CLI, our engine", &parts, &cases, &answers);
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
    let cases = cases();
    let answers = run(&target, &cases);
    compare("our CLI, real engine", &[Part::Cli], &cases, &answers);
}

/// For people: any client on any engine, against the record.
#[test]
#[cfg(unix)]
fn any_client_on_any_engine() {
    let Some(target) = clients_own() else { return };
    let cases = cases();
    let answers = run(&target, &cases);
    compare("this client, this engine", &[], &cases, &answers);
}
