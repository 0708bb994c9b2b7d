//! WebAssembly artifacts: manifests whose layers are programs and not tars.
//!
//! The CNCF's wasm artifact and images with `application/wasm` layers are both read. Each program becomes a file in a layer
//! of its own, and a config says how it is started: an ordinary image, so that everything that knows images knows it.

use super::layer::{Entry, EntryKind};
use super::layer_write::LayerWriter;
use super::manifest::{Descriptor, Manifest};
use crate::base::digest::Digest;
use serde_json::{Value, json};
use std::io;

/// The config of the CNCF's artifact.
pub const CONFIG: &str = "application/vnd.wasm.config.v0+json";

/// Media types of layers that are programs.
const PROGRAMS: [&str; 5] = [
    "application/wasm",
    "application/vnd.wasm.content.layer.v1+wasm",
    "application/vnd.module.wasm.content.layer.v1+wasm",
    "application/vnd.bytecodealliance.wasm.component.layer.v0+wasm",
    "application/vnd.w3c.wasm.module.v1+wasm",
];

/// Whether a layer is a program.
pub fn is_program(layer: &Descriptor) -> bool {
    PROGRAMS.contains(&layer.media_type.as_str())
}

/// Whether an image has to be made of this.
pub fn is_artifact(manifest: &Manifest) -> bool {
    manifest.layers.iter().any(is_program)
}

/// The name of a program in the image: its title without folders, or `module.wasm`.
pub fn file_name(layer: &Descriptor, number: usize) -> String {
    let title = layer.annotations.get("org.opencontainers.image.title");
    let name = title
        .and_then(|t| t.rsplit(['/', '\\']).next())
        .unwrap_or_default();
    let sound = name.len() <= 255 && !name.chars().any(char::is_control);
    match name {
        "" | "." | ".." => {}
        name if sound && !name.starts_with(".wh.") => return name.to_owned(),
        _ => {}
    }
    match number {
        0 => "module.wasm".to_owned(),
        n => format!("module-{n}.wasm"),
    }
}

/// A layer with one program; the same bytes each time.
pub fn layer(name: &str, program: &[u8]) -> io::Result<Vec<u8>> {
    let entry = Entry {
        path: name.to_owned(),
        kind: EntryKind::File,
        mode: 0o755,
        uid: 0,
        gid: 0,
        mtime: 0,
        size: program.len() as u64,
        offset: 0,
        link: String::new(),
        rdev: (0, 0),
    };
    let mut tar = LayerWriter::new(Vec::with_capacity(program.len() + 2048));
    tar.entry(&entry, &mut &program[..])?;
    tar.finish()
}

/// The config of the image: what the artifact's own says, with the first program as entry point where it names none.
pub fn config(own: &[u8], first: &str, diff_ids: &[Digest]) -> Vec<u8> {
    let own: Value = serde_json::from_slice(own).unwrap_or_default();
    let mut runtime = match &own["config"] {
        Value::Object(_) => own["config"].clone(),
        _ => json!({}),
    };
    let says = |key: &str| {
        runtime[key]
            .as_array()
            .is_some_and(|words| !words.is_empty())
    };
    if !says("Entrypoint") && !says("Cmd") {
        runtime["Entrypoint"] = json!([format!("/{first}")]);
    }
    let text = |key: &str, other: &str| match own[key].as_str() {
        Some(text) if !text.is_empty() => text.to_owned(),
        _ => other.to_owned(),
    };
    let made = json!({
        "architecture": text("architecture", "wasm"),
        "author": text("author", ""),
        "config": runtime,
        "created": text("created", "1970-01-01T00:00:00Z"),
        "os": text("os", "wasi"),
        "rootfs": {
            "type": "layers",
            "diff_ids": diff_ids.iter().map(ToString::to_string).collect::<Vec<_>>(),
        },
    });
    made.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn program(title: &str) -> Descriptor {
        Descriptor {
            media_type: "application/wasm".to_owned(),
            digest: Digest::of(b"x"),
            size: 1,
            platform: None,
            annotations: BTreeMap::from([(
                "org.opencontainers.image.title".to_owned(),
                title.to_owned(),
            )]),
        }
    }

    #[test]
    fn a_title_becomes_a_name_and_never_a_path() {
        for (title, name) in [
            ("hello.wasm", "hello.wasm"),
            ("a/../../hello.wasm", "hello.wasm"),
            ("..", "module.wasm"),
            ("", "module.wasm"),
            (".wh.x", "module.wasm"),
            ("a\nb", "module.wasm"),
        ] {
            assert_eq!(file_name(&program(title), 0), name);
        }
        assert_eq!(file_name(&program(""), 2), "module-2.wasm");
    }

    #[test]
    fn the_artifacts_own_words_stay() {
        let read = |own: &[u8]| -> Value {
            serde_json::from_slice(&config(own, "a.wasm", &[Digest::of(b"l")])).unwrap()
        };
        let plain = read(b"{\"os\":\"wasip1\",\"created\":\"2024-01-01T00:00:00Z\"}");
        assert_eq!(plain["os"], "wasip1");
        assert_eq!(plain["config"]["Entrypoint"], json!(["/a.wasm"]));
        let image = read(b"{\"config\":{\"Cmd\":[\"/b.wasm\",\"x\"],\"Env\":[\"A=1\"]}}");
        assert_eq!(image["config"]["Entrypoint"], Value::Null);
        assert_eq!(image["config"]["Env"], json!(["A=1"]));
        assert_eq!(read(b"junk")["architecture"], "wasm");
    }
}
