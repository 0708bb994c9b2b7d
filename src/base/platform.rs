//! Platforms, `os[/arch[/variant]]`, as containerd's library reads and spells them.

use std::fmt;

/// What an image is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Platform {
    pub architecture: String,
    pub os: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub variant: String,
}

/// A text that names no platform; the words are containerd's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPlatform {
    #[error("{0:?}: wildcards not yet supported: not implemented")]
    Wildcard(String),
    #[error("{0:?}: cannot parse platform specifier: invalid argument")]
    Form(String),
    #[error(
        "{0:?} is an invalid component of {1:?}: platform specifier component must match \"^[A-Za-z0-9_.-]+$\": invalid argument"
    )]
    Component(String, String),
    #[error("{0:?}: unknown operating system or architecture: invalid argument")]
    Unknown(String),
}

const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasi",
    "wasip1",
    "wasip2",
    "windows",
    "zos",
];

const ARCHITECTURES: &[&str] = &[
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "arm64",
    "arm64be",
    "armbe",
    "loong64",
    "mips",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "mipsle",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
    "wasm32",
];

impl Platform {
    /// Reads a platform. An operating system alone is taken with our architecture, an architecture alone with Linux.
    pub fn parse(text: &str) -> Result<Self, BadPlatform> {
        if text.contains('*') {
            return Err(BadPlatform::Wildcard(text.to_owned()));
        }
        let parts: Vec<&str> = text.split('/').collect();
        for part in &parts {
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
            if part.is_empty() || !part.chars().all(allowed) {
                return Err(BadPlatform::Component((*part).to_owned(), text.to_owned()));
            }
        }
        match parts.as_slice() {
            [one] => {
                let os = system(one);
                if SYSTEMS.contains(&os.as_str()) {
                    return Ok(Self::new(&os, "wasm", ""));
                }
                let platform = Self::new("linux", one, "");
                if ARCHITECTURES.contains(&platform.architecture.as_str()) {
                    return Ok(platform);
                }
                Err(BadPlatform::Unknown(text.to_owned()))
            }
            [os, architecture] => Ok(Self::new(os, architecture, "")),
            [os, architecture, variant] => Ok(Self::new(os, architecture, variant)),
            _ => Err(BadPlatform::Form(text.to_owned())),
        }
    }

    /// The platform in its usual spelling: `x86_64` is `amd64`, `aarch64` is `arm64`.
    pub fn new(os: &str, architecture: &str, variant: &str) -> Self {
        let (architecture, variant) = (architecture.to_lowercase(), variant.to_lowercase());
        let (architecture, variant) = match (architecture.as_str(), variant.as_str()) {
            ("i386", _) => ("386", ""),
            ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
            ("x86_64" | "x86-64", variant) => ("amd64", variant),
            ("aarch64" | "arm64", "8" | "v8") => ("arm64", ""),
            ("aarch64", variant) => ("arm64", variant),
            ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
            ("armel", _) => ("arm", "v6"),
            ("arm", "5") => ("arm", "v5"),
            ("arm", "6") => ("arm", "v6"),
            ("arm", "8") => ("arm", "v8"),
            other => other,
        };
        Platform {
            os: system(os),
            architecture: architecture.to_owned(),
            variant: variant.to_owned(),
        }
    }
}

fn system(os: &str) -> String {
    match os.to_lowercase().as_str() {
        "macos" => "darwin".to_owned(),
        other => other.to_owned(),
    }
}

impl Platform {
    /// Whether an image of this platform is what somebody means who asks for `self`: Linux's name stands for ours too.
    pub fn answers_for(&self, image: &Platform) -> bool {
        let stands_in = self.os == "linux" && image.os.starts_with("wasi");
        let same = self.os == image.os && self.architecture == image.architecture;
        stands_in || same && (self.variant.is_empty() || self.variant == image.variant)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match self.variant.as_str() {
            "" => Ok(()),
            variant => write!(f, "/{variant}"),
        }
    }
}

/// A `--platform` flag as the API's parameter, which is JSON; nothing for an empty one.
pub fn parameter(text: &str) -> Result<Option<String>, BadPlatform> {
    if text.is_empty() {
        return Ok(None);
    }
    let platform = Platform::parse(text)?;
    let json = serde_json::json!({
        "architecture": platform.architecture, "os": platform.os, "variant": platform.variant,
    });
    Ok(Some(json.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings() {
        let shown = |text: &str| Platform::parse(text).map(|p| p.to_string());
        for (text, expected) in [
            ("linux/amd64", "linux/amd64"),
            ("Linux/x86_64", "linux/amd64"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/arm/v6", "linux/arm/v6"),
            ("arm64", "linux/arm64"),
            ("macos/arm64", "darwin/arm64"),
            ("wasi/wasm", "wasi/wasm"),
            ("wasi", "wasi/wasm"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn the_words_of_the_errors() {
        let words = |text: &str| Platform::parse(text).unwrap_err().to_string();
        assert_eq!(
            words("bogus/x/y/z"),
            "\"bogus/x/y/z\": cannot parse platform specifier: invalid argument"
        );
        assert!(
            words("bogus").ends_with("unknown operating system or architecture: invalid argument")
        );
        assert!(words("linux/").starts_with("\"\" is an invalid component of \"linux/\""));
        assert!(words("linux/*").contains("wildcards"));
    }

    proptest! {
        #[test]
        fn what_was_read_is_spelled_so_that_it_means_the_same(text in "\\PC{0,12}|[a-z0-9_/]{0,20}") {
            if let Ok(platform) = Platform::parse(&text) {
                prop_assert_eq!(Platform::parse(&platform.to_string()), Ok(platform));
            }
        }
    }
}
