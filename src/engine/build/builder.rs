//! One build: stages in order, steps in order.

use super::args::Args;
use super::cache::Cache;
use super::config::{Changing, expanded};
use super::context::Context;
use super::copy::Source;
use super::dockerfile::{Dockerfile, Instruction, Pair, Stage, Step};
use super::expand::Lexer;
use super::options::BuildOptions;
use super::out::Out;
use crate::base::id;
use crate::base::platform::Platform;
use crate::base::reference::Reference;
use crate::engine::ports::CommitSpec;
use crate::engine::{Engine, Error, Result, blocking};
use crate::wire::{ContainerConfig, Progress};
use serde_json::json;
use std::sync::Arc;

/// A build at work.
pub struct Builder {
    pub engine: Arc<Engine>,
    pub options: BuildOptions,
    /// The names that the last image is to get, each once.
    pub tags: Vec<Reference>,
    pub context: Source,
    pub lexer: Lexer,
    pub out: Out,
    /// The cache; taken out while it waits for the disk.
    pub cache: Option<Cache>,
    /// Name and image of each stage that is done.
    pub done: Vec<(String, String)>,
}

/// A stage at work.
pub struct State {
    /// The id of the last image; empty before there is one.
    pub image: String,
    pub changing: Changing,
    pub args: Args,
    /// Of what begins with nothing.
    pub platform: Option<Platform>,
}

/// Why a build ended early: Docker's words, and the exit code where a `RUN` had one.
pub struct Failed {
    pub message: String,
    pub code: Option<i64>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Failed {
            message: error.message,
            code: None,
        }
    }
}

impl Builder {
    /// Builds everything up to the target, names the last image and returns its id. Once a line tells that id, the image and
    /// its names are durable; those before it may be lost in a crash.
    pub async fn run(&mut self, file: &Dockerfile) -> Result<String, Failed> {
        for warning in &file.warnings {
            self.out.complain(&format!("{warning}\n")).await?;
        }
        let steps: usize = file.stages.iter().map(|s| s.steps.len() + 1).sum();
        let labels = self.labels();
        let mut count = Count {
            at: 0,
            of: steps + file.globals.len() + labels.len(),
        };
        let mut args = Args::new(self.options.args.clone());
        for step in &file.globals {
            self.announce(&mut count, &step.source).await?;
            let what = expanded(&step.what, &self.lexer, &args.seen())?;
            if let Instruction::Arg(all) = what {
                for argument in all {
                    args.declare_global(&argument.name, argument.default);
                }
            }
        }
        let mut image = String::new();
        for (at, stage) in file.stages.iter().enumerate() {
            let last = at + 1 == file.stages.len();
            let more = if last { labels.as_slice() } else { &[] };
            let state = self.stage(stage, more, &args, &mut count).await?;
            args.finish_stage(&state.args);
            if !state.image.is_empty() {
                if last {
                    self.keep(&state.image).await?;
                }
                let aux = Progress {
                    aux: Some(json!({"ID": state.image})),
                    ..Progress::default()
                };
                self.out.send(aux).await?;
            }
            image.clone_from(&state.image);
            self.done.push((stage.name.clone(), state.image));
        }
        let unused = args.unused();
        if !unused.is_empty() {
            let words = unused.join(" ");
            self.out
                .say(format!(
                    "[Warning] One or more build-args [{words}] were not consumed\n"
                ))
                .await?;
        }
        match image.is_empty() {
            true => Err(Error::system("No image was generated. Is your Dockerfile empty?").into()),
            false => Ok(image),
        }
    }

    async fn stage(
        &mut self,
        stage: &Stage,
        more: &[Step],
        args: &Args,
        count: &mut Count,
    ) -> Result<State, Failed> {
        if !stage.name.is_empty() && self.done.iter().any(|(name, _)| *name == stage.name) {
            return Err(Error::system(format!("{} stage name already used", stage.name)).into());
        }
        self.announce(count, &stage.source).await?;
        if let Some(cache) = &mut self.cache {
            cache.reset();
        }
        let mut state = self.begin(stage, args).await?;
        self.say_image(&state).await?;
        for step in stage.steps.iter().chain(more) {
            self.announce(count, &step.source).await?;
            self.step(&mut state, &step.what).await?;
            self.say_image(&state).await?;
        }
        Ok(state)
    }

    /// Gives an image its names and sees it through to the medium.
    async fn keep(&self, id: &str) -> Result<()> {
        let (engine, id, tags) = (self.engine.clone(), id.to_owned(), self.tags.clone());
        blocking(move || {
            for tag in &tags {
                engine.images.tag(tag, &id)?;
                engine.tell_image("tag", &*engine.images.resolve(&id)?, &tag.familiar());
            }
            engine.images.keep(&id)
        })
        .await
    }

    /// One `LABEL` for each `--label`, in the order of names.
    fn labels(&self) -> Vec<Step> {
        let label = |(name, value): (&String, &String)| Step {
            source: format!("LABEL {name}={value}"),
            what: Instruction::Label {
                pairs: vec![Pair {
                    name: name.clone(),
                    value: value.clone(),
                }],
                literal: true,
            },
        };
        self.options.labels.iter().map(label).collect()
    }

    async fn announce(&self, count: &mut Count, source: &str) -> Result<()> {
        count.at += 1;
        self.out
            .say(format!("Step {}/{} : {source}", count.at, count.of))
            .await?;
        self.out.say("\n").await
    }

    async fn say_image(&self, state: &State) -> Result<()> {
        let id = state.image.strip_prefix("sha256:").unwrap_or(&state.image);
        self.out.say(format!(" ---> {}\n", id::short(id))).await
    }

    /// Looks a step up in the cache; when it is there the stage goes on from it.
    pub async fn cached(&mut self, state: &mut State, wanted: &CommitSpec) -> Result<bool> {
        let Some(mut cache) = self.cache.take() else {
            return Ok(false);
        };
        let wanted = wanted.clone();
        let (cache, found) = blocking(move || {
            let found = cache.look(&wanted);
            Ok((cache, found))
        })
        .await?;
        self.cache = Some(cache);
        let Some(id) = found? else {
            return Ok(false);
        };
        self.out.say(" ---> Using cache\n").await?;
        state.image = id;
        Ok(true)
    }
}

impl State {
    /// The image that the step would make, as `words` tell it in the history.
    pub fn next(&self, words: Vec<String>) -> CommitSpec {
        let mut config = self.changing.config.clone();
        config.image.clone_from(&self.image);
        let created_by = words.join(" ");
        let container_config = ContainerConfig {
            cmd: Some(words),
            ..config.clone()
        };
        CommitSpec {
            parent: self.image.clone(),
            config,
            container_config,
            author: self.changing.author.clone(),
            created_by,
            platform: self.platform.clone(),
            ..CommitSpec::default()
        }
    }
}

/// `Step 3/7`.
struct Count {
    at: usize,
    of: usize,
}

/// What `verb` puts together before the first line.
pub fn builder(
    engine: Arc<Engine>,
    options: BuildOptions,
    tags: Vec<Reference>,
    context: &Context,
    out: Out,
) -> Builder {
    Builder {
        lexer: Lexer::new(context.dockerfile.escape),
        context: context.source.clone(),
        engine,
        options,
        tags,
        out,
        cache: None,
        done: Vec::new(),
    }
}
