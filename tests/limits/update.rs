//! `update`: what it takes, what it refuses and in which words, and that it bites at once.

use crate::support::{World, text};

/// Runs a command that has to fail; gives what it says.
fn refusal(world: &World, args: &[&str]) -> String {
    let output = world.run(args);
    assert_eq!(output.status.code(), Some(1), "{args:?}");
    text(&output.stderr).trim_end().to_owned()
}

fn shown(world: &World, name: &str, template: &str) -> String {
    let shown = world.ok(&["inspect", "-f", template, name]);
    shown.trim_end().to_owned()
}

#[test]
fn every_flag_is_recorded_stopped_or_running() {
    let world = World::new();
    let flags = "-m 64m --memory-swap 128m --memory-reservation 32m --cpu-quota 50000 --cpu-period 100000 -c 512 \
                 --cpuset-cpus 0 --cpuset-mems 0 --cpu-rt-period 1000 --cpu-rt-runtime 500 --pids-limit 100 \
                 --restart on-failure:3";
    let template = "{{with .HostConfig}}{{.Memory}} {{.MemorySwap}} {{.MemoryReservation}} {{.CpuQuota}} {{.CpuPeriod}} \
                    {{.CpuShares}} {{.CpusetCpus}} {{.CpusetMems}} {{.CpuRealtimePeriod}} {{.CpuRealtimeRuntime}} \
                    {{.PidsLimit}} {{.RestartPolicy.Name}} {{.RestartPolicy.MaximumRetryCount}}{{end}}";
    let recorded = "67108864 134217728 33554432 50000 100000 512 0 0 1000 500 100 on-failure 3";
    world.ok(&["create", "--name", "stopped", "alpine", "true"]);
    world.ok(&["run", "-d", "--name", "running", "alpine", "sleep", "1000"]);
    for name in ["stopped", "running"] {
        let args: Vec<&str> = ["update"]
            .into_iter()
            .chain(flags.split_whitespace())
            .chain([name])
            .collect();
        assert_eq!(world.ok(&args), format!("{name}\n"));
        assert_eq!(shown(&world, name, template), recorded);
    }
    // Zeros and what is absent leave everything as it was; any negative number of processes means no limit.
    world.ok(&[
        "update",
        "--cpu-shares",
        "0",
        "--pids-limit",
        "-7",
        "running",
    ]);
    let template = "{{.HostConfig.CpuShares}} {{.HostConfig.PidsLimit}}";
    assert_eq!(shown(&world, "running", template), "512 0");
    // An engine that starts again finds it all.
    world.ok(&["engine", "stop"]);
    assert_eq!(shown(&world, "running", template), "512 0");
    let log = world.ok(&["inspect", "-f", "{{.HostConfig.CpusetCpus}}", "stopped"]);
    assert_eq!(log, "0\n");
}

#[test]
fn the_event_comes_once_for_each() {
    let world = World::new();
    world.ok(&["create", "--name", "cc", "alpine", "true"]);
    world.ok(&["update", "-c", "5", "cc"]);
    refusal(&world, &["update", "-m", "1m", "cc"]);
    let format = "{{.Action}} {{.Actor.Attributes.name}}";
    // Moments are whole seconds: the next one.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let until = (now.expect("after 1970").as_secs() + 1).to_string();
    let events = world.ok(&[
        "events",
        "--since",
        "1h",
        "--until",
        &until,
        "--format",
        format,
        "--filter",
        "event=update",
    ]);
    assert_eq!(events, "update cc\n");
}

#[test]
fn refusals_are_dockers() {
    let world = World::new();
    world.ok(&[
        "create", "--name", "cc", "-m", "64m", "--cpus", "0.5", "alpine", "true",
    ]);
    world.ok(&["create", "--rm", "--name", "gone", "alpine", "true"]);
    let id = shown(&world, "cc", "{{.Id}}");
    let gone = shown(&world, "gone", "{{.Id}}");
    for (flags, name, words) in [
        (
            "-m 5m",
            "cc",
            "Minimum memory limit allowed is 6MB".to_owned(),
        ),
        (
            "-m 200m",
            "cc",
            format!(
                "Cannot update container {id}: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time"
            ),
        ),
        (
            "--cpu-quota 50000",
            "cc",
            format!(
                "Cannot update container {id}: Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set"
            ),
        ),
        (
            "--cpuset-cpus 0,8000",
            "cc",
            format!(
                "Requested CPUs are not available - requested 0,8000, available: {}",
                available(&world)
            ),
        ),
        (
            "--restart always",
            "gone",
            format!(
                "Cannot update container {gone}: Restart policy cannot be updated because AutoRemove is enabled for the container"
            ),
        ),
        ("-c 5", "nosuch", "No such container: nosuch".to_owned()),
    ] {
        let args: Vec<&str> = ["update"]
            .into_iter()
            .chain(flags.split_whitespace())
            .chain([name])
            .collect();
        assert_eq!(
            refusal(&world, &args),
            format!("Error response from daemon: {words}")
        );
    }
    assert_eq!(
        refusal(&world, &["update", "cc"]),
        "you must provide one or more flags when using this command"
    );
    // What can be done is done, and the rest is told.
    let output = world.run(&["update", "-c", "7", "nosuch", "cc", "other"]);
    assert_eq!(text(&output.stdout), "cc\n");
    assert_eq!(
        text(&output.stderr),
        "Error response from daemon: No such container: nosuch\nError response from daemon: No such container: other\n"
    );
    let weight = world.ok(&["update", "--blkio-weight", "500", "cc"]);
    assert_eq!(
        weight,
        "cc\nYour kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.\n"
    );
}

/// The CPUs there are, as the kernel writes them.
fn available(world: &World) -> String {
    match world.ok(&["info", "-f", "{{.NCPU}}"]).trim() {
        "1" => "0".to_owned(),
        count => format!("0-{}", count.parse::<u32>().expect("a number") - 1),
    }
}

#[test]
fn what_runs_feels_it_at_once() {
    let world = World::new();
    world.ok(&["run", "-d", "--name", "cc", "alpine", "sleep", "1000"]);
    let id = shown(&world, "cc", "{{.Id}}");
    let inside = |script: &str| {
        let output = world.run(&["exec", "cc", "sh", "-c", script]);
        text(&output.stdout).trim_end().to_owned()
    };
    // Memory: what /proc says, and what a program can have.
    world.ok(&["update", "-m", "64m", "--memory-swap", "64m", "cc"]);
    assert_eq!(
        inside("grep MemTotal /proc/meminfo"),
        "MemTotal:          65536 kB"
    );
    let hog = "dd if=/dev/zero of=/dev/shm/x bs=1M count=20 2>/dev/null; echo $?";
    assert_eq!(inside(hog), "0");
    let refused = refusal(&world, &["update", "-m", "10m", "cc"]);
    let words = format!(
        "Error response from daemon: Cannot update container {id}: runc did not terminate successfully: \
         exit status 1: unable to set memory limit to 10485760 (current usage: "
    );
    assert!(refused.starts_with(&words), "{refused}");
    assert_eq!(shown(&world, "cc", "{{.HostConfig.Memory}}"), "67108864");
    // Processes: the shell itself is one, sleep another.
    world.ok(&["update", "--pids-limit", "3", "cc"]);
    let many = "sleep 5 & sleep 5 & sleep 5 & echo $!";
    assert!(world.run(&["exec", "cc", "sh", "-c", many]).status.code() != Some(0));
    world.ok(&["update", "--pids-limit", "50", "cc"]);
    assert_eq!(inside("(sleep 0 & sleep 0 & wait); echo fine"), "fine");
    // CPUs.
    world.ok(&["update", "--cpuset-cpus", "0", "cc"]);
    assert_eq!(inside("nproc"), "1");
    // A runtime that cannot write a cgroup's file says so, and nothing has changed.
    assert_eq!(
        refusal(&world, &["update", "-c", "1", "cc"]),
        format!(
            "Error response from daemon: Cannot update container {id}: runc did not terminate successfully: \
             exit status 1: the minimum allowed cpu-shares is 2"
        )
    );
    assert_eq!(shown(&world, "cc", "{{.HostConfig.CpuShares}}"), "0");
}
