//! Paths of the host as people write them in `-v` and `--mount`: drive letters, `/c/x`, and where a specification splits.
//!
//! Plain text, without a look at the host; `windows` says whose rules hold, so that both are tested everywhere.

/// Splits `source:target[:mode]` at its colons into at most four parts. On Windows the colon of a drive letter is none.
pub fn split_bind(text: &str, windows: bool) -> Vec<&str> {
    let skip = match windows && has_drive(text) {
        true => 2,
        false => 0,
    };
    let mut parts: Vec<&str> = Vec::with_capacity(3);
    let mut from = 0;
    for (at, _) in text.match_indices(':').filter(|(at, _)| *at >= skip) {
        if parts.len() == 3 {
            break;
        }
        parts.push(&text[from..at]);
        from = at + 1;
    }
    parts.push(&text[from..]);
    parts
}

/// The host's spelling of an absolute path, cleaned; `None` if it is not absolute. Windows reads `C:\x`, `C:/x`, `/c/x`
/// and `\\server\share`.
pub fn absolute(path: &str, windows: bool) -> Option<String> {
    if !windows {
        return path.starts_with('/').then(|| clean(path));
    }
    let slashes = path.replace('\\', "/");
    let (root, rest) = match slashes.as_bytes() {
        [drive, b':', b'/', ..] if drive.is_ascii_alphabetic() => (
            format!("{}:", drive.to_ascii_uppercase() as char),
            &slashes[2..],
        ),
        [b'/', b'/', _, ..] => (r"\".to_owned(), &slashes[1..]),
        // The shells that come with Git write drives so.
        [b'/', drive, b'/', ..] if drive.is_ascii_alphabetic() => (
            format!("{}:", drive.to_ascii_uppercase() as char),
            &slashes[2..],
        ),
        [b'/', drive] if drive.is_ascii_alphabetic() => {
            (format!("{}:", drive.to_ascii_uppercase() as char), "/")
        }
        _ => return None,
    };
    Some(format!("{root}{}", clean(rest).replace('/', r"\")))
}

/// Go's `path.Clean` of a path that begins with a slash: no `.`, `..`, empty components or trailing slash.
pub fn clean(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(kept.pop()),
            part => kept.push(part),
        }
    }
    format!("/{}", kept.join("/"))
}

/// Whether text begins with a letter and a colon and then a slash: a drive of Windows.
pub fn has_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifications_split_at_their_colons() {
        for (text, windows, parts) in [
            ("/a:/b", false, &["/a", "/b"][..]),
            ("/a:/b:ro", false, &["/a", "/b", "ro"]),
            ("/a", false, &["/a"]),
            ("a:b:c:d:e", false, &["a", "b", "c", "d:e"]),
            (r"C:\x:/y:ro", false, &["C", r"\x", "/y", "ro"]),
            (r"C:\x:/y:ro", true, &[r"C:\x", "/y", "ro"]),
            ("c:/x:/y", true, &["c:/x", "/y"]),
            ("/c/x:/y", true, &["/c/x", "/y"]),
            ("data:/y", true, &["data", "/y"]),
            ("d:data", true, &["d", "data"]),
        ] {
            assert_eq!(split_bind(text, windows), parts, "{text}");
        }
    }

    #[test]
    fn absolute_paths_have_one_spelling() {
        for (path, unix, windows) in [
            ("/a//b/./c/../d/", Some("/a/b/d"), Some(r"A:\b\d")),
            ("/", Some("/"), None),
            ("a", None, None),
            ("./a", None, None),
            (r"C:\Users\me\", None, Some(r"C:\Users\me")),
            ("c:/x/../..", None, Some(r"C:\")),
            ("/c/Users", Some("/c/Users"), Some(r"C:\Users")),
            ("/c", Some("/c"), Some(r"C:\")),
            ("/home/x", Some("/home/x"), None),
            (r"\\srv\share\x", None, Some(r"\\srv\share\x")),
            ("c:x", None, None),
        ] {
            assert_eq!(absolute(path, false).as_deref(), unix, "{path}");
            assert_eq!(absolute(path, true).as_deref(), windows, "{path}");
        }
    }
}
