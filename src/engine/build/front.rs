//! The interpreter as BuildKit's frontend: a plan is read from a Dockerfile, tells what it needs, and is carried out.

use super::builder::{Builder, Failed};
use super::cache::Cache;
use super::contexts::{Contexts, overrule};
use super::copy::Source;
use super::dockerfile::{BadDockerfile, Dockerfile};
use super::expand::Lexer;
use super::needs;
use super::options::BuildOptions;
use super::out::Out;
use super::platforms;
use super::report::{Event, Failure};
use super::supply::Supplies;
use crate::engine::{Engine, Result, blocking};
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A Dockerfile that can be built, as far as reading it tells.
pub struct Plan {
    file: Dockerfile,
    needed: Vec<bool>,
    options: BuildOptions,
}

impl Plan {
    /// Reads a Dockerfile. `name` is what error lines call it.
    pub fn read(name: &str, text: &str, options: BuildOptions) -> Result<Plan, Failure> {
        if text.is_empty() {
            return Err(failure("the Dockerfile cannot be empty"));
        }
        let mut file = Dockerfile::parse(name, text).map_err(|bad| Failure {
            lines: match &bad {
                BadDockerfile::Instruction { line, .. } => Some((*line, *line)),
                _ => None,
            },
            message: bad.to_string(),
        })?;
        if !options.target.is_empty() {
            let target = &options.target;
            let unknown = || failure(&format!("target stage {target:?} could not be found"));
            let last = file.stage(target).ok_or_else(unknown)?;
            file.stages.truncate(last + 1);
        }
        overrule(&mut file, options.contexts.iter());
        let mut args = platforms::arguments(&options);
        for step in &file.globals {
            if let super::dockerfile::Instruction::Arg(all) = &step.what {
                for argument in all {
                    args.declare_global(&argument.name, argument.default.clone());
                }
            }
        }
        let needed = needs::stages(&file, &Lexer::new(file.escape), &args);
        Ok(Plan {
            file,
            needed,
            options,
        })
    }

    /// The paths that it copies from the context, for a client that sends no more than is asked for; `None` is everything, and an
    /// empty list nothing.
    pub fn context(&self) -> Option<Vec<String>> {
        needs::context(&self.file, &self.needed)
    }
}

fn failure(message: &str) -> Failure {
    Failure {
        message: message.to_owned(),
        lines: None,
    }
}

impl Engine {
    /// Begins to build; the last event says how it went. Dropping the receiver ends the build.
    pub fn build_plan(self: &Arc<Self>, plan: Plan, supplies: Supplies) -> mpsc::Receiver<Event> {
        let (out, events) = Out::events();
        let Plan {
            file,
            needed,
            options,
        } = plan;
        let cache = Cache::new(
            self.layers.clone(),
            self.images.clone(),
            options.no_cache,
            None,
        );
        let mut builder = Builder {
            engine: self.clone(),
            options,
            tags: Vec::new(),
            context: None,
            fetch: Mutex::new(supplies.context),
            held: None,
            contexts: Contexts::new(supplies.named),
            downloads: Vec::new(),
            secrets: supplies.secrets,
            lexer: Lexer::new(file.escape),
            out,
            cache: Some(cache),
            needed: Some(needed),
            done: Vec::new(),
        };
        tokio::spawn(async move {
            let outcome = builder.run(&file).await.map_err(Failure::from);
            // Nobody is left to be told when this fails.
            let _ = builder.out.event(Event::Finished(outcome)).await;
        });
        events
    }
}

impl Builder {
    /// The files that the client has; fetched when the first step needs them.
    pub async fn files(&mut self) -> Result<Source> {
        let fetch = self.fetch.get_mut().take();
        if let Some(fetch) = fetch {
            let mut tar = fetch.await?;
            let layers = self.engine.layers.clone();
            let files = blocking(move || layers.take_in(&mut tar)).await?;
            self.context = Some(Source {
                tree: files.tree.clone(),
                context: true,
                hidden: Vec::new(),
            });
            self.held = Some(files);
        }
        let none = || crate::engine::Error::system("missing build context");
        self.context.clone().ok_or_else(none)
    }

    /// Runs a piece of work as a step of its own: told before it begins and after it has ended.
    pub async fn told<T, E: Into<Failed>>(
        &self,
        name: String,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failed> {
        self.out.event(Event::Begun(name)).await?;
        let outcome = work.await.map_err(Into::into);
        let why = outcome.as_ref().err().map(|failed| failed.message.clone());
        self.out.event(Event::Ended(why)).await?;
        outcome
    }
}
