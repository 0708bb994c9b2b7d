//! Named contexts: places that a client names, by which a Dockerfile's names of images and stages are overruled.

use super::builder::{Builder, Failed, State};
use super::config::Changing;
use super::copy::{LayerTar, Manner, Placing, Source, find, sum};
use super::dockerfile::Dockerfile;
use super::supply::ContextTar;
use crate::base::reference::Reference;
use crate::engine::ports::{Files, Image};
use crate::engine::{Error, Result, blocking};
use crate::vfs::image::{ImageTree, ROOT};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a name stands for.
pub enum Named {
    /// An image, by its name.
    Image(String),
    /// Files of the client.
    Files(ContextTar),
}

/// The named contexts of one build.
#[derive(Default)]
pub struct Contexts(BTreeMap<String, Context>);

enum Context {
    Image(String),
    Waiting(Mutex<Option<ContextTar>>),
    Here(
        Source,
        #[expect(dead_code, reason = "keeps the files")] Files,
    ),
}

impl Contexts {
    pub fn new(named: BTreeMap<String, Named>) -> Self {
        let one = |(name, named): (String, Named)| {
            let context = match named {
                Named::Image(image) => Context::Image(image),
                Named::Files(tar) => Context::Waiting(Mutex::new(Some(tar))),
            };
            (key(&name), context)
        };
        Contexts(named.into_iter().map(one).collect())
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(&key(name))
    }

    /// The image that a name stands for.
    pub fn image(&self, name: &str) -> Option<&str> {
        match self.0.get(&key(name))? {
            Context::Image(image) => Some(image),
            _ => None,
        }
    }
}

/// A stage whose name is that of a context is that context, whatever stands in it.
pub fn overrule<'n>(file: &mut Dockerfile, names: impl Iterator<Item = &'n String>) {
    let names: Vec<String> = names.map(|name| key(name)).collect();
    for stage in file.stages.iter_mut() {
        if !stage.name.is_empty() && names.contains(&key(&stage.name)) {
            stage.base.clone_from(&stage.name);
            stage.platform.clear();
            stage.steps.clear();
        }
    }
}

/// The shortest spelling of a name: `alpine` for `docker.io/library/alpine:latest`.
fn key(name: &str) -> String {
    let lower = name.to_lowercase();
    let familiar = Reference::parse(&lower).map(|r| r.with_default_tag().familiar());
    let familiar = familiar.unwrap_or(lower);
    familiar
        .strip_suffix(":latest")
        .map_or(familiar.clone(), str::to_owned)
}

impl Builder {
    /// The files of a named context of the client, fetched when they are needed first.
    pub async fn named_files(&mut self, name: &str) -> Result<Option<Source>> {
        let Some(context) = self.contexts.0.get_mut(&key(name)) else {
            return Ok(None);
        };
        let tar = match context {
            Context::Image(_) => return Ok(None),
            Context::Here(source, _) => return Ok(Some(source.clone())),
            Context::Waiting(tar) => tar.get_mut().take(),
        };
        let missing = || Error::system(format!("the context {name} could not be fetched"));
        let mut tar = tar.ok_or_else(missing)?.await?;
        let layers = self.engine.layers.clone();
        let files = blocking(move || layers.take_in(&mut tar)).await?;
        let source = Source {
            tree: files.tree.clone(),
            context: true,
            hidden: Vec::new(),
        };
        let here = Context::Here(source.clone(), files);
        self.contexts.0.insert(key(name), here);
        Ok(Some(source))
    }

    /// Looks up the images that contexts among these names stand for.
    pub async fn named_metadata(&self, names: impl Iterator<Item = &str>) -> Result<(), Failed> {
        for name in names {
            if let Some(image) = self.contexts.image(name) {
                let step = format!("[context {name}] load metadata for {image}");
                let around = format!("failed to resolve source metadata for {image}: ");
                let found = self.told(step, self.image(image, self.options.platform.as_ref()));
                let failed = |failed: Failed| Failed { around, ..failed };
                found.await.map_err(failed)?;
            }
        }
        Ok(())
    }

    /// The image that a stage begins with where that is a named context; `None` where it is none.
    pub async fn named_base(&mut self, name: &str) -> Result<Option<Arc<Image>>, Failed> {
        if let Some(image) = self.contexts.image(name).map(str::to_owned) {
            let platform = self.options.platform.clone();
            let found = self.image(&image, platform.as_ref()).await?;
            self.told(format!("[context {name}] {image}"), async {
                self.out.event(super::report::Event::Cached).await
            })
            .await?;
            return Ok(Some(found));
        }
        match self.named_files(name).await? {
            Some(source) => Ok(Some(self.image_of(source).await?)),
            None => Ok(None),
        }
    }

    /// An image of a context's files and nothing else.
    async fn image_of(&mut self, source: Source) -> Result<Arc<Image>, Failed> {
        let mut state = State {
            frontend: self.options.frontend,
            image: String::new(),
            changing: Changing::default(),
            args: super::args::Args::default(),
            platform: self.options.platform.clone(),
        };
        let within = source.clone();
        let all = blocking(move || find(&within, &["/".to_owned()]).map_err(Error::system)).await?;
        let words = vec![format!("#(context) {}", sum(&all))];
        let new = state.next(words, "COPY / / # buildkit".to_owned());
        if !self.cached(&mut state, &new).await? {
            let now = self.engine.clock.now().0;
            let members = blocking(move || {
                let mut placing = Placing::new(ImageTree::empty(), now);
                let scope = placing.locate("/").map_err(Error::system)?;
                let placed = placing.contents(&source, ROOT, &scope, "/", &Manner::default());
                placed.map_err(Error::system)?;
                Ok(placing.into_members())
            })
            .await?;
            state.image = self.make(new, Some(LayerTar::new(members))).await?;
        }
        Ok(self.resolve(state.image).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_however_they_are_spelt() {
        for name in ["alpine", "docker.io/library/alpine:latest", "Alpine:latest"] {
            assert_eq!(key(name), "alpine", "{name}");
        }
        assert_eq!(key("h:5000/a:1"), "h:5000/a:1");
        assert_eq!(key("Some_Stage"), "some_stage");
    }

    #[test]
    fn a_stage_gives_way_to_the_context_of_its_name() {
        let text = "FROM a AS one\nRUN x\nFROM one AS two\nRUN y\n";
        let mut file = Dockerfile::parse("Dockerfile", text).unwrap();
        overrule(&mut file, ["one".to_owned()].iter());
        assert_eq!(
            (file.stages[0].base.as_str(), file.stages[0].steps.len()),
            ("one", 0)
        );
        assert_eq!(
            (file.stages[1].base.as_str(), file.stages[1].steps.len()),
            ("one", 1)
        );
    }
}
