//! The client's configuration file and the programs that keep passwords for it, shared with Docker's own client.
//!
//! Only what is needed here is read; everything else in the file stays as it is when it is written.

use super::error::{Error, Result};
use crate::wire::AuthConfig;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The name under which the default registry is kept.
pub const HUB: &str = "https://index.docker.io/v1/";
/// What helpers say when they have nothing.
const NOTHING: &str = "credentials not found in native keychain";

/// `config.json` of one folder.
pub struct ConfigFile {
    path: PathBuf,
    values: Map<String, Value>,
}

impl ConfigFile {
    /// Reads the file of a folder: the one that was named, that of `DOCKER_CONFIG`, or `~/.docker`. One that is not there is empty.
    pub fn load(folder: &str) -> Result<ConfigFile> {
        let named = Some(folder.to_owned()).filter(|f| !f.is_empty());
        let variable = || {
            std::env::var("DOCKER_CONFIG")
                .ok()
                .filter(|f| !f.is_empty())
        };
        let folder = match named.or_else(variable) {
            Some(folder) => PathBuf::from(folder),
            None => crate::base::home::user_dir()
                .unwrap_or_default()
                .join(".docker"),
        };
        let path = folder.join("config.json");
        let values = match std::fs::read(&path) {
            Ok(bytes) if bytes.trim_ascii().is_empty() => Map::new(),
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| {
                Error::plain(format!("loading config file: {}: {e}", path.display()))
            })?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Map::new(),
            Err(e) => {
                return Err(Error::plain(format!(
                    "loading config file: {}: {e}",
                    path.display()
                )));
            }
        };
        Ok(ConfigFile { path, values })
    }

    /// Where the file is.
    pub fn path(&self) -> String {
        self.path.display().to_string()
    }

    /// The program that keeps the passwords of a registry, if there is one.
    pub fn helper(&self, registry: &str) -> Option<&str> {
        let own = self
            .values
            .get("credHelpers")
            .and_then(|all| all[registry].as_str());
        let all = || self.values.get("credsStore").and_then(Value::as_str);
        own.or_else(all).filter(|name| !name.is_empty())
    }

    /// What is known for a registry; empty when it is nothing.
    pub fn get(&self, registry: &str) -> Result<AuthConfig> {
        let mut found = match self.helper(registry) {
            Some(helper) => from_helper(helper, registry)?,
            None => self.entry(registry).map(read_entry).unwrap_or_default(),
        };
        registry.clone_into(&mut found.serveraddress);
        Ok(found)
    }

    /// The entry of a registry, also in the spellings of older clients.
    fn entry(&self, registry: &str) -> Option<&Value> {
        let all = self.values.get("auths")?.as_object()?;
        all.get(registry).or_else(|| {
            all.iter()
                .find(|(key, _)| host(key) == registry)
                .map(|(_, v)| v)
        })
    }

    /// Keeps a user for a registry.
    pub fn store(&mut self, registry: &str, auth: &AuthConfig) -> Result<()> {
        let known = self.values.entry("auths").or_insert_with(|| json!({}));
        let Some(all) = known.as_object_mut() else {
            return Err(Error::plain("loading config file: auths is no object"));
        };
        all.remove(registry);
        if let Some(helper) = self.helper(registry).map(str::to_owned) {
            let (name, secret) = match auth.identitytoken.as_str() {
                "" => (auth.username.as_str(), auth.password.as_str()),
                token => ("<token>", token),
            };
            let message = json!({"ServerURL": registry, "Username": name, "Secret": secret});
            ask(&helper, "store", &message.to_string())?;
            self.set_entry(registry, json!({}));
        } else {
            let pair = format!("{}:{}", auth.username, auth.password);
            let mut entry = json!({"auth": STANDARD.encode(pair)});
            if !auth.identitytoken.is_empty() {
                entry["identitytoken"] = auth.identitytoken.as_str().into();
            }
            self.set_entry(registry, entry);
        }
        self.save()
    }

    fn set_entry(&mut self, registry: &str, entry: Value) {
        if let Some(all) = self.values.get_mut("auths").and_then(Value::as_object_mut) {
            all.insert(registry.to_owned(), entry);
        }
    }

    /// Forgets a registry; false when nothing was known.
    pub fn erase(&mut self, registry: &str) -> Result<bool> {
        if let Some(helper) = self.helper(registry) {
            // One that has nothing, or is not there, has nothing to forget.
            let _ = ask(helper, "erase", registry);
        }
        let all = self.values.get_mut("auths").and_then(Value::as_object_mut);
        let Some(all) = all else { return Ok(false) };
        let same: Vec<String> = all
            .keys()
            .filter(|key| *key == registry || host(key) == registry)
            .cloned()
            .collect();
        for key in &same {
            all.remove(key);
        }
        if same.is_empty() {
            return Ok(false);
        }
        self.save()?;
        Ok(true)
    }

    /// Written beside and renamed, so that a crash leaves the old one; only its owner may read it.
    fn save(&self) -> Result<()> {
        let folder = self.path.parent().unwrap_or(&self.path);
        std::fs::create_dir_all(folder)?;
        let mut bytes = Vec::new();
        let format = serde_json::ser::PrettyFormatter::with_indent(b"\t");
        let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, format);
        serde::Serialize::serialize(&self.values, &mut serializer)?;
        let place = self
            .path
            .with_extension(format!("json{}", std::process::id()));
        let mut file = super::output::private_file(&place)?;
        let written = file
            .write_all(&bytes)
            .and_then(|()| std::fs::rename(&place, &self.path));
        if written.is_err() {
            let _ = std::fs::remove_file(&place);
        }
        Ok(written?)
    }
}

/// `https://host/v1/` and `host` mean the same registry; the default one keeps its whole name.
pub fn host(server: &str) -> &str {
    if server == HUB {
        return server;
    }
    let bare = server.split_once("://").map_or(server, |(_, rest)| rest);
    bare.split('/').next().unwrap_or_default()
}

fn read_entry(entry: &Value) -> AuthConfig {
    let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let packed = text("auth");
    let decoded = STANDARD
        .decode(&packed)
        .ok()
        .and_then(|b| String::from_utf8(b).ok());
    let (username, password) = decoded
        .as_deref()
        .and_then(|pair| pair.split_once(':'))
        .map_or_else(
            || (text("username"), text("password")),
            // Old clients padded the password with zeroes.
            |(u, p)| (u.to_owned(), p.trim_matches('\0').to_owned()),
        );
    AuthConfig {
        username,
        password,
        identitytoken: text("identitytoken"),
        registrytoken: text("registrytoken"),
        ..AuthConfig::default()
    }
}

fn from_helper(helper: &str, registry: &str) -> Result<AuthConfig> {
    let answer = match ask(helper, "get", registry) {
        Err(e) if e.message.contains(NOTHING) => return Ok(AuthConfig::default()),
        answer => answer?,
    };
    let found: Value = serde_json::from_str(&answer)?;
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    let mut auth = AuthConfig::default();
    match text("Username").as_str() {
        "<token>" => auth.identitytoken = text("Secret"),
        name => {
            name.clone_into(&mut auth.username);
            auth.password = text("Secret");
        }
    }
    Ok(auth)
}

/// Runs a helper: it reads its question from standard input and answers on standard output.
fn ask(helper: &str, verb: &str, question: &str) -> Result<String> {
    let program = format!("docker-credential-{helper}");
    let failed =
        |why: String| Error::plain(format!("error getting credentials - err: {why}, out: ``"));
    let started = Command::new(&program)
        .arg(verb)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn();
    let mut child = started.map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => failed(format!(
            "exec: \"{program}\": executable file not found in $PATH"
        )),
        _ => failed(e.to_string()),
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that reads nothing may have answered already.
        let _ = stdin.write_all(question.as_bytes());
    }
    let done = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&done.stdout).trim().to_owned();
    match done.status.success() {
        true => Ok(said),
        false => Err(Error::plain(format!(
            "error getting credentials - err: {}, out: `{said}`",
            done.status
        ))),
    }
}

/// The header that carries a user to the engine.
pub fn header(auth: &AuthConfig) -> Result<String> {
    Ok(URL_SAFE.encode(serde_json::to_vec(auth)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_found_and_forgotten_and_the_rest_of_the_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_string_lossy().into_owned();
        let path = folder.path().join("config.json");
        std::fs::write(
            &path,
            r#"{"psFormat":"x","auths":{"http://old:1/v1/":{"auth":"YTpi"}}}"#,
        )
        .unwrap();
        let mut config = ConfigFile::load(&place).unwrap();
        assert_eq!(config.get("old:1").unwrap().password, "b");
        let auth = AuthConfig {
            username: "ada".to_owned(),
            password: "love:lace".to_owned(),
            ..AuthConfig::default()
        };
        config.store("localhost:5000", &auth).unwrap();
        let again = ConfigFile::load(&place)
            .unwrap()
            .get("localhost:5000")
            .unwrap();
        assert_eq!(
            (again.username.as_str(), again.password.as_str()),
            ("ada", "love:lace")
        );
        let mut config = ConfigFile::load(&place).unwrap();
        assert!(config.erase("localhost:5000").unwrap());
        assert!(!config.erase("localhost:5000").unwrap());
        assert!(
            std::fs::read_to_string(&path)
                .unwrap()
                .contains("\"psFormat\": \"x\"")
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
