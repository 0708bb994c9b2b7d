//! `POST /build`: takes the context in, reads the Dockerfile, and builds while the client reads the lines.

use super::builder::{Builder, Failed, builder};
use super::cache::Cache;
use super::context::Context;
use super::dockerfile::Dockerfile;
use super::options::BuildOptions;
use super::out::Out;
use super::remote::Remote;
use crate::base::bridge::readable;
use crate::base::id;
use crate::base::reference::Reference;
use crate::engine::image::{ProgressStream, receive};
use crate::engine::{Engine, Error, Result, blocking};
use crate::wire::Progress;
use bytes::Bytes;
use futures_util::Stream;
use std::io;
use std::sync::Arc;

impl Engine {
    /// Begins a build. What is wrong with the request, the context or the Dockerfile is an error; what fails later is the
    /// last line. Dropping the stream ends the build.
    pub async fn build<S>(
        self: &Arc<Self>,
        body: S,
        options: BuildOptions,
    ) -> Result<ProgressStream>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + Unpin + 'static,
    {
        let tags = tags(&options.tags)?;
        if options.squash {
            return Err(Error::invalid(
                "squash is only supported with experimental mode",
            ));
        }
        let (layers, name) = (self.layers.clone(), options.dockerfile.clone());
        let (out, queue) = Out::new(options.quiet);
        let engine = self.clone();
        if options.remote.is_empty() {
            let mut reader = readable(body);
            let taken = move || Context::open(layers.take_in(&mut reader)?, &name);
            let context = blocking(taken).await?;
            let file = wanted(&context.dockerfile, &options.target)?;
            let builder = builder(engine, options, tags, &context, &file, out);
            tokio::spawn(builder.finish(file, context));
        } else {
            let remote = Remote::open(&*self.registries, &options.remote).await?;
            // What is wrong with the context is told behind the line about its coming.
            tokio::spawn(async move {
                let taken = remote.take_in(layers, name, &out).await;
                let file =
                    |context: Context| Ok((wanted(&context.dockerfile, &options.target)?, context));
                match taken.and_then(file) {
                    Ok((file, context)) => {
                        let builder = builder(engine, options, tags, &context, &file, out);
                        builder.finish(file, context).await;
                    }
                    Err(e) => out.finish(Err(Progress::failed(e.message, None))).await,
                }
            });
        }
        Ok(Box::pin(receive(queue)))
    }
}

impl Builder {
    /// Builds and says how it went. The context lives until then.
    async fn finish(mut self, file: Dockerfile, _context: Context) {
        let outcome = self.build_and_tell(&file).await;
        let error = |failed: Failed| {
            let words = format!("{}{}", failed.around, failed.message);
            Progress::failed(words, failed.code)
        };
        self.out.finish(outcome.map_err(error)).await;
    }

    async fn build_and_tell(&mut self, file: &Dockerfile) -> Result<String, Failed> {
        let sources = match self.options.cache_from.is_empty() {
            true => None,
            false => Some(self.known(&self.options.cache_from).await),
        };
        self.cache = Some(Cache::new(
            self.engine.layers.clone(),
            self.engine.images.clone(),
            self.options.no_cache,
            sources,
        ));
        let id = self.run(file).await?;
        let hex = id.strip_prefix("sha256:").unwrap_or(&id);
        let built = format!("Successfully built {}\n", id::short(hex));
        self.out.say(built).await?;
        for tag in &self.tags {
            let tagged = format!("Successfully tagged {}\n", tag.familiar());
            self.out.say(tagged).await?;
        }
        Ok(id)
    }

    /// The ids of images of `--cache-from` that are here.
    async fn known(&self, names: &[String]) -> Vec<String> {
        let mut all = Vec::new();
        for name in names {
            if let Ok(image) = self.resolve(name.clone()).await {
                all.push(image.id.clone());
            }
        }
        all
    }
}

/// The stages up to the target, or all.
fn wanted(file: &Dockerfile, target: &str) -> Result<Dockerfile> {
    let mut file = file.clone();
    if !target.is_empty() {
        let unknown = || Error::invalid(format!("target stage {target:?} could not be found"));
        let last = file.stage(target).ok_or_else(unknown)?;
        file.stages.truncate(last + 1);
    }
    Ok(file)
}

/// The names that the image is to get, each once.
fn tags(given: &[String]) -> Result<Vec<Reference>> {
    let mut all: Vec<Reference> = Vec::new();
    for text in given.iter().filter(|t| !t.is_empty()) {
        let reference = Reference::parse(text)?;
        if reference.digest.is_some() {
            return Err(Error::system("build tag cannot contain a digest"));
        }
        let reference = reference.with_default_tag();
        if !all.contains(&reference) {
            all.push(reference);
        }
    }
    Ok(all)
}
