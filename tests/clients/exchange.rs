//! Images between us and a real Docker: archives in both directions, and a registry in the middle. Ids, layers, histories and
//! digests are the same on both sides. Needs a real engine; without one the tests say so and skip.
#![cfg(unix)]

use crate::support::registry::Registry;
use crate::support::{World, text};
use crate::world::{REAL, real_client};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What makes two images the same one.
const SAME: &str = "{{.Id}} {{json .RootFS.Layers}} {{json .Config.Cmd}} {{json .Config.Env}} {{json .Config.Labels}}";
const HISTORY: &str = "{{.CreatedBy}}|{{.Size}}|{{.Comment}}";

/// A real engine and a client for it.
struct Real {
    client: PathBuf,
    host: String,
    /// The client's folder of configuration, and ours for files.
    folder: tempfile::TempDir,
}

impl Real {
    fn new(test: &str) -> Option<Real> {
        let Ok(host) = std::env::var(REAL) else {
            println!("skipped: {test}: {REAL} is not set");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let client = real_client(test)?;
        Some(Real {
            client,
            host,
            folder,
        })
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(&self.client)
            .args(args)
            .env("DOCKER_HOST", &self.host)
            .env("DOCKER_CONFIG", self.folder.path())
            .env("DOCKER_BUILDKIT", "0")
            .output()
            .expect("docker runs")
    }

    fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let told = text(&output.stderr);
        assert!(output.status.success(), "docker {args:?}: {told}");
        text(&output.stdout)
    }

    /// A path below the folder, as text.
    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }
}

/// A name on the real engine that goes with the test.
struct Named<'r>(&'r Real, String);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        self.0.run(&["rmi", "-f", &self.1]);
    }
}

/// Asserts that a name stands for the same image on both sides.
fn assert_same(world: &World, real: &Real, name: &str) {
    let inspect = ["image", "inspect", "-f", SAME, name];
    assert_eq!(world.ok(&inspect), real.ok(&inspect));
    let history = ["history", "--no-trunc", "--format", HISTORY, name];
    assert_eq!(world.ok(&history), real.ok(&history));
}

/// A folder to build from, and the tar of a base image.
fn context(real: &Real, base: &str) -> (String, String) {
    let folder = real.folder.path().join("context");
    std::fs::create_dir_all(&folder).expect("made");
    std::fs::write(folder.join("f"), "eff\n").expect("written");
    let lines = "COPY f /f\nLABEL a=b\nENV X=1 Y=\"two words\"\nCOPY f /g/\nVOLUME /data\nCMD [\"cat\", \"/f\"]\n";
    std::fs::write(folder.join("Dockerfile"), format!("FROM {base}\n{lines}")).expect("written");
    let tar = real.folder.path().join("base.tar");
    let mut archive = tar::Builder::new(std::fs::File::create(&tar).expect("a file"));
    archive.append_dir_all("src", &folder).expect("added");
    archive.finish().expect("finished");
    let shown = |path: &Path| path.to_string_lossy().into_owned();
    (shown(&folder), shown(&tar))
}

#[test]
fn an_archive_of_ours_is_the_same_image_in_docker() {
    let Some(real) = Real::new("an archive of ours in Docker") else {
        return;
    };
    let world = World::new();
    let (folder, tar) = context(&real, "k_xa/base:1");
    world.ok(&["import", "--platform", "linux/amd64", &tar, "k_xa/base:1"]);
    world.ok(&["build", "-q", "-t", "k_xa/app:1", &folder]);
    world.ok(&["tag", "k_xa/app:1", "k_xa/app:2"]);
    let archive = real.path("ours.tar");
    world.ok(&["save", "-o", &archive, "k_xa/app", "k_xa/base:1"]);
    let names = ["k_xa/app:1", "k_xa/app:2", "k_xa/base:1"];
    let _gone = names.map(|name| Named(&real, name.to_owned()));
    let mut loaded: Vec<String> = real
        .ok(&["load", "-i", &archive])
        .lines()
        .map(str::to_owned)
        .collect();
    loaded.sort();
    assert_eq!(loaded, names.map(|name| format!("Loaded image: {name}")));
    names
        .iter()
        .for_each(|name| assert_same(&world, &real, name));
}

#[test]
fn an_archive_of_dockers_is_the_same_image_here() {
    let Some(real) = Real::new("an archive of Docker's here") else {
        return;
    };
    let world = World::new();
    let (folder, tar) = context(&real, "k_xb/base:1");
    let _gone = ["k_xb/app:1", "k_xb/base:1"].map(|name| Named(&real, name.to_owned()));
    real.ok(&["import", &tar, "k_xb/base:1"]);
    real.ok(&["build", "-q", "-t", "k_xb/app:1", &folder]);
    let archive = real.path("theirs.tar");
    real.ok(&["save", "-o", &archive, "k_xb/app:1", "busybox"]);
    world.ok(&["load", "-q", "-i", &archive]);
    assert_same(&world, &real, "k_xb/app:1");
    assert_same(&world, &real, "busybox");
    // It is there as it was, and no program of its is WebAssembly.
    let output = world.run(&["run", "--rm", "busybox", "/bin/true"]);
    assert_eq!(text(&output.stderr), "exec /bin/true: exec format error\n");
    assert_eq!(output.status.code(), Some(255));
}

/// `Digest: sha256:…` of a pull, `digest: sha256:…` of a push.
fn digest(told: &str) -> String {
    let at = told.find("igest: ").expect("a digest") + "igest: ".len();
    told[at..]
        .split_whitespace()
        .next()
        .expect("a digest")
        .to_owned()
}

#[test]
fn a_registry_between_us_and_docker_keeps_digests() {
    let test = "a registry between us and Docker";
    let Some(real) = Real::new(test) else { return };
    let Some(registry) = Registry::start(None) else {
        return;
    };
    let world = World::new();
    let (folder, tar) = context(&real, "k_xc/base:1");
    world.ok(&["import", "--platform", "linux/amd64", &tar, "k_xc/base:1"]);
    let repository = format!("localhost:{}/k_xc/app", registry.address.port());
    let name = format!("{repository}:1");
    world.ok(&["build", "-q", "-t", &name, &folder]);
    let pushed = digest(&world.ok(&["push", &name]));
    let _gone = Named(&real, name.clone());
    let pulled = real.run(&["pull", &name]);
    if text(&pulled.stderr).contains("connection refused") {
        println!("skipped: {test}: the real engine does not reach ports of this machine");
        return;
    }
    assert!(pulled.status.success(), "{}", text(&pulled.stderr));
    assert_eq!(digest(&text(&pulled.stdout)), pushed);
    assert_same(&world, &real, &name);

    // Docker pushes it again, and we get what it pushed.
    let back = format!("{repository}:2");
    let _gone = Named(&real, back.clone());
    real.ok(&["tag", &name, &back]);
    let again = digest(&real.ok(&["push", &back]));
    let elsewhere = World::new();
    assert_eq!(digest(&elsewhere.ok(&["pull", &back])), again);
    assert_same(&elsewhere, &real, &back);
    // What we pulled from Docker goes back with the digest that it came with.
    let third = back.replace("/k_xc/app", "/k_xc/third");
    elsewhere.ok(&["tag", &back, &third]);
    assert_eq!(digest(&elsewhere.ok(&["push", &third])), again);
}
