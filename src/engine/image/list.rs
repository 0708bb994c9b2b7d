//! `images`.

use crate::base::reference::Reference;
use crate::engine::options::ImageListOptions;
use crate::engine::ports::Image;
use crate::engine::{Engine, Error, Result, Timestamp, blocking};
use crate::wire::ImageSummary;

const KNOWN: [&str; 7] = [
    "before",
    "dangling",
    "label",
    "label!",
    "reference",
    "since",
    "until",
];

impl Engine {
    /// The newest first.
    pub async fn images(&self, options: ImageListOptions) -> Result<Vec<ImageSummary>> {
        let filters = options.filters;
        filters.only(&KNOWN)?;
        let dangling = if filters.has("dangling") {
            Some(filters.boolean("dangling", false)?)
        } else {
            None
        };
        let images = self.images.clone();
        let used: Vec<String> = self
            .containers
            .all()
            .iter()
            .map(|c| c.look(|r| r.image.clone()))
            .collect();
        blocking(move || {
            let age = |key: &str| {
                filters
                    .get(key)
                    .first()
                    .map(|name| images.resolve(name).map(|i| i.created))
                    .transpose()
            };
            let (before, since) = (age("before")?, age("since")?);
            let until = filters
                .get("until")
                .first()
                .map(|text| Timestamp::parse_unix(text).map_err(Error::invalid))
                .transpose()?;
            let mut all = images.all()?;
            all.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.id.cmp(&b.id)));
            let holds = |image: &Image| {
                let labels = image.config.labels.as_ref();
                dangling.is_none_or(|d| d == image.repo_tags.is_empty())
                    && before.is_none_or(|at| image.created < at)
                    && since.is_none_or(|at| image.created > at)
                    && until.is_none_or(|at| image.created < at)
                    && filters.labels(|key| labels.and_then(|l| l.get(key)).map(String::as_str))
            };
            let mut out = Vec::new();
            for image in all.iter().filter(|image| holds(image)) {
                let tags: Vec<String> = image
                    .repo_tags
                    .iter()
                    .filter(|tag| matches_reference(filters.get("reference"), tag))
                    .cloned()
                    .collect();
                if tags.is_empty() && filters.has("reference") {
                    continue;
                }
                out.push(ImageSummary {
                    containers: used.iter().filter(|id| **id == image.id).count() as i64,
                    created: image.created.seconds(),
                    id: image.id.clone(),
                    labels: image.config.labels.clone().filter(|l| !l.is_empty()),
                    parent_id: image.parent.clone(),
                    repo_digests: image.repo_digests.clone(),
                    repo_tags: tags,
                    shared_size: -1,
                    size: image.size,
                });
            }
            Ok(out)
        })
        .await
    }
}

/// A pattern of path segments (`*`, `?`), against the name with its tag or without.
fn matches_reference(patterns: &[String], tag: &str) -> bool {
    let Ok(reference) = Reference::parse(tag) else {
        return false;
    };
    let name = reference.familiar_name();
    patterns.is_empty()
        || patterns
            .iter()
            .any(|p| segments(p, tag) || segments(p, &name))
}

/// Go's `path.Match` for `*` and `?`: neither crosses a slash.
fn segments(pattern: &str, text: &str) -> bool {
    let expression: String = pattern
        .chars()
        .map(|c| match c {
            '*' => "[^/]*".to_owned(),
            '?' => "[^/]".to_owned(),
            other => regex::escape(&other.to_string()),
        })
        .collect();
    regex::Regex::new(&format!("^{expression}$")).is_ok_and(|r| r.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names_and_tags() {
        let one = |pattern: &str, tag: &str| matches_reference(&[pattern.to_owned()], tag);
        assert!(
            one("alpine", "alpine:latest")
                && one("alp*", "alpine:3")
                && one("alpine:3", "alpine:3")
        );
        assert!(one("*/*", "me/app:1") && !one("*", "me/app:1") && !one("alpine:4", "alpine:3"));
    }
}
