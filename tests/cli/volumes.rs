//! Volumes and mounts from the command line; what was recorded from the real docker command says so by being equal to it.

use crate::support::{World, text};

/// Runs `schooner ARGS`; gives the exit code, standard output and standard error.
fn all(world: &World, args: &[&str]) -> (Option<i32>, String, String) {
    let output = world.run(args);
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn fails(world: &World, args: &[&str], words: &str) {
    let expected = (Some(1), String::new(), format!("{words}\n"));
    assert_eq!(all(world, args), expected, "{args:?}");
}

#[test]
fn the_volume_commands_are_dockers() {
    let world = World::new();
    assert_eq!(world.ok(&["volume", "create", "data"]), "data\n");
    assert_eq!(
        world.ok(&["volume", "create", "--label", "a=b", "--label", "c", "v10"]),
        "v10\n"
    );
    assert_eq!(
        world.ok(&["volume", "create", "--name", "v2", "-d", "local"]),
        "v2\n"
    );
    assert_eq!(
        world.ok(&["volume", "create", "--label", "x=y", "v10"]),
        "v10\n"
    );
    let anonymous = world.ok(&["volume", "create"]);
    assert_eq!(anonymous.trim().len(), 64);
    let list = world.ok(&["volume", "ls", "-f", "name=^(data|v[0-9]+)$", "-q"]);
    assert_eq!(list, "data\nv2\nv10\n");
    assert_eq!(
        world.ok(&["volume", "ls", "-f", "name=v2"]),
        "DRIVER    VOLUME NAME\nlocal     v2\n"
    );
    assert_eq!(
        world.ok(&["volume", "ls", "-q", "-f", "label=a=b"]),
        "v10\n"
    );
    let format =
        "{{.Name}} {{.Driver}} {{.Scope}} {{.Labels}} {{.Label \"a\"}} {{.Links}} {{.Size}}";
    assert_eq!(
        world.ok(&["volume", "ls", "-f", "name=v10", "--format", format]),
        "v10 local local a=b,c= b N/A N/A\n"
    );
    assert_eq!(
        world.ok(&[
            "volume",
            "inspect",
            "-f",
            "{{.Name}} {{.Labels}} {{.Options}}",
            "data",
            "v10"
        ]),
        "data map[] map[]\nv10 map[a:b c:] map[]\n"
    );
    let both = all(
        &world,
        &["volume", "inspect", "-f", "{{.Name}}", "v2", "nosuch"],
    );
    assert_eq!(
        both,
        (
            Some(1),
            "v2\n".into(),
            "Error response from daemon: get nosuch: no such volume\n".into()
        )
    );
    let removed = all(&world, &["volume", "rm", "v2", "nosuch"]);
    assert_eq!(
        removed,
        (
            Some(1),
            "v2\n".into(),
            "Error response from daemon: get nosuch: no such volume\n".into()
        )
    );
    assert_eq!(world.ok(&["volume", "rm", "-f", "nosuch"]), "nosuch\n");
    let pruned = world.ok(&["volume", "prune", "-f"]);
    assert_eq!(
        pruned,
        format!("Deleted Volumes:\n{anonymous}\nTotal reclaimed space: 0B\n")
    );
    assert_eq!(
        world.ok(&["volume", "prune", "-f"]),
        "Total reclaimed space: 0B\n"
    );
    let asked = world.ok(&["volume", "prune", "-a"]);
    assert_eq!(
        asked,
        "WARNING! This will remove all local volumes not used by at least one container.\nAre you sure you want to continue? [y/N] "
    );
    assert_eq!(world.ok(&["volume", "ls", "-q"]), "data\nv10\n");
}

#[test]
fn what_a_volume_cannot_be() {
    let world = World::new();
    let chars = "includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path";
    for (args, words) in [
        (
            &["-d", "nosuch", "b3"][..],
            "create b3: error looking up volume plugin nosuch: plugin \"nosuch\" not found",
        ),
        (
            &["-o", "foo=bar", "b3"],
            "create b3: invalid option: \"foo\"",
        ),
        (
            &["-o", "type=tmpfs", "b3"],
            "create b3: missing required option: \"device\"",
        ),
        (
            &["-o", "o=bind", "b3"],
            "create b3: missing required option: \"device\"",
        ),
        (
            &["-o", "device=/x", "b3"],
            "create b3: missing required option: \"type\"",
        ),
        (
            &["a"],
            "create a: volume name is too short, names should be at least two alphanumeric characters",
        ),
        (&["a/b"], &format!("create a/b: \"a/b\" {chars}")),
        (
            &["--type", "block", "b3"],
            "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.",
        ),
    ] {
        let args = [&["volume", "create"], args].concat();
        fails(
            &world,
            &args,
            &format!("Error response from daemon: {words}"),
        );
    }
    fails(
        &world,
        &["volume", "create", "--name", "b7", "b8"],
        "conflicting options: cannot specify a volume-name through both --name and as a positional arg",
    );
    fails(
        &world,
        &["volume", "rm", ""],
        "invalid volume name or ID: value is empty",
    );
    fails(
        &world,
        &["volume", "ls", "-f", "foo=x"],
        "Error response from daemon: invalid filter 'foo'",
    );
    fails(
        &world,
        &["volume", "ls", "-f", "dangling=x"],
        "Error response from daemon: invalid filter 'dangling=[x]'",
    );
    world.ok(&["volume", "create", "there"]);
    fails(
        &world,
        &["volume", "ls", "--format", "{{.Nope}}"],
        "template parsing error: template: :1:2: executing \"\" at <.Nope>: can't evaluate field Nope in type *formatter.volumeContext",
    );
}

#[test]
fn containers_share_volumes_and_take_them_along() {
    let world = World::new();
    let run = |args: &[&str]| world.ok(&[&["run", "--rm"], args].concat());
    assert_eq!(
        run(&[
            "-v",
            "data:/d",
            "alpine",
            "sh",
            "-c",
            "echo one > /d/f; mkdir /d/sub; chown 5:6 /d/sub"
        ]),
        ""
    );
    assert_eq!(
        run(&[
            "-v",
            "data:/e:ro",
            "alpine",
            "sh",
            "-c",
            "cat /e/f; echo x > /e/f 2>/dev/null || echo refused"
        ]),
        "one\nrefused\n"
    );
    // Two at the same time see each other's files at once.
    let id = world.ok(&[
        "run", "-d", "--name", "keeper", "-v", "data:/d", "-v", "/anon", "alpine", "sleep", "1000",
    ]);
    assert_eq!(
        run(&[
            "--volumes-from",
            "keeper",
            "alpine",
            "sh",
            "-c",
            "echo two > /d/g; echo three > /anon/h"
        ]),
        ""
    );
    assert_eq!(
        world.ok(&["exec", "keeper", "cat", "/d/g", "/anon/h"]),
        "two\nthree\n"
    );
    assert_eq!(
        run(&[
            "--mount",
            "src=data,dst=/x,volume-subpath=sub",
            "alpine",
            "stat",
            "-c",
            "%u:%g",
            "/x"
        ]),
        "5:6\n"
    );
    fails(
        &world,
        &["volume", "rm", "data"],
        &format!(
            "Error response from daemon: remove data: volume is in use - [{}]",
            id.trim()
        ),
    );
    assert_eq!(
        world.ok(&[
            "ps",
            "-f",
            "volume=data",
            "--format",
            "{{.Names}} {{.LocalVolumes}}"
        ]),
        "keeper 2\n"
    );
    let backup = world.home().join("backup");
    std::fs::create_dir(&backup).expect("a folder");
    let bind = format!("{}:/backup", backup.display());
    run(&[
        "--volumes-from",
        "keeper",
        "-v",
        &bind,
        "alpine",
        "tar",
        "cf",
        "/backup/b.tar",
        "-C",
        "/",
        "d",
    ]);
    run(&[
        "-v",
        "restored:/d",
        "-v",
        &bind,
        "alpine",
        "tar",
        "xmf",
        "/backup/b.tar",
        "-C",
        "/",
    ]);
    assert_eq!(
        run(&["-v", "restored:/d", "alpine", "cat", "/d/f", "/d/g"]),
        "one\ntwo\n"
    );
    assert_eq!(world.ok(&["volume", "ls", "-q"]).lines().count(), 3);
    world.ok(&["rm", "-f", "-v", "keeper"]);
    assert_eq!(world.ok(&["volume", "ls", "-q"]), "data\nrestored\n");
}

#[test]
fn an_empty_volume_gets_what_the_image_has() {
    let world = World::new();
    let run = |args: &[&str]| world.ok(&[&["run", "--rm"], args].concat());
    let image = run(&[
        "alpine",
        "sh",
        "-c",
        "cd /etc; ls; stat -c '%a %u %g' . ; cat alpine-release",
    ]);
    let copied = run(&[
        "-v",
        "etc:/mnt2",
        "-v",
        "copy:/etc",
        "alpine",
        "sh",
        "-c",
        "cd /etc; ls; stat -c '%a %u %g' . ; cat alpine-release",
    ]);
    assert_eq!(copied, image);
    assert_eq!(
        run(&[
            "-v",
            "bare:/etc:nocopy",
            "alpine",
            "sh",
            "-c",
            "ls /etc | grep -v -E '^(hosts|hostname|resolv.conf|mtab)$'; true"
        ]),
        ""
    );
    // A second container finds it filled and leaves it alone.
    run(&[
        "-v",
        "copy:/etc",
        "alpine",
        "sh",
        "-c",
        "rm /etc/alpine-release; echo mine > /etc/mine",
    ]);
    assert_eq!(
        run(&[
            "-v",
            "copy:/etc",
            "alpine",
            "sh",
            "-c",
            "cat /etc/mine; ls /etc/alpine-release 2>/dev/null; true"
        ]),
        "mine\n"
    );
    let over = all(&world, &["run", "--rm", "-v", "/etc/passwd", "alpine"]);
    assert_eq!(over.0, Some(125));
    assert!(
        over.2
            .contains("cannot mount volume over existing file, file exists"),
        "{}",
        over.2
    );
}

#[test]
fn what_cannot_be_mounted_is_said_in_runcs_words() {
    let world = World::new();
    let file = world.home().join("file");
    std::fs::write(&file, "x").expect("written");
    let file = file.display().to_string();
    let before = "Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init";
    let hint = "Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type";
    let over = all(
        &world,
        &[
            "run",
            "--rm",
            "-v",
            &format!("{file}:/etc"),
            "alpine",
            "true",
        ],
    );
    let words = format!(
        "schooner: {before}: error mounting \"{file}\" to rootfs at \"/etc\": mount src={file}, dst=/etc, flags=MS_BIND|MS_REC: not a directory: {hint}\n"
    );
    assert_eq!(over.0, Some(125));
    assert!(over.2.contains(&words), "{}", over.2);
    let missing = all(
        &world,
        &[
            "run",
            "--rm",
            "--mount",
            "type=bind,src=/nosuch/x,dst=/m",
            "alpine",
        ],
    );
    assert!(missing.2.contains("Error response from daemon: invalid mount config for type \"bind\": bind source path does not exist: /nosuch/x\n"), "{}", missing.2);
    let below = all(
        &world,
        &["run", "--rm", "-v", &format!("{file}/x:/m"), "alpine"],
    );
    assert!(below.2.contains("not a directory"), "{}", below.2);
    // A missing folder is made by `-v`, with its parents, and a missing place in the container too.
    let folder = world.home().join("new/deep");
    let bind = format!("{}:/a/b/c", folder.display());
    assert_eq!(
        world.ok(&[
            "run",
            "--rm",
            "-v",
            &bind,
            "alpine",
            "sh",
            "-c",
            "echo hi > /a/b/c/f; ls /a/b/c"
        ]),
        "f\n"
    );
    assert_eq!(
        std::fs::read_to_string(folder.join("f")).expect("written"),
        "hi\n"
    );
}

#[test]
fn mounts_lie_over_each_other_by_depth() {
    let world = World::new();
    let folder = world.home().join("host");
    std::fs::create_dir_all(folder.join("sub")).expect("made");
    std::fs::write(folder.join("one"), "one\n").expect("written");
    let (bind, file) = (
        format!("{}:/x/y", folder.display()),
        format!("{}:/x/y/sub/f:ro", folder.join("one").display()),
    );
    let listed = world.ok(&[
        "run",
        "--rm",
        "--tmpfs",
        "/x/y/sub/t",
        "-v",
        &file,
        "-v",
        &bind,
        "-v",
        "data:/x",
        "alpine",
        "sh",
        "-c",
        "cd /x; find . | sort; cat y/sub/f; grep ' /x' /proc/mounts | cut -d' ' -f2,3",
    ]);
    assert_eq!(
        listed,
        ".\n./y\n./y/one\n./y/sub\n./y/sub/f\n./y/sub/t\none\n/x volume\n/x/y hostfs\n/x/y/sub/f hostfs\n/x/y/sub/t tmpfs\n"
    );
}
