//! `registry`: the command line, in the words of Docker's registry.

use crate::settings::Settings;
use crate::{collect, server};

pub const VERSION: &str = "2.8.3";
const CONFIGURATION: &str = "REGISTRY_CONFIGURATION_PATH";
const USAGE: &str = "Usage: registry [serve CONFIG | garbage-collect [-d] [-m] CONFIG | --version]

  serve            answers requests (the default, with a configuration file as the only argument)
  garbage-collect  removes what no manifest names any more
      -d, --dry-run          only tells what would go
      -m, --delete-untagged  manifests without a tag go too
";

/// `registry`.
pub fn main(argv: &[String]) -> i32 {
    let words: Vec<&str> = argv.iter().skip(1).map(String::as_str).collect();
    match words[..] {
        ["--version" | "-v"] => {
            println!("registry {VERSION} (Schooner's own server)");
            0
        }
        [] | ["help" | "-h" | "--help"] => {
            print!("{USAGE}");
            0
        }
        ["garbage-collect", ..] => {
            let has = |names: [&str; 2]| words.iter().any(|word| names.contains(word));
            let plan = collect::Plan {
                dry: has(["-d", "--dry-run"]),
                untagged: has(["-m", "--delete-untagged"]),
            };
            let file = words[1..].iter().find(|word| !word.starts_with('-'));
            with(file.copied(), |settings| collect::run(&settings, &plan))
        }
        ["serve", ..] => with(words.get(1).copied(), |settings| server::run(&settings)),
        [file] if !file.starts_with('-') => with(Some(file), |settings| server::run(&settings)),
        _ => {
            eprint!("{USAGE}");
            1
        }
    }
}

/// Reads the configuration and goes on with it; the exit code.
fn with(file: Option<&str>, action: impl FnOnce(Settings) -> Result<i32, String>) -> i32 {
    let named = std::env::var(CONFIGURATION).ok();
    let Some(path) = file.or(named.as_deref()) else {
        eprintln!("configuration error: configuration path unspecified");
        return 1;
    };
    let read = Settings::read(path, std::env::vars());
    let settings = match read.and_then(|settings| settings.check().map(|()| settings)) {
        Ok(settings) => settings,
        Err(words) => {
            eprintln!("configuration error: {words}");
            return 1;
        }
    };
    action(settings).unwrap_or_else(|words| {
        eprintln!("{words}");
        1
    })
}
