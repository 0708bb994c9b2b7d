//! The cache hits exactly when Docker's does.

use crate::client::{Built, Context, build};
use crate::support::World;

const LINES: [&str; 5] = [
    "FROM alpine",
    "ARG v",
    "COPY a d /x/",
    "RUN cat /x/a",
    "ENV z=1",
];

fn context(a: &str) -> Context {
    Context::new(&LINES)
        .file("a", a)
        .folder("d/")
        .file("d/b", "b")
        .file("other", "o")
}

fn hits(built: &Built) -> usize {
    built.id();
    built.said().matches(" ---> Using cache\n").count()
}

#[test]
fn the_same_build_is_taken_whole_and_gives_the_same_image() {
    let world = World::new();
    let first = build(&world, "", context("1"));
    assert_eq!(hits(&first), 0);
    let again = build(&world, "", context("1"));
    assert_eq!((hits(&again), again.id()), (4, first.id()));
    // The history of the second build is that of the first.
    assert!(!again.said().contains("Running in"));
}

#[test]
fn changed_contents_break_it_and_times_do_not() {
    let world = World::new();
    build(&world, "", context("1")).id();
    assert_eq!(hits(&build(&world, "", context("2"))), 1);
    // A file that nobody copies does not matter.
    assert_eq!(hits(&build(&world, "", context("1").file("more", "m"))), 4);
    let touched = Context::new(&LINES)
        .bytes("a", b"1")
        .folder("d/")
        .file("d/b", "b");
    assert_eq!(hits(&build(&world, "", touched)), 4);
    let mode = Context::new(&LINES)
        .with("a", tar::EntryType::Regular, 0o755, "", b"1")
        .folder("d/")
        .file("d/b", "b");
    assert_eq!(hits(&build(&world, "", mode)), 1);
}

#[test]
fn arguments_count_for_steps_that_see_them() {
    let world = World::new();
    let with = |v: &str| format!("buildargs=%7B%22v%22%3A%22{v}%22%7D");
    build(&world, &with("1"), context("1")).id();
    assert_eq!(hits(&build(&world, &with("1"), context("1"))), 4);
    assert_eq!(hits(&build(&world, &with("2"), context("1"))), 2);
    // A proxy is seen by every step and counts for none.
    let proxy = "buildargs=%7B%22v%22%3A%221%22%2C%22http_proxy%22%3A%22x%22%7D";
    assert_eq!(hits(&build(&world, proxy, context("1"))), 4);
}

#[test]
fn it_can_be_turned_off_and_taken_from_an_image() {
    let world = World::new();
    build(&world, "t=k_from", context("1")).id();
    assert_eq!(hits(&build(&world, "nocache=1", context("1"))), 0);
    assert_eq!(
        hits(&build(&world, "cachefrom=%5B%22k_from%22%5D", context("1"))),
        4
    );
    let other = Context::new(&["FROM alpine", "ENV other=1"]);
    build(&world, "t=k_other", other).id();
    assert_eq!(
        hits(&build(
            &world,
            "cachefrom=%5B%22k_other%22%5D",
            context("1")
        )),
        0
    );
}
