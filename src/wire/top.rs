//! `GET /containers/{id}/top`.

use serde::{Deserialize, Serialize};

/// The processes of a container, as `ps` lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TopResponse {
    pub processes: Option<Vec<Vec<String>>>,
    pub titles: Option<Vec<String>>,
}
