//! What a build is asked with, free of HTTP.

use crate::base::platform::Platform;
use crate::engine::options::Credentials;
use crate::wire::{HostConfig, StringMap};
use std::collections::BTreeMap;

/// Which of Docker's two builders is spoken: what an image's history says, what errors say, and what is not built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Frontend {
    /// The one before BuildKit.
    #[default]
    Classic,
    BuildKit,
}

/// What a build is asked with.
#[derive(Clone, Default)]
pub struct BuildOptions {
    pub frontend: Frontend,
    /// The file's path in the context; empty is `Dockerfile`.
    pub dockerfile: String,
    pub tags: Vec<String>,
    /// An address to fetch the context from.
    pub remote: String,
    /// Say nothing but the id.
    pub quiet: bool,
    pub no_cache: bool,
    pub cache_from: Vec<String>,
    /// Ask registries although the images are here.
    pub pull: bool,
    /// Remove containers of steps that went well.
    pub remove: bool,
    /// Remove all containers of steps.
    pub force_remove: bool,
    /// A name without a value takes a default back.
    pub args: BTreeMap<String, Option<String>>,
    pub labels: StringMap,
    pub squash: bool,
    /// The stage to stop after.
    pub target: String,
    pub platform: Option<Platform>,
    /// What `RUN --mount=type=secret` may have, by id, where the client is not asked for it.
    pub secrets: BTreeMap<String, Vec<u8>>,
    /// The names of named contexts.
    pub contexts: Vec<String>,
    /// `RUN --network=host` is allowed.
    pub network_host: bool,
    /// Limits, network and hosts of the containers of `RUN`.
    pub host: HostConfig,
    /// By the name of the registry, as users log in.
    pub credentials: BTreeMap<String, Credentials>,
}
