//! The tail, spans of time, rotation and followers.

use super::super::Settings;
use super::*;
use crate::engine::Timestamp;
use crate::engine::clock::SystemClock;
use crate::engine::testing::MemoryLogs;
use futures_util::StreamExt;

fn log(size: u64, files: u32) -> Arc<LogFile> {
    let settings = Settings {
        size,
        files,
        ..Settings::default()
    };
    let disk = Arc::new(MemoryLogs::default());
    Arc::new(LogFile::new(disk, "c", settings))
}

fn add(log: &Arc<LogFile>, second: i64, stream: Stream, text: &str) {
    log.append(stream, text.as_bytes(), Timestamp(second * 1_000_000_000));
    log.flush();
}

fn both() -> LogOptions {
    LogOptions {
        stdout: true,
        stderr: true,
        ..LogOptions::default()
    }
}

async fn text(log: &Arc<LogFile>, options: LogOptions) -> String {
    let pieces: Vec<Bytes> = read(log.clone(), Arc::new(SystemClock), options, true)
        .collect()
        .await;
    String::from_utf8(pieces.concat()).unwrap()
}

#[tokio::test]
async fn the_tail_and_the_span_are_cut() {
    let log = log(1_000_000, 3);
    for n in 1..=5 {
        add(
            &log,
            n,
            if n % 2 == 0 {
                Stream::Stderr
            } else {
                Stream::Stdout
            },
            &format!("{n}\n"),
        );
    }
    assert_eq!(text(&log, both()).await, "1\n2\n3\n4\n5\n");
    assert_eq!(
        text(
            &log,
            LogOptions {
                tail: Some(2),
                ..both()
            }
        )
        .await,
        "4\n5\n"
    );
    assert_eq!(
        text(
            &log,
            LogOptions {
                tail: Some(0),
                ..both()
            }
        )
        .await,
        ""
    );
    assert_eq!(
        text(
            &log,
            LogOptions {
                stderr: false,
                ..both()
            }
        )
        .await,
        "1\n3\n5\n"
    );
    let span = LogOptions {
        since: Some(Timestamp(2_000_000_000)),
        until: Some(Timestamp(4_000_000_000)),
        ..both()
    };
    assert_eq!(text(&log, span).await, "2\n3\n4\n");
    let stamped = LogOptions {
        tail: Some(1),
        timestamps: true,
        ..both()
    };
    assert_eq!(
        text(&log, stamped).await,
        "1970-01-01T00:00:05.000000000Z 5\n"
    );
}

#[tokio::test]
async fn following_survives_rotation_and_ends_with_the_container() {
    let log = log(200, 3);
    log.set_running(true);
    add(&log, 1, Stream::Stdout, "first\n");
    let mut stream = read(
        log.clone(),
        Arc::new(SystemClock),
        LogOptions {
            follow: true,
            ..both()
        },
        true,
    );
    assert_eq!(stream.next().await.unwrap(), "first\n");
    let mut seen = String::new();
    for n in 2..40 {
        add(&log, n, Stream::Stdout, &format!("{n}\n"));
        seen.push_str(std::str::from_utf8(&stream.next().await.unwrap()).unwrap());
    }
    log.set_running(false);
    assert!(stream.next().await.is_none());
    assert_eq!(seen, (2..40).map(|n| format!("{n}\n")).collect::<String>());
}

#[tokio::test]
async fn a_flood_is_bounded() {
    let log = log(1000, 2);
    for n in 0..10_000 {
        add(&log, n, Stream::Stdout, "0123456789\n");
    }
    let kept = text(&log, both()).await.lines().count();
    assert!(
        (10..60).contains(&kept),
        "{kept} entries of about 85 bytes in 2 files of 1000"
    );
}

#[tokio::test]
async fn frames_carry_the_stream() {
    let log = log(1_000_000, 3);
    add(&log, 1, Stream::Stderr, "e\n");
    let pieces: Vec<Bytes> = read(log, Arc::new(SystemClock), both(), false)
        .collect()
        .await;
    assert_eq!(pieces.concat(), b"\x02\0\0\0\0\0\0\x02e\n");
}

/// Waits until the old files are compressed.
async fn compressed(log: &Arc<LogFile>) {
    while log.inner.lock().compressing {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn compressed_files_are_read_like_others() {
    let log = log(300, 4);
    let mut settings = log.inner.lock().settings.clone();
    settings.compress = true;
    log.configure(settings);
    for n in 0..12 {
        add(&log, n, Stream::Stdout, &format!("{n}\n"));
        if n % 5 == 0 {
            compressed(&log).await;
        }
    }
    compressed(&log).await;
    let is_there = |name: String| log.disk.read("c", &name).is_ok();
    assert!(is_there(log.packed(1)) && !is_there(log.numbered(1)));
    assert!(is_there(log.packed(2)));
    let all: String = (0..12).map(|n| format!("{n}\n")).collect();
    assert_eq!(text(&log, both()).await, all);
}

#[tokio::test]
async fn a_slow_reader_holds_nothing_back_and_loses_only_what_was_rotated_away() {
    let log = log(1000, 2);
    log.set_running(true);
    add(&log, 0, Stream::Stdout, "first\n");
    let follow = LogOptions {
        follow: true,
        ..both()
    };
    let mut slow = read(log.clone(), Arc::new(SystemClock), follow, true);
    assert_eq!(slow.next().await.unwrap(), "first\n");
    for n in 0..2000 {
        add(&log, n, Stream::Stdout, &format!("{n:060}\n"));
    }
    log.set_running(false);
    let rest: Vec<Bytes> = slow.collect().await;
    let rest = String::from_utf8(rest.concat()).unwrap();
    let lines: Vec<u32> = rest.lines().map(|l| l.parse().unwrap()).collect();
    assert!(lines.is_sorted() && lines.last() == Some(&1999));
    assert!(lines.len() < 60, "{} lines", lines.len());
}
