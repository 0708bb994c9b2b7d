//! Which clients and engines there are, and what must be so before the cases run.

use crate::run::{Target, link};
use crate::support::{World, available};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The real engine's address, as in `DOCKER_HOST`; what needs it skips without it.
pub const REAL: &str = "SCHOONER_REAL_DOCKER_HOST";
/// The real client; without it, `docker` on the path.
const CLIENT: &str = "SCHOONER_DOCKER_CLI";
/// For `any_client_on_any_engine`: a program and an address.
const ANY: [&str; 2] = ["SCHOONER_COMPARE_CLIENT", "SCHOONER_COMPARE_HOST"];

pub fn ours() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_schooner"))
}

/// The real client, if there is one; says so when a test has to be skipped.
pub fn real_client(test: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(CLIENT) {
        return Some(PathBuf::from(path));
    }
    if !available("docker", &["--version"], test) {
        return None;
    }
    let which = Command::new("sh")
        .args(["-c", "command -v docker"])
        .output()
        .ok()?;
    let path = PathBuf::from(String::from_utf8_lossy(&which.stdout).trim());
    path.is_absolute().then_some(path)
}

/// Names the plugin where it is not where the real client looks.
const BUILDX: &str = "SCHOONER_TEST_BUILDX";

/// The plugin that cases need, if it has to be put where the client looks.
pub fn plugin() -> Option<PathBuf> {
    std::env::var_os(BUILDX).map(PathBuf::from)
}

/// Whether a client can build with buildx; ours has no plugins.
pub fn has_buildx(client: &Path) -> bool {
    let version = || Command::new(client).args(["buildx", "version"]).output();
    client != ours() && (plugin().is_some() || version().is_ok_and(|o| o.status.success()))
}

/// What the user asked to compare, if anything.
pub fn clients_own() -> Option<Target> {
    let [client, host] = ANY.map(|name| std::env::var(name).ok());
    let (Some(client), Some(host)) = (client, host) else {
        println!(
            "skipped: any client on any engine: {} and {} are not both set",
            ANY[0], ANY[1]
        );
        return None;
    };
    Some(Target {
        client: client.into(),
        host,
    })
}

/// Starts our engine with the images that the record found there; returns its address.
pub fn prepared(world: &World) -> String {
    let host = world.host();
    for image in ["alpine", "busybox"] {
        world.ok(&["run", "--rm", image, "true"]);
    }
    host
}

/// Removes what an interrupted run left behind (names that begin with `k_` are this tool's), and keeps others of our
/// kind away from the same engine until the answer is dropped.
pub fn clean(target: &Target) -> File {
    let path = std::env::temp_dir().join("schooner-compare.lock");
    let lock = File::create(path).expect("a lock file");
    lock.lock().expect("the lock");
    let links = tempfile::tempdir().expect("a folder");
    link(&target.client, links.path());
    let script = "docker rm -fv $(docker ps -aqf name=^k_) ; docker volume rm $(docker volume ls -qf name=^k_); \
                  docker network rm $(docker network ls -qf name=^k_)";
    let _ = Command::new("sh")
        .args(["-c", script])
        .env("DOCKER_HOST", &target.host)
        .env(
            "PATH",
            format!(
                "{}:{}",
                links.path().display(),
                std::env::var("PATH").unwrap_or_default()
            ),
        )
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    lock
}
