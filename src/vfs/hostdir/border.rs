//! Which names of a guest may cross into a folder of the host.
//!
//! Inside the guest every name is ordinary. At the border a name must mean, on the host, the one file of exactly that
//! name: what Windows would read as a device, a stream, an alternative spelling or a path is refused (S19). The rules
//! are plain functions of text, so that they are tested on every system.

use super::super::Result;
use crate::base::errno::Errno;

/// Refuses what no name of this host can be: `ENOENT` when looking, `EINVAL` when making.
pub(super) fn check(name: &str, otherwise: Errno) -> Result<()> {
    let fits = plain(name) && (!cfg!(windows) || fits_windows(name));
    if fits { Ok(()) } else { Err(otherwise) }
}

/// One component, and neither of the two that lead elsewhere.
fn plain(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\0'])
}

/// Whether Windows keeps a name as it is: no streams (`a:b`), devices (`CON`, `nul.txt`), lost endings (`a.`, `a `),
/// wildcards or control characters. Source: "Naming Files, Paths, and Namespaces".
pub fn fits_windows(name: &str) -> bool {
    let odd = |c: char| c < ' ' || r#"<>:"/\|?*"#.contains(c);
    if name.contains(odd) || name.ends_with(['.', ' ']) || name.encode_utf16().count() > 255 {
        return false;
    }
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    !is_device(&stem.to_ascii_uppercase())
}

fn is_device(stem: &str) -> bool {
    if matches!(stem, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let port = stem.strip_prefix("COM").or(stem.strip_prefix("LPT"));
    let mut digits = port.unwrap_or_default().chars();
    // The superscripts count as digits there.
    matches!(
        (digits.next(), digits.next()),
        (Some('0'..='9' | '¹' | '²' | '³'), None)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_keeps_ordinary_names_and_no_others() {
        for good in [
            "a", "a.b", ".a", "..a", "console", "com", "com10", "lpt", "nulx", "ü", "a b", "CON1",
            "aux-file",
        ] {
            assert!(fits_windows(good), "{good}");
        }
        for bad in [
            "a:b", "a::$DATA", "con", "NUL", "nul.txt", "Com1", "lpt9.x.y", "COM¹", "aux .c",
            "conin$", "a.", "a ", "a\\b", "C:", "a?", "a*", "a|b", "a<b", "a>b", "a\"b", "a\tb",
            "a/b", "...",
        ] {
            assert!(!fits_windows(bad), "{bad}");
        }
        assert!(fits_windows(&"ü".repeat(127)) && !fits_windows(&"a".repeat(256)));
    }

    #[test]
    fn nothing_that_leads_elsewhere_is_a_name() {
        for bad in ["", ".", "..", "a/b", "/", "a\0"] {
            assert_eq!(check(bad, Errno::Inval), Err(Errno::Inval), "{bad:?}");
        }
        assert_eq!(check("a", Errno::Noent), Ok(()));
    }
}
