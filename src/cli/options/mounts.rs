//! `--mount`: comma-separated fields that describe one mount.

use crate::base::size;
use crate::cli::grammar::parse_bool;
use crate::wire::Mount;
use crate::wire::mount::TmpfsOptions;
use serde_json::{Value, json};

pub fn check(value: &str) -> Result<(), String> {
    parse(value).map(drop)
}

/// Reads one mount. Relative sources are made absolute, as Docker's client does.
pub fn parse(value: &str) -> Result<Mount, String> {
    let mut mount = Mount {
        kind: "volume".into(),
        ..Mount::default()
    };
    for field in value.split(',') {
        // Go reads the fields as CSV, where one may be quoted.
        let field = field.trim_matches('"');
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (key.to_lowercase(), Some(value)),
            None => (field.to_lowercase(), None),
        };
        let Some(value) = value else {
            match key.as_str() {
                "readonly" | "ro" => mount.read_only = true,
                "volume-nocopy" => volume(&mut mount)["NoCopy"] = json!(true),
                "bind-nonrecursive" => bind(&mut mount)["NonRecursive"] = json!(true),
                _ => return Err(format!("invalid field '{field}' must be a key=value pair")),
            }
            continue;
        };
        let flag = || parse_bool(value).map_err(|_| format!("invalid value for {key}: {value}"));
        match key.as_str() {
            "type" => mount.kind = value.to_lowercase(),
            "source" | "src" => mount.source = value.to_owned(),
            "target" | "dst" | "destination" => mount.target = value.to_owned(),
            "readonly" | "ro" => mount.read_only = flag()?,
            "consistency" => mount.consistency = value.to_lowercase(),
            "bind-propagation" => bind(&mut mount)["Propagation"] = json!(value.to_lowercase()),
            "bind-nonrecursive" => bind(&mut mount)["NonRecursive"] = json!(flag()?),
            "bind-recursive" => match value {
                "enabled" => {}
                "disabled" => bind(&mut mount)["NonRecursive"] = json!(true),
                "writable" => bind(&mut mount)["ReadOnlyNonRecursive"] = json!(true),
                "readonly" => bind(&mut mount)["ReadOnlyForceRecursive"] = json!(true),
                _ => {
                    return Err(format!(
                        "invalid value for {key}: {value} (must be \"enabled\", \"disabled\", \"writable\", or \"readonly\")"
                    ));
                }
            },
            "volume-subpath" => volume(&mut mount)["Subpath"] = json!(value),
            "volume-nocopy" => volume(&mut mount)["NoCopy"] = json!(flag()?),
            "volume-label" => {
                let (k, v) = value.split_once('=').unwrap_or((value, ""));
                volume(&mut mount)["Labels"][k] = json!(v);
            }
            "volume-driver" => volume(&mut mount)["DriverConfig"]["Name"] = json!(value),
            "volume-opt" => {
                let (k, v) = value.split_once('=').unwrap_or((value, ""));
                volume(&mut mount)["DriverConfig"]["Options"][k] = json!(v);
            }
            "image-subpath" => {
                mount.image_options.get_or_insert_with(|| json!({}))["Subpath"] = json!(value);
            }
            "tmpfs-size" => {
                let bytes = size::parse_binary(value)
                    .map_err(|_| format!("invalid value for {key}: {value}"))?;
                tmpfs(&mut mount).size_bytes = bytes;
            }
            "tmpfs-mode" => {
                let mode = u32::from_str_radix(value, 8)
                    .map_err(|_| format!("invalid value for {key}: {value}"))?;
                tmpfs(&mut mount).mode = mode;
            }
            _ => return Err(format!("unexpected key '{key}' in '{field}'")),
        }
    }
    fits(&mount)?;
    Ok(mount)
}

fn fits(mount: &Mount) -> Result<(), String> {
    if mount.kind.is_empty() {
        return Err("type is required".into());
    }
    if mount.target.is_empty() {
        return Err("target is required".into());
    }
    let kind = &mount.kind;
    let only = |options: bool, name: &str| {
        if options && kind != name {
            return Err(format!(
                "cannot mix '{name}-*' options with mount type '{kind}'"
            ));
        }
        Ok(())
    };
    only(mount.volume_options.is_some(), "volume")?;
    only(mount.bind_options.is_some(), "bind")?;
    only(mount.tmpfs_options.is_some(), "tmpfs")?;
    only(mount.image_options.is_some(), "image")
}

fn volume(mount: &mut Mount) -> &mut Value {
    mount.volume_options.get_or_insert_with(|| json!({}))
}

fn bind(mount: &mut Mount) -> &mut Value {
    mount.bind_options.get_or_insert_with(|| json!({}))
}

fn tmpfs(mount: &mut Mount) -> &mut TmpfsOptions {
    mount
        .tmpfs_options
        .get_or_insert_with(TmpfsOptions::default)
}
