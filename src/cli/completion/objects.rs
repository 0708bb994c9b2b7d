//! What a command's argument may be: the objects that the engine has now.

use super::Candidate;
use crate::cli::app::App;
use crate::cli::grammar::Verb;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long an engine may take; nobody waits longer for a key.
const PATIENCE: Duration = Duration::from_secs(2);

/// The arguments that a verb takes in this place, counted from 0; `None` where a file may stand.
pub async fn of(app: Option<App>, verb: &Verb, place: usize) -> Option<Vec<Candidate>> {
    let path = verb.paths.last().copied().unwrap_or_default();
    let first = place == 0;
    Some(match path {
        "attach" | "exec" if first => containers(app, |state| state == "running").await,
        "top" | "port" | "rename" | "export" | "diff" | "commit" if !first => Vec::new(),
        "top" => containers(app, |state| state == "running").await,
        "kill" | "pause" | "stop" => containers(app, |state| state == "running").await,
        "unpause" => containers(app, |state| state == "paused").await,
        "start" => containers(app, |state| matches!(state, "created" | "exited")).await,
        "commit" | "container inspect" | "diff" | "export" | "logs" | "port" | "rename"
        | "restart" | "rm" | "stats" | "update" | "wait" => containers(app, |_| true).await,
        "run" | "create" if first => images(app).await,
        // What follows the image belongs to the container.
        "attach" | "exec" | "run" | "create" => return None,
        "history" | "image inspect" | "push" | "rmi" | "save" => images(app).await,
        "tag" if first => images(app).await,
        "inspect" => {
            let mut all = containers(app.clone(), |_| true).await;
            all.extend(images(app.clone()).await);
            all.extend(volumes(app).await);
            all
        }
        "volume inspect" | "volume rm" | "volume remove" => volumes(app).await,
        "build" | "import" | "load" | "cp" => return None,
        _ => Vec::new(),
    })
}

/// The names of containers in a state, with their images.
pub async fn containers(app: Option<App>, wanted: impl Fn(&str) -> bool) -> Vec<Candidate> {
    let found: Vec<crate::wire::ContainerSummary> = get(app, "/containers/json?all=1").await;
    let named = found
        .into_iter()
        .filter(|c| wanted(&c.state))
        .flat_map(|c| {
            let image = c.image;
            let names = c.names.into_iter();
            names.map(move |n| (n.trim_start_matches('/').to_owned(), image.clone()))
        });
    named.collect()
}

/// The tags of images.
pub async fn images(app: Option<App>) -> Vec<Candidate> {
    let found: Vec<crate::wire::ImageSummary> = get(app, "/images/json").await;
    let mut tags = Vec::new();
    for tag in found
        .into_iter()
        .flat_map(|i| i.repo_tags.into_iter().flatten())
    {
        // `alpine` is as good as `alpine:latest`, and shorter.
        let short = tag.strip_suffix(":latest").map(str::to_owned);
        tags.extend(short.map(|t| (t, String::new())));
        tags.push((tag, String::new()));
    }
    tags.sort();
    tags
}

/// The names of volumes.
pub async fn volumes(app: Option<App>) -> Vec<Candidate> {
    let found: crate::wire::VolumeList = get(app, "/volumes").await;
    let volumes = found.volumes.into_iter().flatten();
    volumes.map(|v| (v.name, String::new())).collect()
}

/// The names of networks; an engine without networks has the three that all have.
pub async fn networks(app: Option<App>) -> Vec<Candidate> {
    #[derive(serde::Deserialize)]
    struct Network {
        #[serde(rename = "Name")]
        name: String,
    }
    let found: Vec<Network> = get(app, "/networks").await;
    let mut names: Vec<String> = found.into_iter().map(|n| n.name).collect();
    if names.is_empty() {
        names = ["bridge", "host", "none"].map(str::to_owned).into();
    }
    names.into_iter().map(|n| (n, String::new())).collect()
}

/// Asks an engine that runs already; nothing comes back where none does.
async fn get<T: DeserializeOwned + Default>(app: Option<App>, path: &str) -> T {
    let Some(client) = app.and_then(|a| a.unconnected().ok()) else {
        return T::default();
    };
    let answer = tokio::time::timeout(PATIENCE, client.get(path)).await;
    answer.ok().and_then(Result::ok).unwrap_or_default()
}
