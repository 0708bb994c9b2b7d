//! `POST /containers/{id}/update`. The request is a `HostConfig` of which only the limits and the restart policy count.

use serde::{Deserialize, Serialize};

/// Docker's `container.UpdateResponse`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct UpdateResponse {
    /// `null` when there is none.
    pub warnings: Option<Vec<String>>,
}
