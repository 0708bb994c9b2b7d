//! `registry garbage-collect`: marks what manifests name, and removes every blob that is not marked. Nobody may push meanwhile,
//! as with the real one: what is not named yet would go.

use crate::settings::Settings;
use crate::store::Store;
use serde_json::Value;
use std::collections::BTreeSet;

/// What is asked for.
pub struct Plan {
    /// Only tell.
    pub dry: bool,
    /// Manifests without a tag go too.
    pub untagged: bool,
}

/// Collects; the exit code.
pub fn run(settings: &Settings, plan: &Plan) -> Result<i32, String> {
    let store = Store::new(settings.folder());
    let told = |error: std::io::Error| applet::words(&error);
    let mut marked = BTreeSet::new();
    for name in store.repositories() {
        println!("{name}");
        let tags = store.tags(&name).unwrap_or_default();
        let mut tagged: BTreeSet<String> = tags
            .iter()
            .filter_map(|tag| store.tagged(&name, tag))
            .collect();
        // What a tagged index names is as good as tagged.
        for hex in tagged.clone() {
            tagged.extend(named(&store, &name, &hex));
        }
        for hex in store.revisions(&name) {
            if plan.untagged && !tagged.contains(&hex) {
                println!("manifest eligible for deletion: sha256:{hex}");
                if !plan.dry {
                    store.remove_manifest(&name, &hex).map_err(told)?;
                }
                continue;
            }
            println!("{name}: marking manifest sha256:{hex} ");
            for blob in named(&store, &name, &hex) {
                println!("{name}: marking blob sha256:{blob}");
                marked.insert(blob);
            }
            marked.insert(hex);
        }
    }
    let mut gone = store.blobs();
    gone.retain(|hex| !marked.contains(hex));
    println!(
        "\n{} blobs marked, {} blobs and 0 manifests eligible for deletion",
        marked.len(),
        gone.len()
    );
    for hex in &gone {
        println!("blob eligible for deletion: sha256:{hex}");
        if !plan.dry {
            store.remove_blob(hex).map_err(told)?;
        }
    }
    Ok(0)
}

/// The digests that a manifest names, as hexadecimal digits.
fn named(store: &Store, name: &str, hex: &str) -> Vec<String> {
    let bytes = store.manifest(name, hex).unwrap_or_default();
    let manifest: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let lists = ["layers", "manifests"].map(|member| manifest[member].as_array());
    let parts = lists.into_iter().flatten().flatten();
    parts
        .chain([&manifest["config"]])
        .filter_map(|part| crate::route::hex(part["digest"].as_str()?).map(str::to_owned))
        .collect()
}
