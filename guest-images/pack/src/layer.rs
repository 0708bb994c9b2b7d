//! Layer tars with nothing in them that depends on the machine: sorted by the caller, fixed times, numeric owners.

use std::collections::BTreeMap;
use std::io;

use crate::recipe::Program;

/// Where the programs live inside every image that has them.
pub const HOME: &str = "usr/lib/schooner";

/// 2025-07-15 00:00:00 UTC: the time of everything that has none of its own.
pub const TIME: u64 = 1_752_537_600;

/// A tar under construction.
pub struct Layer {
    builder: tar::Builder<Vec<u8>>,
}

impl Layer {
    pub fn new() -> Self {
        let mut builder = tar::Builder::new(Vec::new());
        builder.mode(tar::HeaderMode::Deterministic);
        Self { builder }
    }

    fn header(
        kind: tar::EntryType,
        mode: u32,
        owner: (u64, u64),
        time: u64,
        size: u64,
    ) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(owner.0);
        header.set_gid(owner.1);
        header.set_mtime(time);
        header.set_size(size);
        header
    }

    pub fn directory(
        &mut self,
        path: &str,
        mode: u32,
        owner: (u64, u64),
        time: u64,
    ) -> io::Result<()> {
        let mut header = Self::header(tar::EntryType::Directory, mode, owner, time, 0);
        self.builder
            .append_data(&mut header, format!("{path}/"), io::empty())
    }

    pub fn file(
        &mut self,
        path: &str,
        mode: u32,
        owner: (u64, u64),
        time: u64,
        bytes: &[u8],
    ) -> io::Result<()> {
        let mut header = Self::header(
            tar::EntryType::Regular,
            mode,
            owner,
            time,
            bytes.len() as u64,
        );
        self.builder.append_data(&mut header, path, bytes)
    }

    pub fn symlink(&mut self, path: &str, target: &str, time: u64) -> io::Result<()> {
        let mut header = Self::header(tar::EntryType::Symlink, 0o777, (0, 0), time, 0);
        self.builder.append_link(&mut header, path, target)
    }

    pub fn finish(self) -> io::Result<Vec<u8>> {
        self.builder.into_inner()
    }
}

/// The layer that all images with a userland share: the program files.
pub fn tools(programs: &[Program], binaries: &BTreeMap<String, Vec<u8>>) -> io::Result<Vec<u8>> {
    let mut layer = Layer::new();
    for path in ["usr", "usr/lib", HOME] {
        layer.directory(path, 0o755, (0, 0), TIME)?;
    }
    let mut names: Vec<&str> = programs
        .iter()
        .filter(|program| program.shared)
        .map(|program| program.name.as_str())
        .collect();
    names.sort_unstable();
    for name in names {
        layer.file(
            &format!("{HOME}/{name}.wasm"),
            0o755,
            (0, 0),
            TIME,
            &binaries[name],
        )?;
    }
    layer.finish()
}
