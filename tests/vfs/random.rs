//! Random operations on ours, over an image and on disk, against the model and against Linux; reopened now and then
//! from the journal, whose tail may be torn as a kill leaves it.

use crate::model::Model;
use crate::op::{Flags, Op, Subject};
use crate::ours::Ours;
use crate::support::{letter, on_disk, small};
use proptest::prelude::*;
use schooner::base::digest::Digest;
use schooner::store::disk::{Disk, MemoryDisk, Open};
use schooner::vfs::Filesystem;
use schooner::vfs::image::ImageTree;
use std::sync::Arc;

/// The tree that every run starts from, as an image.
pub fn start() -> Arc<ImageTree> {
    small(&[
        "dir a",
        "dir a/b",
        "file a/c 100",
        "file a/b/a 5000",
        "hard b a/c",
        "link c a/b",
    ])
}

/// The same tree, made by operations.
pub fn prepare(subject: &mut dyn Subject) {
    let letters = |from: u64, n: u64| (from..from + n).map(letter).collect::<Vec<u8>>();
    let create = Flags {
        write: true,
        create: true,
        mode: 0o644,
        ..Flags::default()
    };
    for op in [
        Op::Mkdir("a".into(), 0o755),
        Op::Mkdir("a/b".into(), 0o755),
        Op::Open("a/c".into(), create),
        Op::Write("a/c".into(), 0, letters(2, 100)),
        Op::Open("a/b/a".into(), create),
        Op::Write("a/b/a".into(), 0, letters(3, 5000)),
        Op::Link("a/c".into(), "b".into(), false),
        Op::Symlink("a/b".into(), "c".into()),
    ] {
        subject.run(&op).expect("the tree to start from");
    }
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "d", ".."]), 1..4)
        .prop_map(|parts| {
            // Above the root Linux would leave the scratch folder.
            let mut depth = 0_i32;
            let kept = parts.into_iter().filter(|p| {
                let step = if *p == ".." { -1 } else { 1 };
                let inside = depth + step >= 1;
                depth += if inside { step } else { 0 };
                inside
            });
            kept.collect::<Vec<_>>().join("/")
        })
        .prop_filter("a path ends in a name", |p| {
            !p.is_empty() && !p.ends_with("..")
        })
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    (0_usize..6000, any::<u8>()).prop_map(|(n, b)| vec![b; n])
}

pub fn op() -> impl Strategy<Value = Op> {
    let flags = (any::<bool>(), any::<bool>()).prop_map(|(exclusive, truncate)| Flags {
        write: true,
        create: true,
        exclusive,
        truncate,
        mode: 0o640,
        ..Flags::default()
    });
    prop_oneof![
        3 => (path(), flags).prop_map(|(p, f)| Op::Open(p, f)),
        3 => (path(), 0_u64..9000, bytes()).prop_map(|(p, o, b)| Op::Write(p, o, b)),
        1 => (path(), bytes()).prop_map(|(p, b)| Op::Append(p, b)),
        2 => path().prop_map(Op::Read),
        2 => (path(), 0_u64..9000).prop_map(|(p, n)| Op::Truncate(p, n)),
        2 => (path(), 0_u16..0o777).prop_map(|(p, m)| Op::Mkdir(p, m)),
        2 => path().prop_map(Op::Rmdir),
        3 => path().prop_map(Op::Unlink),
        5 => (path(), path(), prop::bool::weighted(0.2)).prop_map(|(a, b, n)| Op::Rename(a, b, n)),
        2 => (path(), path(), any::<bool>()).prop_map(|(a, b, f)| Op::Link(a, b, f)),
        2 => (path(), path()).prop_map(|(t, p)| Op::Symlink(t, p)),
        1 => path().prop_map(Op::Readlink),
        1 => (path(), 0_u16..0o777).prop_map(|(p, m)| Op::Chmod(p, m)),
        1 => (path(), 0_u32..9, any::<bool>())
            .prop_map(|(p, u, f)| Op::Chown(p, Some(u), None, f)),
        2 => (path(), any::<bool>()).prop_map(|(p, f)| Op::Stat(p, f)),
        2 => path().prop_map(Op::List),
    ]
}

/// Everything that can be seen of a tree, from the root down.
pub fn look(subject: &mut dyn Subject) -> String {
    let mut seen = String::new();
    let mut todo = vec![".".to_owned()];
    while let Some(dir) = todo.pop() {
        let list = match dir.as_str() {
            "." => subject.run(&Op::List("a/..".into())),
            dir => subject.run(&Op::List(dir.to_owned())),
        };
        let Ok(crate::op::Value::Names(names)) = list else {
            seen += &format!("{dir}: {list:?}\n");
            continue;
        };
        for name in names {
            let path = format!("{dir}/{name}").trim_start_matches("./").to_owned();
            let stat = subject.run(&Op::Stat(path.clone(), false));
            seen += &format!("{path}: {stat:?}\n");
            if let Ok(crate::op::Value::Stat(stat)) = stat {
                match stat.mode & 0o170000 {
                    0o040000 => todo.push(path),
                    0o100000 => {
                        let bytes = format!("{:?}", subject.run(&Op::Read(path)));
                        seen += &format!("  {}\n", Digest::of(bytes.as_bytes()));
                    }
                    _ => seen += &format!("  {:?}\n", subject.run(&Op::Readlink(path))),
                }
            }
        }
    }
    seen
}

/// What happens between two operations.
#[derive(Clone, Debug)]
enum Step {
    Do(Op),
    /// The process is killed and the tree opened again.
    Kill,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        20 => op().prop_map(Step::Do),
        1 => Just(Step::Kill),
    ];
    prop::collection::vec(step, 1..60)
}

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig {
        cases: count,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn ours_is_the_model(steps in steps()) {
        let disk: Arc<dyn Disk> = Arc::<MemoryDisk>::default();
        let image = start();
        let mut ours = Ours::over(on_disk(&image, &disk));
        let mut model = Model::new();
        prepare(&mut model);
        prop_assert_eq!(look(&mut ours), look(&mut model));
        for step in &steps {
            match step {
                Step::Do(op) => prop_assert_eq!(ours.run(op), model.run(op), "{:?}", op),
                Step::Kill => {
                    ours = Ours::over(on_disk(&image, &disk));
                    prop_assert_eq!(look(&mut ours), look(&mut model));
                }
            }
        }
        prop_assert_eq!(look(&mut ours), look(&mut model));
        drop(ours);
        prop_assert_eq!(look(&mut Ours::over(on_disk(&image, &disk))), look(&mut model));
    }

    /// Cutting the journal anywhere gives the tree as it was after some earlier operation.
    #[test]
    fn a_torn_journal_is_an_earlier_moment(ops in prop::collection::vec(names_only(), 1..25), cut in 0.0..1.0) {
        let disk: Arc<dyn Disk> = Arc::<MemoryDisk>::default();
        let image = start();
        let mut moments = Vec::new();
        {
            let mut ours = Ours::over(on_disk(&image, &disk));
            moments.push(look(&mut ours));
            for op in &ops {
                let _ = ours.run(op);
                moments.push(look(&mut ours));
            }
        }
        if disk.stat("own/journal").expect("stat").is_some() {
            let file = disk.open("own/journal", Open::Write).expect("the journal");
            let len = file.len().expect("length");
            file.set_len((len as f64 * cut) as u64).expect("cut");
        }
        let tree = on_disk(&image, &disk);
        let seen = look(&mut Ours::over(tree.clone()));
        prop_assert!(moments.contains(&seen), "{}", seen);
        // What was cut off is gone for good: the next operations follow the good part.
        tree.set_attr(tree.root(), &schooner::vfs::SetAttr { uid: Some(77), ..Default::default() }).expect("works on");
        let again = on_disk(&image, &disk);
        prop_assert_eq!(again.dropped(), 0);
        prop_assert_eq!(again.attr(again.root()).expect("the root").uid, 77);
    }
}

/// Operations that leave contents alone: those are in files of their own.
fn names_only() -> impl Strategy<Value = Op> {
    op().prop_filter("only names", |op| {
        !matches!(op, Op::Write(..) | Op::Append(..) | Op::Truncate(..))
            && !matches!(op, Op::Open(_, flags) if flags.truncate)
    })
}

#[cfg(target_os = "linux")]
proptest! {
    #![proptest_config(cases(800))]

    #[test]
    fn ours_is_linux(ops in prop::collection::vec(op(), 1..60)) {
        let Some(mut linux) = crate::linux::Linux::new() else {
            return Ok(());
        };
        let mut ours = Ours::empty();
        prepare(&mut ours);
        prepare(&mut linux);
        for op in &ops {
            prop_assert_eq!(ours.run(op), linux.run(op), "{:?}", op);
        }
        prop_assert_eq!(look(&mut ours), look(&mut linux));
    }
}
