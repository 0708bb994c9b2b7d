//! The format of cases and transcripts: commands and what was answered, as a person would read them off a screen.
//!
//! ```text
//! ## a case, whose commands share a folder and run in order
//! @alone                          a remark on the case, or on the next command
//! $ docker run --rm alpine sh -c 'echo out; echo err >&2; exit 3'
//! out
//! [stderr] err
//! [rc=3]
//! [engine: a line of docs/fidelity.md]   what our engine answers instead, and why
//! …
//! [rc=0]
//! ```
//! A command goes on in lines that begin with `> `. One without `[rc=…]` was never recorded. Lines `[http] …` are ignored.

use std::fmt::Write;

/// What a command answered: its two streams by lines, and its exit code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub out: Vec<String>,
    pub err: Vec<String>,
    pub code: i32,
}

/// Which part of an axis an explained difference belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Our engine, whichever client asks.
    Engine,
    /// Our command line, whichever engine answers.
    Cli,
}

/// Another answer that is right too, with the line of `docs/fidelity.md` that says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    pub part: Part,
    pub line: String,
    pub answer: Answer,
}

/// One command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Remarks without their `@`.
    pub remarks: Vec<String>,
    pub command: String,
    pub recorded: Option<Answer>,
    pub explained: Vec<Explained>,
}

/// Commands that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    pub name: String,
    pub remarks: Vec<String>,
    pub steps: Vec<Step>,
}

/// A file of cases; what stands before the first is kept as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    pub preface: String,
    pub cases: Vec<Case>,
}

impl Answer {
    fn push(&mut self, line: &str) {
        match line.strip_prefix("[stderr]") {
            Some(rest) => self
                .err
                .push(rest.strip_prefix(' ').unwrap_or(rest).to_owned()),
            None => self.out.push(line.to_owned()),
        }
    }

    pub fn print(&self, text: &mut String) {
        for line in &self.out {
            let _ = writeln!(text, "{line}");
        }
        for line in &self.err {
            let _ = writeln!(text, "{}", format!("[stderr] {line}").trim_end());
        }
        let _ = writeln!(text, "[rc={}]", self.code);
    }
}

/// Reads a file; every line is understood or part of an answer.
pub fn parse(text: &str) -> File {
    let text = text.replace("\r\n", "\n");
    let lines: Vec<&str> = text.lines().collect();
    let mut file = File::default();
    let mut remarks: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        if let Some(name) = line.strip_prefix("## ") {
            file.cases.push(Case {
                name: name.to_owned(),
                ..Case::default()
            });
            continue;
        }
        let Some(case) = file.cases.last_mut() else {
            file.preface.push_str(line);
            file.preface.push('\n');
            continue;
        };
        if let Some(remark) = line.strip_prefix('@') {
            // Those right behind the heading are the case's own.
            let own = case.steps.is_empty() && lines.get(at - 2).is_some_and(|l| !l.is_empty());
            let list = if own { &mut case.remarks } else { &mut remarks };
            list.push(remark.to_owned());
        } else if let Some(first) = line.strip_prefix("$ ") {
            let mut command = first.to_owned();
            while let Some(more) = lines.get(at).and_then(|l| l.strip_prefix('>')) {
                command.push('\n');
                command.push_str(more.strip_prefix(' ').unwrap_or(more));
                at += 1;
            }
            case.steps.push(Step {
                remarks: std::mem::take(&mut remarks),
                command,
                recorded: answer(&lines, &mut at),
                explained: Vec::new(),
            });
        } else if let Some((part, line)) = explanation(line) {
            let step = case
                .steps
                .last_mut()
                .expect("a command before its explanation");
            let answer = answer(&lines, &mut at).expect("an answer behind its explanation");
            step.explained.push(Explained { part, line, answer });
        } else {
            assert!(
                line.is_empty() || line.starts_with("[http] "),
                "in {:?}: not understood: {line}",
                case.name
            );
        }
    }
    file
}

/// Takes the lines up to `[rc=…]`, if they come before the next command.
fn answer(lines: &[&str], at: &mut usize) -> Option<Answer> {
    let mut answer = Answer::default();
    for (n, line) in lines.iter().enumerate().skip(*at) {
        if line.starts_with("$ ") || line.starts_with("## ") {
            return None;
        }
        if let Some(code) = line.strip_prefix("[rc=").and_then(|l| l.strip_suffix(']')) {
            answer.code = code.parse().expect("an exit code");
            *at = n + 1;
            return Some(answer);
        }
        answer.push(line);
    }
    None
}

fn explanation(line: &str) -> Option<(Part, String)> {
    let inner = line.strip_prefix('[')?.strip_suffix(']')?;
    for (word, part) in [("engine: ", Part::Engine), ("cli: ", Part::Cli)] {
        if let Some(line) = inner.strip_prefix(word) {
            return Some((part, line.to_owned()));
        }
    }
    None
}

/// Writes a file so that `parse` reads the same.
pub fn print(file: &File) -> String {
    let mut text = file.preface.clone();
    for case in &file.cases {
        let _ = writeln!(text, "## {}", case.name);
        for remark in &case.remarks {
            let _ = writeln!(text, "@{remark}");
        }
        for step in &case.steps {
            if !step.remarks.is_empty() {
                text.push('\n');
            }
            for remark in &step.remarks {
                let _ = writeln!(text, "@{remark}");
            }
            let _ = writeln!(text, "$ {}", step.command.replace('\n', "\n> "));
            if let Some(answer) = &step.recorded {
                answer.print(&mut text);
            }
            for explained in &step.explained {
                let part = match explained.part {
                    Part::Engine => "engine",
                    Part::Cli => "cli",
                };
                let _ = writeln!(text, "[{part}: {}]", explained.line);
                explained.answer.print(&mut text);
            }
        }
        text.push('\n');
    }
    let end = text.trim_end().len();
    text.truncate(end);
    text.push('\n');
    text
}

#[test]
fn what_is_printed_is_read_again() {
    let text = "Words before.\n\n## one\n@alone\n$ docker a\n> b\nout\n\n[stderr] err\n[stderr]\n[rc=3]\n\
                [engine: because]\nother\n[rc=0]\n\n@unordered\n$ docker c\n$ docker d\n[rc=1]\n\n## two\n$ x\n";
    let file = parse(text);
    assert_eq!(print(&file), text);
    let step = &file.cases[0].steps[0];
    assert_eq!(step.command, "docker a\nb");
    assert_eq!(
        step.recorded,
        Some(Answer {
            out: vec!["out".into(), String::new()],
            err: vec!["err".into(), String::new()],
            code: 3
        })
    );
    assert_eq!(step.explained[0].part, Part::Engine);
    assert_eq!(file.cases[0].steps[1].remarks, ["unordered"]);
    assert_eq!(file.cases[0].steps[1].recorded, None);
    assert_eq!(file.cases[1].steps[0].recorded, None);
}
