//! What people write: `images/programs.toml` and `images/NAME/recipe.toml` with `images/NAME/rootfs/` beside it.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A program file and the commands it serves.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    pub name: String,
    pub licence: String,
    pub source: String,
    /// Part of the shared tools layer; `false` for programs that only some recipe names under `programs`.
    #[serde(default = "yes")]
    pub shared: bool,
    /// Commands of every image.
    #[serde(default)]
    pub commands: String,
    /// Commands of the busybox-like images only.
    #[serde(default)]
    pub small: String,
    /// Commands of the GNU-like images only.
    #[serde(default)]
    pub large: String,
}

fn yes() -> bool {
    true
}

impl Program {
    /// Every name, sorted.
    pub fn all_commands(&self) -> Vec<&str> {
        let mut all: Vec<&str> = [&self.commands, &self.small, &self.large]
            .into_iter()
            .flat_map(|list| list.split_whitespace())
            .collect();
        all.sort_unstable();
        all
    }
}

/// How an image lays out its commands.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// `/bin`, `/sbin`, `/usr/bin`, `/usr/sbin` as Alpine has them.
    Alpine,
    /// Everything in `/bin`.
    Busybox,
    /// `/bin` is a link to `/usr/bin`.
    Merged,
    /// No userland.
    None,
}

/// One image.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    pub name: String,
    /// The folder of another recipe whose directories, links, modes, programs and root file system come first.
    #[serde(default)]
    pub base: String,
    pub tags: Vec<String>,
    pub about: String,
    /// RFC 3339, as the config shows it.
    pub created: String,
    pub style: Style,
    #[serde(default)]
    pub env: Vec<String>,
    pub cmd: Vec<String>,
    #[serde(default)]
    pub entrypoint: Vec<String>,
    /// `80/tcp`.
    #[serde(default)]
    pub exposes: Vec<String>,
    /// Paths that get a volume each.
    #[serde(default)]
    pub volumes: Vec<String>,
    /// Empty for the usual one.
    #[serde(default)]
    pub stop_signal: String,
    #[serde(default)]
    pub working_dir: String,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// The history lines of the real image; the first belongs to the root file system's layer.
    pub history: Vec<String>,
    /// Empty directories: path = "mode" or "mode uid gid".
    #[serde(default)]
    pub directories: BTreeMap<String, String>,
    /// Links: path = target.
    #[serde(default)]
    pub links: BTreeMap<String, String>,
    /// Modes and owners of files under `rootfs/` that are not 0644 root.
    #[serde(default)]
    pub modes: BTreeMap<String, String>,
    /// Programs of this image alone: path = program name.
    #[serde(default)]
    pub programs: BTreeMap<String, String>,
    /// Commands of the shared programs that this image goes without.
    #[serde(default)]
    pub without: Vec<String>,
    /// The folders of the root file system: those of the base, then its own.
    #[serde(skip)]
    pub roots: Vec<PathBuf>,
}

impl Recipe {
    /// The repository below the registry: names without a slash are the library's.
    pub fn repository(&self) -> String {
        match self.name.contains('/') {
            true => self.name.clone(),
            false => format!("library/{}", self.name),
        }
    }
}

#[derive(Deserialize)]
struct Programs {
    program: Vec<Program>,
}

/// Reads `programs.toml`.
pub fn programs(path: &Path) -> Result<Vec<Program>, Box<dyn Error>> {
    let mut list = toml::from_str::<Programs>(&fs::read_to_string(path)?)?.program;
    list.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(list)
}

/// The folders that hold a recipe, sorted.
pub fn folders(images: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(images)? {
        let path = entry?.path();
        if path.join("recipe.toml").is_file() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

/// Reads one recipe, and the one that it builds on.
pub fn read(folder: &Path) -> Result<Recipe, Box<dyn Error>> {
    let path = folder.join("recipe.toml");
    let mut recipe: Recipe = toml::from_str(&fs::read_to_string(&path)?)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    if !recipe.base.is_empty() {
        let base = read(&folder.with_file_name(&recipe.base))?;
        under(base.directories, &mut recipe.directories);
        under(base.links, &mut recipe.links);
        under(base.modes, &mut recipe.modes);
        under(base.programs, &mut recipe.programs);
        recipe.roots = base.roots;
    }
    recipe.roots.push(folder.join("rootfs"));
    Ok(recipe)
}

/// Adds what the base has and the recipe does not say otherwise.
fn under(base: BTreeMap<String, String>, own: &mut BTreeMap<String, String>) {
    for (path, value) in base {
        own.entry(path).or_insert(value);
    }
}

/// `755`, or `1777 0 42`.
pub fn mode(text: &str) -> Result<(u32, (u64, u64)), Box<dyn Error>> {
    let mut words = text.split_whitespace();
    let mode = u32::from_str_radix(words.next().ok_or("a mode is missing")?, 8)?;
    let uid = words.next().map_or(Ok(0), str::parse)?;
    let gid = words.next().map_or(Ok(0), str::parse)?;
    Ok((mode, (uid, gid)))
}
