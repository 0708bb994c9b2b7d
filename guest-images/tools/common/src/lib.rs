//! What every utility program shares: the multicall entry, options, output, messages, users, times and the kernel's calls.
//!
//! An applet is a function from its arguments (`argv[0]` included) to an exit code. Programs are multicall: the name they are called by
//! chooses the applet, so one file serves many commands through symlinks. Applets run natively as well, which is how they are tested.

pub mod format;
pub mod glob;
pub mod input;
pub mod keys;
pub mod mode;
pub mod opts;
pub mod os;
pub mod out;
pub mod proc;
pub mod regex;
pub mod size;
#[cfg(target_os = "wasi")]
pub mod stream;
pub mod time;
pub mod users;
pub mod walk;

pub use input::{Lines, open_input, read_all};
pub use opts::{Args, getopt};
pub use out::{Out, die, flush, out, warn, words};

use std::sync::OnceLock;

/// What an applet is.
pub type Applet = fn(&[String]) -> i32;

static NAME: OnceLock<String> = OnceLock::new();

/// The name the program was called by, for messages.
pub fn name() -> &'static str {
    NAME.get().map_or("applet", String::as_str)
}

/// Whether messages and tables should look like busybox's (Alpine, busybox) rather than GNU's (Debian, Ubuntu).
pub fn busybox() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        std::env::var_os("APPLET_FLAVOUR")
            .map_or_else(|| os::lstat("/bin/busybox").is_ok(), |v| v == "busybox")
    })
}

/// Runs the applet that `argv[0]` names; `program first-argument …` works too. Never returns.
pub fn run(table: &[(&str, Applet)]) -> ! {
    os::start();
    let mut argv: Vec<String> = std::env::args_os()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    if argv.is_empty() {
        argv.push(String::new());
    }
    let base = |path: &str| {
        path.rsplit('/')
            .next()
            .unwrap_or("")
            .trim_start_matches('-')
            .to_string()
    };
    let mut called = base(&argv[0]);
    if find(table, &called).is_none() && argv.len() > 1 {
        argv.remove(0);
        called = base(&argv[0]);
    }
    let code = match find(table, &called) {
        Some(applet) => {
            let _ = NAME.set(called);
            applet(&argv)
        }
        None => {
            eprintln!("{called}: applet not found");
            127
        }
    };
    flush();
    std::process::exit(code)
}

fn find(table: &[(&str, Applet)], name: &str) -> Option<Applet> {
    table
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, applet)| *applet)
}
