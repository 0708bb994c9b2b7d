//! `RUN --mount` and `--network`, over BuildKit's door.

use crate::buildkit::{logged, solved};
use crate::grpc::Files;
use crate::support::{World, text};

/// What the steps of a Dockerfile wrote; it must build.
async fn ran(world: &World, name: &str, files: Files) -> String {
    let (outcome, told) = solved(world, name, files).await;
    outcome.unwrap_or_else(|e| panic!("{name}: {e}"));
    logged(&told, 1)
}

fn context(dockerfile: &'static str) -> Files {
    Files::from([
        (("dockerfile", "Dockerfile"), dockerfile.as_bytes()),
        (("context", "a.txt"), b"from the context\n".as_slice()),
        (("secret", "pass"), b"hunter2".as_slice()),
    ])
}

const BINDS: &str = "FROM alpine AS made
RUN mkdir /m && echo made > /m/f
FROM alpine
WORKDIR /w
RUN --mount=type=bind,target=c --mount=from=made,source=/m,target=/m/n,rw \\
    cat c/a.txt /m/n/f; echo x > /m/n/f && cat /m/n/f; (echo x > c/a.txt) 2>/dev/null || echo kept
RUN --mount=source=a.txt,target=/one.txt cat /one.txt
RUN ls / /w | grep -c -e one.txt -e '^m$' -e '^c$' || true
";

#[tokio::test(flavor = "multi_thread")]
async fn files_of_the_context_and_of_stages_are_there_for_one_step_and_leave_no_trace() {
    let world = World::new();
    let out = ran(&world, "binds", context(BINDS)).await;
    assert_eq!(
        out,
        "from the context\nmade\nx\nkept\nfrom the context\n0\n"
    );
    let (_, told) = solved(&world, "again", context(BINDS)).await;
    assert_eq!(logged(&told, 1), "", "all of it is in the cache");
    let mut changed = context(BINDS);
    changed.insert(("context", "a.txt"), b"other\n");
    let out = ran(&world, "changed", changed).await;
    assert!(out.starts_with("other\nmade\n"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_stays_between_builds_until_it_is_pruned() {
    let world = World::new();
    let count = "FROM alpine\nARG WHO\nRUN --mount=type=cache,target=/c,id=k,uid=5,mode=0750 \\
        echo $WHO >> /c/log; wc -l < /c/log; stat -c '%u %a' /c\nRUN ls / | grep -c '^c$' || true\n";
    assert_eq!(ran(&world, "one", context(count)).await, "1\n5 750\n0\n");
    let again: &'static str = "FROM alpine\nRUN --mount=type=cache,dst=/d,id=k,uid=5,mode=0750 cat /d/log; echo >> /d/log\n\
        RUN --mount=type=cache,target=/c,id=k wc -l /c/log 2>&1 | grep -c 'No such'\n\
        RUN --mount=type=cache,target=/e,from=alpine,source=/etc/apk cat /e/arch > /dev/null; ls /e | grep -c .\n";
    let out = ran(&world, "two", context(again)).await;
    assert!(out.starts_with("you\n1\n"), "{out}");
    let shown = world.ok(&["system", "df", "--format", "{{.Type}} {{.TotalCount}}"]);
    assert!(shown.contains("Build Cache 3"), "{shown}");
    let verbose = world.ok(&["system", "df", "-v"]);
    assert!(verbose.contains("exec.cachemount"), "{verbose}");
    let kept = world.ok(&["builder", "prune", "-f", "--filter", "until=24h"]);
    assert_eq!(kept, "Total reclaimed space: 0B\n");
    let pruned = world.ok(&["builder", "prune", "-f"]);
    assert!(
        pruned.starts_with("Deleted build cache objects:\n"),
        "{pruned}"
    );
    let shown = world.ok(&["system", "df", "--format", "{{.Type}} {{.TotalCount}}"]);
    assert!(shown.contains("Build Cache 0"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_reach_the_step_and_nothing_that_stays() {
    let world = World::new();
    let files = "FROM alpine\n\
        RUN --mount=type=secret,id=pass stat -c '%a %u' /run/secrets/pass; cat /run/secrets/pass; echo\n\
        RUN --mount=type=secret,id=pass,env=PASS,target=/p,mode=0444,uid=7 echo $PASS; stat -c '%a %u' /p\n\
        RUN --mount=type=secret,id=nosuch --mount=type=secret,id=pass,env=ONLY ls /run/secrets 2>&1 | grep -c 'No such'; echo ${ONLY}\n\
        RUN ls /run /p 2>&1 | grep -c -e secrets -e '^/p$' || true; env | grep -c -e PASS -e ONLY || true\n";
    let out = ran(&world, "secrets", context(files)).await;
    assert_eq!(out, "400 0\nhunter2\nhunter2\n444 7\n1\nhunter2\n0\n0\n");
    let saved = world
        .schooner()
        .args(["save", "made:1"])
        .output()
        .expect("an archive");
    let found = saved.stdout.windows(7).any(|bytes| bytes == b"hunter2");
    assert!(!found, "the secret is in the image");
    let (_, told) = solved(&world, "again", context(files)).await;
    assert_eq!(logged(&told, 1), "");
    let names: Vec<&str> = told
        .iter()
        .flat_map(|status| &status.vertexes)
        .map(|vertex| vertex.name.as_str())
        .collect();
    assert!(names.iter().any(|n| n.contains("echo ****;")), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_and_networks() {
    let world = World::new();
    let lines = "FROM alpine\n\
        RUN --mount=type=tmpfs,target=/t,size=64k stat -c %a /t; head -c 100k /dev/zero > /t/f || echo full\n\
        RUN --network=none --mount=type=ssh ip link | grep -c eth0 || true\n";
    let out = ran(&world, "memory", context(lines)).await;
    assert_eq!(out, "1777\nfull\n0\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_mounted_says_why_in_buildkits_words() {
    let world = World::new();
    for (number, (line, expected)) in [
        ("--mount=type=tmpfs", "invalid mount target \"/\""),
        ("--mount=type=bin,target=/x", "unsupported mount type \"bin\" (did you mean bind?)"),
        ("--mount=type=secret,id=nosuch,required", "secret nosuch: not found"),
        ("--mount=type=ssh,required", "unset ssh forward key default"),
        ("--network=host", "failed to load LLB: network.host is not allowed"),
        ("--network=foo", "dockerfile parse error on line 2: invalid network mode \"foo\""),
        ("--security=insecure", "dockerfile parse error on line 2: unknown flag: --security"),
        ("--device=x", "device feature is only supported in Dockerfile frontend 1.14.0-labs or later"),
        (
            "--mount=type=cache,target=/x,from=alpine,source=/nosuch",
            "process \"/bin/sh -c true\" did not complete successfully: open /nosuch: no such file or directory",
        ),
        (
            "--mount=from=$x,target=/x",
            "dockerfile parse error on line 2: 'from' doesn't support variable expansion, define alias stage instead",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let dockerfile: &'static str = format!("FROM alpine\nRUN {line} true\n").leak();
        let (outcome, _) = solved(&world, &format!("bad{number}"), context(dockerfile)).await;
        assert_eq!(outcome.unwrap_err(), expected, "{line}");
    }
    let missing = "FROM alpine\nRUN --mount=source=nosuch,target=/x true\n";
    let (outcome, _) = solved(&world, "missing", context(missing)).await;
    let error = outcome.unwrap_err();
    assert!(error.ends_with(": \"/nosuch\": not found"), "{error}");
}

#[test]
fn our_own_client_has_mounts_and_secrets_unless_it_is_classic() {
    let world = World::new();
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("pass"), "hunter2\n").expect("written");
    let lines = "FROM alpine AS never\nRUN touch /never\nFROM alpine\nARG TARGETOS\n\
        RUN --mount=type=secret,id=p --mount=source=pass,target=/c cat /run/secrets/p /c; echo $TARGETOS\n";
    std::fs::write(path("Dockerfile"), lines).expect("written");
    let secret = format!("id=p,src={}", path("pass"));
    let build = |classic: &str, secret: &str| {
        let mut command = world.schooner();
        command.env("DOCKER_BUILDKIT", classic);
        let args = [
            "build",
            "--progress",
            "plain",
            "--secret",
            secret,
            "-t",
            "own",
        ];
        let output = command
            .args(args)
            .arg(folder.path())
            .output()
            .expect("it runs");
        (output.status.success(), text(&output.stderr))
    };
    let (well, told) = build("1", &secret);
    assert!(well && told.matches(" hunter2\n").count() == 2, "{told}");
    assert!(
        told.contains(" wasi\n") && told.contains("[3/3] RUN"),
        "{told}"
    );
    let history = world.ok(&["history", "--format", "{{.Comment}}", "own"]);
    assert!(history.starts_with("buildkit.dockerfile.v0\n"), "{history}");
    let (well, told) = build("0", &secret);
    assert!(
        !well && told.contains("the --mount option requires BuildKit."),
        "{told}"
    );
    let (well, told) = build("1", "id=p,src=/nosuch/file");
    assert!(!well, "{told}");
    assert_eq!(
        told,
        "ERROR: failed to build: failed to stat /nosuch/file: stat /nosuch/file: no such file or directory\n"
    );
}
