//! One build: stages in order, steps in order.

use super::args::Args;
use super::cache::Cache;
use super::config::{Changing, expanded};
use super::context::Context;
use super::contexts::Contexts;
use super::copy::Source;
use super::dockerfile::{Dockerfile, Instruction, Pair, Stage, Step};
use super::download::Download;
use super::expand::Lexer;
use super::names::Names;
use super::needs;
use super::options::{BuildOptions, Frontend};
use super::out::Out;
use super::platforms;
use super::report::Event;
use super::supply::{ContextTar, Secrets};
use crate::base::id;
use crate::base::platform::Platform;
use crate::base::reference::Reference;
use crate::engine::ports::{CommitSpec, Files};
use crate::engine::{Engine, Error, Result, blocking};
use crate::wire::{ContainerConfig, Progress};
use parking_lot::Mutex;
use serde_json::json;
use std::sync::Arc;

/// A build at work.
pub struct Builder {
    pub engine: Arc<Engine>,
    pub options: BuildOptions,
    /// The names that the last image is to get, each once.
    pub tags: Vec<Reference>,
    /// The client's files, once they are here.
    pub context: Option<Source>,
    /// Gets them, once.
    pub fetch: Mutex<Option<ContextTar>>,
    /// Keeps them.
    pub held: Option<Files>,
    pub contexts: Contexts,
    /// What was fetched for the step at work.
    pub downloads: Vec<Download>,
    pub secrets: Option<Arc<dyn Secrets>>,
    pub lexer: Lexer,
    pub out: Out,
    /// The cache; taken out while it waits for the disk.
    pub cache: Option<Cache>,
    /// For each stage whether it is built; without it all are.
    pub needed: Option<Vec<bool>>,
    /// Name and image of each stage that is done.
    pub done: Vec<(String, String)>,
}

/// A stage at work.
pub struct State {
    pub frontend: Frontend,
    /// The id of the last image; empty before there is one.
    pub image: String,
    pub changing: Changing,
    pub args: Args,
    /// Of what begins with nothing.
    pub platform: Option<Platform>,
}

/// Why a build ended early: Docker's words, and the exit code where a `RUN` had one.
#[derive(Default)]
pub struct Failed {
    pub message: String,
    pub code: Option<i64>,
    /// What BuildKit puts before the message when it speaks of the build and not of the step.
    pub around: String,
    /// The lines of the Dockerfile that are to blame.
    pub lines: Option<(usize, usize)>,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Failed {
            message: error.message,
            ..Failed::default()
        }
    }
}

impl Failed {
    /// Names the lines that are to blame, where that was not done closer to the reason.
    pub fn at(self, lines: (usize, usize)) -> Failed {
        Failed {
            lines: self.lines.or(Some(lines).filter(|l| l.0 > 0)),
            ..self
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
        let wanted = |at: usize| self.needed.as_ref().is_none_or(|needed| needed[at]);
        let stages = file.stages.iter().enumerate().filter(|(at, _)| wanted(*at));
        let steps: usize = stages.map(|(_, stage)| stage.steps.len() + 1).sum();
        let labels = self.labels();
        let mut count = Count {
            at: 0,
            of: steps + file.globals.len() + labels.len(),
        };
        let mut args = platforms::arguments(&self.options);
        for step in &file.globals {
            self.announce(&mut count, &step.source).await?;
            let what = expanded(&step.what, &self.lexer, &args.seen())?;
            if let Instruction::Arg(all) = what {
                for argument in all {
                    args.declare_global(&argument.name, argument.default);
                }
            }
        }
        self.metadata(file, &args).await?;
        let mut image = String::new();
        for (at, stage) in file.stages.iter().enumerate() {
            if self.needed.as_ref().is_some_and(|needed| !needed[at]) {
                self.done.push((stage.name.clone(), String::new()));
                continue;
            }
            let last = at + 1 == file.stages.len();
            let more = if last { labels.as_slice() } else { &[] };
            let base = needs::base(stage, &self.lexer, &args);
            let mut names = Names::of(file, at, &base);
            if self.contexts.has(&base) {
                names.without_image();
            }
            let state = self.stage(stage, more, &args, &mut count, names).await?;
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
        mut names: Names,
    ) -> Result<State, Failed> {
        if !stage.name.is_empty() && self.done.iter().any(|(name, _)| *name == stage.name) {
            return Err(Error::system(format!("{} stage name already used", stage.name)).into());
        }
        self.announce(count, &stage.source).await?;
        if let Some(cache) = &mut self.cache {
            cache.reset();
        }
        let begins = names.from();
        if let Some(name) = &begins {
            self.out.event(Event::Begun(name.clone())).await?;
        }
        let begun = self.begin(stage, args).await;
        let mut state = begun.map_err(|failed| failed.at(stage.lines))?;
        if begins.is_some() {
            self.out.event(Event::Cached).await?;
            self.out.event(Event::Ended(None)).await?;
        }
        self.say_image(&state).await?;
        for step in stage.steps.iter().chain(more) {
            self.announce(count, &step.source).await?;
            let name = names.step(step, &self.lexer, &state);
            if let Some(name) = &name {
                self.needs_files(&step.what).await?;
                let fetched = self.downloads(&state, &step.what, name).await;
                fetched.map_err(|failed| failed.at(step.lines))?;
                self.out.event(Event::Begun(name.clone())).await?;
            }
            let done = self.step(&mut state, &step.what).await;
            if name.is_some() {
                let why = done.as_ref().err().map(|failed| failed.message.clone());
                self.out.event(Event::Ended(why)).await?;
            }
            done.map_err(|failed| failed.at(step.lines))?;
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
            lines: (0, 0),
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
        self.out.event(Event::Cached).await?;
        state.image = id;
        Ok(true)
    }
}

impl State {
    /// The image that the step would make. `words` are what the cache compares; the classic history shows them too, BuildKit's
    /// shows `told`.
    pub fn next(&self, mut words: Vec<String>, told: String) -> CommitSpec {
        let mut config = self.changing.config.clone();
        let (created_by, comment) = match self.frontend {
            Frontend::Classic => {
                config.image.clone_from(&self.image);
                (words.join(" "), String::new())
            }
            Frontend::BuildKit => {
                // What one builder made is no cache for the other: their images differ in what they say.
                words.insert(0, "#(buildkit)".to_owned());
                (told, "buildkit.dockerfile.v0".to_owned())
            }
        };
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
            comment,
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
    file: &Dockerfile,
    out: Out,
) -> Builder {
    let lexer = Lexer::new(context.dockerfile.escape);
    Builder {
        // The classic builder builds all stages.
        needed: (options.frontend == Frontend::BuildKit)
            .then(|| needs::stages(file, &lexer, &platforms::arguments(&options))),
        lexer,
        context: (!context.missing).then(|| context.source.clone()),
        fetch: Mutex::default(),
        held: None,
        contexts: Contexts::default(),
        downloads: Vec::new(),
        secrets: Some(Arc::new(options.secrets.clone())),
        engine,
        options,
        tags,
        out,
        cache: None,
        done: Vec::new(),
    }
}
