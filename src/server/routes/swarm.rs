//! Clusters: there are none here. What asks a node that is in no cluster is answered in Docker's words; making or joining one is
//! refused in ours.

use super::Answer;
use crate::engine::Error;
use hyper::Method;

const NO_MANAGER: &str = "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.";

/// Any request below `/swarm`, `/nodes`, `/services`, `/tasks`, `/secrets` and `/configs`.
pub fn answer(method: &Method, path: &[&str]) -> Answer {
    let error = match (method.as_str(), path) {
        ("POST", ["swarm", "leave"]) => Error::unavailable("This node is not part of a swarm"),
        ("POST", ["swarm", "init" | "join"]) => {
            Error::not_implemented("this engine runs on one machine and makes no swarms")
        }
        _ => Error::unavailable(NO_MANAGER),
    };
    Err(error.into())
}
