//! The support table: every import that a guest may name, and what it gets.
//!
//! The linker is checked against it in both directions by a test; `docs/compatibility.md` is generated from it.
//! What a module imports from a known namespace without an entry here answers ENOSYS (see `stubs`).

mod page;
mod preview1;
mod schooner;
mod wasix;

use crate::base::errno::Errno;

/// How far an import is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    Full,
    /// With the difference in words.
    Partial(&'static str),
    /// Always this error number, with the reason in words. Such imports are linked to stubs.
    Error(Errno, &'static str),
}

/// One import.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub name: &'static str,
    pub support: Support,
}

/// One import module.
pub struct Module {
    pub name: &'static str,
    /// What it is, for the page.
    pub about: &'static str,
    pub entries: &'static [Entry],
}

const fn full(name: &'static str) -> Entry {
    Entry {
        name,
        support: Support::Full,
    }
}

const fn partial(name: &'static str, note: &'static str) -> Entry {
    Entry {
        name,
        support: Support::Partial(note),
    }
}

const fn error(name: &'static str, errno: Errno, note: &'static str) -> Entry {
    Entry {
        name,
        support: Support::Error(errno, note),
    }
}

/// The three modules.
pub const MODULES: [Module; 3] = [
    Module {
        name: "wasi_snapshot_preview1",
        about: "WASI preview 1: what C (wasi-libc), Rust (`wasm32-wasip1`), Go (`GOOS=wasip1`) and others compile to.",
        entries: preview1::ENTRIES,
    },
    Module {
        name: "wasix_32v1",
        about: "WASIX: the existing convention for processes, pipes and terminals beyond preview 1.",
        entries: wasix::ENTRIES,
    },
    Module {
        name: "schooner",
        about: "This engine's own module, for what both lack. `guest-images/sys` (crate `schooner-sys`) is its Rust side.",
        entries: schooner::ENTRIES,
    },
];

/// The entry of an import; `None` when the name is not in the table.
pub fn find(module: &str, name: &str) -> Option<&'static Entry> {
    let module = MODULES.iter().find(|known| known.name == module)?;
    module.entries.iter().find(|entry| entry.name == name)
}

/// Whether this is one of the three modules.
pub fn knows(module: &str) -> bool {
    MODULES.iter().any(|known| known.name == module)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_import_once() {
        for module in &MODULES {
            let names: HashSet<_> = module.entries.iter().map(|entry| entry.name).collect();
            assert_eq!(names.len(), module.entries.len(), "{}", module.name);
        }
        assert_eq!(MODULES[0].entries.len(), 46);
    }
}
