//! `info`: what this engine is, honestly, in the fields that clients read.

use super::{DOCKER_VERSION, HOST, KERNEL};
use crate::engine::container::DRIVER;
use crate::engine::state::Phase;
use crate::engine::{Engine, Result, blocking};
use crate::wire::Info;
use crate::wire::info::{Plugins, Runtime, Swarm};
use serde_json::json;
use std::collections::BTreeMap;

impl Engine {
    pub async fn info(&self) -> Result<Info> {
        let phases: Vec<Phase> = self.containers.all().iter().map(|c| c.phase()).collect();
        let count = |on: fn(Phase) -> bool| phases.iter().filter(|p| on(**p)).count() as i64;
        let images = self.images.clone();
        let images = blocking(move || images.all()).await?.len() as i64;
        let words = |list: &[&str]| {
            list.iter()
                .map(|w| (*w).to_owned())
                .collect::<Vec<String>>()
        };
        Ok(Info {
            id: self.facts.id.clone(),
            containers: phases.len() as i64,
            containers_running: count(|p| p == Phase::Running),
            containers_paused: count(|p| p == Phase::Paused),
            // Docker counts one between two runs here.
            containers_stopped: count(|p| !matches!(p, Phase::Running | Phase::Paused)),
            images,
            driver: DRIVER.to_owned(),
            driver_status: vec![[
                "Layers".to_owned(),
                "tar and index, never unpacked".to_owned(),
            ]],
            plugins: Plugins {
                volume: Vec::new(),
                network: Vec::new(),
                authorization: None,
                log: crate::engine::logs::known(),
            },
            memory_limit: true,
            // There is no swap, so a limit for both holds with the one for memory.
            swap_limit: true,
            cpu_cfs_period: true,
            cpu_cfs_quota: true,
            cpu_shares: true,
            cpu_set: true,
            pids_limit: true,
            system_time: self.clock.now().rfc3339(),
            logging_driver: "json-file".to_owned(),
            cgroup_driver: "none".to_owned(),
            n_events_listener: self.events.listeners() as i64,
            kernel_version: KERNEL.to_owned(),
            operating_system: "Schooner (WASI sandbox)".to_owned(),
            os_type: "linux".to_owned(),
            architecture: "wasm32".to_owned(),
            index_server_address: "https://index.docker.io/v1/".to_owned(),
            registry_config: json!({
                "IndexConfigs": {"docker.io": {"Mirrors": [], "Name": "docker.io", "Official": true, "Secure": true}},
                "InsecureRegistryCIDRs": ["::1/128", "127.0.0.0/8"],
                "Mirrors": null,
            }),
            ncpu: i64::from(self.facts.cpus),
            mem_total: self.facts.memory,
            docker_root_dir: self.facts.root.clone(),
            name: HOST.to_owned(),
            server_version: DOCKER_VERSION.to_owned(),
            runtimes: BTreeMap::from([(
                "wasi".to_owned(),
                Runtime {
                    path: "built in".to_owned(),
                    status: None,
                },
            )]),
            default_runtime: "wasi".to_owned(),
            swarm: Swarm {
                local_node_state: "inactive".to_owned(),
                ..Swarm::default()
            },
            init_binary: "built in".to_owned(),
            security_options: words(&["name=wasi"]),
            ..Info::default()
        })
    }
}
