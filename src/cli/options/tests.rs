//! Flags and the body they make; the complaints are those of the real docker command.

use super::*;
use crate::cli::grammar::{Given, walk};

fn body(args: &str) -> Result<Body, String> {
    let flags = container_flags();
    let args: Vec<String> = args.split(' ').map(str::to_owned).collect();
    let walked = walk(&flags, &args, true)?;
    let given = Given::new("run", &flags, walked)?;
    create_body(&given).map_err(|e| e.message)
}

#[test]
fn there_are_as_many_flags_as_docker_has() {
    // Docker lists 104 for run: these with --kernel-memory, the three of run alone, and --help.
    let shown = container_flags().iter().filter(|f| !f.hidden).count();
    let hidden = container_flags().iter().filter(|f| f.hidden).count();
    assert_eq!((shown + 1, hidden), (100, 4));
}

#[test]
fn effective_flags_reach_the_body() {
    let body = body("-it --rm --name web -e A=b -w /w -u 1:2 --entrypoint sh -h box -l a=b --read-only --tmpfs /t:size=1m -m 6m --cpus 0.5 --pids-limit 9 --stop-signal INT --stop-timeout 3 --init alpine -c x").unwrap();
    let config = &body.create.config;
    assert_eq!(body.name, "web");
    assert!(config.tty && config.open_stdin && config.stdin_once && config.attach_stdin);
    assert_eq!(config.env.as_deref(), Some(&["A=b".to_owned()][..]));
    assert_eq!(
        config.cmd.as_deref(),
        Some(&["-c".to_owned(), "x".to_owned()][..])
    );
    assert_eq!(config.entrypoint.as_deref(), Some(&["sh".to_owned()][..]));
    assert_eq!(
        (
            config.working_dir.as_str(),
            config.user.as_str(),
            config.hostname.as_str()
        ),
        ("/w", "1:2", "box")
    );
    assert_eq!(
        (config.stop_signal.as_str(), config.stop_timeout),
        ("INT", Some(3))
    );
    let host = body.create.host_config.unwrap();
    assert!(host.auto_remove && host.readonly_rootfs);
    assert_eq!(
        (host.memory, host.nano_cpus, host.pids_limit, host.init),
        (6 << 20, 500_000_000, Some(9), Some(true))
    );
    assert_eq!(
        host.tmpfs.unwrap().get("/t").map(String::as_str),
        Some("size=1m")
    );
}

#[test]
fn ports_make_bindings() {
    let ports = |args: &str| {
        let body = body(&format!("{args} x")).unwrap();
        serde_json::to_string(&body.create.host_config.unwrap().port_bindings).unwrap()
    };
    assert_eq!(
        ports("-p 8080:80"),
        r#"{"80/tcp":[{"HostIp":"","HostPort":"8080"}]}"#
    );
    assert_eq!(
        ports("-p 127.0.0.1::80/udp"),
        r#"{"80/udp":[{"HostIp":"127.0.0.1","HostPort":""}]}"#
    );
    assert_eq!(
        ports("-p [::1]:1:2"),
        r#"{"2/tcp":[{"HostIp":"::1","HostPort":"1"}]}"#
    );
    assert_eq!(ports("-p 80-81:80-81").matches("HostPort").count(), 2);
    assert_eq!(
        ports("-p 80-81:80"),
        r#"{"80/tcp":[{"HostIp":"","HostPort":"80-81"}]}"#
    );
}

#[test]
fn the_words_of_the_errors() {
    for (args, words) in [
        (
            "--stop-timeout x b",
            "invalid argument \"x\" for \"--stop-timeout\" flag: strconv.ParseInt: parsing \"x\": invalid syntax",
        ),
        (
            "--ulimit foo=1 b",
            "invalid argument \"foo=1\" for \"--ulimit\" flag: invalid ulimit type: foo",
        ),
        (
            "--ulimit nofile b",
            "invalid argument \"nofile\" for \"--ulimit\" flag: invalid ulimit argument: nofile",
        ),
        (
            "--mount foo b",
            "invalid argument \"foo\" for \"--mount\" flag: invalid field 'foo' must be a key=value pair",
        ),
        (
            "--mount foo=bar b",
            "invalid argument \"foo=bar\" for \"--mount\" flag: unexpected key 'foo' in 'foo=bar'",
        ),
        (
            "--mount type=bind b",
            "invalid argument \"type=bind\" for \"--mount\" flag: target is required",
        ),
        (
            "--mount type=tmpfs,target=/x,tmpfs-size=q b",
            "invalid argument \"type=tmpfs,target=/x,tmpfs-size=q\" for \"--mount\" flag: invalid value for tmpfs-size: q",
        ),
        (
            "--add-host foo b",
            "invalid argument \"foo\" for \"--add-host\" flag: bad format for add-host: \"foo\"",
        ),
        (
            "-a foo b",
            "invalid argument \"foo\" for \"-a, --attach\" flag: valid streams are STDIN, STDOUT and STDERR",
        ),
        (
            "--dns foo b",
            "invalid argument \"foo\" for \"--dns\" flag: IP address is not correctly formatted: foo",
        ),
        (
            "--device /dev/x:y:z:w b",
            "bad format for path: /dev/x:y:z:w",
        ),
        (
            "--device-read-bps foo b",
            "invalid argument \"foo\" for \"--device-read-bps\" flag: bad format: foo",
        ),
        (
            "--restart on-failure:x b",
            "invalid restart policy format: maximum retry count must be an integer",
        ),
        (
            "--rm --restart always b",
            "conflicting options: cannot specify both --restart and --rm",
        ),
        (
            "--memory-swappiness 200 b",
            "invalid value: 200. Valid memory swappiness range is 0-100",
        ),
        (
            "--health-cmd x --no-healthcheck b",
            "--no-healthcheck conflicts with --health-* options",
        ),
        ("--pid foo b", "--pid: invalid PID mode"),
        ("--uts foo b", "--uts: invalid UTS mode"),
        ("--userns foo b", "--userns: invalid USER mode"),
        ("--cgroupns foo b", "--cgroupns: invalid CGROUP mode"),
        (
            "--log-driver none --log-opt foo=b b",
            "invalid logging opts for driver none",
        ),
        ("--storage-opt foo b", "invalid storage option"),
        (
            "--sysctl foo b",
            "invalid argument \"foo\" for \"--sysctl\" flag: sysctl 'foo' is not allowed",
        ),
        ("--security-opt foo b", "Invalid --security-opt: \"foo\""),
        (
            "--security-opt seccomp=/nosuch b",
            "opening seccomp profile (/nosuch) failed: open /nosuch: no such file or directory",
        ),
        (
            "--gpus foo=1 b",
            "invalid argument \"foo=1\" for \"--gpus\" flag: unexpected key 'foo' in 'foo=1'",
        ),
        (
            "--expose foo b",
            "invalid range format for --expose: foo, error: strconv.ParseUint: parsing \"foo\": invalid syntax",
        ),
        ("-p foo b", "invalid containerPort: foo"),
        ("-p 80:90:100:110 b", "invalid IP address: 80:90"),
        ("-p 70000:80 b", "invalid hostPort: 70000"),
        ("-p 8080:80/foo b", "invalid proto: foo"),
        ("--mac-address foo b", "foo is not a valid mac address"),
        (
            "--network name=x,foo=1 b",
            "invalid argument \"name=x,foo=1\" for \"--network\" flag: invalid field key foo",
        ),
        (
            "-e =x b",
            "invalid argument \"=x\" for \"-e, --env\" flag: invalid environment variable: =x",
        ),
        (
            "-l =x b",
            "invalid argument \"=x\" for \"-l, --label\" flag: invalid label '=x': empty name",
        ),
        (
            "--env-file /nosuch b",
            "open /nosuch: no such file or directory",
        ),
        (
            "--kernel-memory 3x b",
            "invalid argument \"3x\" for \"--kernel-memory\" flag: invalid suffix: 'x'",
        ),
        (
            "--shm-size -1 b",
            "invalid argument \"-1\" for \"--shm-size\" flag: invalid size: '-1'",
        ),
        (
            "--device-cgroup-rule foo b",
            "invalid argument \"foo\" for \"--device-cgroup-rule\" flag: invalid device cgroup format 'foo'",
        ),
    ] {
        assert_eq!(body(args).err().as_deref(), Some(words), "{args}");
    }
}
