//! What a path means, and what names may look like: the grammar of the distribution API.

/// Bytes of a repository's name.
const LONGEST_NAME: usize = 255;
const LONGEST_TAG: usize = 128;

/// A path below `/v2/`.
#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    /// `/v2/` itself.
    Base,
    Catalog,
    Tags {
        name: String,
    },
    /// A manifest by its tag or digest.
    Manifest {
        name: String,
        reference: String,
    },
    Blob {
        name: String,
        digest: String,
    },
    /// `blobs/uploads/`.
    Uploads {
        name: String,
    },
    Upload {
        name: String,
        id: String,
    },
}

impl Route {
    /// The meaning of a path; `None` for what is no part of the API.
    pub fn find(path: &str) -> Option<Route> {
        let rest = path.strip_prefix("/v2/")?;
        match rest {
            "" => return Some(Route::Base),
            "_catalog" => return Some(Route::Catalog),
            _ => {}
        }
        // Names may hold slashes and even `blobs`, so the end of a path decides.
        let named = |name: &str| is_name(name).then(|| name.to_owned());
        if let Some(name) = rest.strip_suffix("/tags/list") {
            let name = named(name)?;
            return Some(Route::Tags { name });
        }
        if let Some(name) = rest.strip_suffix("/blobs/uploads/") {
            let name = named(name)?;
            return Some(Route::Uploads { name });
        }
        let (before, last) = rest.rsplit_once('/')?;
        if let Some(name) = before.strip_suffix("/blobs/uploads") {
            let is_id = last
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.=".contains(&b));
            return (is_id && !last.is_empty()).then_some(Route::Upload {
                name: named(name)?,
                id: last.to_owned(),
            });
        }
        if let Some(name) = before.strip_suffix("/blobs") {
            return last.contains(':').then_some(Route::Blob {
                name: named(name)?,
                digest: last.to_owned(),
            });
        }
        let name = named(before.strip_suffix("/manifests")?)?;
        let fits = is_tag(last) || last.contains(':');
        fits.then(|| Route::Manifest {
            name,
            reference: last.to_owned(),
        })
    }

    /// The methods that a path answers, as `Allow` lists them.
    pub fn methods(&self) -> &'static [&'static str] {
        match self {
            Route::Base => &["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"],
            Route::Catalog | Route::Tags { .. } => &["GET"],
            Route::Manifest { .. } => &["DELETE", "GET", "HEAD", "PUT"],
            Route::Blob { .. } => &["DELETE", "GET", "HEAD"],
            Route::Uploads { .. } | Route::Upload { .. } => {
                &["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]
            }
        }
    }

    /// The repository that is meant.
    pub fn repository(&self) -> Option<&str> {
        match self {
            Route::Base | Route::Catalog => None,
            Route::Tags { name }
            | Route::Manifest { name, .. }
            | Route::Blob { name, .. }
            | Route::Uploads { name }
            | Route::Upload { name, .. } => Some(name),
        }
    }
}

/// Whether this is a repository's name: words of small letters and digits with separators between them.
pub fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME && name.split('/').all(is_component)
}

fn is_component(part: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends_well =
        part.bytes().next().is_some_and(is_word) && part.bytes().last().is_some_and(is_word);
    let mut separators = part.split(|letter: char| letter.is_ascii() && is_word(letter as u8));
    let is_separator =
        |text: &str| matches!(text, "" | "." | "_" | "__") || text.bytes().all(|b| b == b'-');
    ends_well && separators.all(is_separator)
}

/// Whether this is a tag.
pub fn is_tag(tag: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    tag.len() <= LONGEST_TAG
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|b| is_word(b) || b == b'.' || b == b'-')
}

/// The hexadecimal digits of a sha256 digest, the one kind that is kept here.
pub fn hex(digest: &str) -> Option<&str> {
    let hex = digest.strip_prefix("sha256:")?;
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (hex.len() == 64 && hex.bytes().all(is_hex)).then_some(hex)
}
