//! `pack`: from recipes and built programs to `dist/pack.tar.zst` and `dist/manifest.json`.
//!
//! Runs on the host, as the last step of `guest-images/build`. Everything it writes is sorted and carries fixed times and owners, so the
//! same inputs give the same bytes in any folder. Usage: `pack GUEST_IMAGES_FOLDER FOLDER_WITH_WASM`.

mod image;
mod layer;
mod recipe;
mod sources;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Blobs by digest.
#[derive(Default)]
pub struct Blobs(BTreeMap<String, Vec<u8>>);

impl Blobs {
    /// Adds a blob and describes it as OCI does.
    pub fn add(&mut self, media_type: &str, bytes: Vec<u8>) -> Value {
        let hex = hex(&bytes);
        let descriptor = json!({ "mediaType": media_type, "digest": format!("sha256:{hex}"), "size": bytes.len() });
        self.0.insert(hex, bytes);
        descriptor
    }
}

/// The sha256 in hex.
pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(root), Some(wasm)) = (arguments.next(), arguments.next()) else {
        return Err("usage: pack GUEST_IMAGES_FOLDER FOLDER_WITH_WASM".into());
    };
    let (root, wasm) = (Path::new(&root), Path::new(&wasm));
    let programs = recipe::programs(&root.join("images/programs.toml"))?;
    let mut blobs = Blobs::default();
    let mut binaries = BTreeMap::new();
    let mut listed = Vec::new();
    for program in &programs {
        let bytes = fs::read(wasm.join(format!("{}.wasm", program.name)))
            .map_err(|error| format!("{}.wasm: {error}", program.name))?;
        let crates =
            fs::read_to_string(wasm.join(format!("{}.crates", program.name))).unwrap_or_default();
        listed.push(json!({
            "name": program.name,
            "digest": format!("sha256:{}", hex(&bytes)),
            "size": bytes.len(),
            "licence": program.licence,
            "source": program.source,
            "commands": program.all_commands(),
            "crates": crates.lines().filter(|line| !line.trim().is_empty()).map(str::trim).collect::<Vec<_>>(),
        }));
        binaries.insert(program.name.clone(), bytes);
    }
    let tools = layer::tools(&programs, &binaries)?;
    let tools = blobs.add(image::LAYER, tools);
    let mut images = Vec::new();
    let mut index = Vec::new();
    for folder in recipe::folders(&root.join("images"))? {
        let recipe = recipe::read(&folder)?;
        let built = image::build(&recipe, &programs, &binaries, &tools, &mut blobs)?;
        for tag in &recipe.tags {
            let mut entry = built["manifest"].clone();
            entry["annotations"] = json!({
                "org.opencontainers.image.ref.name": tag,
                "io.containerd.image.name": format!("docker.io/{}:{tag}", recipe.repository()),
            });
            entry["platform"] = json!({ "architecture": "wasm", "os": "wasi" });
            index.push(entry);
        }
        images.push(built);
    }
    let archive = archive(&blobs, &index)?;
    let dist = root.join("dist");
    fs::create_dir_all(&dist)?;
    let manifest = json!({
        "schema": 1,
        "sources": format!("sha256:{}", sources::hash(root)?),
        "pack": { "digest": format!("sha256:{}", hex(&archive)), "size": archive.len() },
        "images": images,
        "programs": listed,
    });
    fs::write(dist.join("pack.tar.zst"), &archive)?;
    fs::write(
        dist.join("manifest.json"),
        serde_json::to_string_pretty(&manifest)? + "\n",
    )?;
    println!(
        "{} images, {} programs, {} blobs, {} bytes",
        images.len(),
        programs.len(),
        blobs.0.len(),
        archive.len()
    );
    Ok(())
}

/// The OCI layout as one zstd-compressed tar.
fn archive(blobs: &Blobs, index: &[Value]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut tar = layer::Layer::new();
    tar.file(
        "oci-layout",
        0o644,
        (0, 0),
        0,
        br#"{"imageLayoutVersion":"1.0.0"}"#,
    )?;
    let index = json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": index });
    tar.file("index.json", 0o644, (0, 0), 0, index.to_string().as_bytes())?;
    for (hex, bytes) in &blobs.0 {
        tar.file(&format!("blobs/sha256/{hex}"), 0o644, (0, 0), 0, bytes)?;
    }
    // A wide window lets similar programs share; 27 is what every decoder accepts by itself.
    let mut encoder = zstd::Encoder::new(Vec::new(), 19)?;
    encoder.long_distance_matching(true)?;
    encoder.window_log(26)?;
    encoder.include_checksum(true)?;
    std::io::Write::write_all(&mut encoder, &tar.finish()?)?;
    Ok(encoder.finish()?)
}
