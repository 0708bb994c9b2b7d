//! Where the cases are: one file for each verb or group of verbs, below `cases/`.

use crate::transcript::{Case, File, parse, print};
use std::path::{Path, PathBuf};

/// Chooses cases: those whose `file: name` contains this text.
const ONLY: &str = "SCHOONER_CASE";

/// A case with the file it stands in.
#[derive(Clone, Debug)]
pub struct Listed {
    pub file: String,
    pub case: Case,
}

impl Listed {
    pub fn title(&self) -> String {
        format!("{}: {}", self.file, self.case.name)
    }

    pub fn alone(&self) -> bool {
        self.has("alone")
    }

    pub fn later(&self) -> bool {
        self.has("later")
    }

    fn has(&self, remark: &str) -> bool {
        self.case.remarks.iter().any(|r| r == remark)
    }
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/cases")
}

/// The files by name, in order.
pub fn files() -> Vec<(String, File)> {
    let mut found: Vec<(String, File)> = std::fs::read_dir(folder())
        .expect("the folder of cases")
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let stem = name.strip_suffix(".txt")?.to_owned();
            let text = std::fs::read_to_string(entry.path()).expect("a file of cases");
            Some((stem, parse(&text)))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

pub fn save(name: &str, file: &File) {
    std::fs::write(folder().join(format!("{name}.txt")), print(file)).expect("written");
}

/// Whether the user asked for this case.
pub fn wanted(title: &str) -> bool {
    std::env::var(ONLY).map_or(true, |only| title.contains(&only))
}

/// Every case that the user asked for. Those marked `@later` are recorded for verbs that are still to come, and run only when
/// they are asked for by name.
pub fn cases() -> Vec<Listed> {
    files()
        .into_iter()
        .flat_map(|(file, content)| {
            content.cases.into_iter().map(move |case| Listed {
                file: file.clone(),
                case,
            })
        })
        .filter(|listed| wanted(&listed.title()))
        .filter(|listed| std::env::var_os(ONLY).is_some() || !listed.later())
        .collect()
}

#[test]
fn every_file_is_written_as_the_recorder_writes_it() {
    for (name, file) in files() {
        let text = std::fs::read_to_string(folder().join(format!("{name}.txt"))).expect("a file");
        assert_eq!(print(&file), text.replace("\r\n", "\n"), "{name}");
    }
}

#[test]
fn names_are_told_apart_and_every_command_was_recorded() {
    let mut seen = std::collections::BTreeSet::new();
    for (name, file) in files() {
        for case in file.cases {
            let title = format!("{name}: {}", case.name);
            for step in &case.steps {
                let answered = step.recorded.as_ref().is_some_and(|a| a.code >= 0);
                assert!(answered, "{title}: not recorded: {}", step.command);
            }
            assert!(seen.insert(title.clone()), "twice: {title}");
        }
    }
}
