//! `COPY` and `ADD`: what goes where, with which owner and mode. Expectations were recorded from a real Docker.

use crate::client::{Context, build, post, shell};
use crate::support::World;

/// A context with files, folders, links and an archive.
fn context(lines: &[&str]) -> Context {
    let archive = Context::new(&[]).file("in", "x").tar();
    Context::new(lines)
        .file("a", "a\n")
        .file("b", "b\n")
        .with("d/", tar::EntryType::Directory, 0o700, "", b"")
        .with("d/h", tar::EntryType::Regular, 0o600, "", b"h\n")
        .folder("d/sub/")
        .file("d/sub/s", "s\n")
        .link("d/up", "../a")
        .link("la", "a")
        .link("ld", "d")
        .link("lb", "nowhere")
        .bytes("t.tar", &archive)
        .file("n.tar", "not\n")
}

fn listed(lines: &[&str], script: &str) -> String {
    let world = World::new();
    let mut all = vec!["FROM alpine"];
    all.extend(lines);
    let id = build(&world, "", context(&all)).id();
    shell(&world, &id, script)
}

fn refused(lines: &[&str]) -> String {
    let world = World::new();
    let mut all = vec!["FROM alpine"];
    all.extend(lines);
    let built = build(&world, "", context(&all));
    built.error().expect("an error").to_owned()
}

const LIST: &str = "cd /; stat -c '%A %u:%g %s %n' $(find x new -print | sort)";

#[test]
fn a_folder_is_copied_as_its_contents() {
    let found = listed(&["COPY d /new", "COPY d/sub/s /x/"], LIST);
    assert_eq!(
        found,
        "drwxr-xr-x 0:0 4096 new\n-rw------- 0:0 2 new/h\ndrwxr-xr-x 0:0 4096 new/sub\n-rw-r--r-- 0:0 2 new/sub/s\n\
         lrwxrwxrwx 0:0 4 new/up\ndrwxr-xr-x 0:0 4096 x\n-rw-r--r-- 0:0 2 x/s\n"
    );
}

#[test]
fn links_named_themselves_are_followed() {
    let found = listed(&["COPY la ld /x/", "COPY a /new"], LIST);
    assert_eq!(
        found,
        "-rw-r--r-- 0:0 2 new\ndrwxr-xr-x 0:0 4096 x\n-rw------- 0:0 2 x/h\n-rw-r--r-- 0:0 2 x/la\n\
         drwxr-xr-x 0:0 4096 x/sub\n-rw-r--r-- 0:0 2 x/sub/s\nlrwxrwxrwx 0:0 4 x/up\n"
    );
}

#[test]
fn patterns_owners_and_modes() {
    let lines = [
        "COPY --chown=5:6 d /x/y/",
        "COPY --chown=nobody:7 --chmod=750 ? /new/",
    ];
    let found = listed(
        &lines,
        "cd /; stat -c '%a %u:%g %n' x x/y x/y/h x/y/up new/a new/b new/h",
    );
    assert_eq!(
        found,
        "755 0:0 x\n755 5:6 x/y\n600 5:6 x/y/h\n777 5:6 x/y/up\n750 65534:7 new/a\n750 65534:7 new/b\n750 65534:7 new/h\n"
    );
}

#[test]
fn destinations_follow_the_images_links_and_the_working_directory() {
    let lines = [
        "RUN ln -s /tmp /lnk",
        "COPY a /lnk/z",
        "WORKDIR /w/v",
        "COPY b x/",
        "COPY b ./y",
        "COPY a .",
    ];
    let found = listed(
        &lines,
        "cat /tmp/z /w/v/x/b /w/v/y /w/v/a; stat -c %a /tmp; ls -d /lnk; pwd; stat -c %Y /w/v/a",
    );
    assert_eq!(found, "a\nb\nb\na\n1777\n/lnk\n/w/v\n978307200\n");
}

#[test]
fn archives_are_unpacked_by_add_alone() {
    let lines = ["ADD t.tar /x/", "ADD n.tar /x/", "COPY t.tar /new/"];
    let found = listed(
        &lines,
        "cd /; stat -c '%u:%g %n' x/in x/Dockerfile x/n.tar new/t.tar",
    );
    assert_eq!(
        found,
        "1000:1000 x/in\n1000:1000 x/Dockerfile\n0:0 x/n.tar\n0:0 new/t.tar\n"
    );
}

#[test]
fn other_stages_and_images_keep_owners() {
    let lines = [
        "RUN mkdir /t && echo q >/t/q && chown 5:6 /t/q && ln -s q /t/l",
        "FROM alpine",
        "COPY --from=0 /t /x/",
        "COPY --from=0 t/l /new",
        "COPY --from=alpine:latest /etc/passwd /p",
    ];
    let found = listed(
        &lines,
        "cd /; stat -c '%u:%g %s %n' x x/q x/l new; head -1 /p",
    );
    assert_eq!(
        found,
        "0:0 4096 x\n5:6 2 x/q\n0:0 1 x/l\n5:6 2 new\nroot:x:0:0:root:/root:/bin/sh\n"
    );
}

#[test]
fn here_documents_are_files() {
    let lines = [
        "ENV v=1",
        "COPY <<one <<'two' /x/",
        "$v",
        "one",
        "$v",
        "two",
    ];
    assert_eq!(listed(&lines, "cat /x/one /x/two"), "1\n$v\n");
}

#[test]
fn what_cannot_be_copied_is_said_in_dockers_words() {
    let failed = "COPY failed: file not found in build context or excluded by .dockerignore: ";
    for (line, words) in [
        ("COPY nosuch /x", format!("{failed}stat nosuch: file does not exist")),
        ("COPY lb /x/", format!("{failed}stat lb: file does not exist")),
        ("COPY ../a /x", "COPY failed: forbidden path outside the build context: ../a ()".to_owned()),
        ("COPY d/../../a /x", "COPY failed: forbidden path outside the build context: d/../../a ()".to_owned()),
        ("COPY no* /x/", "COPY failed: no source files were specified".to_owned()),
        ("COPY [ /x/", "COPY failed: no source files were specified".to_owned()),
        (
            "COPY a b /x",
            "When using COPY with more than one source file, the destination must be a directory and end with a /".to_owned(),
        ),
        ("COPY http://x/y /x", "COPY failed: source can't be a URL for COPY".to_owned()),
        ("COPY --from=0 a /x", "invalid from flag value 0: refers to current build stage".to_owned()),
        ("COPY --from=7 a /x", "invalid from flag value 7: index out of bounds".to_owned()),
        (
            "COPY --chown=nosuch a /x",
            "unable to convert uid/gid chown string to host mapping: can't find uid for user nosuch: no such user: nosuch".to_owned(),
        ),
    ] {
        assert_eq!(refused(&[line]), words, "{line}");
    }
    assert!(refused(&["ADD http://x/y /x"]).starts_with("ADD failed: Get \"http://x/y\": "));
    assert!(
        refused(&["COPY d /etc/passwd"])
            .starts_with("failed to copy files: failed to copy directory: mkdir ")
    );
}

#[test]
fn an_archive_without_its_last_padding_is_a_context() {
    let world = World::new();
    let mut tar = Context::new(&["FROM alpine", "COPY z /z"])
        .file("z", "end")
        .tar();
    tar.truncate(tar.len() - 1024 - 509);
    let (status, body) = post(&world, "/v1.51/build", &tar);
    assert!(
        status == 200 && body.contains("Successfully built"),
        "{body}"
    );
    tar.truncate(tar.len() - 3);
    let (status, body) = post(&world, "/v1.51/build", &tar);
    assert!(
        status == 400 && body.contains("unexpected EOF"),
        "{status} {body}"
    );
}

#[test]
fn s08_ignored_files_are_not_there_although_they_were_sent() {
    let world = World::new();
    let context = Context::new(&["FROM alpine", "COPY . /x/"])
        .file(".dockerignore", "Dockerfile\n.dockerignore\n")
        .file("kept", "k");
    let id = build(&world, "", context).id();
    assert_eq!(shell(&world, &id, "ls -A /x"), "kept\n");
}

#[test]
fn s08_links_of_a_context_lead_nowhere_else() {
    let world = World::new();
    let context = Context::new(&["FROM alpine", "COPY out /x", "COPY climb /y"])
        .link("out", "/etc/shadow")
        .file("etc/shadow", "own\n")
        .link("climb", "../../../../etc/shadow");
    let id = build(&world, "", context).id();
    assert_eq!(shell(&world, &id, "cat /x /y"), "own\nown\n");
    assert_eq!(
        world.ok(&[
            "run",
            "--rm",
            "alpine",
            "sh",
            "-c",
            "[ -s /etc/shadow ] && echo real"
        ]),
        "real\n"
    );
}
