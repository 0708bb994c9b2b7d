//! Writes what a real engine answers into the files of cases. Every case runs twice: an answer that is not the same
//! both times cannot be compared with, and is told.

use crate::difference::tell;
use crate::list::{CASES, Listed, files, save_in, wanted};
use crate::run::{Target, run};
use crate::world::{REAL, clean, real_client};

/// `all` records every case anew, `new` only those with a command that has no answer yet; `SCHOONER_CASE` chooses among them.
const RECORD: &str = "SCHOONER_RECORD";

#[test]
#[cfg(unix)]
fn record_the_real_engine() {
    let (Ok(host), Ok(which)) = (std::env::var(REAL), std::env::var(RECORD)) else {
        println!("skipped: recording: {REAL} and {RECORD} are not both set");
        return;
    };
    let client = real_client("recording").expect("the docker CLI");
    let target = Target { client, host };
    let _mine = clean(&target);
    let mut files = files();
    let chosen: Vec<Listed> = files
        .iter()
        .flat_map(|(file, content)| {
            content.cases.iter().map(|case| Listed {
                file: file.clone(),
                case: case.clone(),
            })
        })
        .filter(|l| wanted(&l.title()))
        .filter(|l| which == "all" || l.case.steps.iter().any(|s| s.recorded.is_none()))
        .collect();
    let (first, second) = (run(&target, &chosen), run(&target, &chosen));
    let mut unstable = String::new();
    for (name, file) in &mut files {
        for case in &mut file.cases {
            let title = format!("{name}: {}", case.name);
            let (Some(first), Some(second)) = (first.get(&title), second.get(&title)) else {
                continue;
            };
            for ((step, first), second) in case.steps.iter_mut().zip(first).zip(second) {
                if first != second {
                    tell(&mut unstable, &title, step, Some(first), second);
                }
                step.recorded = Some(first.clone());
            }
        }
        save_in(CASES, name, file);
    }
    println!("recorded {} cases", chosen.len());
    assert!(unstable.is_empty(), "not the same twice:\n\n{unstable}");
}
