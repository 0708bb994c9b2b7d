//! What `schooner licenses` says about the programs inside the images.

use super::programs;

/// One program and the terms it comes under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenceNote {
    pub program: &'static str,
    /// SPDX expression of the program as a whole.
    pub licence: &'static str,
    /// Folder of its complete source in this repository.
    pub source: &'static str,
    /// Linked third-party crates, `name version licence`.
    pub crates: &'static [String],
}

/// Every program of the pack, in the order of their names.
pub fn licences() -> Vec<LicenceNote> {
    programs()
        .iter()
        .map(|program| LicenceNote {
            program: &program.name,
            licence: &program.licence,
            source: &program.source,
            crates: &program.crates,
        })
        .collect()
}
