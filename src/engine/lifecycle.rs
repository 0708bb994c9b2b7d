//! The life of containers, from verb to verb, over doubles of the layers below.

use super::options::*;
use super::testing::{Bench, bench};
use super::{Error, EventOptions, Filters, Kind, StdinEnded, Timestamp};
use crate::wire::{CreateBody, Event, ExecCreate, ExecStart, go};
use bytes::Bytes;
use futures_util::StreamExt;

pub(super) async fn create(bench: &Bench, name: &str, body: &str) -> String {
    let body: CreateBody = go::from_slice(body.as_bytes()).unwrap();
    bench
        .engine
        .create(Some(name), None, body)
        .await
        .unwrap()
        .id
}

pub(super) async fn run(bench: &Bench, name: &str, body: &str) -> String {
    let id = create(bench, name, body).await;
    bench.engine.start(&id).await.unwrap();
    id
}

pub(super) const SLEEP: &str = r#"{"Image":"busybox","Cmd":["sleep","1"]}"#;

pub(super) async fn all(mut stream: ByteStream) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(piece) = stream.next().await {
        out.extend_from_slice(&piece);
    }
    out
}

/// Every event of containers so far.
pub(super) async fn history(bench: &Bench) -> Vec<Event> {
    let options = EventOptions {
        since: Some(Timestamp(1)),
        until: Some(Timestamp(1)),
        filters: Filters::default(),
    };
    assert!(bench.engine.events(options).is_ok());
    let far = Timestamp(bench.clock.now().0 + 2_000_000);
    let options = EventOptions {
        since: Some(Timestamp(1)),
        until: Some(far),
        filters: Filters::default(),
    };
    let all = bench.engine.events(options).unwrap();
    let own = all.filter(|e| std::future::ready(e.kind == "container"));
    own.collect().await
}

pub(super) fn words(error: Error) -> (Kind, String) {
    (error.kind, error.message)
}

#[tokio::test]
async fn run_is_create_attach_wait_start() {
    let bench = bench();
    let id = create(
        &bench,
        "c1",
        r#"{"Image":"busybox","Cmd":["echo","hi"],"AttachStdout":true}"#,
    )
    .await;
    let attach = AttachOptions {
        stream: true,
        stdout: true,
        stderr: true,
        ..AttachOptions::default()
    };
    let streams = bench.engine.attach(&id, attach).unwrap();
    let ended = bench.engine.wait(&id, WaitCondition::NextExit).unwrap();
    bench.engine.start("c1").await.unwrap();
    assert_eq!(all(streams.output).await, b"\x01\0\0\0\0\0\0\x03hi\n");
    assert_eq!(ended.await.status_code, 0);
    let shown = bench.engine.inspect("c1", false).await.unwrap();
    assert_eq!(
        (shown.state.status.as_str(), shown.state.exit_code),
        ("exited", 0)
    );
    let logs = LogOptions {
        stdout: true,
        ..LogOptions::default()
    };
    assert_eq!(
        all(bench.engine.logs(&id, logs).await.unwrap().output).await,
        b"\x01\0\0\0\0\0\0\x03hi\n"
    );
    let actions: Vec<String> = history(&bench)
        .await
        .into_iter()
        .map(|e| e.action)
        .collect();
    assert_eq!(actions, ["create", "attach", "start", "die"]);
}

#[tokio::test]
async fn stdin_once_closes_stdin_with_its_client() {
    let bench = bench();
    let id = create(
        &bench,
        "cc",
        r#"{"Image":"busybox","Cmd":["cat"],"OpenStdin":true,"StdinOnce":true}"#,
    )
    .await;
    let attach = AttachOptions {
        stream: true,
        stdin: true,
        stdout: true,
        ..AttachOptions::default()
    };
    let mut streams = bench.engine.attach(&id, attach).unwrap();
    bench.engine.start(&id).await.unwrap();
    let mut stdin = streams.stdin.take().unwrap();
    stdin.write(Bytes::from_static(b"x")).await.unwrap();
    stdin.finish();
    assert_eq!(all(streams.output).await, b"\x01\0\0\0\0\0\0\x01x");
    assert_eq!(
        bench
            .engine
            .wait(&id, WaitCondition::NotRunning)
            .unwrap()
            .await
            .status_code,
        0
    );
}

#[tokio::test]
async fn the_detach_keys_leave_the_container_running() {
    let bench = bench();
    let id = run(
        &bench,
        "cc",
        r#"{"Image":"busybox","Cmd":["cat"],"OpenStdin":true,"StdinOnce":true,"Tty":true}"#,
    )
    .await;
    let attach = AttachOptions {
        stream: true,
        stdin: true,
        stdout: true,
        ..AttachOptions::default()
    };
    let mut streams = bench.engine.attach(&id, attach).unwrap();
    assert!(streams.tty);
    let mut stdin = streams.stdin.take().unwrap();
    assert_eq!(
        stdin.write(Bytes::from_static(b"\x10\x11")).await,
        Err(StdinEnded::Detached)
    );
    drop(stdin);
    assert_eq!(all(streams.output).await, b"");
    assert_eq!(
        bench.engine.inspect(&id, false).await.unwrap().state.status,
        "running"
    );
    assert_eq!(history(&bench).await.last().unwrap().action, "detach");
}

#[tokio::test]
async fn a_removed_container_is_gone_when_wait_says_so() {
    let bench = bench();
    let id = create(
        &bench,
        "cc",
        r#"{"Image":"busybox","Cmd":["false"],"HostConfig":{"AutoRemove":true}}"#,
    )
    .await;
    let removed = bench.engine.wait(&id, WaitCondition::Removed).unwrap();
    bench.engine.start(&id).await.unwrap();
    assert_eq!(removed.await.status_code, 1);
    assert_eq!(
        words(bench.engine.inspect("cc", false).await.unwrap_err()),
        (Kind::NotFound, "No such container: cc".into())
    );
    assert!(bench.records.records.lock().is_empty());
    assert_eq!(*bench.runtime.discarded.lock(), [id]);
    create(&bench, "cc", SLEEP).await;
}

#[tokio::test]
async fn a_program_that_does_not_exist_is_told_as_docker_tells_it() {
    let bench = bench();
    let id = create(&bench, "cc", r#"{"Image":"busybox","Cmd":["nosuch"]}"#).await;
    let error = bench.engine.start(&id).await.unwrap_err();
    assert_eq!(error.kind, Kind::InvalidParameter);
    assert_eq!(
        error.message,
        "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: \
         unable to start container process: error during container init: exec: \"nosuch\": executable file not found in $PATH"
    );
    let shown = bench.engine.inspect(&id, false).await.unwrap();
    assert_eq!(
        (shown.state.status.as_str(), shown.state.exit_code),
        ("created", 127)
    );
    assert_eq!(shown.state.error, error.message);
}

#[tokio::test]
async fn verbs_refuse_in_dockers_words() {
    let bench = bench();
    let engine = &bench.engine;
    let id = run(&bench, "kk", SLEEP).await;
    assert_eq!(
        engine.start("kk").await.unwrap_err().kind,
        Kind::NotModified
    );
    assert_eq!(
        words(engine.remove("kk", RemoveOptions::default()).await.unwrap_err()),
        (Kind::Conflict, "cannot remove container \"kk\": container is running: stop the container before removing or force remove".into())
    );
    engine.pause("kk").await.unwrap();
    let exec = || ExecCreate {
        cmd: Some(vec!["true".into()]),
        ..ExecCreate::default()
    };
    for (outcome, expected) in [
        (
            engine.pause("kk").await.err(),
            (Kind::Conflict, format!("Container {id} is already paused")),
        ),
        (
            engine.exec_create("kk", exec()).await.err(),
            (
                Kind::Conflict,
                "Container kk is paused, unpause the container before exec".into(),
            ),
        ),
        (
            engine.start("kk").await.err(),
            (
                Kind::Conflict,
                "cannot start a paused container, try unpause instead".into(),
            ),
        ),
    ] {
        assert_eq!(words(outcome.unwrap()), expected);
    }
    engine.unpause("kk").await.unwrap();
    assert_eq!(
        words(engine.unpause("kk").await.unwrap_err()),
        (Kind::System, format!("Container {id} is not paused"))
    );
    assert_eq!(
        words(engine.kill("kk", Some("BOGUS")).await.unwrap_err()).1,
        "cannot kill container: kk: invalid signal: BOGUS"
    );
    assert_eq!(
        words(engine.kill("kk", Some("99")).await.unwrap_err()).1,
        "cannot kill container: kk: the linux daemon does not support signal 99"
    );
    engine.kill("kk", None).await.unwrap();
    assert_eq!(
        words(engine.kill("kk", None).await.unwrap_err()),
        (
            Kind::Conflict,
            format!("cannot kill container: kk: container {id} is not running")
        )
    );
    assert_eq!(
        words(engine.exec_create("kk", exec()).await.unwrap_err()).1,
        format!("container {id} is not running")
    );
    assert_eq!(
        words(
            engine
                .exec_create("kk", ExecCreate::default())
                .await
                .unwrap_err()
        )
        .1,
        "No exec command specified"
    );
    assert_eq!(
        engine
            .stop("kk", StopOptions::default())
            .await
            .unwrap_err()
            .kind,
        Kind::NotModified
    );
    assert_eq!(
        words(engine.resize("kk", 1, 1).unwrap_err()).1,
        format!("container {id} is not running")
    );
    let taken = engine
        .create(Some("kk"), None, go::from_slice(SLEEP.as_bytes()).unwrap())
        .await
        .unwrap_err();
    assert_eq!(
        words(taken),
        (
            Kind::Conflict,
            format!(
                "Conflict. The container name \"/kk\" is already in use by container \"{id}\". You have to remove (or rename) that container to be able to reuse that name."
            )
        )
    );
}

#[tokio::test]
async fn stop_ends_with_sigkill_where_sigterm_is_ignored() {
    let bench = bench();
    run(&bench, "cc", r#"{"Image":"busybox","Cmd":["stubborn"]}"#).await;
    let at_once = StopOptions {
        timeout: Some(0),
        ..StopOptions::default()
    };
    bench.engine.stop("cc", at_once).await.unwrap();
    assert_eq!(
        bench
            .engine
            .inspect("cc", false)
            .await
            .unwrap()
            .state
            .exit_code,
        137
    );
    let signals: Vec<_> = history(&bench)
        .await
        .iter()
        .filter_map(|e| e.actor.attributes.get("signal").cloned())
        .collect();
    assert_eq!(signals, ["15", "9"]);
}

#[tokio::test]
async fn stop_is_quick_where_sigterm_ends_it_and_restart_starts_it_again() {
    let bench = bench();
    run(&bench, "cc", SLEEP).await;
    bench
        .engine
        .restart("cc", StopOptions::default())
        .await
        .unwrap();
    let shown = bench.engine.inspect("cc", false).await.unwrap();
    assert_eq!(
        (shown.state.status.as_str(), shown.state.exit_code),
        ("running", 0)
    );
    bench
        .engine
        .stop(
            "cc",
            StopOptions {
                timeout: Some(0),
                ..StopOptions::default()
            },
        )
        .await
        .unwrap();
    assert_eq!(
        bench
            .engine
            .inspect("cc", false)
            .await
            .unwrap()
            .state
            .exit_code,
        143
    );
    let actions: Vec<String> = history(&bench)
        .await
        .into_iter()
        .map(|e| e.action)
        .collect();
    assert_eq!(
        actions,
        [
            "create", "start", "kill", "stop", "die", "start", "restart", "kill", "stop", "die"
        ]
    );
}

#[tokio::test]
async fn exec_runs_beside_and_tells_its_code() {
    let bench = bench();
    let id = run(&bench, "cc", SLEEP).await;
    let spec = |words: &[&str]| ExecCreate {
        cmd: Some(words.iter().map(|w| (*w).to_owned()).collect()),
        attach_stdout: true,
        ..ExecCreate::default()
    };
    let made = bench
        .engine
        .exec_create("cc", spec(&["echo", "a", "b"]))
        .await
        .unwrap();
    assert_eq!(
        bench.engine.inspect("cc", false).await.unwrap().exec_ids,
        Some(vec![made.id.clone()])
    );
    let streams = bench
        .engine
        .exec_start(&made.id, ExecStart::default())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(all(streams.output).await, b"\x01\0\0\0\0\0\0\x04a b\n");
    let shown = bench.engine.exec_inspect(&made.id).unwrap();
    assert_eq!(
        (shown.running, shown.exit_code, shown.container_id),
        (false, Some(0), id)
    );
    let again = bench
        .engine
        .exec_start(&made.id, ExecStart::default())
        .await
        .err()
        .unwrap();
    assert_eq!(
        again.message,
        format!("exec command {} has already run", made.id)
    );

    let missing = bench
        .engine
        .exec_create("cc", spec(&["nosuch"]))
        .await
        .unwrap();
    let streams = bench
        .engine
        .exec_start(&missing.id, ExecStart::default())
        .await
        .unwrap()
        .unwrap();
    let text = String::from_utf8(all(streams.output).await).unwrap();
    assert!(text.ends_with("OCI runtime exec failed: exec failed: unable to start container process: exec: \"nosuch\": executable file not found in $PATH\r\n"));
    assert_eq!(
        bench.engine.exec_inspect(&missing.id).unwrap().exit_code,
        Some(127)
    );
    let user = ExecCreate {
        user: "nosuch".into(),
        ..spec(&["true"])
    };
    let error = bench.engine.exec_create("cc", user).await.unwrap_err();
    assert_eq!(
        error.message,
        "unable to find user nosuch: no matching entries in passwd file"
    );
    let actions: Vec<String> = history(&bench)
        .await
        .into_iter()
        .map(|e| e.action)
        .filter(|a| a.starts_with("exec"))
        .collect();
    assert_eq!(
        actions[..3],
        ["exec_create: echo a b", "exec_start: echo a b", "exec_die"]
    );
}
