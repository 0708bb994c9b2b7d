//! Our own few verbs, under a path that Docker does not use: checking the state folder, and leaving.

use super::Answer;
use crate::engine::Severity;
use crate::server::Shared;
use crate::server::reply::{empty, json};
use crate::wire::CheckFinding;
use hyper::StatusCode;

/// Looks at every record and blob; the answer lists what is damaged or left over.
pub async fn check(shared: &Shared) -> Answer {
    let found = shared.engine.check().await?;
    let findings = found.into_iter().map(|f| CheckFinding {
        damage: f.severity == Severity::Damage,
        object: f.object,
        what: f.what,
    });
    Ok(json(StatusCode::OK, &findings.collect::<Vec<_>>()))
}

/// Answers first, then stops every container and leaves.
pub fn stop(shared: &Shared) -> Answer {
    shared.leave.send_replace(true);
    Ok(empty(StatusCode::NO_CONTENT))
}
