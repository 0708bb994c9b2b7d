//! Where the cases are: one file for each verb or group of verbs, below `cases/`; whole transcripts are below `transcripts/`.

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

    /// It needs the real client with its plugin.
    pub fn buildx(&self) -> bool {
        self.has("buildx")
    }

    fn has(&self, remark: &str) -> bool {
        self.case.remarks.iter().any(|r| r == remark)
    }
}

/// The folder of cases, each for itself.
pub const CASES: &str = "cases";
/// The folder of transcripts, each one long row of commands.
pub const TRANSCRIPTS: &str = "transcripts";

fn path(folder: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    here.join(folder)
}

/// The files of one of the folders by name, in order.
pub fn files_in(folder: &str) -> Vec<(String, File)> {
    let mut found: Vec<(String, File)> = std::fs::read_dir(path(folder))
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

/// The files of cases.
pub fn files() -> Vec<(String, File)> {
    files_in(CASES)
}

pub fn save_in(folder: &str, name: &str, file: &File) {
    std::fs::write(path(folder).join(format!("{name}.txt")), print(file)).expect("written");
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
    for folder in [CASES, TRANSCRIPTS] {
        for (name, file) in files_in(folder) {
            let text = std::fs::read_to_string(path(folder).join(format!("{name}.txt")));
            let text = text.expect("a file").replace("\r\n", "\n");
            assert_eq!(print(&file), text, "{name}");
        }
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
