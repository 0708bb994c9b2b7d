//! `save` and `load` over the store. What an archive is made of is `oci::archive`'s.

use super::images::{Told, digest, short};
use super::old_archive;
use super::removal::collect;
use crate::base::digest::Digest;
use crate::base::platform::Platform;
use crate::base::reference::Reference;
use crate::engine::options::LoadOptions;
use crate::engine::ports::Loaded;
use crate::engine::{Error, Result};
use crate::oci::archive::{self, Item, Saved};
use crate::oci::config::{Config, ConfigView};
use crate::oci::layout::{Files, Layout, LayoutImage, TarFiles};
use crate::oci::manifest::{Descriptor, WASM_PLATFORMS};
use crate::oci::{self, LayerData, artifact, compress, limits};
use crate::store::{Expect, Ingest, Store};
use crate::wire::Progress;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::Arc;

/// Writes images with the names that each is to have.
pub fn save(store: &Store, images: &[(String, Vec<Reference>)], to: &mut dyn Write) -> Result<()> {
    let mut saved = Vec::new();
    for (id, references) in images {
        let id = digest(id)?;
        let no_image = || Error::not_found(format!("No such image: {id}"));
        let record = store.images().get(&id)?.ok_or_else(no_image)?;
        if record.layers.is_empty() {
            return Err(Error::system("empty export - not implemented"));
        }
        let config = store.images().config(&id)?;
        let mut layers = Vec::new();
        for layer in &record.layers {
            let size = store.blobs().open_blob(&layer.diff_id)?.len();
            layers.push((layer.diff_id, size));
        }
        let created = crate::base::time::parse_rfc3339(&config.view().created);
        saved.push(Saved {
            created: created.unwrap_or_default().div_euclid(1_000_000_000).max(0),
            config: config.bytes().to_vec(),
            layers,
            references: references.clone(),
            parent: record.parent.filter(|parent| {
                let parent = parent.to_string();
                images.iter().any(|(id, _)| *id == parent)
            }),
        });
    }
    archive::write(&saved, to, |layer| {
        let data = store.blobs().open_blob(layer).map_err(io::Error::other)?;
        Ok(Box::new(Whole { data, offset: 0 }))
    })?;
    Ok(())
}

/// Reads a blob from its beginning, and keeps it open.
struct Whole {
    data: Arc<dyn LayerData>,
    offset: u64,
}

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.data.read_at(self.offset, buffer)?;
        self.offset += count as u64;
        Ok(count)
    }
}

/// Takes an archive in. It lies in the state folder for as long as this lasts, so that its files can come in any order.
pub fn load(
    store: &Store,
    tar: &mut dyn Read,
    options: &LoadOptions,
    tell: &mut dyn FnMut(Progress),
) -> Result<Vec<Loaded>> {
    let loaded = {
        let mut plain = compress::Reader::new(tar)?;
        let whole = store.scratch(&mut plain)?;
        let files = TarFiles::new(whole.layer.data.clone(), &whole.layer.index);
        match archive::items(&files).map_err(refused)? {
            Some(items) => from_items(store, &files, &items, options, tell),
            None if files.has(old_archive::NAMES) && !files.has("oci-layout") => {
                old_archive::load(store, &files, options, tell).map(|()| Vec::new())
            }
            None => from_layout(store, &files, options, tell),
        }
    };
    collect(store);
    loaded
}

pub(super) fn refused(error: oci::Error) -> Error {
    crate::store::Error::from(error).into()
}

fn from_items(
    store: &Store,
    files: &TarFiles,
    items: &[Item],
    options: &LoadOptions,
    tell: &mut dyn FnMut(Progress),
) -> Result<Vec<Loaded>> {
    let mut loaded = Vec::new();
    let (mut parents, mut unnamed) = (Vec::new(), String::new());
    for item in items {
        let open = |path: &str| match files.open(path.trim_start_matches("./")) {
            Err(oci::Error::Missing(path)) => Err(Error::system(format!(
                "open {path}: no such file or directory"
            ))),
            file => file.map_err(refused),
        };
        let bytes = archive::read(open(&item.config)?).map_err(refused)?;
        let config = Config::parse(bytes).map_err(refused)?;
        check_system(config.view())?;
        if !is_wanted(config.view(), options) {
            continue;
        }
        let diff_ids = &config.view().rootfs.diff_ids;
        let (expected, found) = (item.layers.len(), diff_ids.len());
        if expected != found {
            return Err(Error::system(format!(
                "invalid manifest, layers length mismatch: expected {expected}, got {found}"
            )));
        }
        let mut ingest = store.ingest();
        for (number, (path, diff_id)) in item.layers.iter().zip(diff_ids).enumerate() {
            if ingest.pin(diff_id)? {
                continue;
            }
            let expect = Expect {
                blob: None,
                diff_id: Some(*diff_id),
            };
            let mut quiet = |_| {};
            let tell: &mut dyn FnMut(Progress) = if options.quiet { &mut quiet } else { tell };
            let (total, mut file) = (files.size(path.trim_start_matches("./")), open(path)?);
            let id = short(&diff_id.to_string());
            let mut told = Told::new(&mut file, tell, "Loading layer", id, total);
            ingest.layer(&mut told, expect).map_err(|e| match e {
                crate::store::Error::Input(oci::Error::Digest { expected, found }) => {
                    Error::system(format!(
                        "invalid diffID for layer {number}: expected \"{expected}\", got \"{found}\""
                    ))
                }
                other => other.into(),
            })?;
        }
        let mut references = Vec::new();
        for tag in item.repo_tags.iter().flatten() {
            let reference = Reference::parse(tag)?;
            if reference.tag.is_none() || reference.digest.is_some() {
                return Err(Error::invalid(format!("invalid tag {tag:?}")));
            }
            references.push(reference);
        }
        let one = take(store, &mut ingest, &config, references, tell)?;
        if one.references.is_empty() {
            unnamed += &format!("Loaded image ID: {}\n", one.id);
        }
        parents.push((one.id.clone(), item.parent.clone()));
        loaded.push(one);
    }
    for (id, parent) in parents {
        set_parent(store, &id, &parent)?;
    }
    if !unnamed.is_empty() {
        tell(Progress::stream(unnamed));
    }
    Ok(loaded)
}

/// Makes an image of the archive exist under its names, and tells about each.
fn take(
    store: &Store,
    ingest: &mut Ingest<'_>,
    config: &Config,
    references: Vec<Reference>,
    tell: &mut dyn FnMut(Progress),
) -> Result<Loaded> {
    let id = config.digest();
    let names: Vec<String> = references.iter().map(ToString::to_string).collect();
    for reference in &references {
        tell_renamed(store, &id, reference, tell)?;
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    ingest.commit(config.bytes(), None, &names)?;
    tell_names(&references, tell);
    Ok(Loaded {
        id: id.to_string(),
        references,
    })
}

/// Tells that a name is taken from another image.
pub(super) fn tell_renamed(
    store: &Store,
    id: &Digest,
    reference: &Reference,
    tell: &mut dyn FnMut(Progress),
) -> Result<()> {
    let before = store.images().tagged(&reference.to_string())?;
    if let Some(before) = before.filter(|before| before != id) {
        tell(Progress::stream(format!(
            "The image {} already exists, renaming the old one with ID {before} to empty string\n",
            reference.familiar()
        )));
    }
    Ok(())
}

fn tell_names(references: &[Reference], tell: &mut dyn FnMut(Progress)) {
    for reference in references {
        let line = format!("Loaded image: {}\n", reference.familiar());
        tell(Progress::stream(line));
    }
}

/// A parent counts when it is there and the image stands on its layers.
fn set_parent(store: &Store, id: &str, parent: &str) -> Result<()> {
    let (Ok(id), Ok(parent)) = (id.parse(), parent.parse()) else {
        return Ok(());
    };
    let images = store.images();
    if let (Some(image), Some(below)) = (images.get(&id)?, images.get(&parent)?)
        && id != parent
        && image.layers.starts_with(&below.layers)
    {
        images.set_parent(&id, parent)?;
    }
    Ok(())
}

/// Images of an archive that is an OCI layout and nothing more. Of several platforms under one name, the one that runs
/// here is taken.
fn from_layout(
    store: &Store,
    files: &TarFiles,
    options: &LoadOptions,
    tell: &mut dyn FnMut(Progress),
) -> Result<Vec<Loaded>> {
    let layout = match Layout::open(files) {
        Err(oci::Error::Missing(_)) => {
            let words = "invalid archive: it has neither a manifest.json nor an OCI layout";
            return Err(Error::invalid(words));
        }
        layout => layout.map_err(refused)?,
    };
    let mut by_name: BTreeMap<Option<String>, Vec<(ConfigView, LayoutImage)>> = BTreeMap::new();
    for image in layout.images().map_err(refused)? {
        let bytes = layout.document(&image.manifest.config).map_err(refused)?;
        let view = match artifact::is_artifact(&image.manifest) {
            true => serde_json::from_slice(&bytes).unwrap_or_default(),
            false => Config::parse(bytes).map_err(refused)?.view().clone(),
        };
        if is_wanted(&view, options) {
            let same = by_name.entry(image.name.clone()).or_default();
            same.push((view, image));
        }
    }
    let mut loaded = Vec::new();
    for (name, images) in by_name {
        // Without a name there is nothing that the images would be alternatives for.
        let chosen = match name {
            Some(_) => images
                .into_iter()
                .min_by_key(|(view, _)| rank(view))
                .into_iter()
                .collect(),
            None => images,
        };
        for (view, image) in chosen {
            check_system(&view)?;
            // A bare word is the tag of a repository that the layout does not name.
            let named = image.name.as_deref().filter(|n| n.contains([':', '/']));
            let reference = named.map(Reference::parse).transpose()?;
            let reference = reference.map(Reference::with_default_tag);
            let name = reference.as_ref().map(ToString::to_string);
            let names: Vec<&str> = name.iter().map(String::as_str).collect();
            let id = match artifact::is_artifact(&image.manifest) {
                true => load_artifact(store, &layout, &image, &names)?,
                false => store.load(&layout, &image, &names)?.id.to_string(),
            };
            let references: Vec<Reference> = reference.into_iter().collect();
            tell_names(&references, tell);
            if references.is_empty() {
                tell(Progress::stream(format!("Loaded image ID: {id}\n")));
            }
            loaded.push(Loaded { id, references });
        }
    }
    Ok(loaded)
}

/// Programs instead of layers: an image is made of them.
fn load_artifact(
    store: &Store,
    layout: &Layout<'_>,
    image: &LayoutImage,
    names: &[&str],
) -> Result<String> {
    let config = layout.document(&image.manifest.config).map_err(refused)?;
    let part = |layer: &Descriptor| {
        let mut bytes = Vec::new();
        let blob = layout.blob(layer)?;
        blob.take(limits::PROGRAM)
            .read_to_end(&mut bytes)
            .map_err(oci::Error::from)?;
        Ok(bytes)
    };
    Ok(store
        .take_artifact(&image.manifest, &config, part, names)?
        .id
        .to_string())
}

/// Platforms that run here come first, then Linux.
fn rank(view: &ConfigView) -> usize {
    let own = (view.os.as_str(), view.architecture.as_str());
    let known = WASM_PLATFORMS.iter().position(|p| *p == own);
    known.unwrap_or(WASM_PLATFORMS.len() + usize::from(view.os != "linux"))
}

fn check_system(view: &ConfigView) -> Result<()> {
    if view.os.eq_ignore_ascii_case("windows") {
        return Err(Error::system("cannot load windows image on linux"));
    }
    Ok(())
}

fn is_wanted(view: &ConfigView, options: &LoadOptions) -> bool {
    let own = Platform::new(&view.os, &view.architecture, &view.variant);
    options
        .platform
        .as_ref()
        .is_none_or(|wanted| wanted.answers_for(&own))
}
