//! Which image of an index is meant.
//!
//! A platform that was asked for is taken exactly. Otherwise ours come first, best first, and then Linux on this
//! machine's processor: such an image can be looked at, saved and pushed, and running it says why it cannot run.

use super::error::{Error, Result};
use crate::base::platform::Platform;
use crate::oci::manifest::{Descriptor, Index, WASM_PLATFORMS};

/// The platforms to look for, best first. One that was asked for by Linux's name is also met by ours, since scripts
/// written for Linux images go on working here.
pub fn wanted(asked: Option<&Platform>) -> Vec<Platform> {
    let ours = || {
        WASM_PLATFORMS
            .iter()
            .map(|(os, arch)| Platform::new(os, arch, ""))
    };
    match asked {
        Some(asked) if asked.os == "linux" => {
            std::iter::once(asked.clone()).chain(ours()).collect()
        }
        Some(asked) => vec![asked.clone()],
        None => ours().chain([host()]).collect(),
    }
}

/// Linux on this machine's processor.
fn host() -> Platform {
    Platform::new("linux", std::env::consts::ARCH, "")
}

/// The manifest of the best platform.
pub fn choose<'i>(index: &'i Index, asked: Option<&Platform>) -> Result<&'i Descriptor> {
    let fits = |wanted: &Platform| {
        index.manifests.iter().find(|manifest| {
            manifest.platform.as_ref().is_some_and(|p| {
                let has = Platform::new(&p.os, &p.architecture, &p.variant);
                has.os == wanted.os
                    && has.architecture == wanted.architecture
                    && (has.variant == wanted.variant || wanted.variant.is_empty())
            })
        })
    };
    let named = || asked.cloned().unwrap_or_else(host).to_string();
    wanted(asked)
        .iter()
        .find_map(fits)
        .ok_or_else(|| Error::NoPlatform(named()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::manifest::{Document, OCI_MANIFEST};

    fn index(platforms: &[&str]) -> Index {
        let entries: Vec<String> = platforms
            .iter()
            .enumerate()
            .map(|(n, text)| {
                let p = Platform::parse(text).unwrap();
                format!(
                    r#"{{"mediaType":"{OCI_MANIFEST}","digest":"sha256:{}","size":{n},"platform":{{"os":"{}","architecture":"{}","variant":"{}"}}}}"#,
                    "0".repeat(64), p.os, p.architecture, p.variant
                )
            })
            .collect();
        let text = format!(
            r#"{{"schemaVersion":2,"manifests":[{}]}}"#,
            entries.join(",")
        );
        match Document::parse(text.as_bytes(), None).unwrap() {
            Document::Index(index) => index,
            Document::Manifest(_) => panic!("an index"),
        }
    }

    #[test]
    fn ours_first_then_linux() {
        let all = index(&[
            "linux/arm/v6",
            "linux/amd64",
            "linux/arm64",
            "wasip1/wasm",
            "wasi/wasm",
        ]);
        let chosen = |asked: Option<&str>| {
            let asked = asked.map(|text| Platform::parse(text).unwrap());
            choose(&all, asked.as_ref())
                .map(|d| d.size)
                .map_err(|e| e.to_string())
        };
        assert_eq!(chosen(None), Ok(4));
        assert_eq!(chosen(Some("wasip1/wasm")), Ok(3));
        assert_eq!(chosen(Some("linux/amd64")), Ok(1));
        assert_eq!(chosen(Some("linux/arm/v6")), Ok(0));
        assert_eq!(chosen(Some("linux/s390x")), Ok(4), "ours stands for Linux");
        assert_eq!(
            chosen(Some("windows/amd64")),
            Err("no matching manifest for windows/amd64 in the manifest list entries".to_owned())
        );
        let elf = index(&["linux/s390x", "linux/amd64", "linux/arm64"]);
        let host = choose(&elf, None).map(|d| d.platform.clone().unwrap().architecture);
        assert_eq!(host.unwrap(), super::host().architecture);
        let arm = Platform::parse("linux/arm/v7").unwrap();
        assert!(choose(&index(&["linux/arm/v6"]), Some(&arm)).is_err());
    }
}
