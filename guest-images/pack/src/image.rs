//! One image: its root file system's layer, its config, its manifest.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::Blobs;
use crate::layer::{HOME, Layer, TIME};
use crate::recipe::{Program, Recipe, Style, mode};

/// Layers are plain tars: the archive around them compresses better than gzip inside it would.
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Commands that Alpine keeps in `/bin` (and `/sbin`); the rest are in `/usr/bin`.
const BIN: &str = "arch ash base64 busybox cat chattr chgrp chmod chown cp date dd df dmesg dnsdomainname echo egrep false fatattr fgrep fsync getopt \
    grep gunzip gzip hostname ionice iostat ipcalc kill link ln login ls mkdir mknod mktemp more mount mountpoint mv netstat nice pidof ping ping6 \
    printenv ps pwd rev rm rmdir run-parts sed setpriv sh sleep stat stty su sync tar touch true umount uname usleep watch zcat";
const SBIN: &str = "apk ifconfig ip route";
const USR_SBIN: &str = "";

enum Node {
    Directory(u32, (u64, u64)),
    File(u32, (u64, u64), Vec<u8>),
    Link(String),
}

fn place(style: Style, command: &str) -> String {
    let among = |list: &str| list.split_whitespace().any(|known| known == command);
    let dir = match style {
        Style::Busybox => "bin",
        Style::Alpine if among(BIN) => "bin",
        Style::Alpine if among(SBIN) => "sbin",
        Style::Alpine if among(USR_SBIN) => "usr/sbin",
        _ => "usr/bin",
    };
    format!("{dir}/{command}")
}

fn collect(
    folder: &Path,
    under: &str,
    recipe: &Recipe,
    nodes: &mut BTreeMap<String, Node>,
) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|_| "a name is not UTF-8")?;
        let path = if under.is_empty() {
            name
        } else {
            format!("{under}/{name}")
        };
        if entry.file_type()?.is_dir() {
            nodes
                .entry(path.clone())
                .or_insert(Node::Directory(0o755, (0, 0)));
            collect(&entry.path(), &path, recipe, nodes)?;
        } else {
            let (mode, owner) = match recipe.modes.get(&format!("/{path}")) {
                Some(text) => mode(text)?,
                None => (0o644, (0, 0)),
            };
            nodes.insert(path, Node::File(mode, owner, fs::read(entry.path())?));
        }
    }
    Ok(())
}

fn trimmed(path: &str) -> String {
    path.trim_matches('/').to_string()
}

/// Builds an image; gives its entry in `manifest.json`.
pub fn build(
    recipe: &Recipe,
    programs: &[Program],
    binaries: &BTreeMap<String, Vec<u8>>,
    tools: &Value,
    blobs: &mut Blobs,
) -> Result<Value, Box<dyn Error>> {
    let mut nodes = BTreeMap::new();
    for (path, text) in &recipe.directories {
        let (mode, owner) = mode(text)?;
        nodes.insert(trimmed(path), Node::Directory(mode, owner));
    }
    for root in recipe.roots.iter().filter(|root| root.is_dir()) {
        collect(root, "", recipe, &mut nodes)?;
    }
    if recipe.style != Style::None {
        for program in programs.iter().filter(|program| program.shared) {
            let family = if recipe.style == Style::Merged {
                &program.large
            } else {
                &program.small
            };
            for command in program
                .commands
                .split_whitespace()
                .chain(family.split_whitespace())
            {
                let path = place(recipe.style, command);
                if !recipe.without.iter().any(|gone| gone == command) && !nodes.contains_key(&path)
                {
                    nodes.insert(path, Node::Link(format!("/{HOME}/{}.wasm", program.name)));
                }
            }
        }
    }
    for (path, target) in &recipe.links {
        nodes.insert(trimmed(path), Node::Link(target.clone()));
    }
    for (path, program) in &recipe.programs {
        let bytes = binaries
            .get(program)
            .ok_or_else(|| format!("{}: no program {program}", recipe.name))?;
        nodes.insert(trimmed(path), Node::File(0o755, (0, 0), bytes.clone()));
    }
    // Directories that nobody mentioned but files need.
    let missing: Vec<String> = nodes
        .keys()
        .flat_map(|path| {
            path.match_indices('/')
                .map(|(at, _)| path[..at].to_string())
                .collect::<Vec<_>>()
        })
        .filter(|path| !nodes.contains_key(path))
        .collect();
    for path in missing {
        nodes.insert(path, Node::Directory(0o755, (0, 0)));
    }
    let mut layer = Layer::new();
    for (path, node) in &nodes {
        match node {
            Node::Directory(mode, owner) => layer.directory(path, *mode, *owner, TIME)?,
            Node::File(mode, owner, bytes) => layer.file(path, *mode, *owner, TIME, bytes)?,
            Node::Link(target) => layer.symlink(path, target, TIME)?,
        }
    }
    let root = blobs.add(LAYER, layer.finish()?);
    let layers = if recipe.style == Style::None {
        vec![root]
    } else {
        vec![tools.clone(), root]
    };
    let config = blobs.add(CONFIG, config(recipe, &layers).to_string().into_bytes());
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config,
        "layers": layers,
        "annotations": { "module.wasm.image/variant": "compat", "org.opencontainers.image.created": recipe.created },
    });
    let manifest = blobs.add(MANIFEST, manifest.to_string().into_bytes());
    Ok(
        json!({ "name": recipe.name, "tags": recipe.tags, "about": recipe.about, "manifest": manifest, "config": config, "layers": layers }),
    )
}

fn config(recipe: &Recipe, layers: &[Value]) -> Value {
    let mut inner = Map::new();
    if !recipe.exposes.is_empty() {
        let ports = recipe.exposes.iter().map(|port| (port.clone(), json!({})));
        inner.insert("ExposedPorts".into(), ports.collect::<Map<_, _>>().into());
    }
    inner.insert("Env".into(), json!(recipe.env));
    if !recipe.entrypoint.is_empty() {
        inner.insert("Entrypoint".into(), json!(recipe.entrypoint));
    }
    inner.insert("Cmd".into(), json!(recipe.cmd));
    if !recipe.volumes.is_empty() {
        let volumes = recipe.volumes.iter().map(|path| (path.clone(), json!({})));
        inner.insert("Volumes".into(), volumes.collect::<Map<_, _>>().into());
    }
    if !recipe.working_dir.is_empty() {
        inner.insert("WorkingDir".into(), json!(recipe.working_dir));
    }
    if !recipe.labels.is_empty() {
        inner.insert("Labels".into(), json!(recipe.labels));
    }
    if !recipe.stop_signal.is_empty() {
        inner.insert("StopSignal".into(), json!(recipe.stop_signal));
    }
    let mut history = Vec::new();
    if recipe.style != Style::None {
        history.push(json!({ "created": recipe.created, "created_by": format!("COPY programs /{HOME} # shared by the catalogue's images") }));
    }
    for (at, line) in recipe.history.iter().enumerate() {
        let mut entry = json!({ "created": recipe.created, "created_by": line });
        if at > 0 {
            entry["empty_layer"] = json!(true);
        }
        history.push(entry);
    }
    let diff_ids: Vec<&Value> = layers.iter().map(|layer| &layer["digest"]).collect();
    json!({
        "architecture": "wasm",
        "config": inner,
        "created": recipe.created,
        "history": history,
        "os": "wasi",
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    })
}
