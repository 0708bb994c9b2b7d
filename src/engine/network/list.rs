//! `network ls`.

use super::inspect::shown;
use crate::engine::record::NetworkRecord;
use crate::engine::{Engine, Error, Filters, Result};
use crate::wire::Network;
use std::collections::BTreeMap;

impl Engine {
    /// Networks, the oldest first; the list does not say who is in them.
    pub fn network_list(&self, filters: &Filters) -> Result<Vec<Network>> {
        filters.only(&["dangling", "driver", "id", "label", "name", "scope", "type"])?;
        let dangling = dangling(filters)?;
        for word in filters.get("type") {
            if !matches!(word.as_str(), "custom" | "builtin") {
                return Err(Error::invalid(format!("invalid filter: 'type'='{word}'")));
            }
        }
        let mut all = self.networks.all();
        all.sort_by(|(a, _), (b, _)| a.created.cmp(&b.created).then_with(|| a.name.cmp(&b.name)));
        let kind = |record: &NetworkRecord| match record.is_predefined() {
            true => "builtin",
            false => "custom",
        };
        let found = all.into_iter().filter(|(record, endpoints)| {
            let unused = !record.is_predefined() && endpoints.is_empty();
            dangling.is_none_or(|wanted| wanted == unused)
                && filters.exact("driver", &record.driver)
                && filters.exact("scope", &record.scope)
                && filters.exact("type", kind(record))
                && filters.matches("id", &record.id)
                && filters.matches("name", &record.name)
                && has_labels(filters, record)
        });
        Ok(found
            .map(|(record, _)| shown(&record, &BTreeMap::new()))
            .collect())
    }
}

fn dangling(filters: &Filters) -> Result<Option<bool>> {
    let bad = || {
        Error::invalid(
            "invalid value for filter 'dangling', must be \"true\" (or \"1\"), or \"false\" (or \"0\")",
        )
    };
    match filters.has("dangling") {
        true => Ok(Some(filters.boolean("dangling", false).map_err(|_| bad())?)),
        false => Ok(None),
    }
}

/// Whether a network has the labels that a filter asks for.
pub(super) fn has_labels(filters: &Filters, record: &NetworkRecord) -> bool {
    let labels = record.labels.as_ref();
    filters.labels(|key| labels.and_then(|l| l.get(key)).map(String::as_str))
}
