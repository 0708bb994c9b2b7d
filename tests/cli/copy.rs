//! `cp`, `export` and `diff` against our own engine. What is expected of each was recorded from Docker.

use crate::support::{World, text};
use std::path::Path;
use std::process::Output;

struct Scene {
    world: World,
    folder: tempfile::TempDir,
}

impl Scene {
    /// A folder with `f`, `d/g`, `d/e/`, and a container that has `/a` with files, links and a folder.
    fn new() -> Scene {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path();
        std::fs::write(at.join("f"), "x").expect("written");
        std::fs::create_dir_all(at.join("d/e")).expect("made");
        std::fs::write(at.join("d/g"), "y\n").expect("written");
        let world = World::new();
        let script = "mkdir -p /a/b; echo x >/a/f; ln -s /a/f /a/abs; ln -s b /a/dl; ln /a/f /a/hard; \
                      chmod 4755 /a/f; echo v >/vol/v";
        world.ok(&[
            "run", "--name", "box", "-v", "/vol", "alpine", "sh", "-c", script,
        ]);
        Scene { world, folder }
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn cp(&self, args: &[&str]) -> Output {
        let mut command = self.world.schooner();
        command.current_dir(self.folder.path()).arg("cp").args(args);
        command
            .stdin(std::process::Stdio::null())
            .output()
            .expect("schooner runs")
    }

    /// What was said on standard error, with the folder as `@`.
    fn said(&self, args: &[&str]) -> String {
        let output = self.cp(&[&["-q=false"], args].concat());
        assert_eq!(text(&output.stdout), "");
        let folder = self.folder.path().canonicalize().expect("there");
        text(&output.stderr).replace(&folder.to_string_lossy().into_owned(), "@")
    }
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .expect("a folder")
        .map(|e| {
            e.expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn into_a_container() {
    let scene = Scene::new();
    assert_eq!(
        scene.said(&["f", "box:/a"]),
        "Successfully copied 2.05kB to box:/a\n"
    );
    assert_eq!(
        scene.said(&["d", "box:/a/new"]),
        "Successfully copied 3.07kB to box:/a/new\n"
    );
    assert_eq!(
        scene.said(&["d/.", "box:/a/b"]),
        "Successfully copied 3.07kB to box:/a/b\n"
    );
    assert_eq!(
        scene.said(&["d/", "box:/a/d2/"]),
        "Successfully copied 3.07kB to box:/a/d2/\n"
    );
    assert_eq!(
        scene.said(&["f", "box:rel"]),
        "Successfully copied 2.05kB to box:rel\n"
    );
    assert_eq!(
        scene.said(&["f", "box:/vol/w"]),
        "Successfully copied 2.05kB to box:/vol/w\n"
    );
    // Through the link to the file behind it.
    assert_eq!(
        scene.said(&["f", "box:/a/abs"]),
        "Successfully copied 2.05kB to box:/a/f\n"
    );
    let quiet = scene.cp(&["f", "box:/a/quiet"]);
    assert!(quiet.status.success() && quiet.stderr.is_empty() && quiet.stdout.is_empty());

    scene.world.ok(&["commit", "box", "made"]);
    let look = "cd /a; find . | sort | tr '\\n' ' '; cat f hard /rel";
    assert_eq!(
        scene.world.ok(&["run", "--rm", "made", "sh", "-c", look]),
        ". ./abs ./b ./b/e ./b/g ./d2 ./d2/e ./d2/g ./dl ./f ./hard ./new ./new/e ./new/g ./quiet xx\nx"
    );
    // A volume is no part of the image; it is there in the next container.
    scene.world.ok(&[
        "run",
        "--rm",
        "--name",
        "look",
        "--volumes-from",
        "box",
        "alpine",
        "grep",
        "x",
        "/vol/w",
    ]);
}

#[test]
fn out_of_a_container() {
    let scene = Scene::new();
    assert_eq!(
        scene.said(&["box:/a/f", "out"]),
        "Successfully copied 2.05kB to @/out\n"
    );
    assert_eq!(
        std::fs::read_to_string(scene.at("out")).expect("copied"),
        "x\n"
    );
    assert_eq!(
        scene.said(&["box:/a", "."]),
        "Successfully copied 4.61kB to @/.\n"
    );
    assert_eq!(names(&scene.at("a")), ["abs", "b", "dl", "f", "hard"]);
    assert_eq!(
        scene.said(&["box:/a/.", "new"]),
        "Successfully copied 4.61kB to @/new\n"
    );
    assert_eq!(names(&scene.at("new")), ["abs", "b", "dl", "f", "hard"]);
    assert_eq!(
        scene.said(&["box:/a", "d"]),
        "Successfully copied 4.61kB to @/d\n"
    );
    assert_eq!(names(&scene.at("d")), ["a", "e", "g"]);
    assert_eq!(
        scene.said(&["box:/vol/v", "v"]),
        "Successfully copied 2.05kB to @/v\n"
    );
    assert_eq!(
        scene.said(&["-L", "box:/a/abs", "followed"]),
        "Successfully copied 2.05kB to @/followed\n"
    );
    assert_eq!(
        std::fs::read_to_string(scene.at("followed")).expect("copied"),
        "x\n"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let meta = |name: &str| std::fs::symlink_metadata(scene.at(name)).expect("there");
        assert_eq!(meta("a/f").mode() & 0o7777, 0o4755);
        assert_eq!(meta("a/f").ino(), meta("a/hard").ino());
        let target = std::fs::read_link(scene.at("a/dl")).expect("a link");
        assert_eq!(target, Path::new("b"));
    }
}

#[test]
fn archives_on_the_standard_streams() {
    use std::io::Write;
    let scene = Scene::new();
    let archive = scene.cp(&["box:/a", "-"]).stdout;
    let mut tar = tar::Archive::new(&archive[..]);
    let found: Vec<String> = tar
        .entries()
        .expect("entries")
        .map(|e| String::from_utf8_lossy(&e.expect("an entry").path_bytes()).into_owned())
        .collect();
    assert_eq!(found, ["a/", "a/abs", "a/b/", "a/dl", "a/f", "a/hard"]);
    let mut child = scene
        .world
        .schooner()
        .args(["cp", "-", "box:/a/b"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .expect("schooner");
    let mut stdin = child.stdin.take().expect("stdin");
    stdin.write_all(&archive).expect("written");
    drop(stdin);
    assert!(child.wait().expect("ended").success());
    let again = scene.cp(&["box:/a/b/a/hard", "-"]).stdout;
    let mut tar = tar::Archive::new(&again[..]);
    let mut entries = tar.entries().expect("entries");
    let first = entries.next().expect("one").expect("an entry");
    assert_eq!(first.header().mode().expect("a mode"), 0o4755);
}

#[test]
fn refusals_of_cp() {
    let scene = Scene::new();
    for (args, words) in [
        (["f", "g"], "must specify at least one container source\n"),
        (
            ["box:/a", "box:/b"],
            "copying between containers is not supported\n",
        ),
        (["", "x"], "source can not be empty\n"),
        (["x", ""], "destination can not be empty\n"),
        (
            ["nosuch", "box:/a"],
            "lstat @/nosuch: no such file or directory\n",
        ),
        (["f", "box:/a/nodir/"], "no such directory\n"),
        (["d", "box:/a/f"], "cannot copy directory\n"),
        (
            ["-", "box:/a/f"],
            "destination \"box:/a/f\" must be a directory\n",
        ),
        (
            ["box:/nosuch", "."],
            "Error response from daemon: Could not find the file /nosuch in container box\n",
        ),
        (
            ["box:/a", "nodir/x"],
            "invalid output path: directory \"@/nodir\" does not exist\n",
        ),
        (
            ["box:/a", "f"],
            "Successfully copied 0B to @/f\ncannot copy directory\n",
        ),
        (
            ["f", "box:/nosuch/x"],
            "Error response from daemon: Could not find the file /nosuch in container box\n",
        ),
        (
            ["f", "nosuch:/x"],
            "Error response from daemon: No such container: nosuch\n",
        ),
    ] {
        // How much of an upload had gone out when it was refused is not told here.
        let said = scene.said(&args);
        assert!(said.ends_with(words), "{args:?}: {said}");
        assert_eq!(scene.cp(&args).status.code(), Some(1), "{args:?}");
    }
    scene
        .world
        .ok(&["create", "--name", "sealed", "--read-only", "alpine"]);
    let sealed = scene.cp(&["f", "sealed:/tmp"]);
    assert_eq!(
        text(&sealed.stderr),
        "Error response from daemon: container rootfs is marked read-only\n"
    );
    let folder = format!("{}:/ro:ro", scene.folder.path().display());
    scene
        .world
        .ok(&["create", "--name", "bound", "-v", &folder, "alpine"]);
    assert_eq!(
        text(&scene.cp(&["f", "bound:/ro"]).stderr),
        "Error response from daemon: mounted volume is marked read-only\n"
    );
    assert!(scene.cp(&["bound:/ro/f", "from-the-host"]).status.success());
    assert_eq!(
        std::fs::read_to_string(scene.at("from-the-host")).expect("copied"),
        "x"
    );
}

#[test]
fn a_running_container_sees_what_is_copied() {
    let scene = Scene::new();
    scene.world.ok(&[
        "run", "-d", "--name", "live", "--tmpfs", "/mem", "alpine", "sleep", "1000",
    ]);
    assert!(scene.cp(&["f", "live:/tmp/f"]).status.success());
    assert_eq!(scene.world.ok(&["exec", "live", "cat", "/tmp/f"]), "x");
    scene.world.ok(&[
        "exec",
        "live",
        "sh",
        "-c",
        "echo 127.0.0.9 me >>/etc/hosts; echo m >/mem/m",
    ]);
    let hosts = scene.cp(&["live:/etc/hosts", "hosts"]);
    assert!(hosts.status.success());
    let hosts = std::fs::read_to_string(scene.at("hosts")).expect("copied");
    assert!(hosts.ends_with("127.0.0.9 me\n"), "{hosts}");
    // As in Docker: archives see neither memory filesystems nor devices.
    assert_eq!(
        text(&scene.cp(&["live:/dev/null", "n"]).stderr),
        "Error response from daemon: Could not find the file /dev/null in container live\n"
    );
    assert!(!scene.cp(&["live:/mem/m", "m"]).status.success());
    // Whose files they are: the tar's, or the container's user's.
    scene
        .world
        .ok(&["create", "--name", "user", "-u", "5:6", "alpine"]);
    for args in [&["-a", "f", "user:/tmp/a"][..], &["f", "user:/tmp/b"]] {
        assert!(scene.cp(args).status.success());
    }
    let archive = scene.cp(&["user:/tmp/a", "-"]).stdout;
    let mut tar = tar::Archive::new(&archive[..]);
    let owner = tar
        .entries()
        .expect("entries")
        .next()
        .expect("one")
        .expect("an entry");
    let owner = owner
        .header()
        .uid()
        .and_then(|u| Ok((u, owner.header().gid()?)));
    assert_eq!(owner.expect("numbers"), (5, 6));
}

#[test]
fn export_and_diff() {
    let scene = Scene::new();
    let world = &scene.world;
    assert_eq!(
        world.ok(&["diff", "box"]),
        "A /a\nA /a/abs\nA /a/b\nA /a/dl\nA /a/f\nA /a/hard\nA /vol\n"
    );
    world.ok(&["create", "--name", "still", "alpine"]);
    assert_eq!(world.ok(&["diff", "still"]), "");
    let file = scene.at("all.tar");
    world.ok(&["export", "-o", &file.to_string_lossy(), "box"]);
    let bytes = std::fs::read(&file).expect("exported");
    assert_eq!(world.run(&["export", "box"]).stdout, bytes);
    let id = world.ok(&["import", &file.to_string_lossy(), "again"]);
    assert!(id.starts_with("sha256:"));
    let look = "cat /a/f /a/hard; stat -c %a /a/f; readlink /a/abs; ls /vol; ls /.dockerenv";
    assert_eq!(
        world.ok(&["run", "--rm", "again", "sh", "-c", look]),
        "x\nx\n4755\n/a/f\n/.dockerenv\n"
    );
    for (args, words) in [
        (
            &["export", "nosuch"][..],
            "Error response from daemon: No such container: nosuch\n",
        ),
        (
            &["export", "-o", "nodir/x", "box"],
            "failed to export container: invalid output path: stat nodir: no such file or directory\n",
        ),
        (
            &["export", "-o", "/", "box"],
            "failed to export container: cannot write to a directory\n",
        ),
        (
            &["diff", "nosuch"],
            "Error response from daemon: No such container: nosuch\n",
        ),
        (&["diff", ""], "Container name cannot be empty\n"),
    ] {
        let output = world.run(args);
        assert_eq!(text(&output.stderr), words, "{args:?}");
        assert_eq!(output.status.code(), Some(1));
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.expect("after 1970").as_secs_f64().to_string();
    let events = world.ok(&[
        "events",
        "--until",
        &now,
        "-f",
        "container=box",
        "-f",
        "event=export",
        "--format",
        "{{.Actor.Attributes.name}}",
    ]);
    assert_eq!(events, "box\nbox\n");
}
