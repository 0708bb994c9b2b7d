//! Options against what procps 4.0.2 behind Docker 28.5 gave for the same two processes.

use super::{Scene, Wrong, list};
use crate::engine::ports::ProcessLine;

const SECOND: u64 = 1_000_000_000;

fn two() -> Vec<ProcessLine> {
    let first = ProcessLine {
        pid: 1000,
        ppid: 0,
        pgrp: 1000,
        sid: 1000,
        state: 'S',
        comm: "sleep".into(),
        argv: vec!["sleep".into(), "2000".into()],
        cpu_ns: SECOND / 2,
        started_ns: 1_764_290_000 * SECOND as i64,
        memory: 4 << 20,
        ..ProcessLine::default()
    };
    let second = ProcessLine {
        pid: 1001,
        ppid: 1000,
        uid: 1000,
        argv: vec!["sh".into(), "-c".into(), "true".into()],
        comm: "sh".into(),
        tty: Some(0),
        foreground: Some(1000),
        ..first.clone()
    };
    vec![first, second]
}

fn scene() -> Scene {
    Scene {
        now: 1_764_290_010 * SECOND as i64,
        memory: 1 << 30,
    }
}

fn titles(options: &str) -> String {
    list(options, &two(), scene()).expect("a list").0.join(" ")
}

fn rows(options: &str) -> Vec<String> {
    let (_, rows) = list(options, &two(), scene()).expect("a list");
    rows.iter().map(|row| row.join("|")).collect()
}

fn words(options: &str) -> String {
    match list(options, &two(), scene()).expect_err("an error") {
        Wrong::Words(text) | Wrong::Output(text) => text,
        Wrong::Silent => "exit status 1".to_owned(),
    }
}

#[test]
fn formats_have_the_columns_of_procps() {
    for (options, expected) in [
        ("-ef", "UID PID PPID C STIME TTY TIME CMD"),
        ("-F", "UID PID PPID C SZ RSS PSR STIME TTY TIME CMD"),
        ("-l", "F S UID PID PPID C PRI NI ADDR SZ WCHAN TTY TIME CMD"),
        ("-ly", "S UID PID PPID C PRI NI RSS SZ WCHAN TTY TIME CMD"),
        (
            "-fl",
            "F S UID PID PPID C PRI NI ADDR SZ WCHAN STIME TTY TIME CMD",
        ),
        (
            "-lF",
            "F S UID PID PPID C PRI NI ADDR SZ WCHAN RSS PSR STIME TTY TIME CMD",
        ),
        (
            "-Fly",
            "S UID PID PPID C PRI NI RSS SZ WCHAN PSR STIME TTY TIME CMD",
        ),
        (
            "-jF",
            "UID PID PPID PGID SID C SZ RSS PSR STIME TTY TIME CMD",
        ),
        (
            "-jfl",
            "F S UID PID PPID PGID SID C PRI NI ADDR SZ WCHAN STIME TTY TIME CMD",
        ),
        ("-j", "PID PGID SID TTY TIME CMD"),
        ("-fL", "UID PID PPID LWP C NLWP STIME TTY TIME CMD"),
        (
            "-lL",
            "F S UID PID PPID LWP C PRI NI ADDR SZ WCHAN TTY TIME CMD",
        ),
        ("-fT", "UID PID SPID PPID C STIME TTY TIME CMD"),
        ("-fP", "UID PID PPID PSR C STIME TTY TIME CMD"),
        ("-fc", "UID PID PPID CLS PRI STIME TTY TIME CMD"),
        ("-fZ", "LABEL UID PID PPID C STIME TTY TIME CMD"),
        ("-e", "PID TTY TIME CMD"),
        ("-x", "PID TTY STAT TIME COMMAND"),
        (
            "aux",
            "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND",
        ),
        (
            "-aux",
            "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND",
        ),
        (
            "l",
            "F UID PID PPID PRI NI VSZ RSS WCHAN STAT TTY TIME COMMAND",
        ),
        ("j", "PPID PID PGID SID TTY TPGID STAT UID TIME COMMAND"),
        (
            "s",
            "UID PID PENDING BLOCKED IGNORED CAUGHT STAT TTY TIME COMMAND",
        ),
        ("v", "PID TTY STAT TIME MAJFL TRS DRS RSS %MEM COMMAND"),
        ("X", "PID STACKP ESP EIP TMOUT ALARM STAT TTY TIME COMMAND"),
        ("-O user", "PID USER S TTY TIME COMMAND"),
        ("-o pid,comm -o user", "PID COMMAND USER"),
        ("axo pid,user", "PID USER"),
        ("-o pid=PID", "PID"),
        ("-eo pid:10,user:5", "PID USER"),
    ] {
        assert_eq!(titles(options), expected, "{options}");
    }
}

#[test]
fn fields_are_split_as_docker_splits_lines() {
    assert_eq!(
        rows("-o pid,ppid,user,stat,tty,time,cmd"),
        [
            "1000|0|root|Ss|?|00:00:00|sleep 2000",
            "1001|1000|1000|S+|pts/0|00:00:00|sh -c true"
        ]
    );
    assert_eq!(
        rows("-o pid,pcpu,c,pmem,rss,sz,etime"),
        [
            "1000|5.0|5|0.3|4096|1024|00:10",
            "1001|5.0|5|0.3|4096|1024|00:10"
        ]
    );
    // Arguments that do not come last run into the next column.
    assert_eq!(rows("-o pid,args,user -p 1000"), ["1000|sleep|2000 root"]);
    assert_eq!(
        rows("-f --forest -e")[0].split('|').next_back(),
        Some("\\_ sleep 2000")
    );
    assert_eq!(
        words("-o args,pid"),
        "Unexpected pid '-c': strconv.Atoi: parsing \"-c\": invalid syntax"
    );
}

#[test]
fn some_can_be_chosen_and_sorted() {
    assert_eq!(rows("-o pid -u 1000"), ["1001"]);
    assert_eq!(rows("-o pid -C sleep,nosuch"), ["1000"]);
    assert_eq!(rows("-o pid -N -p 1000"), ["1001"]);
    assert_eq!(rows("-eo pid --sort=-pid"), ["1001", "1000"]);
    assert_eq!(rows("axo pid k -pid"), ["1001", "1000"]);
    for none in ["f", "-p 1", "-C nosuch"] {
        assert_eq!(words(none), "exit status 1", "{none}");
    }
}

#[test]
fn errors_are_those_of_ps() {
    for (options, expected) in [
        ("--nosuch", "error: unknown gnu long option"),
        (
            "--forest=3",
            "error: option --forest does not take an argument",
        ),
        (
            "-o nosuch",
            "error: unknown user-defined format specifier \"nosuch\"",
        ),
        (
            "-o _addr",
            "error: unknown user-defined format specifier \"_addr\"",
        ),
        ("-o ,pid", "error: improper format list"),
        (
            "-o pid:0",
            "error: column widths must be unsigned decimal numbers",
        ),
        ("-o", "error: format specification must follow -o"),
        ("-p", "error: list of process IDs must follow -p"),
        ("-p x", "error: process ID list syntax error"),
        ("-u nosuch", "error: user name does not exist"),
        (
            "-g",
            "error: list of session leaders OR effective group names must follow -g",
        ),
        ("-y", "error: modifier -y without format -l makes no sense"),
        ("-W", "error: unsupported SysV option"),
        ("a b", "error: unsupported option (BSD syntax)"),
        (" ", "error: garbage option"),
        ("--sort=nosuch", "error: unknown sort specifier"),
        ("-ef -o pid", "exit status 1"),
        ("uj", "error: conflicting format options"),
        ("u -o pid", "error: conflicting format options"),
        ("-o comm", "Couldn't find PID field in ps output"),
        ("-o pid=P", "Couldn't find PID field in ps output"),
        ("-e --no-headers", "Couldn't find PID field in ps output"),
    ] {
        assert_eq!(words(options), expected, "{options:?}");
    }
}
