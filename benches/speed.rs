//! What a user waits for, measured as whole processes: `cargo bench`. Nothing here asserts a time; each figure stands
//! beside a yardstick of the same run (`/bin/true`, native tools, and a real engine where `SCHOONER_REAL_DOCKER_HOST`
//! names one), so that runs on different machines can be compared by their ratios.

mod measure;
#[path = "../tests/support/mod.rs"]
mod support;

use measure::{median, ratio, report, times};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::World;

fn main() {
    let Some(only) = measure::chosen() else {
        return;
    };
    let benches: [(&str, fn()); 11] = [
        ("first-run", first_run),
        ("cold-start", cold_start),
        ("run", run),
        ("exec", exec),
        ("starts", starts),
        ("api-starts", api_starts),
        ("idle", idle),
        ("pipeline", pipeline),
        ("build", build),
        ("archives", archives),
        ("commit", commit),
    ];
    for (name, bench) in benches {
        if name.contains(&only) {
            bench();
        }
    }
}

/// Five steps, all of them to do and all of them in the cache, as a whole process of the client.
fn build() {
    let world = World::new();
    world.ok(&["run", "--rm", "alpine", "true"]);
    let folder = tempfile::tempdir().expect("a folder");
    let steps = "FROM alpine\nENV a=1\nCOPY f /f\nRUN echo $a >/g\nCMD cat /f /g\n";
    std::fs::write(folder.path().join("Dockerfile"), steps).expect("written");
    std::fs::write(folder.path().join("f"), vec![b'x'; 100_000]).expect("written");
    let context = folder.path().to_str().expect("a path");
    let one = |mut command: Command, cold: bool| {
        let more: &[&str] = if cold { &["--no-cache"] } else { &[] };
        let args = ["build", "-q", "-t", "k-bench"];
        time(
            command
                .env("DOCKER_BUILDKIT", "0")
                .args(args)
                .args(more)
                .arg(context),
        )
    };
    for (name, cold) in [
        ("build, 5 steps", true),
        ("build, 5 steps in the cache", false),
    ] {
        let ours = times(20, || one(world.schooner(), cold));
        report(name, &ours);
        if let Some(theirs) = real() {
            let theirs = times(5, || one(theirs(), cold));
            report("  real docker", &theirs);
            ratio("  ratio real/ours", &theirs, &ours);
        }
    }
}

/// A new machine: empty state folder, empty cache.
fn first_run() {
    let times: Vec<Duration> = (0..3)
        .map(|_| {
            let world = World::new();
            let cache = world.home().join("fresh-cache");
            time(
                world
                    .schooner()
                    .env("SCHOONER_CACHE", cache)
                    .args(["run", "--rm", "alpine", "true"]),
            )
        })
        .collect();
    report("first run on a new machine", &times);
}

/// The engine's own start, with everything compiled.
fn cold_start() {
    let world = World::new();
    world.ok(&["run", "--rm", "alpine", "true"]);
    let times: Vec<Duration> = (0..10)
        .map(|_| {
            world.ok(&["engine", "stop"]);
            time(world.schooner().args(["engine", "start"]))
        })
        .collect();
    report("engine cold start", &times);
}

fn run() {
    let world = World::new();
    world.ok(&["run", "--rm", "alpine", "true"]);
    let ours = times(50, || {
        time(world.schooner().args(["run", "--rm", "alpine", "true"]))
    });
    report("run --rm alpine true", &ours);
    let floor = times(50, || time(&mut Command::new("/bin/true")));
    report("  /bin/true itself", &floor);
    if let Some(real) = real() {
        let theirs = times(10, || time(real().args(["run", "--rm", "alpine", "true"])));
        report("  real docker", &theirs);
        ratio("  ratio real/ours", &theirs, &ours);
    }
}

fn exec() {
    let world = World::new();
    world.ok(&["run", "-d", "--name", "ee", "alpine", "sleep", "1000"]);
    world.ok(&["exec", "ee", "true"]);
    let ours = times(50, || time(world.schooner().args(["exec", "ee", "true"])));
    report("exec true", &ours);
    if let Some(real) = real() {
        quiet(real().args(["run", "-d", "--name", "bench-e", "alpine", "sleep", "1000"]));
        let theirs = times(10, || time(real().args(["exec", "bench-e", "true"])));
        quiet(real().args(["rm", "-f", "bench-e"]));
        report("  real docker", &theirs);
        ratio("  ratio real/ours", &theirs, &ours);
    }
}

/// Containers started, run to their end and removed in a second, by eight clients at once.
fn starts() {
    let world = World::new();
    world.ok(&["run", "--rm", "alpine", "true"]);
    let (clients, each) = (8, 40);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| {
                (0..each).for_each(|_| drop(world.ok(&["run", "--rm", "alpine", "true"])))
            });
        }
    });
    let rate = f64::from(clients * each) / begun.elapsed().as_secs_f64();
    println!(
        "{:<34} {rate:>10.0} /s (a client process each)",
        "run --rm, eight at once"
    );
}

/// The engine's own share of a start: create, start, wait and automatic removal over the API, eight tasks at once.
fn api_starts() {
    use hyper::Method;
    use schooner::client::{Body, Client, Endpoint};
    let world = World::new();
    world.ok(&["run", "--rm", "alpine", "true"]);
    let client = Client::new(Endpoint::parse(&world.host()).expect("an address"), "1.51");
    let (tasks, each) = (8, 250);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let begun = Instant::now();
    runtime.block_on(async {
        let mut set = tokio::task::JoinSet::new();
        for _ in 0..tasks {
            let client = client.clone();
            set.spawn(async move {
                for _ in 0..each {
                    let body = serde_json::json!({
                        "Image": "alpine", "Cmd": ["true"], "HostConfig": {"AutoRemove": true},
                    });
                    let made: serde_json::Value = client
                        .json(
                            Method::POST,
                            "/containers/create",
                            Body::Json(body.to_string()),
                        )
                        .await
                        .expect("a container");
                    let id = made["Id"].as_str().expect("an id").to_owned();
                    // Asked before the start, so that the end cannot be missed.
                    let wait = format!("/containers/{id}/wait?condition=next-exit");
                    let wait = client.request(Method::POST, &wait, Body::Empty).await;
                    client
                        .request(
                            Method::POST,
                            &format!("/containers/{id}/start"),
                            Body::Empty,
                        )
                        .await
                        .expect("a start");
                    let ended: serde_json::Value =
                        wait.expect("a wait").json().await.expect("an end");
                    assert_eq!(ended["StatusCode"], 0);
                }
            });
        }
        while let Some(done) = set.join_next().await {
            done.expect("no failure");
        }
    });
    let rate = f64::from(tasks * each) / begun.elapsed().as_secs_f64();
    println!(
        "{:<34} {rate:>10.0} /s (through the API)",
        "create, start, wait, eight at once"
    );
}

/// Memory of the engine per container that sleeps.
#[cfg(target_os = "linux")]
fn idle() {
    let world = World::new();
    world.ok(&["run", "--rm", "alpine", "sleep", "0"]);
    let resident = || world.engine_kib() as f64;
    let before = resident();
    let count = 200;
    for _ in 0..count {
        world.ok(&["run", "-d", "alpine", "sleep", "1000"]);
    }
    println!("{:<34} {:>10.0} KiB", "engine at rest, resident", before);
    println!(
        "{:<34} {:>10.0} KiB",
        "per idle container, resident",
        (resident() - before) / f64::from(count)
    );
}

#[cfg(not(target_os = "linux"))]
fn idle() {
    println!("idle: needs /proc, skipped");
}

/// `seq | sort` in a container against the host's own tools.
fn pipeline() {
    let world = World::new();
    let script = "seq 1000000 | sort -n | tail -n 1";
    world.ok(&["run", "--rm", "alpine", "sh", "-c", script]);
    let ours = times(3, || {
        time(
            world
                .schooner()
                .args(["run", "--rm", "alpine", "sh", "-c", script]),
        )
    });
    report("seq 1000000 | sort -n | tail -n 1", &ours);
    let native = times(3, || time(Command::new("sh").args(["-c", script])));
    report("  native", &native);
    ratio("  ratio ours/native", &ours, &native);
    let calls = 200_000;
    let script = format!("dd if=/dev/zero of=/dev/null bs=1 count={calls}");
    let dd = times(3, || {
        time(
            world
                .schooner()
                .args(["run", "--rm", "alpine", "sh", "-c", &script]),
        )
    });
    println!(
        "{:<34} {:>10.0} /s (read and write of one byte)",
        "system calls",
        2.0 * f64::from(calls) / median(&dd).as_secs_f64()
    );
}

/// An image of 100 MB that no compressor can shrink: in from a root filesystem, out as an archive, and in again.
fn archives() {
    let world = World::new();
    let (root, saved) = (
        world.home().join("root.tar"),
        world.home().join("saved.tar"),
    );
    std::fs::write(&root, noise(100_000_000)).expect("written");
    let times = |client: &dyn Fn() -> Command| {
        let mut all = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..3 {
            all[0].push(time(
                client().arg("import").arg(&root).arg("bench-archive:1"),
            ));
            all[1].push(time(
                client().args(["save", "bench-archive:1", "-o"]).arg(&saved),
            ));
            quiet(client().args(["rmi", "bench-archive:1"]));
            all[2].push(time(client().args(["load", "-q", "-i"]).arg(&saved)));
            quiet(client().args(["rmi", "bench-archive:1"]));
        }
        all
    };
    world.ok(&["engine", "start"]);
    let ours = times(&|| world.schooner());
    let theirs = real().map(|client| times(&|| client()));
    for (n, verb) in ["import", "save", "load"].iter().enumerate() {
        report(&format!("{verb} of 100 MB"), &ours[n]);
        if let Some(theirs) = &theirs {
            report("  real docker", &theirs[n]);
            ratio("  ratio real/ours", &theirs[n], &ours[n]);
        }
    }
}

/// A container's thousand new files as a layer.
fn commit() {
    let world = World::new();
    let script = "mkdir d; i=0; while [ $i -lt 1000 ]; do echo $i >d/$i; i=$((i+1)); done";
    let times = |client: &dyn Fn() -> Command| {
        quiet(client().args(["run", "--name", "bench-files", "alpine", "sh", "-c", script]));
        let all = times(5, || {
            let taken = time(client().args(["commit", "bench-files", "bench-files:1"]));
            quiet(client().args(["rmi", "bench-files:1"]));
            taken
        });
        quiet(client().args(["rm", "bench-files"]));
        all
    };
    let ours = times(&|| world.schooner());
    report("commit of 1,000 files", &ours);
    if let Some(client) = real() {
        let theirs = times(&|| client());
        report("  real docker", &theirs);
        ratio("  ratio real/ours", &theirs, &ours);
    }
}

/// A tar with one file of bytes that only look random.
fn noise(bytes: usize) -> Vec<u8> {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut file = Vec::with_capacity(bytes);
    while file.len() < bytes {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        file.extend_from_slice(&seed.to_be_bytes()[..4]);
    }
    let mut tar = tar::Builder::new(Vec::with_capacity(file.len() + 2048));
    let mut header = tar::Header::new_ustar();
    header.set_size(file.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, "noise", &file[..])
        .expect("a member");
    tar.into_inner().expect("a tar")
}

/// The real engine's client, where one is named.
fn real() -> Option<impl Fn() -> Command> {
    let host = std::env::var("SCHOONER_REAL_DOCKER_HOST").ok()?;
    Some(move || {
        let mut command = Command::new("docker");
        command.env("DOCKER_HOST", &host);
        command
    })
}

fn quiet(command: &mut Command) {
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("a program that runs");
    assert!(
        output.status.success(),
        "{command:?}: {}",
        support::text(&output.stderr)
    );
}

fn time(command: &mut Command) -> Duration {
    let begun = Instant::now();
    quiet(command);
    begun.elapsed()
}
