//! The real docker CLI with buildx, as people have it: `docker build` goes through BuildKit's front door.

use crate::support::{World, available, text};
use std::path::PathBuf;
use std::process::Command;

/// A docker client with the plugin, in a world; `None`, said aloud, where there is none. `SCHOONER_TEST_BUILDX` names a plugin that
/// is not where Docker looks.
pub struct Buildx {
    world: World,
    folder: tempfile::TempDir,
}

impl Buildx {
    pub fn new(test: &str) -> Option<Buildx> {
        let world = World::new();
        if let Some(plugin) = std::env::var_os("SCHOONER_TEST_BUILDX").map(PathBuf::from) {
            let plugins = world.home().join("docker-config/cli-plugins");
            std::fs::create_dir_all(&plugins).expect("a folder");
            std::os::unix::fs::symlink(plugin, plugins.join("docker-buildx")).expect("a link");
        } else if !available("docker", &["buildx", "version"], test) {
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        Some(Buildx { world, folder })
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn file(&self, path: &str, content: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, content).expect("written");
    }

    /// `docker ARGS` in the folder: whether it went well, and what it wrote on both.
    pub fn docker(&self, args: &[&str]) -> (bool, String, String) {
        let mut command: Command = self.world.program("docker");
        command
            .env("DOCKER_BUILDKIT", "1")
            .env("BUILDKIT_PROGRESS", "plain");
        let output = command
            .args(args)
            .current_dir(self.folder.path())
            .output()
            .expect("docker runs");
        (
            output.status.success(),
            text(&output.stdout),
            text(&output.stderr),
        )
    }
}

#[test]
fn buildx_builds_and_shows_each_step() {
    let Some(buildx) = Buildx::new("buildx") else {
        return;
    };
    buildx.file("Dockerfile", "FROM alpine AS made\nCOPY . /src/\nRUN cat /src/sub/b > /out; echo built\nFROM scratch\nCOPY --from=made /out /src/ /\n");
    buildx.file("sub/b", "bee\n");
    buildx.file("secret.txt", "no\n");
    buildx.file(".dockerignore", "secret*\nDockerfile\n");
    let (well, _, told) = buildx.docker(&["build", "-t", "bx:1", "--iidfile", "id", "."]);
    assert!(well, "{told}");
    for line in [
        "[internal] load build definition from Dockerfile",
        "[made 1/3] FROM docker.io/library/alpine:latest",
        "[made 2/3] COPY . /src/",
        "[made 3/3] RUN cat /src/sub/b > /out; echo built",
        "[stage-1 1/1] COPY --from=made /out /src/ /",
        "exporting to image",
        "naming to docker.io/library/bx:1",
    ] {
        assert!(told.contains(line), "{line} is missing in:\n{told}");
    }
    let id = std::fs::read_to_string(buildx.folder.path().join("id")).expect("the id");
    assert_eq!(
        buildx
            .world
            .ok(&["inspect", "-f", "{{.Id}}", "bx:1"])
            .trim(),
        id
    );
    let made = buildx.world.ok(&["create", "bx:1", "x"]);
    let listed = buildx
        .world
        .schooner()
        .args(["export", made.trim()])
        .output()
        .expect("an archive");
    let names = member_names(&listed.stdout[..]);
    assert!(
        names.iter().any(|n| n == "sub/b") && names.iter().any(|n| n == "out"),
        "{names:?}"
    );
    assert!(
        !names
            .iter()
            .any(|n| n.contains("secret") || n.contains("Dockerfile")),
        "{names:?}"
    );

    let (well, id, _) = buildx.docker(&["build", "-q", "."]);
    assert!(well && id.starts_with("sha256:"), "{id}");
    let (_, _, told) = buildx.docker(&["build", "."]);
    assert!(told.contains("CACHED"), "{told}");
}

#[test]
fn buildx_shows_the_lines_that_are_to_blame() {
    let Some(buildx) = Buildx::new("buildx errors") else {
        return;
    };
    buildx.file(
        "Dockerfile",
        "FROM alpine\nRUN echo fine\nRUN echo no; exit 3\n",
    );
    let (well, _, told) = buildx.docker(&["build", "."]);
    assert!(!well);
    for line in [
        "ERROR: process \"/bin/sh -c echo no; exit 3\" did not complete successfully: exit code: 3",
        "   3 | >>> RUN echo no; exit 3",
        "failed to solve: process \"/bin/sh -c echo no; exit 3\" did not complete successfully: exit code: 3",
    ] {
        assert!(told.contains(line), "{line} is missing in:\n{told}");
    }
    buildx.file("Dockerfile", "FROM alpine\nRUNN x\n");
    let (_, _, told) = buildx.docker(&["build", "."]);
    assert!(told.contains("   2 | >>> RUNN x"), "{told}");
    assert!(told.contains("failed to solve: dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)"), "{told}");
}

/// The names of an archive's members, in its order.
pub fn member_names(archive: impl std::io::Read) -> Vec<String> {
    let mut archive = tar::Archive::new(archive);
    let entries = archive.entries().expect("entries");
    let name = |entry: std::io::Result<tar::Entry<'_, _>>| {
        let entry = entry.expect("an entry");
        entry.path().expect("a path").display().to_string()
    };
    entries.map(name).collect()
}
