//! `stats` and `prune` over doubles of the layers below, with the clock in the test's hands.

use super::Filters;
use super::lifecycle::{SLEEP, create, history, run, words};
use super::options::RemoveOptions;
use super::testing::{ManualClock, bench, bench_at};
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const NEVER: &str = "0001-01-01T00:00:00Z";

#[tokio::test]
async fn one_document_is_the_second_of_two_samples() {
    let clock = ManualClock::new();
    let bench = bench_at(clock.clone(), Arc::default());
    let id = run(&bench, "cc", SLEEP).await;
    let shot = bench.engine.stats("cc", true).await.unwrap();
    assert_eq!((shot.name.as_str(), shot.id.as_str()), ("", ""));
    assert_eq!(shot.preread, NEVER);
    assert_eq!(shot.precpu_stats.system_cpu_usage, 0);
    assert_eq!(shot.memory_stats.limit, 4 << 20);

    let engine = bench.engine.clone();
    let waiting = tokio::spawn(async move { engine.stats("cc", false).await });
    assert_eq!(clock.asked().await, SECOND);
    clock.advance(SECOND);
    let stats = waiting.await.unwrap().unwrap();
    assert_eq!((stats.name.as_str(), stats.id), ("/cc", id));
    assert_eq!(
        (stats.preread.as_str(), stats.read.as_str()),
        ("1970-01-01T00:00:01Z", "1970-01-01T00:00:02Z")
    );
    let (now, before) = (&stats.cpu_stats, &stats.precpu_stats);
    // One CPU of two was busy.
    assert_eq!(
        now.cpu_usage.total_usage - before.cpu_usage.total_usage,
        (now.system_cpu_usage - before.system_cpu_usage) / 2
    );
    assert_eq!(now.online_cpus, 2);
}

#[tokio::test]
async fn a_stream_goes_on_without_a_run_and_ends_with_the_container() {
    let clock = ManualClock::new();
    let bench = bench_at(clock.clone(), Arc::default());
    create(&bench, "cc", SLEEP).await;
    let engine = &bench.engine;
    assert_eq!(engine.stats("cc", false).await.unwrap().read, NEVER);
    let mut stream = engine.stats_stream("cc").unwrap();
    let off = stream.next().await.unwrap();
    assert_eq!((off.name.as_str(), off.read.as_str()), ("/cc", NEVER));
    assert_eq!(off.blkio_stats.io_service_bytes_recursive, None);

    engine.start("cc").await.unwrap();
    for expected in [NEVER, "1970-01-01T00:00:02Z"] {
        let (next, ()) = tokio::join!(stream.next(), async {
            clock.asked().await;
            clock.advance(SECOND);
        });
        assert_eq!(next.unwrap().preread, expected);
    }
    let force = RemoveOptions {
        force: true,
        ..RemoveOptions::default()
    };
    engine.remove("cc", force).await.unwrap();
    assert_eq!(stream.next().await, None);
    assert!(engine.stats_stream("cc").is_err());
}

#[tokio::test]
async fn prune_takes_what_does_not_run_and_matches() {
    let bench = bench();
    let engine = &bench.engine;
    let labelled = r#"{"Image":"busybox","Cmd":["sleep","1"],"Labels":{"a":"b"}}"#;
    let one = create(&bench, "one", labelled).await;
    create(&bench, "two", SLEEP).await;
    run(&bench, "runs", labelled).await;
    let prune = |filters: Filters| async move { engine.container_prune(&filters).await };

    let young = Filters::default().with("until", "1h");
    assert_eq!(prune(young).await.unwrap().containers_deleted, None);
    let with = Filters::default().with("label", "a=b");
    let pruned = prune(with).await.unwrap();
    assert_eq!(pruned.containers_deleted, Some(vec![one]));
    assert_eq!(pruned.space_reclaimed, 10);
    let rest = prune(Filters::default()).await.unwrap();
    assert_eq!(rest.containers_deleted.map(|all| all.len()), Some(1));
    assert!(engine.inspect("runs", false).await.is_ok());

    let bogus = Filters::default().with("bogus", "1");
    assert_eq!(
        words(prune(bogus).await.unwrap_err()).1,
        "invalid filter 'bogus'"
    );
    let events = history(&bench).await;
    let pruned: Vec<_> = events.iter().filter(|e| e.action == "prune").collect();
    assert_eq!(pruned.len(), 3);
    assert_eq!(pruned[1].actor.attributes["reclaimed"], "10");
}
