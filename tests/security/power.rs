//! S35: options that would give a Linux container power over its host are recorded, give none, and say so.

use crate::support::{World, text};

/// What a program can see of its power: capabilities, devices, mounts, processes, and whether it can mount or trace.
const LOOK: &str = "grep Cap /proc/self/status; ls /dev; cut -d' ' -f1-3 /proc/mounts; ls -d /proc/[0-9]*; \
    mount -t tmpfs x /mnt; mknod /dev/sda b 8 0; hostname new; kill -9 2147483647; ls /proc/1/root/";

#[test]
fn s35_no_option_gives_power() {
    let world = World::new();
    world.ok(&["pull", "-q", "alpine"]);
    let look = |options: &[&str]| {
        let command = ["--hostname", "same", "alpine", "sh", "-c", LOOK];
        let all = [&["run", "--rm"], options, &command].concat();
        let done = world.run(&all);
        let said = text(&done.stderr);
        let (warnings, said): (Vec<&str>, Vec<&str>) =
            said.lines().partition(|l| l.starts_with("WARNING: "));
        (text(&done.stdout), said.join("\n"), warnings.join("\n"))
    };
    let (shown, said, warnings) = look(&[]);
    assert!(
        shown.contains("CapEff:") && shown.contains("null"),
        "{shown}"
    );
    assert_eq!(warnings, "");
    for (options, word) in [
        (&["--privileged"][..], "Privileged mode gives no power"),
        (&["--device", "/dev/null:/dev/sda"], "Devices of the host"),
        (&["--gpus", "all"], "Devices of the host"),
        (&["--pid=host"], "Namespaces of the host"),
        (&["--ipc=host"], "Namespaces of the host"),
        (&["--cap-add", "ALL"], "beyond Docker's default set"),
        (&["--cap-add", "NET_ADMIN"], "beyond Docker's default set"),
        (
            &["--privileged", "--cap-drop", "ALL"],
            "Privileged mode gives no power",
        ),
        (&["--security-opt", "label=type:x"], "Security profiles"),
    ] {
        let with = look(options);
        assert_eq!((&with.0, &with.1), (&shown, &said), "{options:?}");
        assert!(with.2.contains(word), "{options:?}: {}", with.2);
    }
}

#[test]
fn s35_what_was_asked_for_is_recorded() {
    let world = World::new();
    let options = [
        "--privileged",
        "--pid=host",
        "--device=/dev/null:/dev/sda:r",
        "--cap-add=SYS_ADMIN",
        "--security-opt=seccomp=unconfined",
    ];
    world.ok(&[&["create", "--name", "pp"], &options[..], &["alpine"]].concat());
    let format = "{{.HostConfig.Privileged}} {{.HostConfig.PidMode}} {{.HostConfig.Devices}} {{.HostConfig.CapAdd}} {{.HostConfig.SecurityOpt}}";
    assert_eq!(
        world.ok(&["inspect", "-f", format, "pp"]),
        "true host [{/dev/null /dev/sda r}] [CAP_SYS_ADMIN] [seccomp=unconfined label=disable]\n"
    );
}
