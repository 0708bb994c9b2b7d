//! How well limits hold and how little neighbours disturb, measured through the API: `cargo bench --bench limits`.
//!
//! Shares and quotas are ratios of CPU time, so they mean something on a busy machine too; the load average stands above
//! everything, for who compares the times. Nothing here is asserted.

mod measure;
#[path = "../tests/support/mod.rs"]
mod support;

use hyper::Method;
use measure::{report, times};
use schooner::client::{Body, Client, Endpoint};
use schooner::wire::StatsResponse;
use std::time::{Duration, Instant};
use support::World;

const SPIN: &str = "while :; do :; done";
/// How long CPU time is compared.
const WHILE: Duration = Duration::from_secs(10);

fn main() {
    let Some(only) = measure::chosen() else {
        return;
    };
    println!("load average {}", load());
    let benches: [(&str, fn()); 5] = [
        ("pause", pause),
        ("shares", shares),
        ("quota", quota),
        ("stats", stats),
        ("neighbour", neighbour),
    ];
    for (name, bench) in benches {
        if name.contains(&only) {
            bench();
        }
    }
}

/// A world, a client of its engine, and a runtime to ask in.
struct Place {
    world: World,
    client: Client,
    runtime: tokio::runtime::Runtime,
}

impl Place {
    fn new() -> Place {
        let world = World::new();
        world.ok(&["run", "--rm", "alpine", "true"]);
        let endpoint = Endpoint::parse(&world.host()).expect("an address");
        Place {
            client: Client::new(endpoint, "1.51"),
            runtime: tokio::runtime::Runtime::new().expect("a runtime"),
            world,
        }
    }

    /// Starts a container that runs a script of the shell.
    fn start(&self, name: &str, flags: &[&str], script: &str) {
        let mut args = vec!["run", "-d", "--name", name];
        args.extend(flags);
        args.extend(["alpine", "sh", "-c", script]);
        self.world.ok(&args);
    }

    fn post(&self, path: &str) {
        let answer = self.client.request(Method::POST, path, Body::Empty);
        self.runtime.block_on(answer).expect("an answer");
    }

    fn stats(&self, name: &str) -> StatsResponse {
        let path = format!("/containers/{name}/stats?stream=0&one-shot=1");
        let answer = self.client.get(&path);
        self.runtime.block_on(answer).expect("figures")
    }

    /// Nanoseconds of CPU time, and on the machine's clock.
    fn cpu(&self, name: &str) -> (f64, f64) {
        let cpu = self.stats(name).cpu_stats;
        let clock = cpu.system_cpu_usage as f64 / f64::from(cpu.online_cpus);
        (cpu.cpu_usage.total_usage as f64, clock)
    }

    /// What containers use meanwhile, in CPUs.
    fn share(&self, names: &[&str]) -> Vec<f64> {
        let now = || names.iter().map(|n| self.cpu(n)).collect::<Vec<_>>();
        let before = now();
        std::thread::sleep(WHILE);
        let pairs = before.into_iter().zip(now());
        pairs
            .map(|((used, at), (later, then))| (later - used) / (then - at))
            .collect()
    }
}

/// `pause` until its answer, through the API, while eight containers spin.
fn pause() {
    let place = Place::new();
    for n in 0..8 {
        place.start(&format!("spin{n}"), &[], SPIN);
    }
    let alone = times(100, || ask(|| place.stats("spin0")));
    report("any answer, eight spinning", &alone);
    let paused = times(100, || {
        let time = ask(|| place.post("/containers/spin0/pause"));
        place.post("/containers/spin0/unpause");
        time
    });
    report("pause acknowledged, eight spinning", &paused);
}

/// Two busy containers on one CPU, with 1024 and 512 shares.
fn shares() {
    let place = Place::new();
    place.start("one", &["-c", "1024", "--cpuset-cpus", "0"], SPIN);
    place.start("two", &["-c", "512", "--cpuset-cpus", "0"], SPIN);
    let used = place.share(&["one", "two"]);
    line("shares 1024 to 512, CPU time", used[0] / used[1]);
}

/// Half a CPU, and what a container without a limit gets on the same machine at the same time.
fn quota() {
    let place = Place::new();
    place.start("half", &["--cpus", "0.5"], SPIN);
    line("--cpus 0.5, CPUs used", place.share(&["half"])[0]);
}

/// The figure that `stats` prints, beside the container's own account of its CPU time.
fn stats() {
    let place = Place::new();
    place.start("spin", &["--cpus", "0.5"], SPIN);
    let own = || {
        let stat = place.world.ok(&["exec", "spin", "cat", "/proc/1/stat"]);
        let ticks = stat.split(' ').nth(13).and_then(|n| n.parse::<f64>().ok());
        (ticks.expect("a number") / 100.0, Instant::now())
    };
    let (ticks, at) = own();
    let shown = place
        .world
        .ok(&["stats", "--no-stream", "--format", "{{.CPUPerc}}", "spin"]);
    let (later, then) = own();
    println!("{:<34} {:>10}", "stats, --cpus 0.5", shown.trim());
    let percent = (later - ticks) / (then - at).as_secs_f64() * 100.0;
    println!("{:<34} {percent:>9.2}%", "  its own account meanwhile");
}

/// `exec … echo` beside neighbours that spin, fork, eat memory and flood their log, all at once.
fn neighbour() {
    let place = Place::new();
    place
        .world
        .ok(&["run", "-d", "--name", "calm", "alpine", "sleep", "10000"]);
    let echo = || ask(|| place.world.ok(&["exec", "calm", "echo", "fine"]));
    let quiet = times(100, echo);
    report("exec echo, quiet", &quiet);
    place.start("spins", &[], SPIN);
    place.start("forks", &[], "f() { f | f & }; f; while :; do :; done");
    let eat = "while :; do x=aaaaaaaaaaaaaaaa; n=0; while [ $n -lt 20 ]; do x=$x$x; n=$((n+1)); done; done";
    place.start("eats", &["-m", "64m", "--restart", "always"], eat);
    place.start(
        "floods",
        &[],
        "yes 0123456789012345678901234567890123456789",
    );
    let noisy = times(200, echo);
    report("exec echo, four bad neighbours", &noisy);
    let mut sorted = noisy.clone();
    sorted.sort_unstable();
    let p99 = sorted[sorted.len() * 99 / 100].as_secs_f64() * 1e3;
    println!("{:<34} {p99:>10.2} ms", "  p99");
    measure::ratio("  ratio noisy/quiet", &noisy, &quiet);
}

fn ask<T>(what: impl FnOnce() -> T) -> Duration {
    let begun = Instant::now();
    what();
    begun.elapsed()
}

fn line(what: &str, figure: f64) {
    println!("{what:<34} {figure:>10.3}");
}

/// How busy the machine is with other things; empty where it does not tell.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}
