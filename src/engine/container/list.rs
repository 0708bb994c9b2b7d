//! `ps`: the list of containers.

use super::inspect::shown_ports;
use super::list_filter::Selection;
use super::status::status_text;
use crate::engine::options::ListOptions;
use crate::engine::record::Record;
use crate::engine::{Engine, Result, Timestamp, blocking};
use crate::wire::summary::{SummaryHostConfig, SummaryNetworkSettings};
use crate::wire::{ContainerSummary, Port, PortBinding};

impl Engine {
    /// The newest first. Only running ones unless `all`, `limit`, or a filter on the state says otherwise.
    pub async fn list(&self, options: ListOptions) -> Result<Vec<ContainerSummary>> {
        let mut records: Vec<Record> = self
            .containers
            .all()
            .iter()
            .map(|c| c.look(Clone::clone))
            .collect();
        records.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.id.cmp(&b.id)));
        let filters = &options.filters;
        let ancestors = self.ancestors(filters.get("ancestor")).await;
        let selection = Selection::new(filters, &records, ancestors, |text| {
            self.find(text).map(|c| c.look(|r| r.created))
        })?;
        let everything =
            options.all || options.limit > 0 || filters.has("status") || filters.has("exited");
        let limit = usize::try_from(options.limit)
            .ok()
            .filter(|n| *n > 0)
            .unwrap_or(usize::MAX);
        let chosen: Vec<Record> = records
            .into_iter()
            .filter(|r| (everything || r.state.phase.is_alive()) && selection.holds(r))
            .take(limit)
            .collect();
        let now = self.clock.now();
        let runtime = self.runtime.clone();
        blocking(move || {
            let sizes = |r: &Record| {
                if options.size {
                    runtime.sizes(r)
                } else {
                    (0, 0)
                }
            };
            Ok(chosen.iter().map(|r| summary(r, now, sizes(r))).collect())
        })
        .await
    }

    /// The ids of the images that an `ancestor` filter names; an unknown image selects nothing.
    async fn ancestors(&self, names: &[String]) -> Option<Vec<String>> {
        if names.is_empty() {
            return None;
        }
        let (images, names) = (self.images.clone(), names.to_vec());
        let found = blocking(move || {
            Ok(names
                .iter()
                .filter_map(|n| images.resolve(n).ok())
                .map(|i| i.id.clone())
                .collect())
        })
        .await;
        Some(found.unwrap_or_default())
    }
}

fn summary(
    record: &Record,
    now: Timestamp,
    (size_rw, size_root_fs): (i64, i64),
) -> ContainerSummary {
    ContainerSummary {
        id: record.id.clone(),
        names: vec![format!("/{}", record.name)],
        image: record.config.image.clone(),
        image_id: record.image.clone(),
        command: record.command(),
        created: record.created.seconds(),
        ports: ports(record),
        size_rw,
        size_root_fs,
        labels: record.config.labels.clone().unwrap_or_default(),
        state: record.state.phase.word().to_owned(),
        status: status_text(record, now),
        host_config: SummaryHostConfig {
            network_mode: record.host_config.network_mode.clone(),
            annotations: record.host_config.annotations.clone(),
        },
        network_settings: SummaryNetworkSettings {
            networks: record.networks.clone(),
        },
        mounts: record.mounts.iter().map(|m| m.point.clone()).collect(),
    }
}

/// The ports of a running container, one for each address of the host.
fn ports(record: &Record) -> Vec<Port> {
    if !record.state.phase.is_alive() {
        return Vec::new();
    }
    let mut all = Vec::new();
    for (port, bindings) in shown_ports(record) {
        let (number, kind) = port.split_once('/').unwrap_or((&port, "tcp"));
        let Ok(private_port) = number.parse() else {
            continue;
        };
        let one = Port {
            private_port,
            kind: kind.to_owned(),
            ..Port::default()
        };
        let public = |binding: &PortBinding| Port {
            ip: binding.host_ip.clone(),
            public_port: binding.host_port.parse().unwrap_or_default(),
            ..one.clone()
        };
        match bindings {
            Some(bindings) => all.extend(bindings.iter().map(public)),
            None => all.push(one),
        }
    }
    all
}
