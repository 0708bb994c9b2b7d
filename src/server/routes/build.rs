//! Builds: `POST /build` reads a context and answers with lines, `POST /build/prune` removes caches.

use super::Answer;
use crate::base::platform::Platform;
use crate::engine::{BuildOptions, Credentials, Error, Frontend};
use crate::server::Shared;
use crate::server::error::Refusal;
use crate::server::reply::{json, lines};
use crate::server::request::{Call, credentials};
use crate::wire::{AuthConfig, HostConfig, StringMap, Ulimit};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hyper::StatusCode;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// The name of BuildKit's frontend: our own client asks with it for the language and the history of BuildKit, told in classic lines.
const DOCKERFILE: &str = "dockerfile.v0";

/// Answers with one JSON document a line; what is wrong before the first one has a status.
pub async fn build(shared: &Shared, call: Call) -> Answer {
    let options = options(&call)?;
    let lines_of_it = shared.engine.build(call.into_stream(), options).await?;
    Ok(lines(lines_of_it, b"\r\n"))
}

/// The caches of `RUN --mount`: those of steps are the images themselves, which `image prune` removes.
pub async fn prune(shared: &Shared, call: &Call) -> Answer {
    let known = [
        "label",
        "label!",
        "until",
        "until!",
        "id",
        "parent",
        "type",
        "description",
        "inuse",
        "shared",
        "private",
    ];
    let filters = call.filters()?;
    let failed = |e: Error| e.context("failed to prune build cache");
    filters.only(&known).map_err(failed)?;
    let older = call.query.number("keep-storage")?;
    let keep: i64 = call
        .query
        .number("reserved-space")?
        .or(older)
        .unwrap_or_default();
    let keep = u64::try_from(keep).unwrap_or_default();
    let pruned = shared.engine.build_prune(&filters, keep).await;
    Ok(json(StatusCode::OK, &pruned.map_err(failed)?))
}

fn options(call: &Call) -> Result<BuildOptions, Refusal> {
    let query = &call.query;
    let text = |name: &str| query.get(name).unwrap_or_default().to_owned();
    let number = |name: &str| query.number(name).map(Option::unwrap_or_default);
    let host = HostConfig {
        memory: number("memory")?,
        memory_swap: number("memswap")?,
        cpu_shares: number("cpushares")?,
        cpu_period: number("cpuperiod")?,
        cpu_quota: number("cpuquota")?,
        cpuset_cpus: text("cpusetcpus"),
        cpuset_mems: text("cpusetmems"),
        cgroup_parent: text("cgroupparent"),
        shm_size: number("shmsize")?,
        network_mode: text("networkmode"),
        isolation: text("isolation"),
        extra_hosts: hosts(call)?,
        security_opt: Some(
            query
                .all("securityopt")
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        )
        .filter(|all| !all.is_empty()),
        ulimits: document::<Vec<Ulimit>>(call, "ulimits")?,
        ..HostConfig::default()
    };
    Ok(BuildOptions {
        frontend: match query.get("frontend") {
            Some(DOCKERFILE) => Frontend::BuildKit,
            _ => Frontend::Classic,
        },
        dockerfile: text("dockerfile"),
        tags: query.all("t").map(str::to_owned).collect(),
        remote: text("remote"),
        quiet: query.flag("q"),
        no_cache: query.flag("nocache"),
        cache_from: document(call, "cachefrom")?.unwrap_or_default(),
        pull: query.flag("pull"),
        // Since 1.12 the containers of steps go unless the client says otherwise.
        remove: query.get("rm").is_none() || query.flag("rm"),
        force_remove: query.flag("forcerm"),
        secrets: secrets(call)?,
        args: document(call, "buildargs")?.unwrap_or_default(),
        labels: document::<StringMap>(call, "labels")?.unwrap_or_default(),
        squash: query.flag("squash"),
        target: text("target"),
        platform: match query.get("platform") {
            Some(text) => Some(Platform::parse(text).map_err(|e| Refusal::bad(e.to_string()))?),
            None => None,
        },
        host,
        contexts: Vec::new(),
        network_host: true,
        credentials: logins(call),
    })
}

/// A parameter that is a JSON document.
fn document<T: DeserializeOwned>(call: &Call, name: &str) -> Result<Option<T>, Refusal> {
    let text = call.query.get(name).filter(|text| *text != "null");
    let read = |text: &str| crate::wire::go::from_slice(text.as_bytes());
    let bad = |e| Refusal::bad(format!("error reading {name}: {e}"));
    text.map(read).transpose().map_err(bad)
}

/// The client sends them one by one, older ones as a list.
fn hosts(call: &Call) -> Result<Option<Vec<String>>, Refusal> {
    let all: Vec<&str> = call
        .query
        .all("extrahosts")
        .filter(|h| !h.is_empty())
        .collect();
    match all.as_slice() {
        [] => Ok(None),
        [list] if list.starts_with('[') || *list == "null" => document(call, "extrahosts"),
        all => Ok(Some(all.iter().map(|h| (*h).to_owned()).collect())),
    }
}

/// `X-Schooner-Secrets`: what `RUN --mount=type=secret` may have, as base64 of JSON, by id, each base64 again.
fn secrets(call: &Call) -> Result<BTreeMap<String, Vec<u8>>, Refusal> {
    let Some(header) = call.headers.get("x-schooner-secrets") else {
        return Ok(BTreeMap::new());
    };
    let bad = || Refusal::bad("invalid X-Schooner-Secrets");
    let bytes = URL_SAFE_NO_PAD.decode(header).map_err(|_| bad())?;
    let all: BTreeMap<String, String> = serde_json::from_slice(&bytes).map_err(|_| bad())?;
    let plain =
        |(id, text): (String, String)| Ok((id, URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?));
    all.into_iter().map(plain).collect()
}

/// `X-Registry-Config`: what the user has logged in to, by registry. One that cannot be read proves nothing.
fn logins(call: &Call) -> BTreeMap<String, Credentials> {
    let text = call
        .headers
        .get("x-registry-config")
        .and_then(|v| v.to_str().ok());
    let trimmed = text.unwrap_or_default().trim_end_matches('=');
    let bytes = [URL_SAFE_NO_PAD, STANDARD_NO_PAD]
        .iter()
        .find_map(|alphabet| alphabet.decode(trimmed).ok())
        .unwrap_or_default();
    let all: BTreeMap<String, AuthConfig> = serde_json::from_slice(&bytes).unwrap_or_default();
    let named = |(host, config): (String, AuthConfig)| {
        let host = match host.as_str() {
            // The name under which Docker's own registry is kept.
            "https://index.docker.io/v1/" => "docker.io".to_owned(),
            _ => host,
        };
        (host, credentials(config))
    };
    all.into_iter().map(named).collect()
}
