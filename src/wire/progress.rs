//! One line of the streams that pull, import, load and build answer with.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Docker's `jsonmessage.JSONMessage`. Absent fields are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(rename = "progressDetail", skip_serializing_if = "Option::is_none")]
    pub progress_detail: Option<ProgressDetail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(rename = "errorDetail", skip_serializing_if = "Option::is_none")]
    pub error_detail: Option<ErrorDetail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aux: Option<Value>,
}

/// How far a transfer has come; empty as `{}` where there is nothing to count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProgressDetail {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// The error that ended the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorDetail {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    pub message: String,
}

impl Progress {
    /// A line of text without a subject.
    pub fn status(text: impl Into<String>) -> Self {
        Progress {
            status: Some(text.into()),
            ..Progress::default()
        }
    }

    /// A step of one layer.
    pub fn layer(id: impl Into<String>, text: impl Into<String>) -> Self {
        Progress {
            status: Some(text.into()),
            progress_detail: Some(ProgressDetail::default()),
            id: Some(id.into()),
            ..Progress::default()
        }
    }

    /// The end of a stream that failed after its first byte.
    pub fn failed(message: impl Into<String>, code: Option<i64>) -> Self {
        let message = message.into();
        Progress {
            error_detail: Some(ErrorDetail {
                code,
                message: message.clone(),
            }),
            error: Some(message),
            ..Progress::default()
        }
    }
}
