//! `doctor`: tries out, for real, what a learner is about to need, and names one fix for each thing that is in the way.
//!
//! Each check is a function that answers with findings; this page runs them in order and prints. Nothing is repaired, and what a check
//! makes (a folder, containers) it takes away again.

mod container;
#[cfg_attr(unix, path = "disk_unix.rs")]
#[cfg_attr(not(unix), path = "disk_other.rs")]
mod disk;
mod engine;
mod place;
mod screen;

use crate::cli::app::{App, out};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::Text;
use crate::cli::grammar::{Arity, Given, Verb, flag};
use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    /// Works; may surprise.
    Note,
    /// In the way.
    Bad,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, in a word or two.
    pub check: &'static str,
    pub state: State,
    /// What was seen.
    pub found: String,
    /// What to do about it; empty if nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fix: String,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Finding {
        Finding {
            check,
            state: State::Ok,
            found: found.into(),
            fix: String::new(),
        }
    }

    fn note(check: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding {
            state: State::Note,
            fix: fix.into(),
            ..Finding::ok(check, found)
        }
    }

    fn bad(check: &'static str, found: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding {
            state: State::Bad,
            ..Finding::note(check, found, fix)
        }
    }
}

pub fn verb() -> Verb {
    Verb {
        paths: &["doctor"],
        usage: "",
        about: "Try out what this machine needs for containers, and say how to mend what is missing",
        arity: Arity::None,
        options_first: false,
        flags: || {
            vec![flag(
                "format",
                "",
                Text,
                "Format of the output: 'json' for an object per line",
            )]
        },
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

async fn run(app: App, given: Given) -> Result<i32> {
    let json = match given.text("format") {
        "" => false,
        "json" => true,
        other => {
            return Err(Error::plain(format!(
                "invalid format {other:?}: use 'json' or leave it out"
            )));
        }
    };
    let mut bad = 0;
    let mut tell = |findings: Vec<Finding>| {
        for finding in &findings {
            bad += u32::from(finding.state == State::Bad);
            out(&print(finding, json));
        }
        findings.iter().all(|f| f.state != State::Bad)
    };
    tell(screen::look());
    // Without a folder there is no engine, and without an engine no container: what follows would only repeat the first finding.
    if tell(place::look(&app)?) && tell(engine::look(&app).await) {
        tell(container::look(&app).await);
    }
    if bad > 0 {
        return Err(Error::silent(1));
    }
    if !json {
        out("\nThis machine is ready: schooner run -it --rm alpine\n");
    }
    Ok(0)
}

fn print(finding: &Finding, json: bool) -> String {
    if json {
        // A struct of strings has a JSON form.
        let line = serde_json::to_string(finding).unwrap_or_default();
        return format!("{line}\n");
    }
    let word = match finding.state {
        State::Ok => "ok",
        State::Note => "note",
        State::Bad => "BAD",
    };
    let mut text = format!("{word:<5} {:<14} {}\n", finding.check, finding.found);
    if !finding.fix.is_empty() {
        text.push_str(&format!("{:<5} {:<14} fix: {}\n", "", "", finding.fix));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_line_and_its_fix_another() {
        let bad = Finding::bad("terminal", "there is none", "open one");
        let lines = print(&bad, false);
        assert_eq!(
            lines,
            "BAD   terminal       there is none\n                     fix: open one\n"
        );
        let json = r#"{"check":"terminal","state":"bad","found":"there is none","fix":"open one"}"#;
        assert_eq!(print(&bad, true), format!("{json}\n"));
        assert_eq!(
            print(&Finding::ok("terminal", "80 × 24"), true),
            "{\"check\":\"terminal\",\"state\":\"ok\",\"found\":\"80 × 24\"}\n"
        );
    }
}
