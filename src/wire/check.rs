//! Our own `GET /schooner/check`: what is not as it should be in the state folder.

use serde::{Deserialize, Serialize};

/// One finding; the answer is a list of them, empty for a clean folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CheckFinding {
    /// Something that a record promises is damaged or missing; otherwise it merely takes space.
    pub damage: bool,
    /// What it is: `blob sha256:…`, `image sha256:…`, `container …`.
    pub object: String,
    pub what: String,
}
