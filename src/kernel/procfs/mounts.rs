//! `/proc/PID/mounts` and `mountinfo`, from the sandbox's mount table.

use super::View;
use crate::kernel::sandbox::Sandbox;
use crate::vfs::MountInfo;
use std::fmt::Write;
use std::sync::Arc;

/// Spaces and the like as octal, as `mangle_path` does.
fn mangle(path: &str) -> String {
    path.chars().fold(String::new(), |mut text, c| {
        match c {
            ' ' | '\t' | '\n' | '\\' => {
                let _ = write!(text, "\\{:03o}", c as u32);
            }
            c => text.push(c),
        }
        text
    })
}

fn options(mount: &MountInfo) -> String {
    let mut options = String::from(if mount.options.read_only { "ro" } else { "rw" });
    // Trees with files of the user's own are mounted plainly, as in Docker.
    if !matches!(mount.type_name, "overlay" | "hostfs" | "volume") {
        options.push_str(",nosuid,nodev");
    }
    if mount.options.noexec || mount.type_name == "proc" {
        options.push_str(",noexec");
    }
    options.push_str(",relatime");
    options
}

pub(super) fn mounts(sandbox: &Arc<Sandbox>, _: &View) -> Vec<u8> {
    let mut text = String::new();
    for mount in sandbox.namespace.mounts() {
        let (kind, at) = (mount.type_name, mangle(&mount.at));
        let _ = writeln!(text, "{kind} {at} {kind} {} 0 0", options(&mount));
    }
    text.into_bytes()
}

pub(super) fn mountinfo(sandbox: &Arc<Sandbox>, _: &View) -> Vec<u8> {
    let mut text = String::new();
    for (place, mount) in sandbox.namespace.mounts().into_iter().enumerate() {
        let (kind, at) = (mount.type_name, mangle(&mount.at));
        // The root is number 1 and hangs below what the container does not see.
        let (id, parent) = (place + 1, usize::from(place > 0));
        let access = if mount.options.read_only { "ro" } else { "rw" };
        let _ = writeln!(
            text,
            "{id} {parent} 0:{} / {at} {} - {kind} {kind} {access}",
            mount.dev,
            options(&mount)
        );
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    #[test]
    fn odd_names_are_escaped() {
        assert_eq!(super::mangle("/a b\t\\"), "/a\\040b\\011\\134");
    }
}
