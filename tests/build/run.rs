//! `RUN`, the lines of a build, and what a build leaves behind.

use crate::client::{Context, build, shell};
use crate::support::World;

#[test]
fn a_build_says_what_docker_says() {
    let world = World::new();
    world.ok(&["pull", "-q", "alpine"]);
    let lines = [
        "FROM alpine AS one",
        "ARG x=1",
        "ENV a=1",
        "WORKDIR /w",
        "RUN echo out; sleep 0.2; echo err >&2",
        "VOLUME /a b",
        "FROM one",
        "CMD a",
    ];
    let query =
        "t=k_said&t=k_said:2&buildargs=%7B%22foo%22%3A%22bar%22%7D&labels=%7B%22l%22%3A%22m%22%7D";
    let built = build(&world, query, Context::new(&lines));
    let ids = regex::Regex::new("[0-9a-f]{12}").expect("a pattern");
    let said = ids.replace_all(&built.said(), "ID").into_owned();
    let step = " ---> Running in ID\n ---> Removed intermediate container ID\n ---> ID\n";
    let expected = [
        "Step 1/9 : FROM alpine AS one\n ---> ID\nStep 2/9 : ARG x=1\n",
        step,
        "Step 3/9 : ENV a=1\n",
        step,
        "Step 4/9 : WORKDIR /w\n",
        step,
        "Step 5/9 : RUN echo out; sleep 0.2; echo err >&2\n ---> Running in ID\nout\n\u{1b}[91merr\n\u{1b}[0m ---> Removed intermediate container ID\n ---> ID\n",
        "Step 6/9 : VOLUME /a b\n",
        step,
        "Step 7/9 : FROM one\n ---> ID\nStep 8/9 : CMD a\n",
        step,
        "Step 9/9 : LABEL l=m\n",
        step,
        "[Warning] One or more build-args [foo] were not consumed\nSuccessfully built ID\n\
         Successfully tagged k_said:latest\nSuccessfully tagged k_said:2\n",
    ];
    assert_eq!(said, expected.concat());
    assert_eq!(world.ok(&["ps", "-aq"]), "", "no container is left");
    let shown = world.ok(&[
        "image",
        "inspect",
        "-f",
        "{{.Config.Env}} {{.Config.WorkingDir}} {{.Config.Cmd}} {{.Config.Labels}}",
        "k_said:2",
    ]);
    assert_eq!(
        shown,
        "[PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin a=1] /w [/bin/sh -c a] map[l:m]\n"
    );
}

#[test]
fn what_a_step_changes_is_a_layer() {
    let world = World::new();
    let lines = [
        "FROM alpine",
        "RUN echo 1 >/one && mkdir -p /d/e && chmod 700 /d && ln -s one /l && rm /etc/motd",
        "RUN echo 2 >>/one; rm -r /d/e",
        "USER nobody",
        "RUN id -u >/tmp/who",
        "ENTRYPOINT [\"cat\"]",
        "RUN [\"/bin/sh\", \"-c\", \"echo exec >/tmp/form\"]",
    ];
    let id = build(&world, "", Context::new(&lines)).id();
    let found = world.ok(&[
        "run",
        "--rm",
        "--entrypoint",
        "sh",
        "-u",
        "0",
        &id,
        "-c",
        "cat /one /l /tmp/who /tmp/form; ls -A /d; stat -c %a /d; ls /etc/motd 2>&1; true",
    ]);
    assert_eq!(
        found,
        "1\n2\n1\n2\n65534\nexec\n700\nls: /etc/motd: No such file or directory\n"
    );
}

#[test]
fn here_documents_run() {
    let world = World::new();
    let lines = [
        "FROM alpine",
        "ARG v=7",
        "RUN <<EOF",
        "echo a >/x",
        "echo $v >>/x",
        "EOF",
        "RUN <<S",
        "#!/bin/sh",
        "echo script >>/x",
        "S",
        "RUN cat <<A >>/x && cat <<B >>/x",
        "one",
        "A",
        "two",
        "B",
    ];
    let id = build(&world, "", Context::new(&lines)).id();
    assert_eq!(shell(&world, &id, "cat /x"), "a\n7\nscript\none\ntwo\n");
}

#[test]
fn a_failed_step_gives_its_code_and_leaves_its_container() {
    let world = World::new();
    let lines = ["FROM alpine", "RUN exit 4"];
    let built = build(&world, "rm=1", Context::new(&lines));
    assert_eq!(
        built.error(),
        Some("The command '/bin/sh -c exit 4' returned a non-zero code: 4")
    );
    let last = built.lines.last().expect("a line");
    assert_eq!(last["errorDetail"]["code"], 4);
    assert_eq!(world.ok(&["ps", "-aq"]).lines().count(), 1);
    build(&world, "rm=1&forcerm=1", Context::new(&lines));
    assert_eq!(world.ok(&["ps", "-aq"]).lines().count(), 1);
}

#[test]
fn a_quiet_build_says_its_id_or_everything() {
    let world = World::new();
    let built = build(&world, "q=1", Context::new(&["FROM alpine", "ENV a=1"]));
    assert_eq!(built.lines.len(), 1);
    assert!(built.said().starts_with("sha256:"));
    let built = build(&world, "q=1", Context::new(&["FROM alpine", "RUN false"]));
    assert!(built.said().contains("Step 2/2 : RUN false"));
    assert_eq!(
        built.error(),
        Some("The command '/bin/sh -c false' returned a non-zero code: 1")
    );
}

#[test]
fn targets_arguments_and_triggers() {
    let world = World::new();
    let lines = [
        "FROM alpine AS a",
        "ARG v=1",
        "ONBUILD RUN echo $v $w >/t",
        "ONBUILD ENV on=1",
        "FROM alpine AS b",
        "RUN false",
    ];
    build(&world, "t=k_base&target=A", Context::new(&lines)).id();
    let built = build(
        &world,
        "buildargs=%7B%22w%22%3A%222%22%7D",
        Context::new(&["FROM k_base", "RUN cat /t; echo $on"]),
    );
    assert!(
        built.said().contains("# Executing 2 build triggers\n"),
        "{}",
        built.said()
    );
    built.id();
    let built = build(&world, "target=nosuch", Context::new(&lines));
    assert_eq!(
        (built.status, built.error()),
        (400, Some("target stage \"nosuch\" could not be found"))
    );
}

#[test]
fn what_is_wrong_before_the_first_step_has_a_status() {
    let world = World::new();
    let plain = || Context::new(&["FROM scratch", "ENV a=1"]);
    for (query, status, words) in [
        (
            "dockerfile=nosuch",
            500,
            "Cannot locate specified Dockerfile: nosuch",
        ),
        (
            "t=UPPER",
            400,
            "invalid reference format: repository name (library/UPPER) must be lowercase",
        ),
        (
            "squash=1",
            400,
            "squash is only supported with experimental mode",
        ),
    ] {
        let built = build(&world, query, plain());
        assert_eq!(
            (built.status, built.error()),
            (status, Some(words)),
            "{query}"
        );
    }
    let empty = Context::new(&["FROM scratch"]).file("e", "");
    assert_eq!(
        build(&world, "dockerfile=e", empty).error(),
        Some("the Dockerfile (e) cannot be empty")
    );
}
