//! One line of the streams that pull, import, load and build answer with.

use crate::base::size;
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

    /// A piece of text that is printed as it is.
    pub fn stream(text: impl Into<String>) -> Self {
        Progress {
            stream: Some(text.into()),
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

    /// A step of one layer that is being counted, in bytes, with the bar that old clients show as it is.
    pub fn counted(
        id: impl Into<String>,
        text: impl Into<String>,
        current: u64,
        total: Option<u64>,
    ) -> Self {
        Progress {
            progress_detail: Some(ProgressDetail {
                current: (current > 0).then_some(current),
                total,
            }),
            progress: bar(current, total),
            ..Progress::layer(id, text)
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

/// Cells of a bar.
const CELLS: u64 = 50;

/// `[=====>    ]  1.2MB/3MB`; without a total only the count, without a count nothing.
fn bar(current: u64, total: Option<u64>) -> Option<String> {
    let shown = size::decimal(current as f64);
    let Some(total) = total.filter(|t| *t > 0) else {
        return (current > 0).then(|| format!("{shown:>8}"));
    };
    let done = (current as f64 / total as f64 * 100.0) as u64 / 2;
    let done = done.min(CELLS) as usize;
    let (full, left) = ("=".repeat(done), " ".repeat(CELLS as usize - done));
    let counts = match current > total {
        true => format!("{shown:>8}"),
        false => format!("{shown:>8}/{}", size::decimal(total as f64)),
    };
    Some(format!("[{full}>{left}] {counts}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_dockers() {
        let shown = |current, total| bar(current, total).unwrap_or_default();
        let cells = |full: usize| format!("[{}>{}]", "=".repeat(full), " ".repeat(50 - full));
        assert_eq!(shown(20, Some(101)), format!("{}      20B/101B", cells(9)));
        assert_eq!(
            shown(101, Some(101)),
            format!("{}     101B/101B", cells(50))
        );
        assert_eq!(
            shown(36445, Some(3_002_106)),
            format!("{}  36.45kB/3.002MB", cells(0))
        );
        assert_eq!(shown(512, Some(5)), format!("{}     512B", cells(50)));
        assert_eq!(shown(101, None), "    101B");
        assert_eq!(shown(0, None), "");
    }
}
