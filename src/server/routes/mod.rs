//! The table of the API: a verb and a path lead to one function. Files are the API's own nouns.

mod archive;
mod build;
mod containers;
mod distribution;
mod exec;
mod images;
mod networks;
mod schooner;
mod swarm;
mod system;
mod volumes;

use super::error::Refusal;
use super::reply::Reply;
use super::request::Call;
use super::{Shared, buildkit};
use std::sync::Arc;

/// What every route comes back with.
type Answer = Result<Reply, Refusal>;

/// Finds the route and follows it. A path that Docker has and this engine does not is a 404, like any other.
pub async fn route(shared: Arc<Shared>, call: Call) -> Answer {
    let path = call.path.clone();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match (call.method.as_str(), path.as_slice()) {
        ("GET" | "HEAD", ["_ping"]) => system::ping(&shared),
        ("GET", ["version"]) => system::version(&shared),
        ("GET", ["info"]) => system::info(&shared).await,
        ("POST", ["auth"]) => system::auth(&shared, call).await,
        ("GET", ["system", "df"]) => system::disk_usage(&shared, &call).await,
        ("GET", ["events"]) => system::events(&shared, &call).await,

        ("GET", ["containers", "json"]) => containers::list(&shared, &call).await,
        ("POST", ["containers", "create"]) => containers::create(&shared, call).await,
        ("GET", ["containers", id, "json"]) => containers::inspect(&shared, id, &call).await,
        ("GET", ["containers", id, "logs"]) => containers::logs(&shared, id, &call).await,
        ("POST", ["containers", "prune"]) => containers::prune(&shared, &call).await,
        ("GET", ["containers", id, "stats"]) => containers::stats(&shared, id, &call).await,
        ("GET", ["containers", id, "top"]) => containers::top(&shared, id, &call),
        ("POST", ["containers", id, "start"]) => containers::start(&shared, id).await,
        ("POST", ["containers", id, "stop"]) => containers::stop(&shared, id, &call).await,
        ("POST", ["containers", id, "restart"]) => containers::restart(&shared, id, &call).await,
        ("POST", ["containers", id, "pause"]) => containers::pause(&shared, id).await,
        ("POST", ["containers", id, "unpause"]) => containers::unpause(&shared, id).await,
        ("POST", ["containers", id, "update"]) => containers::update(&shared, id, call).await,
        ("POST", ["containers", id, "rename"]) => containers::rename(&shared, id, &call).await,
        ("POST", ["containers", id, "kill"]) => containers::kill(&shared, id, &call).await,
        ("POST", ["containers", id, "wait"]) => containers::wait(&shared, id, &call).await,
        ("POST", ["containers", id, "resize"]) => containers::resize(&shared, id, &call).await,
        ("POST", ["containers", id, "attach"]) => containers::attach(&shared, id, call).await,
        ("HEAD", ["containers", id, "archive"]) => archive::stat(&shared, id, &call).await,
        ("GET", ["containers", id, "archive"]) => archive::get(&shared, id, &call).await,
        ("PUT", ["containers", id, "archive"]) => archive::put(&shared, id, call).await,
        ("GET", ["containers", id, "export"]) => archive::export(&shared, id).await,
        ("GET", ["containers", id, "changes"]) => archive::changes(&shared, id).await,
        // The name of a link has a slash of its own.
        ("DELETE", ["containers", name @ ..]) if !name.is_empty() => {
            containers::remove(&shared, &name.join("/"), &call).await
        }

        ("POST", ["containers", id, "exec"]) => exec::create(&shared, id, call).await,
        ("POST", ["exec", id, "start"]) => exec::start(&shared, id, call).await,
        ("POST", ["exec", id, "resize"]) => exec::resize(&shared, id, &call).await,
        ("GET", ["exec", id, "json"]) => exec::inspect(&shared, id).await,

        ("POST", ["commit"]) => images::commit(&shared, call).await,
        ("GET", ["images", "json"]) => images::list(&shared, &call).await,
        ("POST", ["images", "create"]) => images::create(&shared, call).await,
        ("POST", ["images", "load"]) => images::load(&shared, call).await,
        ("POST", ["images", "prune"]) => images::prune(&shared, &call).await,
        ("GET", ["images", "search"]) => images::search(&shared, &call).await,
        ("GET", ["images", "get"]) => images::save(&shared, None, &call).await,
        // An image's name has slashes of its own.
        (_, ["images", name @ .., last]) => image(&shared, &call, name, last).await,

        ("GET", ["distribution", name @ .., "json"]) if !name.is_empty() => {
            distribution::inspect(&shared, &name.join("/"), &call).await
        }

        ("POST", ["build"]) => build::build(&shared, call).await,
        ("POST", ["build", "prune"]) => build::prune(&shared, &call).await,
        ("POST", ["grpc"]) => buildkit::grpc(&shared, call),
        ("POST", ["session"]) => buildkit::session(&shared, call),

        ("GET", ["networks"]) => networks::list(&shared, &call),
        ("POST", ["networks", "create"]) => networks::create(&shared, call).await,
        ("POST", ["networks", "prune"]) => networks::prune(&shared, &call).await,
        ("GET", ["networks", name]) => networks::inspect(&shared, name),
        ("DELETE", ["networks", name]) => networks::remove(&shared, name).await,
        ("POST", ["networks", name, "connect"]) => networks::connect(&shared, name, call).await,
        ("POST", ["networks", name, "disconnect"]) => {
            networks::disconnect(&shared, name, call).await
        }

        ("GET", ["volumes"]) => volumes::list(&shared, &call),
        ("POST", ["volumes", "create"]) => volumes::create(&shared, call).await,
        ("POST", ["volumes", "prune"]) => volumes::prune(&shared, &call).await,
        ("GET", ["volumes", name]) => volumes::inspect(&shared, name),
        ("DELETE", ["volumes", name]) => volumes::remove(&shared, name, &call).await,

        (
            _,
            path @ [
                "swarm" | "nodes" | "services" | "tasks" | "secrets" | "configs",
                ..,
            ],
        ) => swarm::answer(&call.method, path),

        ("GET", ["schooner", "images", name, "layers"]) => schooner::layers(&shared, name).await,
        ("GET", ["schooner", "images", name, "check"]) => schooner::programs(&shared, name).await,
        ("GET", ["schooner", "check"]) => schooner::check(&shared).await,
        ("GET", ["schooner", "licenses"]) => schooner::licenses(),
        ("POST", ["schooner", "stop"]) => schooner::stop(&shared, &call).await,
        _ => Err(Refusal::no_such_page()),
    }
}

/// What is done to one image; a name that ends like a verb is still a name to `DELETE`.
async fn image(shared: &Arc<Shared>, call: &Call, name: &[&str], last: &str) -> Answer {
    let name = name.join("/");
    match (call.method.as_str(), name.as_str(), last) {
        (_, "", "") => Err(Refusal::no_such_page()),
        ("DELETE", "", last) => images::remove(shared, last, call).await,
        ("DELETE", name, last) => images::remove(shared, &format!("{name}/{last}"), call).await,
        (_, "", _) => Err(Refusal::no_such_page()),
        ("GET", name, "json") => images::inspect(shared, name, call).await,
        ("GET", name, "history") => images::history(shared, name, call).await,
        ("GET", name, "get") => images::save(shared, Some(name), call).await,
        ("POST", name, "push") => images::push(shared, name, call).await,
        ("POST", name, "tag") => images::tag(shared, name, call).await,
        _ => Err(Refusal::no_such_page()),
    }
}
