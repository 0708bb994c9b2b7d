//! `busybox`: a dispatcher in the busybox-like images. It looks for the command among the links in the image and runs it.

use applet::{os, out, walk, warn, words};

fn links() -> Vec<String> {
    let mut names = Vec::new();
    for dir in ["/bin", "/sbin", "/usr/bin", "/usr/sbin"] {
        for name in walk::names(dir).unwrap_or_default() {
            let path = walk::join(dir, &name);
            if os::lstat(&path).is_ok_and(|stat| stat.is_link())
                && os::stat(&path).is_ok_and(|stat| stat.is_file())
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
    }
    names.sort();
    names
}

/// `busybox`.
pub fn main(argv: &[String]) -> i32 {
    let mut o = out();
    match argv.get(1).map(String::as_str) {
        None | Some("--help") => {
            writeln!(
                o,
                "Schooner's utilities, standing in for BusyBox v1.37.0 in this image."
            );
            writeln!(
                o,
                "Every command is a WebAssembly program of its own group; none of BusyBox's code is here.\n"
            );
            writeln!(
                o,
                "Usage: busybox [function [arguments]...]\n   or: busybox --list\n   or: function [arguments]...\n\nCurrently defined functions:"
            );
            let mut line = String::from("\t");
            let names = links();
            for (at, name) in names.iter().enumerate() {
                let piece = if at + 1 == names.len() {
                    name.clone()
                } else {
                    format!("{name}, ")
                };
                if line.len() + piece.trim_end().len() > 70 {
                    writeln!(o, "{}", line.trim_end());
                    line = String::from("\t");
                }
                line.push_str(&piece);
            }
            writeln!(o, "{line}");
            0
        }
        Some("--list") => {
            for name in links() {
                writeln!(o, "{name}");
            }
            0
        }
        Some(name) => {
            if !links().iter().any(|known| known == name) {
                eprintln!("{name}: applet not found");
                return 127;
            }
            let error = os::exec(&argv[1..]);
            warn(format_args!("{name}: {}", words(&error)));
            os::exec_code(&error)
        }
    }
}
