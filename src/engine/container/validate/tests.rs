//! Each request and what the real engine answered to it.

use super::*;
use crate::wire::{CreateBody, go};

/// What the real engine answered to each of these on the same request.
#[test]
fn refusals_are_dockers_to_the_byte() {
    for (body, words) in [
        (
            r#"{"WorkingDir":"rel"}"#,
            "the working directory 'rel' is invalid, it needs to be an absolute path",
        ),
        (r#"{"StopSignal":"BOGUS"}"#, "invalid signal: BOGUS"),
        (r#"{"Env":["=x"]}"#, "invalid environment variable: =x"),
        (
            r#"{"Healthcheck":{"Test":["CMD","x"],"Interval":5}}"#,
            "Interval in Healthcheck cannot be less than 1ms",
        ),
        (
            r#"{"HostConfig":{"memory":5000000}}"#,
            "Minimum memory limit allowed is 6MB",
        ),
        (
            r#"{"HostConfig":{"Tmpfs":{"t":""}}}"#,
            "invalid mount path: 't' mount path must be absolute",
        ),
        (
            r#"{"HostConfig":{"RestartPolicy":{"Name":"bogus"}}}"#,
            "invalid restart policy: unknown policy 'bogus'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
        ),
        (
            r#"{"HostConfig":{"RestartPolicy":{"Name":"always","MaximumRetryCount":3}}}"#,
            "invalid restart policy: maximum retry count can only be used with 'on-failure'",
        ),
        (
            r#"{"HostConfig":{"AutoRemove":true,"RestartPolicy":{"Name":"always"}}}"#,
            "can't create 'AutoRemove' container with restart policy",
        ),
        (
            r#"{"HostConfig":{"CpuQuota":10}}"#,
            "CPU cfs quota can not be less than 1ms (i.e. 1000)",
        ),
        (
            r#"{"HostConfig":{"CpuPeriod":10}}"#,
            "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)",
        ),
        (
            r#"{"HostConfig":{"Memory":10000000,"MemorySwap":5000000}}"#,
            "Minimum memoryswap limit should be larger than memory limit, see usage",
        ),
        (
            r#"{"HostConfig":{"MemorySwap":5000000}}"#,
            "You should always set the Memory limit when using Memoryswap limit, see usage",
        ),
        (
            r#"{"HostConfig":{"MemoryReservation":100}}"#,
            "Minimum memory reservation allowed is 6MB",
        ),
        (
            r#"{"HostConfig":{"Memory":10000000,"MemoryReservation":20000000}}"#,
            "Minimum memory limit can not be less than memory reservation limit, see usage",
        ),
        (
            r#"{"HostConfig":{"LogConfig":{"Type":"bogus"}}}"#,
            "error looking up logging plugin bogus: plugin \"bogus\" not found",
        ),
        (
            r#"{"HostConfig":{"LogConfig":{"Type":"json-file","Config":{"foo":"x"}}}}"#,
            "unknown log opt 'foo' for json-file log driver",
        ),
        (
            r#"{"HostConfig":{"PidsLimit":-5,"ShmSize":-1}}"#,
            "SHM size can not be less than 0",
        ),
        (
            r#"{"HostConfig":{"Runtime":"bogus"}}"#,
            "unknown or invalid runtime name: bogus",
        ),
        (
            r#"{"HostConfig":{"IpcMode":"bogus"}}"#,
            "invalid IPC mode: bogus",
        ),
        (
            r#"{"HostConfig":{"PidMode":"bogus"}}"#,
            "invalid PID mode: bogus",
        ),
        (
            r#"{"HostConfig":{"UTSMode":"bogus"}}"#,
            "invalid UTS mode: bogus",
        ),
        (
            r#"{"HostConfig":{"CapAdd":["BOGUS"]}}"#,
            "invalid CapAdd: unknown capability: \"CAP_BOGUS\"",
        ),
        (
            r#"{"HostConfig":{"Mounts":[{"Type":"bogus","Target":"/x"}]}}"#,
            "invalid mount config for type \"bogus\": mount type unknown",
        ),
        (
            r#"{"HostConfig":{"Mounts":[{"Type":"tmpfs","Target":""}]}}"#,
            "invalid mount config for type \"tmpfs\": field Target must not be empty",
        ),
        (
            r#"{"HostConfig":{"Mounts":[{"Type":"tmpfs","Target":"/x","Source":"z"}]}}"#,
            "invalid mount config for type \"tmpfs\": field Source must not be specified",
        ),
        (
            r#"{"HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":"99999"}]}}}"#,
            "invalid port specification: \"99999\"",
        ),
    ] {
        let body: CreateBody = go::from_slice(body.as_bytes()).unwrap();
        let outcome =
            config(&body.config).and_then(|_| host(&mut body.host_config.unwrap_or_default(), 2));
        assert_eq!(outcome.unwrap_err().message, words);
    }
}

#[test]
fn names_have_two_characters_of_dockers_alphabet() {
    for good in ["ab", "/ab", "a.b-c_d", "0x"] {
        assert!(name(good).is_ok(), "{good}");
    }
    for bad in ["x", "", "a/b", "-a", "../x", "a b", "x!"] {
        assert_eq!(
            name(bad).unwrap_err().message,
            format!("Invalid container name ({bad}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
        );
    }
}

#[test]
fn what_has_no_power_is_said() {
    let mut host_config = HostConfig {
        privileged: true,
        ..HostConfig::default()
    };
    assert_eq!(host(&mut host_config, 2).unwrap().len(), 1);
}
