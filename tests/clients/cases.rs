//! Reads the list of cases and the recorded answers, and runs a case with the client that is under test.

use crate::normalise::normalise;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// One named script.
pub struct Case {
    pub name: String,
    pub script: String,
}

/// The list, in order.
pub fn all() -> Vec<Case> {
    sections(include_str!("cases.txt"))
        .into_iter()
        .map(|(name, script)| Case { name, script })
        .collect()
}

/// What the real engine answered, by the case's name.
pub fn recorded() -> BTreeMap<String, String> {
    sections(include_str!("recorded.txt")).into_iter().collect()
}

/// Splits at lines `### name`; what stands before the first is a comment.
fn sections(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in text.replace("\r\n", "\n").lines() {
        if let Some(name) = line.strip_prefix("### ") {
            found.push((name.to_owned(), String::new()));
        } else if let Some((_, body)) = found.last_mut() {
            body.push_str(line);
            body.push('\n');
        }
    }
    found
        .into_iter()
        .map(|(name, body)| (name, body.trim_end().to_owned()))
        .collect()
}

impl Case {
    /// Runs the script with `docker` on its path; returns its streams and exit code, normalised.
    pub fn run(&self, mut shell: Command) -> String {
        let output = shell
            .arg("-c")
            .arg(&self.script)
            .stdin(Stdio::null())
            .output()
            .expect("sh runs");
        let mut answer = String::new();
        for (stream, bytes) in [("out", &output.stdout), ("err", &output.stderr)] {
            for line in String::from_utf8_lossy(bytes).lines() {
                answer.push_str(&format!("{stream}: {}\n", line.trim_end_matches('\r')));
            }
        }
        answer.push_str(&format!("rc: {}", output.status.code().unwrap_or(-1)));
        normalise(&answer)
    }
}

/// A shell in which `docker` is `client`.
pub fn shell(client: &Path, folder: &Path) -> Command {
    let link = folder.join("docker");
    if !link.exists() {
        #[cfg(unix)]
        std::os::unix::fs::symlink(client, &link).expect("a link");
        #[cfg(not(unix))]
        std::fs::copy(client, link.with_extension("exe"))
            .map(|_| ())
            .expect("a copy");
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("sh");
    shell.env("PATH", format!("{}:{path}", folder.display()));
    shell
}
