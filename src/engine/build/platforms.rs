//! The arguments that tell a Dockerfile for what and on what it is built. Pure.

use super::args::Args;
use super::options::{BuildOptions, Frontend};
use crate::base::platform::Platform;
use std::collections::BTreeMap;

/// What this engine builds on, and builds for unless it is told otherwise.
const HERE: (&str, &str) = ("wasi", "wasm");
/// The target that nobody named.
const DEFAULT: &str = "default";

/// The arguments with which a build begins.
pub fn arguments(options: &BuildOptions) -> Args {
    let args = Args::new(options.args.clone());
    match options.frontend {
        Frontend::Classic => args,
        Frontend::BuildKit => {
            args.with_automatic(automatic(options.platform.as_ref(), &options.target))
        }
    }
}

/// `TARGETPLATFORM`, `BUILDOS` and their like.
fn automatic(target: Option<&Platform>, stage: &str) -> BTreeMap<String, String> {
    let here = Platform {
        os: HERE.0.to_owned(),
        architecture: HERE.1.to_owned(),
        ..Platform::default()
    };
    let mut all = BTreeMap::new();
    for (prefix, platform) in [("TARGET", target.unwrap_or(&here)), ("BUILD", &here)] {
        let parts = [
            ("PLATFORM", platform.to_string()),
            ("OS", platform.os.clone()),
            ("OSVERSION", String::new()),
            ("ARCH", platform.architecture.clone()),
            ("VARIANT", platform.variant.clone()),
        ];
        all.extend(parts.map(|(part, value)| (format!("{prefix}{part}"), value)));
    }
    let stage = if stage.is_empty() { DEFAULT } else { stage };
    all.insert("TARGETSTAGE".to_owned(), stage.to_owned());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_told_in_parts() {
        let arm = Platform::parse("linux/arm/v7").unwrap();
        let all = automatic(Some(&arm), "");
        let told = |name: &str| all[name].as_str();
        assert_eq!(
            ["TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT"].map(told),
            ["linux/arm/v7", "linux", "arm", "v7"]
        );
        assert_eq!(
            (told("BUILDPLATFORM"), told("TARGETSTAGE")),
            ("wasi/wasm", "default")
        );
    }
}
