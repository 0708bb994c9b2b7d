//! What goes over the wire, compared with what the real engine sent, and a server that hangs or goes away.

use super::super::Log;
use super::super::remote::Remote;
use super::*;
use crate::engine::Timestamp;
use crate::engine::logs::Driver;
use crate::wire::LogConfig;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, UdpSocket};

/// 2026-11-28T00:53:01.669008Z
const TIME: Timestamp = Timestamp(1_795_827_181_669_008_123);

fn record(options: &[(&str, &str)]) -> Record {
    let pairs = options.iter().map(|(k, v)| ((*k).into(), (*v).into()));
    let mut record = Record {
        id: "65d461cbee2743ebadd6cd87a47519c3bb2679dc66ae844eb29c7b0894636d11".to_owned(),
        name: "web".to_owned(),
        ..Record::default()
    };
    record.host_config.log_config = LogConfig {
        kind: "syslog".to_owned(),
        config: Some(pairs.collect()),
    };
    record
}

async fn log(options: &[(&str, &str)]) -> Log {
    let remote = Remote::open(&record(options), Driver::Syslog).await;
    Log::new(None, remote.unwrap())
}

async fn datagram(socket: &UdpSocket) -> String {
    let mut buffer = [0; 1000];
    let length = socket.recv(&mut buffer).await.unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

/// The local zone is not the tests' to choose.
fn local(format: &str) -> String {
    match format {
        "stamp" => crate::base::time::stamp_local(TIME.0),
        "seconds" => crate::base::time::rfc3339_local(TIME.0, 0),
        _ => crate::base::time::rfc3339_local(TIME.0, 6),
    }
}

#[tokio::test]
async fn each_format_is_dockers() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = format!("udp://{}", server.local_addr().unwrap());
    let pid = std::process::id();
    let (stamp, seconds, micro) = (local("stamp"), local("seconds"), local("micro"));
    for (format, facility, wanted) in [
        ("", "", format!("<30>{stamp} web[{pid}]: out\n")),
        (
            "rfc3164",
            "local3",
            format!("<158>{stamp} schooner web[{pid}]: out\n"),
        ),
        (
            "rfc5424",
            "",
            format!("<30>1 {seconds} schooner web {pid} web - out\n"),
        ),
        (
            "rfc5424micro",
            "3",
            format!("<30>1 {micro} schooner web {pid} web - out\n"),
        ),
    ] {
        let log = log(&[
            ("syslog-address", &address),
            ("syslog-format", format),
            ("syslog-facility", facility),
            ("tag", "{{.Name}}"),
        ])
        .await;
        log.write(Stream::Stdout, b"out\n\nno line feed", TIME)
            .await;
        assert_eq!(datagram(&server).await, wanted);
        log.end(TIME);
        // The empty line is not sent.
        assert!(datagram(&server).await.ends_with(" no line feed\n"));
    }
    let log = log(&[("syslog-address", &address)]).await;
    log.write(Stream::Stderr, b"err\n", TIME).await;
    let id = "65d461cbee27";
    assert_eq!(
        datagram(&server).await,
        format!("<27>{stamp} {id}[{pid}]: err\n")
    );
}

#[tokio::test]
async fn a_line_is_one_message_whatever_it_holds() {
    let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = format!("udp://{}", server.local_addr().unwrap());
    let log = log(&[("syslog-address", &address)]).await;
    log.write(
        Stream::Stdout,
        b"<0>Jan  1 00:00:00 root[1]: forged\r\n",
        TIME,
    )
    .await;
    let message = datagram(&server).await;
    assert!(message.starts_with("<30>") && message.matches('\n').count() == 1);
}

#[tokio::test]
async fn nobody_there_is_an_error_of_the_start() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let options = [("syslog-address", format!("tcp://{address}"))];
    let options: Vec<_> = options.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let refused = Remote::open(&record(&options), Driver::Syslog).await;
    assert_eq!(
        refused.err().unwrap(),
        format!("dial tcp {address}: connect: connection refused")
    );
}

#[tokio::test]
async fn a_server_that_comes_back_gets_what_follows() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("tcp://{}", server.local_addr().unwrap());
    let mut syslog = Syslog::open(&record(&[("syslog-address", &address)]), &{
        StringMap::from([("syslog-address".to_owned(), address.clone())])
    })
    .await
    .unwrap();
    let (first, _) = server.accept().await.unwrap();
    drop(first);
    // The first writes after a hang-up may still seem to succeed.
    let entry = Entry::new(Stream::Stdout, b"again\n", TIME);
    let accepted = async {
        let (mut second, _) = server.accept().await.unwrap();
        let mut buffer = [0; 100];
        let length = second.read(&mut buffer).await.unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    };
    let writing = async {
        loop {
            syslog.send(&entry).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        text = accepted => assert!(text.ends_with(": again\n"), "{text}"),
        () = writing => {}
    }
}

#[tokio::test]
async fn a_server_that_hangs_costs_a_non_blocking_container_nothing() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("tcp://{}", server.local_addr().unwrap());
    let options = [
        ("syslog-address", address.as_str()),
        ("mode", "non-blocking"),
        ("max-buffer-size", "100k"),
    ];
    let log = log(&options).await;
    // 32 MB: more than the sockets hold. Nobody accepts or reads.
    let lines = [b'x'; 1023]
        .into_iter()
        .chain([b'\n'])
        .collect::<Vec<u8>>()
        .repeat(32);
    let flood = async {
        for _ in 0..1000 {
            log.write(Stream::Stdout, &lines, TIME).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), flood)
        .await
        .expect("nothing waits for the server");
}

#[tokio::test]
async fn a_server_that_hangs_holds_a_blocking_container_back() {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("tcp://{}", server.local_addr().unwrap());
    let log = log(&[("syslog-address", &address)]).await;
    let lines = [b'x'; 1023]
        .into_iter()
        .chain([b'\n'])
        .collect::<Vec<u8>>()
        .repeat(32);
    let mut written = 0;
    let flood = async {
        for _ in 0..1000 {
            log.write(Stream::Stdout, &lines, TIME).await;
            written += lines.len();
        }
    };
    let waiting = tokio::time::timeout(Duration::from_millis(500), flood).await;
    assert!(waiting.is_err() && written > 0);
}
