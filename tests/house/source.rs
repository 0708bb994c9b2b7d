//! Reads the repository's own sources for the other rules.

use std::fs;
use std::path::{Path, PathBuf};

/// One source file: its path below the repository, with forward slashes, and its text.
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    /// The lines up to the file's own unit tests.
    pub fn code(&self) -> &str {
        self.text
            .split("#[cfg(test)]\nmod tests")
            .next()
            .unwrap_or_default()
    }
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every `.rs` file below a folder of the repository, in order.
pub fn below(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "no sources below {folder}");
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder)
        .expect("a folder of the repository")
        .flatten()
    {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if name != "target" && name != "target-cross" {
                collect(&path, found);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            let relative = path.strip_prefix(root()).expect("below the root");
            let path_text = relative.to_string_lossy().replace('\\', "/");
            let text = fs::read_to_string(&path)
                .expect("sources are UTF-8")
                .replace("\r\n", "\n");
            found.push(Source {
                path: path_text,
                text,
            });
        }
    }
}
