//! Reading a Dockerfile: text to lines (`lines`), lines to instructions (`instruction`), instructions to stages (here).
//!
//! Nothing is expanded and nothing is executed. Error lines are Docker's, to the byte.

mod arguments;
mod flags;
mod health;
mod heredoc;
mod instruction;
mod lines;
mod mount;
mod suggest;
#[cfg(test)]
mod tests;
mod words;

pub use heredoc::{Heredoc, chomp};
pub use instruction::{Argument, CommandLine, Copied, Instruction, Pair, RunFlags};
pub use lines::{Line, Lines};
pub use mount::{Mount, MountKind, Sharing};

/// A Dockerfile that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDockerfile {
    /// The text is no list of instructions.
    #[error("failed to parse {name}: {why}")]
    Text { name: String, why: String },
    /// An instruction is not right.
    #[error("dockerfile parse error on line {line}: {why}")]
    Instruction { line: usize, why: String },
    #[error("no build stage in current context")]
    NoStage,
}

/// A whole file.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    /// `ARG` before the first `FROM`.
    pub globals: Vec<Step>,
    pub stages: Vec<Stage>,
    /// The character that continues lines and takes the meaning from others.
    pub escape: char,
    /// What is written on standard error before the first step, a line each.
    pub warnings: Vec<String>,
}

/// A stage: everything from one `FROM` to the next.
#[derive(Clone, Debug)]
pub struct Stage {
    /// In lower case; empty where it has none.
    pub name: String,
    /// What stands behind `FROM`, unexpanded.
    pub base: String,
    /// `--platform`, unexpanded; empty where it is not given.
    pub platform: String,
    /// The instruction as written.
    pub source: String,
    /// Where it stands: its first and its last line, from 1.
    pub lines: (usize, usize),
    pub steps: Vec<Step>,
}

/// One instruction and how it was written.
#[derive(Clone, Debug)]
pub struct Step {
    pub source: String,
    /// Where it stands: its first and its last line, from 1; zeros where it stands nowhere.
    pub lines: (usize, usize),
    pub what: Instruction,
}

impl Dockerfile {
    /// Reads a file; `name` is for error lines.
    pub fn parse(name: &str, text: &str) -> Result<Self, BadDockerfile> {
        let lines = Lines::parse(text).map_err(|why| BadDockerfile::Text {
            name: name.to_owned(),
            why,
        })?;
        let (mut globals, mut stages): (Vec<Step>, Vec<Stage>) = (Vec::new(), Vec::new());
        for line in &lines.lines {
            let what = Instruction::parse(line).map_err(|why| BadDockerfile::Instruction {
                line: line.number,
                why,
            })?;
            let source = line.original.trim().to_owned();
            let at = (line.number, line.last);
            match (what, stages.last_mut()) {
                (
                    Instruction::From {
                        base,
                        name,
                        platform,
                    },
                    _,
                ) => stages.push(Stage {
                    name,
                    base,
                    platform,
                    source,
                    lines: at,
                    steps: Vec::new(),
                }),
                (what, Some(stage)) => stage.steps.push(Step {
                    source,
                    lines: at,
                    what,
                }),
                (what @ Instruction::Arg(_), None) => globals.push(Step {
                    source,
                    lines: at,
                    what,
                }),
                (_, None) => return Err(BadDockerfile::NoStage),
            }
        }
        if stages.is_empty() {
            return Err(BadDockerfile::NoStage);
        }
        Ok(Dockerfile {
            globals,
            stages,
            escape: lines.escape,
            warnings: lines.warnings,
        })
    }

    /// The place of a stage by its name.
    pub fn stage(&self, target: &str) -> Option<usize> {
        let name = target.to_lowercase();
        self.stages
            .iter()
            .position(|s| !s.name.is_empty() && s.name == name)
    }
}
