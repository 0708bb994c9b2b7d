//! Files of a container: `/containers/{id}/archive` and `/containers/{id}/changes`.

use serde::{Deserialize, Serialize};

/// Docker's `PathStat`, which comes in a header, as JSON in base 64.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PathStat {
    pub name: String,
    pub size: i64,
    /// Go's `os.FileMode`: permissions in the low nine bits, kinds from bit 31 down.
    pub mode: u32,
    /// RFC 3339.
    pub mtime: String,
    /// Where a symbolic link leads in the end.
    pub link_target: String,
}

/// Docker's `FilesystemChange`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct FilesystemChange {
    pub path: String,
    /// 0 changed, 1 added, 2 deleted.
    pub kind: u8,
}
