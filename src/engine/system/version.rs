//! `version` and `_ping`.

use super::{DOCKER_VERSION, KERNEL};
use crate::engine::Engine;
use crate::engine::options::Ping;
use crate::wire::version::{Component, VersionPlatform};
use crate::wire::{API_VERSION, MIN_API_VERSION, StringMap, Version};

impl Engine {
    /// Clients take `Os` for the images' system, so it stays Docker's `linux`; the platform's name says what this is.
    pub fn version(&self) -> Version {
        let details = [
            ("ApiVersion", API_VERSION),
            ("Arch", "wasm"),
            ("BuildTime", ""),
            ("Experimental", "false"),
            ("GitCommit", ""),
            ("GoVersion", ""),
            ("KernelVersion", KERNEL),
            ("MinAPIVersion", MIN_API_VERSION),
            ("Os", "linux"),
        ];
        let map = |pairs: &[(&str, &str)]| -> StringMap {
            pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect()
        };
        let component = |name: &str, version: &str, details: StringMap| Component {
            name: name.to_owned(),
            version: version.to_owned(),
            details,
        };
        Version {
            platform: VersionPlatform {
                name: format!("Schooner {} (WASI sandbox)", env!("CARGO_PKG_VERSION")),
            },
            components: vec![
                component("Engine", DOCKER_VERSION, map(&details)),
                component(
                    "schooner",
                    env!("CARGO_PKG_VERSION"),
                    map(&[("GitCommit", "")]),
                ),
            ],
            version: DOCKER_VERSION.to_owned(),
            api_version: API_VERSION.to_owned(),
            min_api_version: MIN_API_VERSION.to_owned(),
            os: "linux".to_owned(),
            arch: "wasm".to_owned(),
            kernel_version: KERNEL.to_owned(),
            ..Version::default()
        }
    }

    /// The headers of `_ping`, which every client reads first.
    pub fn ping(&self) -> Ping {
        Ping {
            api_version: API_VERSION,
            os_type: "linux",
            experimental: false,
            // Clients build through BuildKit's door unless they are told otherwise.
            builder_version: "2",
            swarm: "inactive",
            server: format!("Docker/{DOCKER_VERSION} (linux)"),
        }
    }
}
