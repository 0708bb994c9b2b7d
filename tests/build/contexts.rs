//! Named contexts, and the arguments that tell the platform.

use crate::buildkit::{logged, names, solved_with};
use crate::grpc::Files;
use crate::support::World;

/// What the steps wrote, and what steps there were; the Dockerfile must build.
async fn ran(
    world: &World,
    name: &str,
    dockerfile: &'static str,
    attrs: &[(&str, &str)],
) -> (String, Vec<String>) {
    let files = Files::from([
        (("dockerfile", "Dockerfile"), dockerfile.as_bytes()),
        (("context", "a.txt"), b"main\n".as_slice()),
        (("more", "f"), b"more\n".as_slice()),
    ]);
    let (outcome, told) = solved_with(world, name, files, attrs).await;
    outcome.unwrap_or_else(|e| panic!("{name}: {e}"));
    (logged(&told, 1), names(&told))
}

#[tokio::test(flavor = "multi_thread")]
async fn platforms_are_there_for_those_who_ask() {
    let world = World::new();
    let file = "ARG TARGETOS\nFROM --platform=$BUILDPLATFORM alpine\nRUN echo [$TARGETARCH]\n\
        ARG TARGETPLATFORM TARGETOS TARGETARCH=mine BUILDARCH TARGETSTAGE TARGETVARIANT\n\
        RUN echo $TARGETPLATFORM $TARGETOS $TARGETARCH $BUILDARCH $TARGETSTAGE [$TARGETVARIANT]\n";
    let (out, _) = ran(&world, "one", file, &[]).await;
    assert_eq!(out, "[]\nwasi/wasm wasi mine wasm default []\n");
    let history = world.ok(&[
        "history",
        "--no-trunc",
        "--format",
        "{{.CreatedBy}}",
        "made:1",
    ]);
    let first = history.lines().next().expect("a line");
    let told = "RUN |6 TARGETPLATFORM=wasi/wasm TARGETOS=wasi TARGETARCH=mine BUILDARCH=wasm TARGETSTAGE=default TARGETVARIANT= /bin/sh -c echo ";
    assert!(first.starts_with(told), "{first}");
    let other = [("platform", "linux/arm/v7")];
    let (out, _) = ran(&world, "two", file, &other).await;
    assert_eq!(out, "linux/arm/v7 linux mine wasm default [v7]\n");
    let files = Files::from([(
        ("dockerfile", "Dockerfile"),
        b"FROM --platform=$no alpine\n".as_slice(),
    )]);
    let (outcome, _) = solved_with(&world, "bad", files, &[]).await;
    let words = "empty platform value from expression $no";
    assert_eq!(outcome.unwrap_err(), words);
}

#[tokio::test(flavor = "multi_thread")]
async fn named_contexts_stand_for_images_stages_and_places_to_copy_from() {
    let world = World::new();
    let contexts = [
        ("context:more", "local:more"),
        ("context:base", "docker-image://alpine"),
    ];
    let file = "FROM base AS x\nCOPY --from=more f /g\nCOPY --from=more . /all/\n\
        RUN --mount=from=more,target=/m cat /g /m/f; ls -A /all /m\n";
    let (out, steps) = ran(&world, "one", file, &contexts).await;
    assert_eq!(out, "more\nmore\n/all:\nf\n\n/m:\nf\n");
    // The client's folder is told of while other steps are.
    let mut steps = steps;
    steps.sort();
    assert_eq!(
        steps,
        [
            "[context base] alpine",
            "[context base] load metadata for alpine",
            "[context more] load .dockerignore",
            "[context more] load from client",
            "[internal] load .dockerignore",
            "[internal] load build definition from Dockerfile",
            "[x 1/4] COPY --from=more f /g",
            "[x 2/4] COPY --from=more . /all/",
            "[x 3/4] RUN --mount=from=more,target=/m cat /g /m/f; ls -A /all /m",
            "exporting to image",
        ]
    );
    // A stage of that name is passed by.
    let stage = "FROM nosuch:5000/image AS more\nRUN false\nFROM alpine:latest\nCOPY --from=more /f /h\nRUN cat /h\n";
    let contexts = [
        ("context:more", "local:more"),
        ("context:docker.io/library/alpine", "docker-image://busybox"),
    ];
    let (out, steps) = ran(&world, "two", stage, &contexts).await;
    assert_eq!(out, "more\n");
    assert!(
        steps
            .iter()
            .any(|s| s == "[context alpine:latest] load metadata for busybox"),
        "{steps:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn other_kinds_of_contexts_are_refused_by_name() {
    let world = World::new();
    let files = Files::from([(("dockerfile", "Dockerfile"), b"FROM alpine\n".as_slice())]);
    let attrs = [("context:o", "https://h/x.git")];
    let (outcome, _) = solved_with(&world, "git", files, &attrs).await;
    let words =
        "the context o is not fetched by this engine: https is none of local and docker-image";
    assert_eq!(outcome.unwrap_err(), words);
}
