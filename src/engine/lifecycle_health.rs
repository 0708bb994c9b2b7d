//! Health checks over doubles and a clock that the tests move.

use super::lifecycle::{history, run};
use super::options::*;
use super::testing::{Bench, ManualClock, bench_at};
use super::{Engine, Filters};
use crate::wire::Healthcheck;
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn body(test: &str) -> String {
    format!(
        r#"{{"Image":"busybox","Cmd":["sleep","1"],"Healthcheck":{{"Test":{test},"Interval":1000000000,"Timeout":3000000000,"Retries":2}}}}"#
    )
}

async fn begin(test: &str) -> (Arc<ManualClock>, Bench) {
    let clock = ManualClock::new();
    let bench = bench_at(clock.clone(), Arc::default());
    run(&bench, "cc", &body(test)).await;
    (clock, bench)
}

async fn health(engine: &Engine) -> Healthcheck {
    engine
        .inspect("cc", false)
        .await
        .unwrap()
        .state
        .health
        .unwrap()
}

/// Lets the next probe run; returns when the pause after it begins.
async fn probe(clock: &ManualClock) {
    assert_eq!(clock.asked().await, SECOND);
    clock.advance(SECOND);
    assert_eq!(clock.asked().await, 3 * SECOND);
}

/// As `ps` shows it.
async fn status(bench: &Bench) -> String {
    let all = ListOptions {
        all: true,
        ..ListOptions::default()
    };
    bench.engine.list(all).await.unwrap()[0].status.clone()
}

async fn probed(bench: &Bench, results: usize) -> Healthcheck {
    loop {
        let health = health(&bench.engine).await;
        if health.log.len() == results {
            return health;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn failures_in_a_row_make_it_unhealthy() {
    let (clock, bench) = begin(r#"["CMD","false"]"#).await;
    assert_eq!(
        status(&bench).await,
        "Up Less than a second (health: starting)"
    );
    assert!(health(&bench.engine).await.log.is_empty());
    probe(&clock).await;
    let first = probed(&bench, 1).await;
    assert_eq!(
        (first.status.as_str(), first.failing_streak),
        ("starting", 1)
    );
    probe(&clock).await;
    let second = probed(&bench, 2).await;
    assert_eq!(
        (second.status.as_str(), second.failing_streak),
        ("unhealthy", 2)
    );
    assert_eq!(status(&bench).await, "Up 2 seconds (unhealthy)");
    let unhealthy = ListOptions {
        filters: Filters::default().with("health", "unhealthy"),
        ..ListOptions::default()
    };
    assert_eq!(bench.engine.list(unhealthy).await.unwrap().len(), 1);
    let told: Vec<String> = history(&bench)
        .await
        .into_iter()
        .map(|e| e.action)
        .collect();
    let round = ["exec_create: false ", "exec_start: false ", "exec_die"];
    let expected = [
        &["create", "start"],
        &round[..],
        &round,
        &["health_status: unhealthy"],
    ]
    .concat();
    assert_eq!(told, expected);
    // The probes leave nothing behind.
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

#[tokio::test]
async fn what_a_probe_writes_and_how_it_fails_is_kept() {
    let (clock, bench) = begin(r#"["CMD","echo","all is well"]"#).await;
    probe(&clock).await;
    let health = probed(&bench, 1).await;
    assert_eq!(health.status, "healthy");
    assert_eq!(
        (health.log[0].exit_code, health.log[0].output.as_str()),
        (0, "all is well\n")
    );
    assert_eq!(health.log[0].start, "1970-01-01T00:00:02Z");

    let (clock, bench) = begin(r#"["CMD","nosuch"]"#).await;
    assert_eq!(clock.asked().await, SECOND);
    clock.advance(SECOND);
    let health = probed(&bench, 1).await;
    assert_eq!(
        (health.log[0].exit_code, health.log[0].output.as_str()),
        (
            -1,
            "OCI runtime exec failed: exec failed: unable to start container process: exec: \"nosuch\": executable file not found in $PATH"
        )
    );
}

#[tokio::test]
async fn a_probe_that_takes_too_long_is_killed() {
    let (clock, bench) = begin(r#"["CMD","sleep","100"]"#).await;
    probe(&clock).await;
    assert_eq!(
        bench
            .engine
            .inspect("cc", false)
            .await
            .unwrap()
            .exec_ids
            .unwrap()
            .len(),
        1
    );
    clock.advance(3 * SECOND);
    let health = probed(&bench, 1).await;
    assert_eq!(
        (health.log[0].exit_code, health.log[0].output.as_str()),
        (-1, "Health check exceeded timeout (3s)")
    );
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

#[tokio::test]
async fn nobody_looks_at_what_is_paused_or_has_ended() {
    let (clock, bench) = begin(r#"["CMD","true"]"#).await;
    probe(&clock).await;
    assert_eq!(probed(&bench, 1).await.status, "healthy");
    assert_eq!(clock.asked().await, SECOND);
    bench.engine.pause("cc").await.unwrap();
    clock.advance(10 * SECOND);
    assert_eq!(health(&bench.engine).await.status, "unhealthy");
    bench.engine.unpause("cc").await.unwrap();
    assert_eq!(status(&bench).await, "Up 11 seconds (unhealthy)");
    probe(&clock).await;
    assert_eq!(probed(&bench, 2).await.status, "healthy");
    assert_eq!(clock.asked().await, SECOND);
    bench
        .engine
        .stop("cc", StopOptions::default())
        .await
        .unwrap();
    let ended = health(&bench.engine).await;
    assert_eq!((ended.status.as_str(), ended.log.len()), ("unhealthy", 2));
    // It starts with what was known, and finds out anew.
    bench.engine.start("cc").await.unwrap();
    let again = health(&bench.engine).await;
    assert_eq!(
        (again.status.as_str(), again.failing_streak, again.log.len()),
        ("starting", 0, 2)
    );
}

#[tokio::test]
async fn without_a_check_there_is_no_health() {
    for test in [r#"["NONE"]"#, r#"["CMD"]"#, "[]"] {
        let (_clock, bench) = begin(test).await;
        assert!(
            bench
                .engine
                .inspect("cc", false)
                .await
                .unwrap()
                .state
                .health
                .is_none()
        );
        assert_eq!(status(&bench).await, "Up Less than a second");
    }
}
