//! `--mount`: comma-separated fields that describe one mount.

use crate::base::csv;
use crate::base::size;
use crate::cli::grammar::parse_bool;
use crate::wire::mount::{BindOptions, ImageOptions, VolumeDriver};
use crate::wire::{Mount, TmpfsOptions, VolumeOptions};

pub fn check(value: &str) -> Result<(), String> {
    parse(value).map(drop)
}

/// Reads one mount. Relative sources are made absolute, as Docker's client does.
pub fn parse(value: &str) -> Result<Mount, String> {
    let mut mount = Mount {
        kind: "volume".into(),
        ..Mount::default()
    };
    for field in csv::fields(value)? {
        set(&mut mount, &field)?;
    }
    fits(&mount)?;
    Ok(mount)
}

fn set(mount: &mut Mount, field: &str) -> Result<(), String> {
    let (key, value) = match field.split_once('=') {
        Some((key, value)) => (key.to_lowercase(), Some(value)),
        None => (field.to_lowercase(), None),
    };
    let Some(value) = value else {
        match key.as_str() {
            "readonly" | "ro" => mount.read_only = true,
            "volume-nocopy" => volume(mount).no_copy = true,
            "bind-nonrecursive" => bind(mount).non_recursive = true,
            _ => return Err(format!("invalid field '{field}' must be a key=value pair")),
        }
        return Ok(());
    };
    let wrong = || format!("invalid value for {key}: {value}");
    let flag = || parse_bool(value).map_err(|_| wrong());
    let pair = || {
        let (k, v) = value.split_once('=').unwrap_or((value, ""));
        (k.to_owned(), v.to_owned())
    };
    match key.as_str() {
        "type" => mount.kind = value.to_lowercase(),
        "source" | "src" => mount.source = absolute(value),
        "target" | "dst" | "destination" => mount.target = value.to_owned(),
        "readonly" | "ro" => mount.read_only = flag()?,
        "consistency" => mount.consistency = value.to_lowercase(),
        "bind-propagation" => bind(mount).propagation = value.to_lowercase(),
        "bind-nonrecursive" => bind(mount).non_recursive = flag()?,
        "bind-recursive" => {
            let bind = bind(mount);
            match value {
                "enabled" => {}
                "disabled" => bind.non_recursive = true,
                "writable" => bind.read_only_non_recursive = true,
                "readonly" => bind.read_only_force_recursive = true,
                _ => {
                    let words = "must be \"enabled\", \"disabled\", \"writable\", or \"readonly\"";
                    return Err(format!("{} ({words})", wrong()));
                }
            }
        }
        "volume-subpath" => volume(mount).subpath = value.to_owned(),
        "volume-nocopy" => volume(mount).no_copy = flag()?,
        "volume-label" => {
            let (name, text) = pair();
            let labels = &mut volume(mount).labels;
            labels.get_or_insert_default().insert(name, text);
        }
        "volume-driver" => driver(mount).name = value.to_owned(),
        "volume-opt" => {
            let (name, text) = pair();
            let options = &mut driver(mount).options;
            options.get_or_insert_default().insert(name, text);
        }
        "image-subpath" => {
            let options = mount
                .image_options
                .get_or_insert_with(ImageOptions::default);
            options.subpath = value.to_owned();
        }
        "tmpfs-size" => {
            let bytes = size::parse_binary(value).map_err(|_| wrong())?;
            tmpfs(mount).size_bytes = bytes;
        }
        "tmpfs-mode" => {
            let mode = u32::from_str_radix(value, 8).map_err(|_| wrong())?;
            tmpfs(mount).mode = mode;
        }
        _ => return Err(format!("unexpected key '{key}' in '{field}'")),
    }
    Ok(())
}

/// Paths that begin with a dot are below the current folder; other relative ones the engine refuses.
fn absolute(source: &str) -> String {
    let below = |dots: &str| {
        source.strip_prefix(dots).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('/') || cfg!(windows) && rest.starts_with('\\')
        })
    };
    if !(below(".") || below("..")) {
        return source.to_owned();
    }
    super::files::absolute(source)
}

fn fits(mount: &Mount) -> Result<(), String> {
    if mount.kind.is_empty() {
        return Err("type is required".into());
    }
    if mount.target.is_empty() {
        return Err("target is required".into());
    }
    let kind = &mount.kind;
    for (options, name) in [
        (mount.volume_options.is_some(), "volume"),
        (mount.bind_options.is_some(), "bind"),
        (mount.tmpfs_options.is_some(), "tmpfs"),
        (mount.image_options.is_some(), "image"),
    ] {
        if options && kind != name {
            return Err(format!(
                "cannot mix '{name}-*' options with mount type '{kind}'"
            ));
        }
    }
    let bind = mount.bind_options.clone().unwrap_or_default();
    let requires = |value: &str, what: &str| {
        Err(format!(
            "option 'bind-recursive={value}' requires '{what}' to be specified in conjunction"
        ))
    };
    if bind.read_only_non_recursive && !mount.read_only {
        return requires("writable", "readonly");
    }
    if bind.read_only_force_recursive && !mount.read_only {
        return requires("readonly", "readonly");
    }
    if bind.read_only_force_recursive && bind.propagation != "rprivate" {
        return requires("readonly", "bind-propagation=rprivate");
    }
    Ok(())
}

/// Docker's client sends an empty driver with the options of a volume.
fn volume(mount: &mut Mount) -> &mut VolumeOptions {
    mount.volume_options.get_or_insert_with(|| VolumeOptions {
        driver_config: Some(VolumeDriver::default()),
        ..VolumeOptions::default()
    })
}

fn driver(mount: &mut Mount) -> &mut VolumeDriver {
    volume(mount).driver_config.get_or_insert_default()
}

fn bind(mount: &mut Mount) -> &mut BindOptions {
    mount.bind_options.get_or_insert_default()
}

fn tmpfs(mount: &mut Mount) -> &mut TmpfsOptions {
    mount.tmpfs_options.get_or_insert_default()
}
