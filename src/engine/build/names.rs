//! What BuildKit calls steps: `[build 2/4] RUN make`. Pure.

use super::builder::State;
use super::dockerfile::{Dockerfile, Instruction, Step};
use super::expand::{Lexer, Raw};
use super::needs;
use crate::base::reference::Reference;

/// Stands for a secret.
const HIDDEN: &str = "****";

/// The names of one stage's steps, in order.
pub struct Names {
    /// Of the stage, with a blank behind; empty where the file has one stage without a name that uses nothing else.
    stage: String,
    /// The image that the stage begins with, in full; `None` for a stage of this file and for nothing.
    image: Option<String>,
    at: usize,
    of: usize,
}

impl Names {
    /// `base` is what the stage begins with, expanded.
    pub fn of(file: &Dockerfile, at: usize, base: &str) -> Names {
        let stage = &file.stages[at];
        let image = image(file, at, base);
        let shown = stage.steps.iter().filter(|step| is_shown(&step.what));
        Names {
            stage: match stage.name.as_str() {
                "" if needs::is_alone(file) => String::new(),
                "" => format!("stage-{at} "),
                name => format!("{name} "),
            },
            at: 0,
            of: shown.count() + usize::from(image.is_some()),
            image,
        }
    }

    /// The stage begins with a named context, which is told of by itself; as in BuildKit its `FROM` is counted all the same.
    pub fn without_image(&mut self) {
        self.image = None;
    }

    /// Of the `FROM`, where it is a step.
    pub fn from(&mut self) -> Option<String> {
        let image = self.image.take()?;
        Some(self.next(&format!("FROM {image}")))
    }

    /// Of an instruction, where it is a step: those that change nothing but the config are none. Variables that are set show their
    /// values.
    pub fn step(&mut self, step: &Step, lexer: &Lexer, state: &State) -> Option<String> {
        if !is_shown(&step.what) {
            return None;
        }
        let mut variables = state.args.seen();
        variables.extend(state.changing.variables());
        if let Instruction::Run { flags, .. } = &step.what {
            let secrets = needs::mounts(flags).filter_map(|mount| mount.env);
            variables.extend(secrets.map(|name| (name, HIDDEN.to_owned())));
        }
        let lexer = Lexer {
            raw: Raw {
                quotes: true,
                escapes: true,
            },
            keep_unset: true,
            ..*lexer
        };
        let source = lexer.word(&step.source, &variables);
        let source = source.unwrap_or_else(|_| step.source.clone());
        let (keyword, rest) = source
            .split_once(char::is_whitespace)
            .unwrap_or((&source, ""));
        let mut words = format!("{} {}", keyword.to_ascii_uppercase(), rest.trim_start());
        if let Instruction::Run { command, .. } = &step.what
            && let Some(document) = command.files.first()
        {
            let mut lines = document.content.lines();
            let first = lines.next().unwrap_or_default();
            let more = if lines.next().is_some() { "..." } else { "" };
            words.push_str(&format!(" ({first}{more})"));
        }
        Some(self.next(&words))
    }

    fn next(&mut self, words: &str) -> String {
        self.at += 1;
        let width = self.of.to_string().len();
        format!("[{}{:>width$}/{}] {words}", self.stage, self.at, self.of)
    }
}

/// The image that a stage begins with, in full.
pub fn image(file: &Dockerfile, at: usize, base: &str) -> Option<String> {
    if base == super::base::SCRATCH || needs::named(file, at, base).is_some() {
        return None;
    }
    let full = Reference::parse(base).map(|r| r.with_default_tag().to_string());
    Some(full.unwrap_or_else(|_| base.to_owned()))
}

fn is_shown(what: &Instruction) -> bool {
    matches!(
        what,
        Instruction::Run { .. }
            | Instruction::Copy(_)
            | Instruction::Add(_)
            | Instruction::Workdir(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_and_steps_are_counted_as_buildkit_does() {
        let text = "FROM alpine AS base\nENV a=b\nRUN 1\nFROM base\nRUN 2\nFROM scratch AS x\nCOPY --from=1 /1 /2\n";
        let file = Dockerfile::parse("Dockerfile", text).unwrap();
        let mut first = Names::of(&file, 0, "alpine");
        assert_eq!(
            first.from().unwrap(),
            "[base 1/2] FROM docker.io/library/alpine:latest"
        );
        assert_eq!(first.next("RUN 1"), "[base 2/2] RUN 1");
        let mut second = Names::of(&file, 1, "base");
        assert_eq!(
            (second.from(), second.next("RUN 2")),
            (None, "[stage-1 1/1] RUN 2".to_owned())
        );
        assert_eq!(Names::of(&file, 2, "scratch").next("COPY"), "[x 1/1] COPY");
    }
}
