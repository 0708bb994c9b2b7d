//! `-v`: `[source:]path[:options]`, read as Docker's client does before the engine sees it.
//!
//! One letter before a colon is a drive of Windows on every system, so `-v a:/x` names no volume `a`: a slip of Docker's
//! that its users know.

use super::files;

/// What one `-v` becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Volume {
    /// A path alone: a volume without a name.
    Anonymous(String),
    /// A folder or a named volume, as the engine gets it.
    Bind(String),
}

/// Reads one `-v`; a source that begins with a dot becomes absolute.
pub fn parse(spec: &str) -> Result<Volume, String> {
    if spec.is_empty() {
        return Err("invalid empty volume spec".into());
    }
    if spec.len() <= 2 {
        return Ok(Volume::Anonymous(spec.to_owned()));
    }
    let wrong = |what: &str| Err(format!("invalid spec: {spec}: {what}"));
    let parts = sections(spec);
    // Docker meets the sections in order, and each with its own complaint.
    for (at, part) in parts.iter().enumerate() {
        if part.is_empty() {
            return wrong("empty section between colons");
        }
        if at == 2 && parts.len() > 3 {
            return wrong("too many colons");
        }
    }
    if parts.len() == 1 {
        return Ok(Volume::Anonymous(spec.to_owned()));
    }
    let Some((source, rest)) = spec.split_once(':').filter(|(s, _)| s.starts_with('.')) else {
        return Ok(Volume::Bind(spec.to_owned()));
    };
    Ok(Volume::Bind(format!("{}:{rest}", files::absolute(source))))
}

/// Splits at colons that belong to no drive.
fn sections(spec: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut section = String::new();
    for c in spec.chars() {
        let drive = section.chars().count() == 1 && section.chars().all(char::is_alphabetic);
        match c {
            ':' if !drive => all.push(std::mem::take(&mut section)),
            c => section.push(c),
        }
    }
    all.push(section);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifications_are_read_as_dockers_client_does() {
        let bind = |s: &str| Ok(Volume::Bind(s.to_owned()));
        let anonymous = |s: &str| Ok(Volume::Anonymous(s.to_owned()));
        for spec in [
            "/a:/b",
            "data:/b:ro",
            r"C:\x:/y",
            "C:/x:/y:ro",
            "/c/x:/y",
            "~/x:/y",
            "a:b:c:d",
            "/a:/b:c:d",
        ] {
            assert_eq!(parse(spec), bind(spec), "{spec}");
        }
        for spec in ["/a", "a", "x:", "a:/x", "x:y", r"C:\x"] {
            assert_eq!(parse(spec), anonymous(spec), "{spec}");
        }
        let here = std::env::current_dir().expect("a folder");
        let below = format!("{}:/x:ro", here.join("h").display());
        assert_eq!(parse("./h:/x:ro"), bind(&below));
        for (spec, words) in [
            ("", "invalid empty volume spec"),
            (":/x", "invalid spec: :/x: empty section between colons"),
            (
                "/a::/x",
                "invalid spec: /a::/x: empty section between colons",
            ),
            (
                "/a:/x:",
                "invalid spec: /a:/x:: empty section between colons",
            ),
            ("/a:/b:ro:xx", "invalid spec: /a:/b:ro:xx: too many colons"),
        ] {
            assert_eq!(parse(spec).unwrap_err(), words, "{spec}");
        }
    }
}
