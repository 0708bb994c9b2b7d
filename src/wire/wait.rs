//! `POST /containers/{id}/wait`.

use serde::{Deserialize, Serialize};

/// How a container ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WaitResponse {
    #[serde(rename = "Error", skip_serializing_if = "Option::is_none")]
    pub error: Option<WaitError>,
    #[serde(rename = "StatusCode")]
    pub status_code: i64,
}

/// Why waiting itself failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WaitError {
    #[serde(rename = "Message", skip_serializing_if = "String::is_empty")]
    pub message: String,
}
