//! `images`.

use super::pattern::Pattern;
use crate::engine::filters::moment;
use crate::engine::options::ImageListOptions;
use crate::engine::ports::{Image, Images};
use crate::engine::{Engine, Result, Timestamp, blocking};
use crate::oci::chain::chain_ids;
use crate::wire::ImageSummary;
use std::collections::{BTreeMap, BTreeSet};

const KNOWN: [&str; 6] = ["before", "dangling", "label", "reference", "since", "until"];

impl Engine {
    /// The newest first.
    pub async fn images(&self, options: ImageListOptions) -> Result<Vec<ImageSummary>> {
        options.filters.only(&KNOWN)?;
        let (images, now) = (self.images.clone(), self.clock.now());
        let containers = self.containers.all();
        let used: Vec<String> = containers
            .iter()
            .map(|c| c.look(|r| r.image.clone()))
            .collect();
        blocking(move || {
            let chosen = Chosen::new(&*images, &options, now)?;
            let mut all = images.all()?;
            all.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.id.cmp(&b.id)));
            let parents: BTreeSet<&str> = all.iter().map(|i| i.parent.as_str()).collect();
            let layers = match options.shared_size {
                true => images.layers()?,
                false => BTreeMap::new(),
            };
            let shared = |image: &Image| {
                let diff_ids = image.layers.iter().filter_map(|l| l.parse().ok());
                let chain = chain_ids(diff_ids);
                let known = chain.iter().filter_map(|id| layers.get(&id.to_string()));
                known.filter(|l| l.images > 1).map(|l| l.size).sum()
            };
            let mut out = Vec::new();
            for image in &all {
                let Some((tags, digests)) = chosen.names(image, parents.contains(&*image.id))
                else {
                    continue;
                };
                out.push(ImageSummary {
                    containers: used.iter().filter(|id| **id == image.id).count() as i64,
                    created: image.created.seconds(),
                    id: image.id.clone(),
                    labels: image.config.labels.clone().filter(|l| !l.is_empty()),
                    parent_id: image.parent.clone(),
                    repo_digests: Some(digests),
                    repo_tags: Some(tags),
                    shared_size: if options.shared_size {
                        shared(image)
                    } else {
                        -1
                    },
                    size: image.size,
                });
            }
            Ok(out)
        })
        .await
    }
}

/// What the filters leave over.
struct Chosen<'o> {
    options: &'o ImageListOptions,
    dangling: Option<bool>,
    /// Older than all of these.
    before: Option<Timestamp>,
    /// Younger than all of these.
    since: Option<Timestamp>,
    references: Vec<Pattern>,
}

impl<'o> Chosen<'o> {
    fn new(images: &dyn Images, options: &'o ImageListOptions, now: Timestamp) -> Result<Self> {
        let filters = &options.filters;
        let dangling = match filters.has("dangling") {
            true => Some(filters.boolean("dangling", false)?),
            false => None,
        };
        let created = |name: &String| images.resolve(name).map(|i| i.created);
        let of = |key: &str| {
            filters
                .get(key)
                .iter()
                .map(created)
                .collect::<Result<Vec<_>>>()
        };
        let until = filters.get("until").iter().map(|text| moment(text, now));
        let until = until.collect::<Result<Vec<_>>>()?;
        let references = filters
            .get("reference")
            .iter()
            .map(|text| Pattern::parse(text));
        Ok(Chosen {
            options,
            references: references.collect::<Result<_>>()?,
            dangling,
            before: of("before")?.into_iter().chain(until).min(),
            since: of("since")?.into_iter().max(),
        })
    }

    /// Tags and digests to show of an image; `None` leaves it out. Images between others are shown on request only.
    fn names(&self, image: &Image, is_parent: bool) -> Option<(Vec<String>, Vec<String>)> {
        let filters = &self.options.filters;
        let labels = image.config.labels.as_ref();
        let holds = self.before.is_none_or(|at| image.created < at)
            && self.since.is_none_or(|at| image.created > at)
            && filters.labels(|key| labels.and_then(|l| l.get(key)).map(String::as_str))
            && !(self.dangling == Some(true) && is_parent);
        if !holds {
            return None;
        }
        let wanted = |name: &&String| {
            self.references.is_empty() || self.references.iter().any(|p| p.matches(name))
        };
        let tags: Vec<String> = image.repo_tags.iter().filter(wanted).cloned().collect();
        let digests: Vec<String> = image.repo_digests.iter().filter(wanted).cloned().collect();
        let shown = match (tags.is_empty(), digests.is_empty()) {
            (true, true) => {
                (self.options.all || !is_parent)
                    && self.dangling != Some(false)
                    && !filters.has("reference")
            }
            (false, _) => self.dangling != Some(true),
            (true, false) => true,
        };
        shown.then_some((tags, digests))
    }
}
