//! Who may ask: the users of an htpasswd file, by basic authentication. Passwords are bcrypt, as the real registry wants them.

use crate::http::{Answer, Code, Request};
use crate::route::Route;
use crate::settings::Settings;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// The door.
pub struct Auth {
    realm: String,
    path: String,
    /// Sums of the file and of credentials that it allowed. bcrypt is slow on purpose and clients show their password with each request.
    known: HashSet<[u8; 32]>,
}

impl Auth {
    /// A door, if the configuration wants one.
    pub fn new(settings: &Settings) -> Result<Option<Auth>, String> {
        let path = settings.get("auth.htpasswd.path");
        let realm = settings.get("auth.htpasswd.realm");
        match (settings.get("auth"), realm, path) {
            (None, None, None) => Ok(None),
            (_, Some(realm), Some(path)) => Ok(Some(Auth {
                realm: realm.to_owned(),
                path: path.to_owned(),
                known: HashSet::new(),
            })),
            (_, None, _) => Err(refused("realm")),
            (_, _, None) => Err(refused("path")),
        }
    }

    /// Lets a request in; the `Err` is what is answered otherwise. The file is read each time, so that a changed one holds at once.
    pub fn check(&mut self, request: &Request, route: &Route) -> Result<(), Answer> {
        let users = std::fs::read_to_string(&self.path).unwrap_or_default();
        let shown = request.header("authorization").unwrap_or("");
        let sum: [u8; 32] = Sha256::new()
            .chain_update(shown)
            .chain_update([0])
            .chain_update(&users)
            .finalize()
            .into();
        if self.known.contains(&sum) {
            return Ok(());
        }
        if allowed(shown, &users) {
            self.known.insert(sum);
            return Ok(());
        }
        let realm = format!("Basic realm=\"{}\"", self.realm);
        let refused = Code::Unauthorized.detail(wanted(request, route));
        Err(refused.with("Www-Authenticate", realm))
    }
}

fn refused(missing: &str) -> String {
    format!(
        "unable to configure authorization (htpasswd): \"{missing}\" must be set for htpasswd access controller"
    )
}

fn allowed(header: &str, users: &str) -> bool {
    let Some((user, password)) = credentials(header) else {
        return false;
    };
    let lines = users.lines().filter_map(|line| line.trim().split_once(':'));
    let mut hashes = lines.filter(|(name, _)| *name == user);
    hashes.next().is_some_and(|(_, hash)| {
        // Apache writes `$2y$`, which is what others call `$2b$`.
        bcrypt::verify(password.as_bytes(), hash).unwrap_or(false)
    })
}

fn credentials(header: &str) -> Option<(String, String)> {
    let (scheme, text) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// What the request would have needed, as the error tells it.
fn wanted(request: &Request, route: &Route) -> Value {
    let access = |kind: &str, name: &str, action: &str| json!({ "Type": kind, "Class": "", "Name": name, "Action": action });
    match (route, route.repository()) {
        (Route::Catalog, _) => json!([access("registry", "catalog", "*")]),
        (_, None) => Value::Null,
        (_, Some(name)) => match request.method.as_str() {
            "GET" | "HEAD" => json!([access("repository", name, "pull")]),
            "DELETE" => json!([access("repository", name, "delete")]),
            _ => json!([
                access("repository", name, "pull"),
                access("repository", name, "push")
            ]),
        },
    }
}
