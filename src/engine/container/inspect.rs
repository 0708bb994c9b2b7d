//! `inspect`: everything about one container, as Docker shows it.

use super::Container;
use crate::engine::health::Health;
use crate::engine::logs::Driver;
use crate::engine::record::Record;
use crate::engine::state::Phase;
use crate::engine::{Engine, Result, blocking};
use crate::wire::{ContainerInspect, ContainerState, GraphDriver, NetworkSettings, StringMap};

/// The name of our storage driver: an index over layer tars, with an overlay on top.
pub(in crate::engine) const DRIVER: &str = "overlay-index";

impl Engine {
    pub async fn inspect(&self, id: &str, size: bool) -> Result<ContainerInspect> {
        let container = self.find(id)?;
        let record = container.look(Clone::clone);
        let mut out = self.shown(&container, &record);
        if size {
            let runtime = self.runtime.clone();
            let (rw, all) = blocking(move || Ok(runtime.sizes(&record))).await?;
            out.size_rw = Some(rw);
            out.size_root_fs = Some(all);
        }
        Ok(out)
    }

    fn shown(&self, container: &Container, record: &Record) -> ContainerInspect {
        let state = &record.state;
        // The files of a container that never ran do not exist yet; Docker shows no paths then.
        let never_ran = state.phase == Phase::Created;
        let file = |name: &str| {
            if never_ran {
                String::new()
            } else {
                self.logs.path(&record.id, name)
            }
        };
        let execs = self.execs.of(&record.id);
        ContainerInspect {
            id: record.id.clone(),
            created: record.created.rfc3339(),
            path: record.path.clone(),
            args: record.args.clone(),
            state: ContainerState {
                status: state.phase.word().to_owned(),
                running: state.phase.is_alive(),
                paused: state.phase == Phase::Paused,
                restarting: state.phase == Phase::Restarting,
                oom_killed: state.oom_killed,
                dead: state.phase == Phase::Dead,
                pid: state.pid,
                exit_code: state.exit_code,
                error: state.error.clone(),
                started_at: state.started_at.rfc3339(),
                finished_at: state.finished_at.rfc3339(),
                health: state.health.as_ref().map(Health::shown),
            },
            image: record.image.clone(),
            resolv_conf_path: file("resolv.conf"),
            hostname_path: file("hostname"),
            hosts_path: file("hosts"),
            log_path: if never_ran || Driver::of(record) != Driver::JsonFile {
                String::new()
            } else {
                container.log.path()
            },
            name: format!("/{}", record.name),
            restart_count: record.restart_count,
            driver: DRIVER.to_owned(),
            platform: "linux".to_owned(),
            exec_ids: (!execs.is_empty()).then_some(execs),
            host_config: record.host_config.clone(),
            graph_driver: GraphDriver {
                data: Some(StringMap::from([("ID".to_owned(), record.id.clone())])),
                name: DRIVER.to_owned(),
            },
            mounts: record.mounts.iter().map(|m| m.point.clone()).collect(),
            config: record.config.clone(),
            network_settings: NetworkSettings {
                networks: record.networks.clone(),
                ..NetworkSettings::default()
            },
            ..ContainerInspect::default()
        }
    }
}
