//! Unpacking: what comes out of a tar is what went in, and nothing gets out of the folder.

use crate::op::Subject;
use crate::ours::Ours;
use crate::random::{look, op, prepare};
use crate::support::{AsRoot, image, memory};
use proptest::prelude::*;
use schooner::oci::layer::{Entry, EntryKind};
use schooner::oci::layer_write::LayerWriter;
use schooner::vfs::{Cred, Namespace, Place, UnpackError, UnpackOptions, pack, unpack};
use std::sync::Arc;

/// A tar from lines: `dir P`, `file P TEXT`, `link P TARGET`, `hard P TARGET`, `fifo P`.
fn tar(lines: &[&str]) -> Vec<u8> {
    let mut out = LayerWriter::new(Vec::new());
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let last = words.get(2).copied().unwrap_or_default();
        let (kind, text, link) = match words[0] {
            "dir" => (EntryKind::Dir, "", ""),
            "file" => (EntryKind::File, last, ""),
            "link" => (EntryKind::Symlink, "", last),
            "hard" => (EntryKind::HardLink, "", last),
            _ => (EntryKind::Fifo, "", ""),
        };
        let entry = Entry {
            path: words[1].to_owned(),
            kind,
            mode: 0o640,
            uid: 12,
            gid: 34,
            mtime: 1_000_000_000_000_000_000,
            size: text.len() as u64,
            offset: 0,
            link: link.to_owned(),
            rdev: (0, 0),
        };
        out.entry(&entry, &mut text.as_bytes()).expect("written");
    }
    out.finish().expect("ended")
}

struct Tree {
    tree: Namespace,
}

impl Tree {
    /// `/in` to unpack into, and things outside of it.
    fn new() -> Tree {
        let tree = Namespace::new(memory(image(&[])), false);
        let root = Cred::root();
        for dir in ["in", "in/d", "out"] {
            tree.mkdir(&root, "/", dir, 0o755).expect("a folder");
        }
        tree.put("in/d/old", "old");
        tree.put("in/f", "f");
        tree.put("out/canary", "canary");
        Tree { tree }
    }

    fn to(&self) -> Place {
        self.tree
            .resolve(&Cred::root(), "/", "in", true)
            .expect("in")
    }

    fn unpack(&self, lines: &[&str], options: UnpackOptions) -> Result<(), UnpackError> {
        unpack(&self.tree, &self.to(), "/in", &mut &tar(lines)[..], options)
    }

    fn plain(&self, lines: &[&str]) -> Result<(), String> {
        self.unpack(lines, UnpackOptions::default())
            .map_err(|e| e.to_string())
    }
}

#[test]
fn members_come_as_they_are() {
    let tree = Tree::new();
    tree.plain(&[
        "dir n",
        "file n/x text",
        "link n/l x",
        "hard n/h n/x",
        "fifo n/p",
        "file deep/er/y y",
    ])
    .expect("unpacked");
    let text = |path| tree.tree.text(path);
    assert_eq!(text("in/n/x"), Ok("text".to_owned()));
    assert_eq!(text("in/n/h"), Ok("text".to_owned()));
    assert_eq!(text("in/deep/er/y"), Ok("y".to_owned()));
    let stat = |path| tree.tree.stat(&Cred::root(), "/", path, false).expect(path);
    for path in ["in/n", "in/n/x", "in/n/p"] {
        let found = stat(path);
        assert_eq!(
            (found.mode, found.uid, found.gid),
            (0o640, 12, 34),
            "{path}"
        );
        assert_eq!(found.mtime.0, 1_000_000_000_000_000_000, "{path}");
    }
    assert_eq!(stat("in/n/x").nlink, 2);
    assert_eq!((stat("in/deep").mode, stat("in/deep").uid), (0o755, 0));
    // Into what is there: a folder stays, a file is replaced.
    tree.plain(&["dir d", "file d/new new", "file f f2", "file n/x again"])
        .expect("unpacked");
    assert_eq!(tree.tree.list("in/d"), ["new", "old"]);
    assert_eq!(text("in/f"), Ok("f2".to_owned()));
    assert_eq!(text("in/n/h"), Ok("text".to_owned()));
    let owned = UnpackOptions {
        owner: Some((5, 6)),
        ..UnpackOptions::default()
    };
    tree.unpack(&["file o/w x"], owned).expect("unpacked");
    for path in ["in/o", "in/o/w"] {
        assert_eq!((stat(path).uid, stat(path).gid), (5, 6));
    }
}

#[test]
fn kinds_are_replaced_or_kept() {
    let keep = UnpackOptions {
        keep_kinds: true,
        ..UnpackOptions::default()
    };
    let tree = Tree::new();
    let words = |lines: &[&str]| tree.unpack(lines, keep).expect_err("refused").to_string();
    assert_eq!(
        words(&["file d x"]),
        "cannot overwrite directory \"d\" with non-directory \"/in\""
    );
    assert_eq!(
        words(&["dir f"]),
        "cannot overwrite non-directory \"f\" with directory \"/in\""
    );
    tree.plain(&["file d x", "dir f"]).expect("replaced");
    assert_eq!(tree.tree.text("in/d"), Ok("x".to_owned()));
    assert!(tree.tree.list("in/f").is_empty());
}

#[test]
fn no_link_leads_out() {
    let tree = Tree::new();
    let outside = ["canary".to_owned()];
    for lines in [
        &["link esc ../out", "file esc/canary evil"][..],
        &["link esc ../out", "file esc/more evil"],
        &["link a ..", "link a/b x"],
        &["link l1 d/../..", "dir l1/out", "file l1/out/canary evil"],
        &["file ../out/canary evil"],
        &["hard h ../out/canary"],
        &["link esc ../out", "hard h esc/canary"],
        &["link loop loop", "file loop/x x"],
    ] {
        let words = tree.plain(lines).expect_err("refused");
        assert!(
            [
                "path escapes from parent",
                "outside of the root",
                "too many levels"
            ]
            .iter()
            .any(|w| words.contains(w)),
            "{lines:?}: {words}"
        );
    }
    // An absolute link is taken from the folder, one that stays inside is followed, the last name never.
    tree.plain(&[
        "link abs /out",
        "file abs/canary evil",
        "link to d",
        "file to/x x",
        "link self f",
        "file self s",
    ])
    .expect("confined");
    assert_eq!(tree.tree.text("in/out/canary"), Ok("evil".to_owned()));
    assert_eq!(tree.tree.list("in/d"), ["old", "x"]);
    assert_eq!(tree.tree.text("in/f"), Ok("f".to_owned()));
    assert_eq!(tree.tree.text("out/canary"), Ok("canary".to_owned()));
    assert_eq!(tree.tree.list("out"), outside);
}

#[test]
fn what_is_missing_or_cut_off_is_told() {
    let tree = Tree::new();
    let missing = tree.unpack(&["hard h nosuch"], UnpackOptions::default());
    assert!(matches!(
        missing,
        Err(UnpackError::Call {
            error: schooner::base::errno::Errno::Noent,
            ..
        })
    ));
    let whole = tar(&["file x 0123456789"]);
    let cut = unpack(
        &tree.tree,
        &tree.to(),
        "/in",
        &mut &whole[..515],
        UnpackOptions::default(),
    );
    assert_eq!(cut.expect_err("cut off").to_string(), "unexpected EOF");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// `cp` out of a container and into another.
    #[test]
    fn a_copy_is_what_was_copied(ops in prop::collection::vec(op(), 1..60)) {
        let from = memory(image(&[]));
        let mut ours = Ours::over(from.clone());
        prepare(&mut ours);
        for op in &ops {
            let _ = ours.run(op);
        }
        let source = Arc::new(Namespace::new(from.clone(), true));
        let mut archive = pack::tree(source.clone(), source.top(), ".");
        let to = memory(image(&[]));
        let target = Namespace::new(to.clone(), false);
        unpack(&target, &target.top(), "/", &mut archive, UnpackOptions::default()).expect("unpacked");
        prop_assert_eq!(look(&mut Ours::over(to)), look(&mut Ours::over(from)));
    }
}
