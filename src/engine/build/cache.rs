//! The build cache: an image that was made from the same parent by the same instruction is taken again.
//!
//! As in Docker's classic builder, the first step of a stage that has no such image ends the cache for that stage. With
//! `--cache-from` only images that the named ones come from count, and their history stands for steps that are not here.

use crate::engine::Result;
use crate::engine::ports::{CommitSpec, Images, Layers};
use crate::wire::ContainerConfig;
use std::sync::Arc;

/// The cache of one build.
pub struct Cache {
    layers: Arc<dyn Layers>,
    images: Arc<dyn Images>,
    /// Never look.
    off: bool,
    /// A step of this stage was not there.
    broken: bool,
    /// Images of `--cache-from`, as ids; `None` without that flag.
    sources: Option<Vec<String>>,
}

impl Cache {
    pub fn new(
        layers: Arc<dyn Layers>,
        images: Arc<dyn Images>,
        off: bool,
        sources: Option<Vec<String>>,
    ) -> Self {
        Cache {
            layers,
            images,
            off,
            broken: false,
            sources,
        }
    }

    /// A stage begins.
    pub fn reset(&mut self) {
        self.broken = false;
    }

    /// The image that was made from a parent by what `wanted` says. May wait for the disk.
    pub fn look(&mut self, wanted: &CommitSpec) -> Result<Option<String>> {
        if self.off || self.broken {
            return Ok(None);
        }
        let mut found = self.made_here(wanted)?;
        if let Some(sources) = self.sources.clone() {
            found = self.in_sources(&sources, wanted, found)?;
        }
        self.broken = found.is_none();
        Ok(found)
    }

    /// The newest one that fits.
    fn made_here(&self, wanted: &CommitSpec) -> Result<Option<String>> {
        let all = self.layers.children(&wanted.parent)?;
        let fits = all
            .into_iter()
            .filter(|made| same(&made.made_by, &wanted.container_config));
        Ok(fits.max_by_key(|made| made.created).map(|made| made.id))
    }

    fn in_sources(
        &mut self,
        sources: &[String],
        wanted: &CommitSpec,
        here: Option<String>,
    ) -> Result<Option<String>> {
        let past = match wanted.parent.as_str() {
            "" => Vec::new(),
            parent => self.images.history(parent)?,
        };
        for source in sources {
            let all = self.images.history(source)?;
            let Some(step) = all.get(past.len()) else {
                continue;
            };
            if all[..past.len()] != past[..] || step.created_by != wanted.created_by {
                continue;
            }
            if all.len() == past.len() + 1 {
                if !wanted.parent.is_empty() {
                    self.layers.set_parent(source, &wanted.parent)?;
                }
                return Ok(Some(source.clone()));
            }
            if let Some(id) = &here
                && self.images.history(id)?[..] == all[..=past.len()]
            {
                return Ok(here);
            }
            let mut layer = match &step.layer {
                Some((layer, _)) => Some(self.layers.tar_of(layer)?),
                None => None,
            };
            let layer = layer.as_mut().map(|tar| tar as &mut dyn std::io::Read);
            // As it was made then: the next step is compared with this history.
            let again = CommitSpec {
                created: step.created,
                comment: step.comment.clone(),
                later: true,
                ..wanted.clone()
            };
            let made = self.images.commit(layer, again)?;
            // From now on only this one: steps of several images are not mixed.
            self.sources = Some(vec![source.clone()]);
            return Ok(Some(made));
        }
        Ok(None)
    }
}

/// Whether two configs are those of one step: all that matters to a container but its image and its names.
fn same(a: &ContainerConfig, b: &ContainerConfig) -> bool {
    fn essence(config: &ContainerConfig) -> ContainerConfig {
        let list = |words: &Option<Vec<String>>| words.clone().filter(|w| !w.is_empty());
        ContainerConfig {
            image: String::new(),
            hostname: String::new(),
            domainname: String::new(),
            mac_address: String::new(),
            cmd: list(&config.cmd),
            env: list(&config.env),
            entrypoint: list(&config.entrypoint),
            on_build: None,
            shell: list(&config.shell),
            exposed_ports: config.exposed_ports.clone().filter(|p| !p.is_empty()),
            volumes: config.volumes.clone().filter(|v| !v.is_empty()),
            labels: config.labels.clone().filter(|l| !l.is_empty()),
            ..config.clone()
        }
    }
    // Most differ in the command alone.
    a.cmd == b.cmd && essence(a) == essence(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_the_same_whatever_their_image_and_names_are() {
        let a = ContainerConfig {
            cmd: Some(vec!["x".to_owned()]),
            image: "sha256:1".to_owned(),
            env: Some(Vec::new()),
            ..ContainerConfig::default()
        };
        let mut b = ContainerConfig {
            image: "sha256:2".to_owned(),
            env: None,
            hostname: "h".to_owned(),
            ..a.clone()
        };
        assert!(same(&a, &b));
        b.user = "me".to_owned();
        assert!(!same(&a, &b));
    }
}
