//! Restart policies over doubles and a clock that the tests move (R02).

use super::lifecycle::{create, history, run, words};
use super::options::*;
use super::testing::{Bench, ManualClock, MemoryRecords, bench_at};
use super::{Engine, Kind};
use crate::wire::ExecCreate;
use std::sync::Arc;
use std::time::Duration;

fn body(policy: &str) -> String {
    let (name, most) = policy.split_once(':').unwrap_or((policy, "0"));
    format!(
        r#"{{"Image":"busybox","Cmd":["sleep","1"],"HostConfig":{{"RestartPolicy":{{"Name":"{name}","MaximumRetryCount":{most}}}}}}}"#
    )
}

fn at(clock: &Arc<ManualClock>) -> Bench {
    bench_at(clock.clone(), Arc::default())
}

/// Status, restarts and code of `cc`.
async fn shown(engine: &Engine) -> (String, i64, i64) {
    let shown = engine.inspect("cc", false).await.unwrap();
    (
        shown.state.status,
        shown.restart_count,
        shown.state.exit_code,
    )
}

/// Waits until `cc` runs for the n-th time.
async fn started(bench: &Bench, runs: usize) {
    while bench.runtime.started.lock().len() < runs || shown(&bench.engine).await.0 != "running" {
        tokio::task::yield_now().await;
    }
}

/// The present run ends by itself; returns when that is known.
async fn ends(bench: &Bench, code: i32) {
    let ended = bench.engine.wait("cc", WaitCondition::NextExit).unwrap();
    bench.runtime.newest().end(code);
    assert_eq!(ended.await.status_code, i64::from(code));
}

#[tokio::test]
async fn delays_double_to_a_minute_and_a_good_run_begins_anew() {
    let clock = ManualClock::new();
    let bench = at(&clock);
    run(&bench, "cc", &body("always")).await;
    let expected = [
        100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000,
    ];
    for (n, delay) in (0..).zip(expected.map(Duration::from_millis)) {
        started(&bench, n + 1).await;
        clock.advance(Duration::from_millis(9_999));
        ends(&bench, 3).await;
        assert_eq!(clock.asked().await, delay);
        assert_eq!(
            shown(&bench.engine).await,
            ("restarting".into(), n as i64 + 1, 3)
        );
        clock.advance(delay - Duration::from_nanos(1));
        tokio::task::yield_now().await;
        assert_eq!(shown(&bench.engine).await.0, "restarting");
        clock.advance(Duration::from_nanos(1));
    }
    started(&bench, expected.len() + 1).await;
    clock.advance(Duration::from_secs(10));
    ends(&bench, 0).await;
    assert_eq!(clock.asked().await, Duration::from_millis(100));
    let listed = bench.engine.list(ListOptions::default()).await.unwrap();
    assert_eq!(listed[0].status, "Restarting (0) Less than a second ago");
}

#[tokio::test]
async fn on_failure_gives_up_after_its_count_and_at_success() {
    let clock = ManualClock::new();
    let bench = at(&clock);
    run(&bench, "cc", &body("on-failure:2")).await;
    for n in 1..=2 {
        started(&bench, n).await;
        ends(&bench, 4).await;
        clock.advance(clock.asked().await);
    }
    started(&bench, 3).await;
    ends(&bench, 5).await;
    assert_eq!(shown(&bench.engine).await, ("exited".into(), 2, 5));
    // Started by hand, it counts from the beginning.
    bench.engine.start("cc").await.unwrap();
    assert_eq!(shown(&bench.engine).await, ("running".into(), 0, 0));
    ends(&bench, 0).await;
    assert_eq!(shown(&bench.engine).await, ("exited".into(), 0, 0));
}

#[tokio::test]
async fn between_two_runs_verbs_do_as_docker_does() {
    let clock = ManualClock::new();
    let bench = at(&clock);
    let engine = &bench.engine;
    let id = run(&bench, "cc", &body("always")).await;
    ends(&bench, 3).await;
    let wait = format!("Container {id} is restarting, wait until the container is running");
    let exec = ExecCreate {
        cmd: Some(vec!["true".into()]),
        ..ExecCreate::default()
    };
    for (outcome, expected) in [
        (engine.pause("cc").await.err(), wait.clone()),
        (engine.exec_create("cc", exec).await.err(), wait.clone()),
        (engine.top("cc", "").err(), wait),
        (
            engine.attach("cc", AttachOptions::default()).err(),
            "container cc is restarting, wait until the container is running".to_owned(),
        ),
        (
            engine.remove("cc", RemoveOptions::default()).await.err(),
            "cannot remove container \"cc\": container is restarting: stop the container before removing or force remove".to_owned(),
        ),
    ] {
        assert_eq!(words(outcome.unwrap()), (Kind::Conflict, expected));
    }
    assert_eq!(
        engine.start("cc").await.unwrap_err().kind,
        Kind::NotModified
    );
    assert!(engine.unpause("cc").await.is_err());
    assert_eq!(engine.idle_since(), None);
    engine.rename("cc", "dd").await.unwrap();
    engine.rename("dd", "cc").await.unwrap();
    assert_eq!(engine.info().await.unwrap().containers_running, 0);

    // `stop` calls the restart off: no signal is sent, so none is told.
    let ended = engine.wait("cc", WaitCondition::NotRunning).unwrap();
    engine.stop("cc", StopOptions::default()).await.unwrap();
    assert_eq!(ended.await.status_code, 3);
    assert_eq!(shown(engine).await, ("exited".into(), 1, 3));
    engine.start("cc").await.unwrap();
    ends(&bench, 3).await;
    engine.restart("cc", StopOptions::default()).await.unwrap();
    assert_eq!(shown(engine).await, ("running".into(), 0, 0));
    ends(&bench, 3).await;
    engine.kill("cc", Some("HUP")).await.unwrap();
    let _ = engine.wait("cc", WaitCondition::NotRunning).unwrap().await;
    assert_eq!(shown(engine).await.0, "exited");
    engine.start("cc").await.unwrap();
    ends(&bench, 3).await;
    let force = RemoveOptions {
        force: true,
        ..RemoveOptions::default()
    };
    engine.remove("cc", force).await.unwrap();
    let told: Vec<String> = history(&bench)
        .await
        .into_iter()
        .map(|e| e.action)
        .collect();
    assert_eq!(
        told,
        [
            "create", "start", "die", "rename", "rename", "stop", "start", "die", "stop", "start",
            "restart", "die", "start", "die", "destroy"
        ]
    );
}

#[tokio::test]
async fn a_signal_by_hand_ends_it_for_good_unless_it_is_another_than_the_stop_signal() {
    let clock = ManualClock::new();
    let bench = at(&clock);
    let engine = &bench.engine;
    run(&bench, "cc", &body("always")).await;
    engine.kill("cc", Some("USR1")).await.unwrap();
    let _ = engine.wait("cc", WaitCondition::NotRunning).unwrap().await;
    assert_eq!(shown(engine).await, ("exited".into(), 0, 138));

    let with_signal = |policy| body(policy).replacen('{', r#"{"StopSignal":"TERM","#, 1);
    for (name, policy, expected) in [
        ("c1", "always", "restarting"),
        ("c2", "unless-stopped", "exited"),
        ("c3", "on-failure", "restarting"),
    ] {
        run(&bench, name, &with_signal(policy)).await;
        let ended = engine.wait(name, WaitCondition::NextExit).unwrap();
        engine.kill(name, Some("USR1")).await.unwrap();
        ended.await;
        let status = engine.inspect(name, false).await.unwrap().state.status;
        assert_eq!(status, expected, "{policy}");
    }
}

#[tokio::test]
async fn a_policy_can_be_changed_while_it_waits_and_a_start_that_fails_is_the_last() {
    let clock = ManualClock::new();
    let bench = at(&clock);
    run(&bench, "cc", &body("always")).await;
    ends(&bench, 3).await;
    *bench.runtime.broken.lock() = true;
    let ended = bench.engine.wait("cc", WaitCondition::NotRunning).unwrap();
    clock.advance(clock.asked().await);
    assert_eq!(ended.await.status_code, 3);
    let state = bench.engine.inspect("cc", false).await.unwrap().state;
    assert_eq!((state.status.as_str(), state.exit_code), ("exited", 3));
    assert!(
        state
            .error
            .ends_with("\"gone\": executable file not found in $PATH")
    );
}

#[tokio::test]
async fn what_is_restarted_by_hand_stays_although_it_goes_with_its_end() {
    let bench = at(&ManualClock::new());
    let body = r#"{"Image":"busybox","Cmd":["sleep","1"],"HostConfig":{"AutoRemove":true}}"#;
    run(&bench, "cc", body).await;
    bench
        .engine
        .restart("cc", StopOptions::default())
        .await
        .unwrap();
    assert_eq!(shown(&bench.engine).await.0, "running");
    let gone = bench.engine.wait("cc", WaitCondition::Removed).unwrap();
    bench
        .engine
        .stop("cc", StopOptions::default())
        .await
        .unwrap();
    gone.await;
}

#[tokio::test]
async fn the_next_engine_brings_back_what_its_policy_says() {
    let clock = ManualClock::new();
    let bench = at(&clock);
    let engine = &bench.engine;
    for (name, policy) in [
        ("no", "no"),
        ("always", "always"),
        ("always-stopped", "always"),
        ("unless", "unless-stopped"),
        ("unless-stopped", "unless-stopped"),
        ("failed", "on-failure"),
        ("failed-often", "on-failure:1"),
        ("succeeded", "on-failure"),
    ] {
        run(&bench, name, &body(policy)).await;
        let ended = engine.wait(name, WaitCondition::NextExit).unwrap();
        match name {
            "always-stopped" | "unless-stopped" => {
                engine.stop(name, StopOptions::default()).await.unwrap();
            }
            "succeeded" => {
                bench.runtime.newest().end(0);
                ended.await;
            }
            "failed-often" => {
                bench.runtime.newest().end(1);
                ended.await;
            }
            _ => {}
        }
    }
    create(&bench, "never-started", &body("always")).await;
    engine.shutdown(&StopOptions::default()).await;
    let back = async |records: &Arc<MemoryRecords>| {
        let bench = bench_at(clock.clone(), records.clone());
        bench.engine.bring_back(Duration::from_secs(60)).await;
        let mut running: Vec<String> = bench
            .engine
            .list(ListOptions::default())
            .await
            .unwrap()
            .into_iter()
            .map(|c| c.names.concat())
            .collect();
        running.sort();
        (bench, running)
    };
    let expected = ["/always", "/always-stopped", "/failed", "/unless"];
    let (second, running) = back(&bench.records).await;
    assert_eq!(running, expected);
    // The second engine is killed: nothing tells it to stop anything.
    let (_third, running) = back(&second.records).await;
    assert_eq!(running, expected);
}
