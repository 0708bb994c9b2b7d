//! The real buildx gets files instead of an image.

use crate::buildx::{Buildx, member_names};

#[test]
fn folders_and_tars_get_the_files_as_they_are() {
    let Some(buildx) = Buildx::new("exporters") else {
        return;
    };
    buildx.file(
        "Dockerfile",
        "FROM alpine AS a\nRUN mkdir -p /o/d && echo x > /o/d/f && ln /o/d/f /o/d/g && ln -s f /o/d/l && chmod 4755 /o/d/f\n\
         RUN head -c 100000 /dev/zero > /o/big; : > /o/empty\nFROM scratch\nCOPY --from=a /o /\n",
    );
    let (well, _, told) = buildx.docker(&["build", "-o", "out", "."]);
    assert!(well, "{told}");
    for line in ["exporting to client directory", "copying files 100"] {
        assert!(told.contains(line), "{line} is missing in:\n{told}");
    }
    let out = buildx.path("out");
    assert_eq!(std::fs::read(out.join("d/l")).expect("a file"), b"x\n");
    assert_eq!(
        std::fs::metadata(out.join("big")).expect("a file").len(),
        100_000
    );
    let mode = |name: &str| {
        let meta = std::fs::metadata(out.join(name)).expect("a file");
        (meta.mode() & 0o7777, meta.nlink())
    };
    use std::os::unix::fs::MetadataExt;
    assert_eq!(
        (mode("d/f"), mode("d/g"), mode("empty")),
        ((0o4755, 2), (0o4755, 2), (0o644, 1))
    );

    let (well, _, told) = buildx.docker(&["build", "-o", "type=tar,dest=o.tar", "."]);
    assert!(well && told.contains("sending tarball"), "{told}");
    let names = member_names(std::fs::File::open(buildx.path("o.tar")).expect("a tar"));
    assert_eq!(names, ["big", "d/", "d/f", "d/g", "d/l", "empty"]);

    let (well, _, told) = buildx.docker(&["build", "-o", "type=nosuch", "."]);
    assert!(
        !well && told.contains("exporter \"nosuch\" could not be found"),
        "{told}"
    );
}

#[test]
fn secrets_contexts_and_caches_come_from_the_real_client() {
    let Some(buildx) = Buildx::new("mounts") else {
        return;
    };
    buildx.file("pass", "hunter2\n");
    buildx.file("more/f", "more\n");
    buildx.file(
        "Dockerfile",
        "FROM base\nARG TARGETPLATFORM\nRUN --mount=type=secret,id=p --mount=type=secret,id=e,env=HERE --mount=from=more,target=/m \\\n\
         --mount=type=cache,target=/c cat /run/secrets/p /m/f; echo $HERE $TARGETPLATFORM; touch /c/x\n",
    );
    let (well, _, told) = buildx.docker(&[
        "build",
        "--secret",
        "id=p,src=pass",
        "--secret",
        "id=e,env=DOCKER_BUILDKIT",
        "--build-context",
        "more=more",
        "--build-context",
        "base=docker-image://alpine",
        "--metadata-file",
        "meta",
        ".",
    ]);
    assert!(well, "{told}");
    for line in [
        "hunter2",
        " more\n",
        " 1 wasi/wasm\n",
        "[context base] load metadata for alpine",
    ] {
        assert!(told.contains(line), "{line} is missing in:\n{told}");
    }
    let meta = std::fs::read_to_string(buildx.path("meta")).expect("a file");
    assert!(
        meta.contains("\"containerimage.config.digest\": \"sha256:"),
        "{meta}"
    );
    let (_, used, _) = buildx.docker(&["buildx", "du", "--verbose"]);
    assert!(
        used.contains("cached mount /c from exec /bin/sh -c cat"),
        "{used}"
    );
    let (well, gone, _) = buildx.docker(&["builder", "prune", "-f"]);
    assert!(well && gone.contains("Total:"), "{gone}");
    let (_, used, _) = buildx.docker(&["buildx", "du"]);
    assert!(used.contains("Total:") && used.contains("0B"), "{used}");
}
