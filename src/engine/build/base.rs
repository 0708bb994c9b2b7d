//! `FROM`: a stage of this build, an image that is here, one that has to be pulled, or nothing at all.

use super::args::Args;
use super::builder::{Builder, Failed, State};
use super::config::Changing;
use super::dockerfile::{Dockerfile, Instruction, Lines, Stage};
use super::options::Frontend;
use super::{names, needs};
use crate::base::platform::Platform;
use crate::base::reference::Reference;
use crate::engine::options::PullOptions;
use crate::engine::ports::Image;
use crate::engine::{Error, Kind, Result, blocking};
use futures_util::StreamExt;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The name of the image that has nothing in it.
pub const SCRATCH: &str = "scratch";
/// What programs are looked for in where the image does not say.
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Builder {
    /// Begins a stage; what its image has for `ONBUILD` is done here.
    pub async fn begin(&mut self, stage: &Stage, args: &Args) -> Result<State, Failed> {
        let globals = args.globals();
        let platform = match stage.platform.as_str() {
            "" => self.options.platform.clone(),
            text => {
                let written = text;
                let text = self.lexer.word(text, &globals).map_err(Error::system)?;
                if text.is_empty() {
                    let words = format!("empty platform value from expression {written}");
                    return Err(Error::system(words).into());
                }
                let bad = |e| Error::invalid(format!("failed to parse platform {text}: {e}"));
                Some(Platform::parse(&text).map_err(bad)?)
            }
        };
        let name = self
            .lexer
            .word(&stage.base, &globals)
            .map_err(Error::system)?;
        if name.is_empty() {
            let base = &stage.base;
            return Err(Error::system(format!("base name ({base}) should not be blank")).into());
        }
        let own = self
            .done
            .iter()
            .find(|(stage, _)| !stage.is_empty() && *stage == name.to_lowercase());
        let image = match own {
            Some((_, id)) if id.is_empty() => None,
            Some((_, id)) => Some(self.resolve(id.clone()).await?),
            None if self.contexts.has(&name) => self.named_base(&name).await?,
            None if name == SCRATCH => None,
            None => Some(self.image(&name, platform.as_ref()).await?),
        };
        let mut state = State {
            frontend: self.options.frontend,
            image: String::new(),
            changing: Changing::default(),
            args: args.stage(),
            platform,
        };
        if let Some(image) = image {
            state.image.clone_from(&image.id);
            state.changing.config = image.config.clone();
        }
        let env = state.changing.config.env.get_or_insert_default();
        if !env.iter().any(|e| e.starts_with("PATH=")) {
            env.push(PATH.to_owned());
        }
        let triggers = state.changing.config.on_build.take().unwrap_or_default();
        self.triggers(&mut state, &triggers).await?;
        Ok(state)
    }

    /// Does what the image has waiting.
    async fn triggers(&mut self, state: &mut State, triggers: &[String]) -> Result<(), Failed> {
        if triggers.is_empty() {
            return Ok(());
        }
        let many = if triggers.len() > 1 { "s" } else { "" };
        let words = format!("# Executing {} build trigger{many}\n", triggers.len());
        self.out.say(words).await?;
        for trigger in triggers {
            let lines = Lines::parse(trigger).map_err(Error::invalid)?;
            let [line] = lines.lines.as_slice() else {
                return Err(Error::system("onbuild trigger should be a single expression").into());
            };
            let what = Instruction::parse(line).map_err(Error::invalid)?;
            // A step of its own calls back here through `FROM` only, which no trigger can be.
            Box::pin(self.step(state, &what)).await?;
        }
        Ok(())
    }

    /// Looks the images up with which the stages begin, as BuildKit does before its first step.
    pub async fn metadata(&mut self, file: &Dockerfile, args: &Args) -> Result<(), Failed> {
        if self.options.frontend != Frontend::BuildKit {
            return Ok(());
        }
        let mut seen = BTreeSet::new();
        for (at, stage) in file.stages.iter().enumerate() {
            let base = needs::base(stage, &self.lexer, args);
            let wanted = self.needed.as_ref().is_none_or(|needed| needed[at]);
            if wanted {
                self.named_metadata(std::iter::once(base.as_str()).chain(needs::froms(stage)))
                    .await
                    .map_err(|failed| failed.at(stage.lines))?;
            }
            let image = names::image(file, at, &base).filter(|_| !self.contexts.has(&base));
            let Some(image) = image.filter(|_| wanted) else {
                continue;
            };
            if !seen.insert(image.clone()) {
                continue;
            }
            let name = format!("[internal] load metadata for {image}");
            let found = self.told(name, self.image(&base, self.options.platform.as_ref()));
            let around = format!("{base}: failed to resolve source metadata for {image}: ");
            let failed = |failed: Failed| Failed { around, ..failed }.at(stage.lines);
            found.await.map_err(failed)?;
        }
        // They have been asked for now.
        self.options.pull = false;
        Ok(())
    }

    /// An image by its name; pulled when it is not here, or when that was asked for.
    pub async fn image(&self, name: &str, platform: Option<&Platform>) -> Result<Arc<Image>> {
        if !self.options.pull {
            match self.resolve(name.to_owned()).await {
                Err(e) if e.kind == Kind::NotFound => {}
                found => return found,
            }
        }
        let reference = Reference::parse(name)?.with_default_tag();
        let credentials = self.options.credentials.get(&reference.domain).cloned();
        let options = PullOptions {
            image: reference.to_string(),
            tag: String::new(),
            platform: platform.cloned(),
            credentials: credentials.unwrap_or_default(),
        };
        let mut lines = self.engine.pull(options).await?;
        while let Some(line) = lines.next().await {
            if let Some(error) = line.error {
                return Err(Error::system(error));
            }
            self.out.send(line).await?;
        }
        self.resolve(name.to_owned()).await
    }

    pub async fn resolve(&self, name: String) -> Result<Arc<Image>> {
        let images = self.engine.images.clone();
        blocking(move || images.resolve(&name)).await
    }
}
