//! What the engine knows of its containers: after a crash, on a full disk, by name and prefix, in lists.

use super::lifecycle::{SLEEP, all, create, run, words};
use super::options::*;
use super::testing::{MemoryRecords, bench, bench_with};
use super::{Filters, Kind};
use crate::wire::{ExecCreate, ExecStart, go};
use std::sync::Arc;

#[tokio::test]
async fn what_ran_when_the_engine_died_has_ended() {
    let records = Arc::new(MemoryRecords::default());
    let first = bench_with(records.clone());
    run(&first, "kept", SLEEP).await;
    run(
        &first,
        "gone",
        r#"{"Image":"busybox","Cmd":["sleep"],"HostConfig":{"AutoRemove":true}}"#,
    )
    .await;
    create(&first, "made", SLEEP).await;
    let second = bench_with(records);
    let shown = second.engine.inspect("kept", false).await.unwrap();
    assert_eq!(
        (shown.state.status.as_str(), shown.state.exit_code),
        ("exited", 255)
    );
    assert_eq!(
        second
            .engine
            .inspect("made", false)
            .await
            .unwrap()
            .state
            .status,
        "created"
    );
    assert!(second.engine.inspect("gone", false).await.is_err());
    second.engine.start("kept").await.unwrap();
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_answered() {
    let bench = bench();
    create(&bench, "one", SLEEP).await;
    *bench.records.full.lock() = true;
    let error = bench
        .engine
        .create(Some("two"), None, go::from_slice(SLEEP.as_bytes()).unwrap())
        .await
        .unwrap_err();
    assert_eq!(
        words(error),
        (Kind::System, "no space left on device".into())
    );
    assert!(bench.engine.rename("one", "new").await.is_err());
    assert!(
        bench
            .engine
            .remove("one", RemoveOptions::default())
            .await
            .is_err()
    );
    *bench.records.full.lock() = false;
    assert_eq!(
        bench
            .engine
            .inspect("one", false)
            .await
            .unwrap()
            .state
            .status,
        "created"
    );
    create(&bench, "two", SLEEP).await;
    create(&bench, "new", SLEEP).await;
}

#[tokio::test]
async fn names_are_found_by_id_by_name_and_by_prefix() {
    let bench = bench();
    let id = create(&bench, "web", SLEEP).await;
    for text in [id.as_str(), &id[..12], "web", "/web"] {
        assert_eq!(bench.engine.inspect(text, false).await.unwrap().id, id);
    }
    bench.engine.rename("web", "site").await.unwrap();
    assert!(bench.engine.inspect("web", false).await.is_err());
    for (new, expected) in [
        (
            "site",
            "Renaming a container with the same name as its current name",
        ),
        (
            "x!",
            "Error when allocating new name: Invalid container name (/x!), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
        ),
        ("", "Neither old nor new names may be empty"),
    ] {
        assert_eq!(
            bench.engine.rename("site", new).await.unwrap_err().message,
            expected
        );
    }
    let mut ids = vec![id];
    while ids.len() < 20 {
        ids.push(
            bench
                .engine
                .create(None, None, go::from_slice(SLEEP.as_bytes()).unwrap())
                .await
                .unwrap()
                .id,
        );
    }
    let twice = (b'0'..=b'9')
        .chain(b'a'..=b'f')
        .map(char::from)
        .find(|c| ids.iter().filter(|i| i.starts_with(*c)).count() > 1);
    let prefix = twice.expect("20 ids, 16 digits").to_string();
    let error = bench.engine.inspect(&prefix, false).await.unwrap_err();
    assert_eq!(
        words(error),
        (
            Kind::InvalidParameter,
            format!("multiple IDs found with provided prefix: {prefix}")
        )
    );
}

#[tokio::test]
async fn the_list_shows_what_was_asked_for() {
    let bench = bench();
    create(&bench, "old", SLEEP).await;
    run(&bench, "up", SLEEP).await;
    let names = |options: ListOptions| {
        let engine = bench.engine.clone();
        async move {
            engine
                .list(options)
                .await
                .unwrap()
                .into_iter()
                .flat_map(|c| c.names)
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(names(ListOptions::default()).await, ["/up"]);
    assert_eq!(
        names(ListOptions {
            all: true,
            ..ListOptions::default()
        })
        .await,
        ["/up", "/old"]
    );
    assert_eq!(
        names(ListOptions {
            all: true,
            limit: 1,
            ..ListOptions::default()
        })
        .await,
        ["/up"]
    );
    assert_eq!(
        names(ListOptions {
            limit: -1,
            ..ListOptions::default()
        })
        .await,
        ["/up"]
    );
    let filter = |key: &str, value: &str| ListOptions {
        filters: Filters::default().with(key, value),
        ..ListOptions::default()
    };
    assert_eq!(names(filter("status", "created")).await, ["/old"]);
    assert_eq!(names(filter("ancestor", "busybox")).await, ["/up"]);
    assert!(names(filter("ancestor", "nosuch")).await.is_empty());
    let sized = bench
        .engine
        .list(ListOptions {
            size: true,
            ..ListOptions::default()
        })
        .await
        .unwrap();
    assert_eq!((sized[0].size_rw, sized[0].size_root_fs), (10, 1000));
}

#[tokio::test]
async fn an_engine_with_nothing_running_is_idle() {
    let bench = bench();
    assert!(bench.engine.idle_since().is_some());
    run(&bench, "cc", SLEEP).await;
    assert!(bench.engine.idle_since().is_none());
    bench.engine.shutdown(&StopOptions::default()).await;
    assert!(bench.engine.idle_since().is_some());
}

#[tokio::test]
async fn requests_that_cannot_be_right_are_refused() {
    let bench = bench();
    let refused = |body: &'static str| {
        let engine = bench.engine.clone();
        async move {
            words(
                engine
                    .create(Some("zz"), None, go::from_slice(body.as_bytes()).unwrap())
                    .await
                    .unwrap_err(),
            )
        }
    };
    assert_eq!(
        refused("{}").await,
        (
            Kind::InvalidParameter,
            "config cannot be empty in order to create a container".into()
        )
    );
    assert_eq!(
        refused(r#"{"Image":"nosuch:1"}"#).await,
        (Kind::NotFound, "No such image: nosuch:1".into())
    );
    assert_eq!(
        refused(r#"{"Image":"busybox","Entrypoint":[""]}"#).await,
        (Kind::InvalidParameter, "no command specified".into())
    );
    assert_eq!(
        refused(r#"{"Image":"NoSuch"}"#).await.1,
        "invalid reference format: repository name (library/NoSuch) must be lowercase"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_streams_do_not_mix() {
    let bench = bench();
    run(&bench, "cc", SLEEP).await;
    let one = |n: usize| {
        let engine = bench.engine.clone();
        async move {
            let spec = ExecCreate {
                cmd: Some(vec!["echo".into(), format!("stream {n}")]),
                attach_stdout: true,
                ..ExecCreate::default()
            };
            let id = engine.exec_create("cc", spec).await.unwrap().id;
            let streams = engine
                .exec_start(&id, ExecStart::default())
                .await
                .unwrap()
                .unwrap();
            let text = String::from_utf8(all(streams.output).await).unwrap();
            assert_eq!(text.get(8..), Some(format!("stream {n}\n").as_str()));
            assert_eq!(engine.exec_inspect(&id).unwrap().exit_code, Some(0));
        }
    };
    futures_util::future::join_all((0..1000).map(one)).await;
    assert!(
        bench
            .engine
            .inspect("cc", false)
            .await
            .unwrap()
            .exec_ids
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_beside_the_end_is_not_lost() {
    let bench = bench();
    for round in 0..50 {
        let name = format!("old{round}");
        run(&bench, &name, SLEEP).await;
        let new = format!("new{round}");
        let (renamed, killed) = tokio::join!(
            bench.engine.rename(&name, &new),
            bench.engine.kill(&name, None)
        );
        renamed.unwrap();
        // The old name may be gone before it is looked up.
        drop(killed);
        let id = bench.engine.inspect(&new, false).await.unwrap().id;
        let _ = bench.engine.kill(&id, None).await;
        let record = bench.records.records.lock().get(&id).cloned().unwrap();
        assert_eq!((record.name, record.state.phase.word()), (new, "exited"));
    }
}
