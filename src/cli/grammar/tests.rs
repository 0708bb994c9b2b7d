//! The grammar against what the real docker command accepts and says.

use super::*;

fn flags() -> Vec<Flag> {
    vec![
        flag("tty", "t", Kind::Bool, ""),
        flag("interactive", "i", Kind::Bool, ""),
        flag("env", "e", Kind::List, ""),
        flag("memory", "m", Kind::Bytes, ""),
        flag("name", "", Kind::Text, ""),
        flag("last", "n", Kind::Int, ""),
        flag("filter", "f", Kind::Filter, ""),
        flag("cpus", "", Kind::Cpus, ""),
        flag("health-interval", "", Kind::Duration, ""),
        flag("blkio-weight", "", Kind::Uint16, ""),
    ]
}

fn read(args: &str) -> std::result::Result<Walked, String> {
    let args: Vec<String> = args.split(' ').map(str::to_owned).collect();
    walk(&flags(), &args, true)
}

#[test]
fn what_is_accepted() {
    let pairs = |args: &str| {
        let walked = read(args).unwrap();
        let values: Vec<String> = walked
            .values
            .iter()
            .map(|(f, v)| format!("{f}={v}"))
            .collect();
        (values.join(" "), walked.args.join(" "))
    };
    for (args, values, rest) in [
        (
            "-it busybox sh -c x",
            "interactive=true tty=true",
            "busybox sh -c x",
        ),
        ("-eA=b -e=C -e D x", "env=A=b env=C env=D", "x"),
        ("-ite A x", "interactive=true tty=true env=A", "x"),
        ("--tty=false x", "tty=false", "x"),
        ("--name=a --name b x", "name=a name=b", "x"),
        ("-i -- -t x", "interactive=true", "-t x"),
        ("-m 6m - x", "memory=6m", "- x"),
        ("-n -1 x", "last=-1", "x"),
        ("-t=1 x", "tty=1", "x"),
    ] {
        assert_eq!(pairs(args), (values.into(), rest.into()), "{args}");
    }
    let behind: Vec<String> = ["a", "-t", "b"].map(str::to_owned).into();
    let walked = walk(&flags(), &behind, false).unwrap();
    assert_eq!((walked.values.len(), walked.args.len()), (1, 2));
}

#[test]
fn what_is_said() {
    for (args, words) in [
        ("--badflag x", "unknown flag: --badflag"),
        ("-viz x", "unknown shorthand flag: 'v' in -viz"),
        ("-iz x", "unknown shorthand flag: 'z' in -z"),
        ("-e", "flag needs an argument: 'e' in -e"),
        ("--name", "flag needs an argument: --name"),
        (
            "-m abc x",
            "invalid argument \"abc\" for \"-m, --memory\" flag: invalid size: 'abc'",
        ),
        (
            "--cpus abc x",
            "invalid argument \"abc\" for \"--cpus\" flag: failed to parse abc as a rational number",
        ),
        (
            "--cpus 1.2345678901 x",
            "invalid argument \"1.2345678901\" for \"--cpus\" flag: value is too precise",
        ),
        (
            "-it=x x",
            "invalid argument \"x\" for \"-t, --tty\" flag: strconv.ParseBool: parsing \"x\": invalid syntax",
        ),
        (
            "-n abc",
            "invalid argument \"abc\" for \"-n, --last\" flag: strconv.ParseInt: parsing \"abc\": invalid syntax",
        ),
        (
            "-f x",
            "invalid argument \"x\" for \"-f, --filter\" flag: bad format of filter (expected name=value)",
        ),
        (
            "--health-interval 3 x",
            "invalid argument \"3\" for \"--health-interval\" flag: time: missing unit in duration \"3\"",
        ),
        (
            "--blkio-weight 70000 x",
            "invalid argument \"70000\" for \"--blkio-weight\" flag: strconv.ParseUint: parsing \"70000\": value out of range",
        ),
        ("--=x", "bad flag syntax: --=x"),
        (
            "--help=x",
            "invalid argument \"x\" for \"--help\" flag: strconv.ParseBool: parsing \"x\": invalid syntax",
        ),
    ] {
        assert_eq!(read(args), Err(words.to_owned()), "{args}");
    }
}

#[test]
fn clap_keeps_the_values() {
    let given = Given::new(
        "run",
        &flags(),
        read("-it --cpus 1.5 -e A=b -e C -m 6m -n -1 img -x --y").unwrap(),
    )
    .unwrap();
    assert!(given.on("tty") && given.changed("tty") && !given.changed("name"));
    assert_eq!(given.list("env"), ["A=b", "C"]);
    assert_eq!(given.bytes("memory"), 6 << 20);
    assert_eq!(given.nano_cpus("cpus"), 1_500_000_000);
    assert_eq!(given.int("last"), -1);
    assert_eq!(given.args, ["img", "-x", "--y"]);
    assert_eq!(given.text("nosuch"), "");
}

#[test]
fn every_group_of_commands_is_declared() {
    for verb in crate::cli::verbs::all() {
        let grouped = verb.paths.iter().filter_map(|p| p.split_once(' '));
        for (group, _) in grouped {
            assert!(GROUPS.iter().any(|g| g.name == group), "{group}");
        }
    }
}
