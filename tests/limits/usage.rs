//! What a container tells of itself while it runs: `top`, `stats`, `port`; and what `container prune` leaves.

use crate::support::{World, available, text};
use schooner::client::{Client, Endpoint};
use schooner::wire::StatsResponse;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// Runs a command that has to fail; gives what it says.
fn refusal(world: &World, args: &[&str]) -> String {
    let output = world.run(args);
    assert_eq!(output.status.code(), Some(1), "{args:?}");
    text(&output.stderr).trim_end().to_owned()
}

#[test]
fn top_takes_the_options_of_ps() {
    let world = World::new();
    let script = "sleep 1000 & exec sleep 2000";
    world.ok(&["run", "-d", "--name", "cc", "alpine", "sh", "-c", script]);
    let pid = world.ok(&["inspect", "-f", "{{.State.Pid}}", "cc"]);
    let top = || world.ok(&["top", "cc"]);
    // The shell may still be on its way to both.
    let plain = std::iter::repeat_with(top)
        .take(1000)
        .find(|text| {
            ["sleep 1000", "sleep 2000"]
                .iter()
                .all(|s| text.contains(s))
        })
        .expect("two programs");
    let lines: Vec<Vec<&str>> = plain
        .lines()
        .map(|l| l.split_whitespace().collect())
        .collect();
    assert_eq!(
        lines[0],
        ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
    );
    // From outside, pid 1 has the number that `inspect` shows, and is the parent of the next.
    assert_eq!((lines[1][0], lines[1][1]), ("root", pid.trim()));
    assert_eq!((lines[1][7], lines[1][8]), ("sleep", "2000"));
    assert_eq!(lines[2][2], pid.trim());
    assert!(lines.iter().any(|l| l[7..] == ["sleep", "1000"]), "{plain}");
    // Docker's columns are twenty wide.
    assert!(plain.starts_with("UID                 PID                 PPID "));
    let named = world.ok(&["container", "top", "cc", "-o", "pid,comm"]);
    assert_eq!(
        named.lines().nth(1),
        Some(format!("{:<20}sleep", pid.trim()).as_str())
    );
    assert!(
        world
            .ok(&["top", "cc", "aux"])
            .starts_with("USER                PID                 %CPU ")
    );
    for (args, words) in [
        (
            &["top", "cc", "-o", "nosuch"][..],
            "ps: error: unknown user-defined format specifier \"nosuch\"",
        ),
        (
            &["top", "cc", "--nosuch"],
            "ps: error: unknown gnu long option",
        ),
        (
            &["top", "cc", "-o", "comm"],
            "Couldn't find PID field in ps output",
        ),
        (
            &["top", "cc", "-o", "uid=PID"],
            "specifying \"uid=PID\" is not allowed",
        ),
        (&["top", "nosuch"], "No such container: nosuch"),
    ] {
        assert_eq!(
            refusal(&world, args),
            format!("Error response from daemon: {words}")
        );
    }
    world.ok(&["kill", "cc"]);
    world.ok(&["wait", "cc"]);
    assert!(refusal(&world, &["top", "cc"]).ends_with(" is not running"));
}

#[test]
fn stats_shows_once_what_it_is_asked_for() {
    let world = World::new();
    world.ok(&[
        "run", "-d", "--name", "on", "-m", "64m", "alpine", "sleep", "1000",
    ]);
    world.ok(&["create", "--name", "off", "alpine", "true"]);
    let id = world.ok(&["inspect", "-f", "{{.Id}}", "on"]);
    let table = world.ok(&["stats", "--no-stream", "on", "off"]);
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT"));
    assert!(lines[1].starts_with(&id[..12]) && lines[1].contains(" / 64MiB "));
    assert!(lines[1].ends_with("   1"), "{table}");
    assert!(lines[2].contains("off       0.00%     0B / 0B"), "{table}");
    let all = world.ok(&["stats", "--no-stream", "-a", "--format", "{{.Name}}"]);
    assert_eq!(all, "off\non\n");
    let running = world.ok(&["stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}"]);
    assert_eq!(running, "on 1\n");
    let json = world.ok(&["stats", "--no-stream", "--format", "json", "off"]);
    assert_eq!(
        json.split(",\"ID\"").next(),
        Some("{\"BlockIO\":\"0B / 0B\",\"CPUPerc\":\"0.00%\",\"Container\":\"off\"")
    );
    assert_eq!(
        refusal(&world, &["stats", "--no-stream", "nosuch", "on", "other"]),
        "Error response from daemon: No such container: nosuch\n\
         Error response from daemon: No such container: other"
    );
    assert_eq!(
        refusal(&world, &["stats", "--format", "{{.Nope}}", "on"]),
        "template parsing error: template: :1:2: executing \"\" at <.Nope>: \
         can't evaluate field Nope in type *container.statsContext"
    );
}

#[test]
fn stats_count_the_time_that_processes_count() {
    let world = World::new();
    let work = "i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done; echo done; exec sleep 1000";
    world.ok(&["run", "-d", "--name", "cc", "alpine", "sh", "-c", work]);
    let follow = ["logs", "-f", "cc"];
    drawn(&world, &follow, || {}, |line| line == "done");
    // Hundredths of a second, as in Linux.
    let stat = world.ok(&["exec", "cc", "cat", "/proc/1/stat"]);
    let ticks: u64 = stat
        .split(' ')
        .nth(13)
        .and_then(|n| n.parse().ok())
        .expect("a number");
    let client = Client::new(Endpoint::parse(&world.host()).expect("an address"), "1.51");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let path = "/containers/cc/stats?stream=0&one-shot=1";
    let stats: StatsResponse = runtime.block_on(client.get(path)).expect("figures");
    let (own, counted) = (ticks * 10_000_000, stats.cpu_stats.cpu_usage.total_usage);
    // The `cat` of this test was a process of the container too.
    let spare = own / 20 + 100_000_000;
    assert!(
        own > 0 && counted + 10_000_000 >= own && counted <= own + spare,
        "{own} against {counted}"
    );
}

/// Reads what a command draws until a line satisfies, and ends the command.
fn drawn(world: &World, args: &[&str], begin: impl FnOnce(), until: impl Fn(&str) -> bool) {
    let mut child = world
        .schooner()
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("schooner runs");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    // It listens once it has drawn.
    let first = lines.next().expect("a drawing").expect("text");
    begin();
    let found = until(&first) || lines.any(|line| until(&line.expect("text")));
    child.kill().expect("it still draws");
    child.wait().expect("its end");
    assert!(found);
}

#[test]
fn the_live_table_follows_starts_and_ends() {
    let world = World::new();
    world.ok(&["run", "-d", "--name", "old", "alpine", "sleep", "1000"]);
    let live = ["stats", "--format", "table {{.Name}} {{.PIDs}}"];
    drawn(
        &world,
        &live,
        || {
            world.ok(&["run", "-d", "--name", "new", "alpine", "sleep", "1000"]);
        },
        |line| line == "new 1\x1b[K",
    );
    // The row of one that has ended goes: the header is followed by the other's.
    let header = std::cell::Cell::new(false);
    drawn(
        &world,
        &live,
        || {
            world.ok(&["kill", "new"]);
        },
        |line| {
            let after_header = header.replace(line.contains("NAME PIDS"));
            after_header && line == "old 1\x1b[K"
        },
    );
}

#[test]
fn the_real_client_reads_our_stats_and_top() {
    if !available(
        "docker",
        &["--version"],
        "stats and top with Docker's client",
    ) {
        return;
    }
    let world = World::new();
    world.ok(&["run", "-d", "--name", "cc", "alpine", "sleep", "1000"]);
    let docker = |args: &[&str]| {
        let output = world.program("docker").args(args).output().expect("docker");
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    for args in [
        &[
            "stats",
            "--no-stream",
            "--format",
            "{{.ID}} {{.Name}} {{.PIDs}} {{.NetIO}} {{.BlockIO}}",
            "cc",
        ][..],
        &["top", "cc", "-eo", "pid,args"],
        &["container", "prune", "-f"],
    ] {
        assert_eq!(docker(args), world.ok(args), "{args:?}");
    }
}

#[test]
fn prune_asks_and_tells() {
    let world = World::new();
    world.ok(&[
        "run",
        "--name",
        "done",
        "alpine",
        "sh",
        "-c",
        "echo hello > /f",
    ]);
    world.ok(&["run", "-d", "--name", "runs", "alpine", "sleep", "1000"]);
    let sizes = world.ok(&["ps", "-as", "--format", "{{.Names}} {{.Size}}"]);
    let mut sizes = sizes
        .lines()
        .map(|l| l.split(" (virtual").next().unwrap_or(l));
    assert_eq!(
        (sizes.next(), sizes.next()),
        (Some("runs 0B"), Some("done 6B"))
    );
    let size = world.ok(&["inspect", "-s", "-f", "{{.SizeRw}}", "done"]);
    assert_eq!(size, "6\n");
    assert_eq!(
        world.ok(&["inspect", "-f", "{{.SizeRw}}", "done"]),
        "<nil>\n"
    );
    let question = "WARNING! This will remove all stopped containers.\n\
                    Are you sure you want to continue? [y/N] ";
    assert_eq!(world.ok(&["container", "prune"]), question);
    let none = world.ok(&["container", "prune", "-f", "--filter", "until=1h"]);
    assert_eq!(none, "Total reclaimed space: 0B\n");
    let id = world.ok(&["inspect", "-f", "{{.Id}}", "done"]);
    assert_eq!(
        world.ok(&["container", "prune", "-f"]),
        format!("Deleted Containers:\n{id}\nTotal reclaimed space: 6B\n")
    );
    assert_eq!(world.ok(&["ps", "-a", "--format", "{{.Names}}"]), "runs\n");
    for (filter, words) in [
        ("bogus=1", "invalid filter 'bogus'"),
        (
            "until=x",
            "failed to parse value as time or duration: \"x\"",
        ),
    ] {
        assert_eq!(
            refusal(&world, &["container", "prune", "-f", "--filter", filter]),
            format!("Error response from daemon: {words}")
        );
    }
}

#[test]
fn port_and_link_say_what_there_is_not() {
    let world = World::new();
    world.ok(&["create", "--name", "cc", "alpine", "true"]);
    assert_eq!(world.ok(&["port", "cc"]), "");
    for (args, words) in [
        (
            &["port", "cc", "80"][..],
            "Error: No public port '80' published for cc",
        ),
        (
            &["port", "cc", "80x"],
            "Error: invalid port (80x): strconv.ParseUint: parsing \"80x\": invalid syntax",
        ),
        (
            &["port", "nosuch"],
            "Error response from daemon: No such container: nosuch",
        ),
        (
            &["rm", "-l", "cc"],
            "Error response from daemon: Conflict, cannot remove the default link name of the container",
        ),
        (
            &["rm", "-l", "cc/x"],
            "Error response from daemon: No such container: cc/x",
        ),
        (
            &["port"],
            "schooner: 'schooner port' requires at least 1 and at most 2 arguments\n\n\
             Usage:  schooner port CONTAINER [PRIVATE_PORT[/PROTO]]\n\n\
             Run 'schooner port --help' for more information",
        ),
    ] {
        assert_eq!(refusal(&world, args), words);
    }
}
