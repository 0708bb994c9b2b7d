//! Our own `GET /schooner/images/{name}/layers` and `…/check`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One step of an image with what its layer does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImageLayer {
    pub instruction: String,
    /// Seconds since the epoch.
    pub created: i64,
    /// Empty when the step changed the config alone.
    pub diff_id: String,
    /// Bytes of the files that the layer brings.
    pub size: i64,
    /// Bytes of lower layers that it hides.
    pub wasted: i64,
    pub files: Option<Vec<LayerFile>>,
}

/// A path that a layer adds, changes or removes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LayerFile {
    pub path: String,
    /// `added`, `changed` or `removed`.
    pub action: String,
    pub size: i64,
    pub hidden: i64,
}

/// A program of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ProgramCheck {
    pub path: String,
    pub size: i64,
    /// `module` or `component`; empty when it is neither.
    pub kind: String,
    /// What it imports from.
    pub imports: Vec<String>,
    /// Imports that only this engine has, by module. With any, the program runs nowhere else.
    pub own: BTreeMap<String, Vec<String>>,
    /// What this engine lacks for it; with any, the program does not run here.
    pub missing: Vec<String>,
    /// Why it is no program.
    pub error: String,
}
