//! One mount as a request writes it, read and checked in Docker's words.
//!
//! Nothing is looked up but the source of a `--mount type=bind`, which must exist.

use super::mode::{Mode, PROPAGATIONS};
use crate::base::host_path;
use crate::engine::doorway::is_usual;
use crate::engine::record::Mounted;
use crate::engine::{Error, Result};
use crate::vfs::hostdir;
use crate::wire::{Mount, MountPoint, StringMap, TmpfsOptions};

/// The propagation of a bind mount that asks for none.
const PRIVATE: &str = "rprivate";
/// The mode that Docker shows for a volume that asked for none.
const SHARED_LABEL: &str = "z";

/// A mount before its volume exists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spec {
    pub mounted: Mounted,
    /// The volume's driver; empty for the default one.
    pub driver: String,
    pub options: Option<StringMap>,
    pub labels: Option<StringMap>,
}

/// Reads one of `HostConfig.Binds`.
pub fn bind(text: &str, driver: &str) -> Result<Spec> {
    let wrong = || Error::system(format!("invalid volume specification: '{text}'"));
    let parts = host_path::split_bind(text, cfg!(windows));
    let (source, target, mode) = match parts.as_slice() {
        ["", ..] => return Err(wrong()),
        [target] => ("", *target, ""),
        // A path with a mode alone would be an anonymous volume, which has none.
        [_, mode] if Mode::parse(mode).is_some() => return Err(wrong()),
        [source, target] => (*source, *target, ""),
        [source, target, mode] => (*source, *target, *mode),
        _ => return Err(wrong()),
    };
    let read = Mode::parse(mode).ok_or_else(|| Error::system(format!("invalid mode: {mode}")))?;
    let host = host_path::absolute(source, cfg!(windows));
    let kind = if host.is_some() { "bind" } else { "volume" };
    let refuse = |why: String| {
        Error::system(format!(
            "invalid volume specification: '{text}': invalid mount config for type \"{kind}\": {why}"
        ))
    };
    check_target(target).map_err(refuse)?;
    if kind == "bind" && read.no_copy {
        return Err(refuse(
            "field VolumeOptions must not be specified".to_owned(),
        ));
    }
    if kind == "volume" && read.propagation.is_some() {
        return Err(refuse("field BindOptions must not be specified".to_owned()));
    }
    let mut spec = Spec {
        mounted: Mounted {
            point: MountPoint {
                kind: kind.to_owned(),
                destination: host_path::clean(target),
                mode: mode.to_owned(),
                rw: !read.read_only,
                ..MountPoint::default()
            },
            ..Mounted::default()
        },
        driver: driver.to_owned(),
        ..Spec::default()
    };
    let Mounted { point, .. } = &mut spec.mounted;
    if let Some(host) = host {
        point.source = host;
        point.propagation = read.propagation.unwrap_or(PRIVATE).to_owned();
        spec.mounted.make_source = true;
    } else {
        if mode.is_empty() {
            point.mode = SHARED_LABEL.to_owned();
        }
        point.name = source.to_owned();
        spec.mounted.anonymous = source.is_empty();
        spec.mounted.copy = !read.no_copy;
    }
    Ok(spec)
}

/// Reads one of `HostConfig.Mounts`, which `check` has let through.
pub fn mount(mount: &Mount) -> Spec {
    let mut spec = Spec::default();
    let Mounted { point, .. } = &mut spec.mounted;
    point.kind.clone_from(&mount.kind);
    point.destination = host_path::clean(&mount.target);
    point.rw = !mount.read_only;
    match mount.kind.as_str() {
        "bind" => {
            let options = mount.bind_options.clone().unwrap_or_default();
            let host = host_path::absolute(&mount.source, cfg!(windows));
            point.source = host.unwrap_or_else(|| mount.source.clone());
            point.propagation = match options.propagation.as_str() {
                "" => PRIVATE.to_owned(),
                _ => options.propagation,
            };
            spec.mounted.make_source = options.create_mountpoint;
        }
        "volume" => {
            let options = mount.volume_options.clone().unwrap_or_default();
            let driver = options.driver_config.unwrap_or_default();
            point.name.clone_from(&mount.source);
            point.mode = SHARED_LABEL.to_owned();
            spec.mounted.anonymous = mount.source.is_empty();
            spec.mounted.copy = !options.no_copy;
            spec.mounted.subpath = options.subpath;
            (spec.driver, spec.options) = (driver.name, driver.options);
            spec.labels = options.labels;
        }
        _ => {}
    }
    spec
}

/// Refuses what cannot be mounted.
pub fn check(mount: &Mount) -> Result<()> {
    let kind = mount.kind.as_str();
    let options = [
        ("BindOptions", mount.bind_options.is_some(), "bind"),
        ("VolumeOptions", mount.volume_options.is_some(), "volume"),
        ("ImageOptions", mount.image_options.is_some(), "image"),
        ("TmpfsOptions", mount.tmpfs_options.is_some(), "tmpfs"),
    ];
    if let Some((name, ..)) = options.iter().find(|(_, set, of)| *set && *of != kind) {
        return Err(Error::invalid(format!(
            "{name} must not be specified on mount type \"{kind}\""
        )));
    }
    let refuse =
        |why: String| Error::invalid(format!("invalid mount config for type \"{kind}\": {why}"));
    if mount.target.is_empty() {
        return Err(refuse("field Target must not be empty".to_owned()));
    }
    check_target(&mount.target).map_err(refuse)?;
    match kind {
        "bind" => check_bind(mount),
        "volume" => check_volume(mount),
        "tmpfs" => check_tmpfs(mount),
        "image" => Err("image mounts are not supported by this engine".to_owned()),
        _ => Err("mount type unknown".to_owned()),
    }
    .map_err(refuse)
}

fn check_bind(mount: &Mount) -> Result<(), String> {
    let options = mount.bind_options.clone().unwrap_or_default();
    if mount.source.is_empty() {
        return Err("field Source must not be empty".to_owned());
    }
    let propagation = options.propagation.as_str();
    if !propagation.is_empty() && !PROPAGATIONS.contains(&propagation) {
        return Err(format!("invalid propagation mode: {propagation}"));
    }
    let source = &mount.source;
    let Some(host) = host_path::absolute(source, cfg!(windows)) else {
        return Err(format!(
            "invalid mount path: '{source}' mount path must be absolute"
        ));
    };
    if is_usual(source) {
        return Ok(());
    }
    match hostdir::probe(std::path::Path::new(&host)) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => match options.create_mountpoint {
            true => Ok(()),
            false => Err(format!("bind source path does not exist: {source}")),
        },
        Err(e) => Err(format!("stat {source}: {}", super::words(e))),
    }
}

fn check_volume(mount: &Mount) -> Result<(), String> {
    let subpath = mount.volume_options.as_ref().map_or("", |o| &o.subpath);
    if mount.source.is_empty() {
        if !subpath.is_empty() {
            return Err("must not set Subpath when using anonymous volumes".to_owned());
        }
        if mount.read_only {
            return Err("must not set ReadOnly mode when using anonymous volumes".to_owned());
        }
    }
    match subpath.is_empty() || is_local(subpath) {
        true => Ok(()),
        false => Err("subpath must be a relative path within the volume".to_owned()),
    }
}

fn check_tmpfs(mount: &Mount) -> Result<(), String> {
    if !mount.source.is_empty() {
        return Err("field Source must not be specified".to_owned());
    }
    let TmpfsOptions { options, .. } = mount.tmpfs_options.clone().unwrap_or_default();
    for option in options.iter().flatten() {
        match option.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["exec" | "noexec"] => {}
            [name, ..] => return Err(format!("invalid option: {name}")),
            [] => return Err("invalid option array length".to_owned()),
        }
    }
    Ok(())
}

/// Refuses the root and what is not absolute, in this order.
pub fn check_target(target: &str) -> Result<(), String> {
    if target.starts_with('/') && host_path::clean(target) == "/" {
        return Err("invalid specification: destination can't be '/'".to_owned());
    }
    match target.starts_with('/') {
        true => Ok(()),
        false => Err(format!(
            "invalid mount path: '{target}' mount path must be absolute"
        )),
    }
}

/// Go's `filepath.IsLocal`: relative, and not out of where it starts.
fn is_local(path: &str) -> bool {
    let mut depth = 0_i32;
    !path.starts_with('/')
        && path.split('/').all(|part| {
            depth += match part {
                "" | "." => 0,
                ".." => -1,
                _ => 1,
            };
            depth >= 0
        })
}

/// Reads one of `HostConfig.VolumesFrom`: a container and whether its mounts become read-only.
pub fn volumes_from(text: &str) -> Result<(&str, bool)> {
    if text.is_empty() {
        return Err(Error::invalid(
            "volumes-from specification cannot be an empty string",
        ));
    }
    let (container, mode) = text.split_once(':').unwrap_or((text, ""));
    let read = Mode::parse(mode).filter(|m| !m.no_copy && m.propagation.is_none());
    let read = read.ok_or_else(|| Error::invalid(format!("invalid mode: {mode}")))?;
    if container.is_empty() {
        return Err(Error::invalid("invalid name or ID supplied: \"\""));
    }
    Ok((container, read.read_only))
}
