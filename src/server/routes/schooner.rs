//! Our own few verbs, under a path that Docker does not use: checking the state folder, licences, leaving.

use super::Answer;
use crate::engine::Severity;
use crate::engine::catalogue::licences;
use crate::server::reply::{empty, json};
use crate::server::request::Call;
use crate::server::{Leaving, Shared};
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

/// What each layer of an image does to its files.
pub async fn layers(shared: &Shared, name: &str) -> Answer {
    Ok(json(
        StatusCode::OK,
        &shared.engine.image_layers(name).await?,
    ))
}

/// What each program of an image asks of its engine.
pub async fn programs(shared: &Shared, name: &str) -> Answer {
    Ok(json(
        StatusCode::OK,
        &shared.engine.image_check(name).await?,
    ))
}

/// The terms of every program inside the images.
pub fn licenses() -> Answer {
    let notes: Vec<_> = licences()
        .into_iter()
        .map(|n| {
            serde_json::json!({"program": n.program, "licence": n.licence, "source": n.source, "crates": n.crates})
        })
        .collect();
    Ok(json(StatusCode::OK, &notes))
}

/// Stops every container, as `docker stop` with the same `t` and `signal`, and leaves. Answers in between.
pub async fn stop(shared: &Shared, call: &Call) -> Answer {
    let options = super::containers::stop_options(call)?;
    shared.leaving.send_if_modified(|leaving| {
        let first = matches!(leaving, Leaving::Stays);
        if first {
            *leaving = Leaving::Asked(options);
        }
        first
    });
    let mut leaving = shared.leaving.subscribe();
    // The sender is `shared`'s.
    let _ = leaving.wait_for(|l| matches!(l, Leaving::Stopped)).await;
    Ok(empty(StatusCode::NO_CONTENT))
}
