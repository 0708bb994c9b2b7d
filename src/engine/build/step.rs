//! One instruction of a stage.

use super::builder::{Builder, Failed, State};
use super::config::expanded;
use super::copy::{LayerTar, Placing};
use super::dockerfile::{Argument, Instruction};
use crate::base::id;
use crate::engine::ports::CommitSpec;
use crate::engine::{Error, Result, blocking};
use std::io::Read;

impl Builder {
    /// Does a step: afterwards the stage goes on from the image that it made, or that was there.
    pub async fn step(&mut self, state: &mut State, what: &Instruction) -> Result<(), Failed> {
        let mut variables = state.args.seen();
        // The environment wins over arguments of the same name.
        variables.extend(state.changing.variables());
        let what = expanded(what, &self.lexer, &variables)?;
        match &what {
            Instruction::Run { command, flags } => self.execute(state, command, flags).await,
            Instruction::Copy(copied) => self.copy(state, copied, false).await,
            Instruction::Add(copied) => self.copy(state, copied, true).await,
            Instruction::Arg(arguments) => {
                for argument in arguments {
                    state.args.declare(&argument.name, argument.default.clone());
                }
                let told = arguments.iter().map(|a| Argument {
                    name: a.name.clone(),
                    default: a
                        .default
                        .clone()
                        .or_else(|| state.args.automatic(&a.name).map(str::to_owned)),
                });
                let told = declaration(&told.collect::<Vec<_>>());
                Ok(self.noted(state, &declaration(arguments), told).await?)
            }
            what => {
                let words = state.changing.apply(what)?;
                let words = words.ok_or_else(|| Error::system("FROM is no step"))?;
                match what {
                    Instruction::Workdir(_) => Ok(self.folder(state, &words).await?),
                    _ => Ok(self.noted(state, &words, words.clone()).await?),
                }
            }
        }
    }

    /// A step that changes nothing but the config. BuildKit's history says `told`.
    async fn noted(&mut self, state: &mut State, words: &str, told: String) -> Result<()> {
        let mut command = state.changing.shell();
        command.extend(["#(nop) ".to_owned(), words.to_owned()]);
        let new = state.next(command, told);
        if self.cached(state, &new).await? {
            return Ok(());
        }
        let container = self.pretend_container().await?;
        state.image = self.make(new, None::<std::io::Empty>).await?;
        self.pretend_removal(&container).await
    }

    /// `WORKDIR` also makes the folder.
    async fn folder(&mut self, state: &mut State, words: &str) -> Result<()> {
        let mut command = state.changing.shell();
        command.push(format!("#(nop) {words}"));
        let new = state.next(command, words.to_owned());
        if self.cached(state, &new).await? {
            return Ok(());
        }
        let container = self.pretend_container().await?;
        let path = state.changing.config.working_dir.clone();
        let (layers, image) = (self.engine.layers.clone(), state.image.clone());
        let now = self.engine.clock.now();
        let members = blocking(move || {
            let mut placing = Placing::new(layers.files_of(&image)?, now.0);
            let blocked = |at| Error::system(format!("Cannot mkdir: {at} is not a directory"));
            placing.folder(&path).map_err(blocked)?;
            Ok(placing.into_members())
        })
        .await?;
        let layer = Some(members).filter(|m| !m.is_empty()).map(LayerTar::new);
        state.image = self.make(new, layer).await?;
        self.pretend_removal(&container).await
    }

    /// Makes the image of a step.
    pub async fn make<R: Read + Send + 'static>(
        &self,
        new: CommitSpec,
        layer: Option<R>,
    ) -> Result<String> {
        let images = self.engine.images.clone();
        let new = CommitSpec {
            created: self.engine.clock.now(),
            later: true,
            ..new
        };
        blocking(move || match layer {
            None => images.commit(None, new),
            Some(mut tar) => images.commit(Some(&mut tar), new),
        })
        .await
    }

    /// Steps that change the config only need no container here; the line says when the step began, with an id of its own.
    async fn pretend_container(&self) -> Result<String> {
        let id = id::random();
        let line = format!(" ---> Running in {}\n", id::short(&id));
        self.out.say(line).await?;
        Ok(id)
    }

    async fn pretend_removal(&self, id: &str) -> Result<()> {
        if self.options.remove || self.options.force_remove {
            self.say_removed(id).await?;
        }
        Ok(())
    }

    pub async fn say_removed(&self, id: &str) -> Result<()> {
        let line = format!(" ---> Removed intermediate container {}\n", id::short(id));
        self.out.say(line).await
    }
}

fn declaration(arguments: &[Argument]) -> String {
    let one = |a: &Argument| match &a.default {
        Some(default) => format!("{}={default}", a.name),
        None => a.name.clone(),
    };
    let all: Vec<String> = arguments.iter().map(one).collect();
    format!("ARG {}", all.join(" "))
}
