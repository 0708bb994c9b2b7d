//! The body of every error answer.

use serde::{Deserialize, Serialize};

/// `{"message": …}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorBody {
    pub message: String,
}
