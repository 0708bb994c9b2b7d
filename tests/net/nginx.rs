//! The web server of the catalogue, and the programs that ask it.

use super::{Net, text};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Waits until something answers at a port of the host: the first start compiles the server.
fn ready(port: u16) {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        if get(port, "/", "").is_ok_and(|answer| answer.starts_with("HTTP/1.1")) {
            return;
        }
        assert!(Instant::now() < end, "no answer");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// One request on a connection of its own; the whole answer.
fn get(port: u16, path: &str, headers: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n{headers}\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(text(&answer))
}

fn start(net: &Net, options: &[&str]) -> u16 {
    let start = ["run", "-d", "--name", "web", "-P"];
    net.world.ok(&[&start[..], options, &["nginx"]].concat());
    let port = net.port("web");
    ready(port);
    port
}

#[test]
fn the_welcome_page_is_served_logged_and_the_server_ends_in_peace() {
    let net = Net::new();
    net.world.ok(&["network", "create", "front"]);
    let port = start(&net, &["--network", "front"]);
    let page = get(port, "/", "").expect("an answer");
    assert!(
        page.starts_with("HTTP/1.1 200 OK\r\nServer: nginx/"),
        "{page}"
    );
    assert!(
        page.contains("\r\nContent-Type: text/html\r\n")
            && page.contains("<h1>Welcome to nginx!</h1>"),
        "{page}"
    );
    assert!(
        get(port, "/nosuch", "")
            .expect("an answer")
            .starts_with("HTTP/1.1 404 Not Found\r\n")
    );
    assert!(
        get(port, "/../etc/passwd", "")
            .expect("an answer")
            .starts_with("HTTP/1.1 400 ")
    );
    let part = get(port, "/index.html", "Range: bytes=0-8\r\n").expect("an answer");
    assert!(
        part.starts_with("HTTP/1.1 206 ") && part.ends_with("\r\n\r\n<!DOCTYPE"),
        "{part}"
    );

    // From another container, by name.
    for ask in ["curl -s http://web/", "wget -qO- http://web/"] {
        let page = net.world.ok(&[
            "run",
            "--rm",
            "--network",
            "front",
            "alpine",
            "sh",
            "-c",
            ask,
        ]);
        assert!(page.contains("<h1>Welcome to nginx!</h1>"), "{ask}: {page}");
    }
    let refused = net.world.run(&[
        "run",
        "--rm",
        "--network",
        "front",
        "alpine",
        "wget",
        "-q",
        "http://web/nosuch",
    ]);
    assert_eq!(
        text(&refused.stderr),
        "wget: server returned error: HTTP/1.1 404 Not Found\n"
    );

    let began = Instant::now();
    net.world.ok(&["stop", "web"]);
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "it did not hear SIGQUIT"
    );
    assert_eq!(net.field("web", "{{.State.ExitCode}}"), "0");
    let log = net.world.ok(&["logs", "web"]);
    assert!(
        log.contains("\"GET /nosuch HTTP/1.1\" 404 153 \"-\" \"-\" \"-\"\n"),
        "{log}"
    );
}

#[test]
fn a_configuration_decides_what_is_answered() {
    let net = Net::new();
    let folder = tempfile::tempdir().expect("a folder");
    let site = r#"
        upstream app { server api:9000; }
        server {
            listen 80;
            root /site;
            add_header X-Place "$uri";
            location = /old { return 301 /new; }
            location /say { return 200 "you are $remote_addr\n"; }
            location /api/ { proxy_pass http://app/v1/; proxy_set_header X-Real-IP $remote_addr; }
            location ~ \.secret$ { deny all; }
            location / { try_files $uri $uri/ /index.html; }
            error_page 403 /denied.html;
        }
    "#;
    let write =
        |name: &str, words: &str| std::fs::write(folder.path().join(name), words).expect("written");
    write("default.conf", site);
    write("index.html", "index\n");
    write("denied.html", "denied\n");
    write("a.secret", "secret\n");
    net.world.ok(&["network", "create", "front"]);
    let api = "while true; do printf 'HTTP/1.0 200 OK\\r\\nContent-Length: 4\\r\\n\\r\\napi\\n' | nc -l -p 9000 >> /asked; done";
    net.world.ok(&[
        "run",
        "-d",
        "--name",
        "api",
        "--network",
        "front",
        "alpine",
        "sh",
        "-c",
        api,
    ]);
    let mounts = [
        format!("{}:/etc/nginx/conf.d:ro", folder.path().display()),
        format!("{}:/site:ro", folder.path().display()),
    ];
    let port = start(
        &net,
        &["--network", "front", "-v", &mounts[0], "-v", &mounts[1]],
    );
    let asked = |path: &str| get(port, path, "").expect("an answer");
    assert!(asked("/any/where").ends_with("\r\n\r\nindex\n"));
    assert!(asked("/any/where").contains("\r\nX-Place: /any/where\r\n"));
    assert!(asked("/old").contains("\r\nLocation: /new\r\n"));
    assert!(asked("/say").contains("\r\n\r\nyou are "));
    let denied = asked("/a.secret");
    assert!(
        denied.starts_with("HTTP/1.1 403 ") && denied.ends_with("\r\n\r\ndenied\n"),
        "{denied}"
    );
    let passed = asked("/api/things?n=1");
    assert!(
        passed.starts_with("HTTP/1.1 200 OK\r\nServer: nginx/")
            && passed.ends_with("\r\n\r\napi\n"),
        "{passed}"
    );
    let heard = net.world.ok(&["exec", "api", "cat", "/asked"]);
    assert!(
        heard.starts_with("GET /v1/things?n=1 HTTP/1.0\r\nHost: app\r\n"),
        "{heard}"
    );
    assert!(heard.contains("\r\nX-Real-IP: "), "{heard}");
    net.world.ok(&["rm", "-f", "api"]);
    assert!(asked("/api/").starts_with("HTTP/1.1 502 Bad Gateway\r\n"));

    // A mistake is told with its place, and the server goes on as it was.
    write("default.conf", "server {\n  lisen 80;\n}\n");
    let tested = net.world.run(&["exec", "web", "nginx", "-t"]);
    assert_eq!(tested.status.code(), Some(1));
    assert!(text(&tested.stderr).starts_with(
        "nginx: [emerg] unknown directive \"lisen\" in /etc/nginx/conf.d/default.conf:2\n"
    ));
    write(
        "default.conf",
        "server { listen 80; location / { return 200 changed; } }",
    );
    net.world.ok(&["exec", "web", "nginx", "-s", "reload"]);
    let end = Instant::now() + Duration::from_secs(10);
    while !asked("/").ends_with("changed") {
        assert!(Instant::now() < end, "not read again");
        std::thread::yield_now();
    }
}

#[test]
fn hundreds_of_connections_stay_and_a_slow_reader_costs_a_buffer() {
    let net = Net::new();
    let folder = tempfile::tempdir().expect("a folder");
    let file = std::fs::File::create(folder.path().join("large")).expect("made");
    file.set_len(64 << 20).expect("long");
    let mount = format!("{}:/usr/share/nginx/html:ro", folder.path().display());
    let port = start(&net, &["-v", &mount]);
    let open = |_| TcpStream::connect(("127.0.0.1", port)).expect("connected");
    let mut held: Vec<TcpStream> = (0..400).map(open).collect();
    for stream in &mut held {
        write!(stream, "HEAD /large HTTP/1.1\r\nHost: here\r\n\r\n").expect("asked");
    }
    for stream in &mut held {
        let mut head = [0; 15];
        stream.read_exact(&mut head).expect("an answer");
        assert_eq!(&head, b"HTTP/1.1 200 OK");
    }
    drop(held);
    // Ten that ask for 640 MiB and read nothing: what waits for them is bounded.
    let mut slow: Vec<TcpStream> = (0..10).map(open).collect();
    for stream in &mut slow {
        write!(stream, "GET /large HTTP/1.1\r\nHost: here\r\n\r\n").expect("asked");
    }
    for stream in &mut slow {
        stream.read_exact(&mut [0; 1]).expect("begun");
    }
    assert!(
        get(port, "/", "")
            .expect("an answer")
            .starts_with("HTTP/1.1 403 ")
    );
    let used = net
        .world
        .ok(&["exec", "web", "sh", "-c", "grep VmRSS /proc/1/status"]);
    let kib: u64 = used
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("a number");
    assert!(kib < 32 << 10, "{used}");
}
