//! One hash over everything the pack is made from. `tests/catalogue` computes the same and compares it with the manifest.

use std::fs;
use std::io;
use std::path::Path;

use crate::hex;

/// sha256 over the sorted lines `PATH  HEX\n` of the sources: `.rs`, `.toml`, `.lock` anywhere, and everything under `images`.
pub fn hash(root: &Path) -> io::Result<String> {
    let mut lines = Vec::new();
    collect(root, "", &mut lines)?;
    lines.sort();
    Ok(hex(lines.concat().as_bytes()))
}

fn collect(folder: &Path, under: &str, lines: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if under.is_empty() {
            name.clone()
        } else {
            format!("{under}/{name}")
        };
        if entry.file_type()?.is_dir() {
            if !matches!(name.as_str(), "dist" | "target" | "target-cross" | "tests") {
                collect(&entry.path(), &path, lines)?;
            }
        } else if path.starts_with("images/")
            || [".rs", ".toml", ".lock"]
                .iter()
                .any(|end| name.ends_with(end))
        {
            lines.push(format!("{path}  {}\n", hex(&fs::read(entry.path())?)));
        }
    }
    Ok(())
}
