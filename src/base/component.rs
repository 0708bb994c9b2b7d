//! Components of WASI 0.2 by name: what makes one a program, and which interfaces it finds in this engine.
//!
//! The kernel links these interfaces (`kernel::abi::component`), `image check` tells about them.

/// What a component exports to be a command; any 0.2 will do.
pub const RUN: &str = "wasi:cli/run@0.2.0";
/// The interfaces of WASI 0.2 that this engine offers to components, by package.
pub const OFFERED: [(&str, &[&str]); 5] = [
    (
        "wasi:cli",
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("wasi:clocks", &["monotonic-clock", "wall-clock"]),
    ("wasi:filesystem", &["preopens", "types"]),
    ("wasi:io", &["error", "poll", "streams"]),
    ("wasi:random", &["insecure", "insecure-seed", "random"]),
];

/// Whether components find an interface here, such as `wasi:io/poll@0.2.3`. Newer patch versions only add to older ones.
pub fn offers(interface: &str) -> bool {
    let Some((package, rest)) = interface.split_once('/') else {
        return false;
    };
    let Some((name, version)) = rest.split_once('@') else {
        return false;
    };
    let own = OFFERED.iter().filter(|(own, _)| *own == package);
    version.starts_with("0.2.") && own.flat_map(|(_, names)| *names).any(|own| *own == name)
}

/// Whether an export makes a component a command.
pub fn is_run(export: &str) -> bool {
    export.starts_with("wasi:cli/run@0.2.")
}

/// Whether a file that begins with `\0asm` is a component: the second half of its version says so.
pub fn is_component(bytes: &[u8]) -> bool {
    bytes.get(6..8) == Some(&[1, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_that_are_offered() {
        for known in [
            "wasi:io/poll@0.2.0",
            "wasi:cli/exit@0.2.12",
            "wasi:filesystem/types@0.2.6",
        ] {
            assert!(offers(known), "{known}");
        }
        for unknown in [
            "wasi:io/poll",
            "wasi:io/poll@0.3.0",
            "wasi:http/types@0.2.0",
            "wasi:io/other@0.2.0",
            "env",
        ] {
            assert!(!offers(unknown), "{unknown}");
        }
    }
}
