//! Failing disks, power cuts, and a real kill -9: what was answered has happened, what failed has not (R01, R03, R04).

use crate::model::Model;
use crate::op::Subject;
use crate::ours::Ours;
use crate::random::look;
use crate::script::parse;
use crate::support::{AsRoot, CREATE, on_disk, small};
use schooner::base::errno::Errno;
use schooner::store::disk::{Disk, FailingDisk, MemoryDisk, RealDisk, RecordingDisk};
use schooner::vfs::{Cred, Namespace};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// A bit of everything.
const LIFE: &str = "mkdir d 755; create d/f 644; write d/f hello; append d/f world; rename d/f d/g; \
    mkdir d/e 755; link d/g d/e/h; chmod d/g 600; chown d/g 5 6; symlink g d/l; truncate d/g 3; \
    create x 644; write x other; rename x d/g; unlink d/e/h; rmdir d/e; rename d n; \
    create n/y 600; append n/y more; truncate n/y 9000; unlink n/l; mkfifo n/p";

#[test]
fn a_failing_call_fails_one_operation_and_the_next_try_succeeds() {
    let mut failed = 0;
    for nth in 1.. {
        let disk = Arc::new(FailingDisk::new(
            Arc::<MemoryDisk>::default(),
            ErrorKind::Other,
        ));
        let shared: Arc<dyn Disk> = disk.clone();
        let image = small(&[]);
        let mut ours = Ours::over(on_disk(&image, &shared));
        let mut model = Model::new();
        disk.fail(nth, 1);
        for op in parse(LIFE) {
            let expected = model.run(&op);
            let mut got = ours.run(&op);
            if got == Err(Errno::Io) {
                failed += 1;
                got = ours.run(&op);
            }
            assert_eq!(got, expected, "call {nth}, {op:?}");
        }
        if !disk.has_failed() {
            assert!(nth > 30 && failed > 20, "{nth} calls, {failed} failed");
            return;
        }
        disk.heal();
        let seen = look(&mut model);
        assert_eq!(look(&mut ours), seen, "call {nth}");
        assert_eq!(
            look(&mut Ours::over(on_disk(&image, &shared))),
            seen,
            "call {nth}, reopened"
        );
    }
}

#[test]
fn a_full_disk_says_so_and_loses_nothing() {
    let disk = Arc::new(FailingDisk::new(
        Arc::<MemoryDisk>::default(),
        ErrorKind::StorageFull,
    ));
    let shared: Arc<dyn Disk> = disk.clone();
    let image = small(&["file f 5000"]);
    let overlay = on_disk(&image, &shared);
    let tree = Namespace::new(overlay, false);
    let root = Cred::root();
    tree.put("a", "kept");
    let file = tree.file("a", &CREATE).expect("opens");
    disk.fail(1, u64::MAX);
    assert_eq!(file.write_at(&root, 4, b"more", false), Err(Errno::Nospc));
    assert_eq!(tree.mkdir(&root, "/", "d", 0o755), Err(Errno::Nospc));
    assert_eq!(
        tree.file("f", &CREATE)
            .and_then(|f| f.write_at(&root, 0, b"x", false)),
        Err(Errno::Nospc)
    );
    disk.heal();
    assert_eq!(tree.text("a").as_deref(), Ok("kept"));
    assert_eq!(tree.text("f").map(|t| t.len()), Ok(5000));
    assert_eq!(tree.list("/"), ["a", "f"]);
    // Where even cutting off the half of a failed write fails, that half may show after a restart; no more than it.
    drop((file, tree));
    let again = Namespace::new(on_disk(&image, &shared), false).text("a");
    assert!(
        again
            .as_ref()
            .is_ok_and(|t| "keptmore".starts_with(t) && t.starts_with("kept")),
        "{again:?}"
    );
}

#[test]
fn a_power_cut_keeps_what_was_synced() {
    let disk = Arc::new(RecordingDisk::default());
    let shared: Arc<dyn Disk> = disk.clone();
    let image = small(&["dir d", "file d/f 700"]);
    let tree = Namespace::new(on_disk(&image, &shared), false);
    let root = Cred::root();
    for name in ["d/f", "d/new", "safe"] {
        tree.put(name, "synced");
        tree.file(name, &CREATE)
            .and_then(|f| f.sync())
            .expect("sync");
    }
    let synced = disk.moment();
    let mut ours = Ours { tree, cred: root };
    for op in parse(
        &LIFE
            .replace("d/", "z/")
            .replace("mkdir d", "mkdir z")
            .replace("rename d n", "rename z n"),
    ) {
        assert_eq!(ours.run(&op).err(), None, "{op:?}");
    }
    for moment in synced..=disk.moment() {
        for seed in 0..20 {
            let cut: Arc<dyn Disk> = Arc::new(disk.cut(moment, seed));
            let overlay = on_disk(&image, &cut);
            let tree = Namespace::new(overlay.clone(), false);
            for name in ["d/f", "d/new", "safe"] {
                assert_eq!(
                    tree.text(name).as_deref(),
                    Ok("synced"),
                    "{name} at {moment}, {seed}"
                );
            }
            // And it works on.
            tree.put("after", "the cut");
            overlay.flush().expect("flush");
            drop((tree, overlay));
            let tree = Namespace::new(on_disk(&image, &cut), false);
            assert_eq!(tree.text("after").as_deref(), Ok("the cut"));
        }
    }
}

/// In the child: make and fill files, and say so, until killed.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Ok(folder) = std::env::var("SCHOONER_TEST_VFS_CHILD") else {
        return;
    };
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(folder).expect("a disk"));
    let mut ours = Ours::over(on_disk(&small(&["file image 5000"]), &disk));
    for n in 0..u64::MAX {
        let script = format!(
            "create new{n} 644; write new{n} text{n}; rename new{n} file{n}; append image {n}; mkdir dir{n} 755; rmdir dir{n}"
        );
        for op in parse(&script) {
            ours.run(&op).expect("an operation");
        }
        println!("done {n}");
        let _ = std::io::stdout().flush();
    }
}

#[test]
fn kill_9_loses_nothing_that_was_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let image = small(&["file image 5000"]);
    for round in 0..12_u64 {
        let path = folder.path().join(round.to_string());
        std::fs::create_dir(&path).expect("a folder");
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args([
                "recovery::child_that_writes_until_it_is_killed",
                "--exact",
                "--nocapture",
            ])
            .env("SCHOONER_TEST_VFS_CHILD", &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a child");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        let wanted = 1 + round * 37 % 200;
        let said = out
            .lines()
            .map_while(Result::ok)
            .filter(|l| l.contains("done "));
        assert_eq!(said.take(wanted as usize).count() as u64, wanted);
        child.kill().expect("kill");
        child.wait().expect("wait");
        let disk: Arc<dyn Disk> = Arc::new(RealDisk::new(&path).expect("a disk"));
        let overlay = on_disk(&image, &disk);
        let tree = Namespace::new(overlay.clone(), false);
        for n in 0..wanted {
            assert_eq!(
                tree.text(&format!("file{n}")),
                Ok(format!("text{n}")),
                "round {round}"
            );
        }
        let log = tree.text("image").expect("the image's file");
        let lines: String = (0..wanted).map(|n| n.to_string()).collect();
        assert!(log[5000..].starts_with(&lines), "round {round}");
    }
}
