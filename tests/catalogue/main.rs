//! The packed images are what the sources say: a change under `guest-images` without a new pack fails here.
//!
//! The hash is the packer's own (`guest-images/pack/src/sources.rs`), written a second time on purpose: the packer is not part of this workspace.

use std::fs;
use std::path::Path;

use schooner::engine::catalogue;
use sha2::{Digest, Sha256};

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn collect(folder: &Path, under: &str, lines: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if under.is_empty() {
            name.clone()
        } else {
            format!("{under}/{name}")
        };
        if entry.file_type().unwrap().is_dir() {
            if !matches!(name.as_str(), "dist" | "target" | "target-cross" | "tests") {
                collect(&entry.path(), &path, lines);
            }
        } else if path.starts_with("images/")
            || [".rs", ".toml", ".lock"]
                .iter()
                .any(|end| name.ends_with(end))
        {
            let bytes = fs::read(entry.path()).unwrap();
            lines.push(format!("{path}  {}\n", hex(&bytes)));
        }
    }
}

fn manifest() -> serde_json::Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest-images/dist/manifest.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_pack_was_made_from_these_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest-images");
    let mut lines = Vec::new();
    collect(&root, "", &mut lines);
    lines.sort();
    assert_eq!(
        manifest()["sources"].as_str().unwrap(),
        format!("sha256:{}", hex(lines.concat().as_bytes())),
        "guest-images has changed since it was packed: run guest-images/build"
    );
}

#[test]
fn the_pack_is_the_one_that_the_manifest_describes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest-images/dist");
    let pack = fs::read(root.join("pack.tar.zst")).unwrap();
    assert_eq!(
        manifest()["pack"]["digest"].as_str().unwrap(),
        format!("sha256:{}", hex(&pack))
    );
}

#[test]
fn the_images_of_the_first_lessons_are_there() {
    for (name, tag) in [
        ("alpine", "latest"),
        ("alpine", "3.22"),
        ("busybox", "latest"),
        ("ubuntu", "24.04"),
        ("debian", "12"),
        ("docker.io/library/debian", "latest"),
        ("hello-world", "latest"),
    ] {
        assert!(catalogue::find(name, tag).is_some(), "{name}:{tag}");
    }
    assert!(catalogue::find("alpine", "2.6").is_none());
}

#[test]
fn every_program_names_its_licence_and_its_source() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let notes = catalogue::licences();
    assert!(!notes.is_empty());
    for note in notes {
        assert!(!note.licence.is_empty(), "{}", note.program);
        assert!(
            root.join(note.source).join("Cargo.toml").exists(),
            "{}",
            note.program
        );
        if note.program == "sh" {
            assert_eq!(note.licence, "GPL-3.0-or-later");
        }
    }
}
