//! Merging layers: whiteouts, replacements, links, hostile input (S01, S02, S10), the init layer.

use crate::support::{AsRoot, Letters, image, layer, memory, small};
use schooner::base::errno::Errno;
use schooner::oci::{LayerData, LayerIndex};
use schooner::vfs::image::{ImageTree, InitLayer};
use schooner::vfs::{Cred, Filesystem, Kind, Namespace, Time};
use std::sync::Arc;

fn tree(layers: &[(Arc<dyn LayerData>, LayerIndex)]) -> Namespace {
    Namespace::new(memory(image(layers)), false)
}

fn refused(lines: &[&str]) -> String {
    let layers = [layer("bad", lines)];
    match ImageTree::build(&layers, &InitLayer::none()) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn whiteouts_hide_what_lies_below_and_nothing_else() {
    let tree = tree(&[
        layer(
            "1",
            &["dir a", "file a/x 1", "file a/y 1", "dir b", "file b/z 1"],
        ),
        // The order inside a layer does not matter, and its own file of the same name stays.
        layer(
            "2",
            &[
                "file a/y 2",
                "wh a/x",
                "wh a/y",
                "wh b",
                "wh nothing",
                "wh a/none/x",
            ],
        ),
    ]);
    assert_eq!(tree.list("/"), ["a"]);
    assert_eq!(tree.list("/a"), ["y"]);
    assert_eq!(tree.text("/a/y").as_deref(), Ok("ab"));
}

#[test]
fn an_opaque_folder_shows_its_own_layer_alone() {
    let tree = tree(&[
        layer("1", &["dir a", "file a/x 1", "dir a/d", "file a/d/y 1"]),
        layer("2", &["file a/new 1", "opaque a"]),
    ]);
    assert_eq!(tree.list("/a"), ["new"]);
}

#[test]
fn later_entries_replace_earlier_ones_and_folders_merge() {
    let tree = tree(&[
        layer(
            "1",
            &[
                "dir d",
                "file d/kept 1",
                "dir gone",
                "file gone/x 1",
                "file f 1",
            ],
        ),
        layer(
            "2",
            &[
                "dir d",
                "file gone 3",
                "dir f",
                "file f/inside 1",
                "file same 1",
                "file same 2",
            ],
        ),
    ]);
    assert_eq!(tree.list("/"), ["d", "f", "gone", "same"]);
    assert_eq!(tree.list("/d"), ["kept"]);
    assert_eq!(tree.list("/f"), ["inside"]);
    assert_eq!(tree.text("/gone").map(|t| t.len()), Ok(3));
    assert_eq!(tree.text("/same").map(|t| t.len()), Ok(2));
    let root = Cred::root();
    let links = |path| tree.stat(&root, "/", path, false).map(|a| a.nlink);
    assert_eq!(
        (links("/"), links("/d"), links("/gone")),
        (Ok(4), Ok(2), Ok(1))
    );
}

#[test]
fn hard_links_are_one_node_across_removal() {
    let tree = tree(&[
        layer(
            "1",
            &[
                "dir a",
                "file a/x 5",
                "hard y a/x",
                "link s a/x",
                "hard t s",
            ],
        ),
        layer("2", &["wh a/x", "hard z y"]),
    ]);
    let root = Cred::root();
    let y = tree.stat(&root, "/", "y", false).expect("y");
    let z = tree.stat(&root, "/", "z", false).expect("z");
    assert_eq!((y.ino, y.nlink, z.nlink), (z.ino, 2, 2));
    let t = tree.stat(&root, "/", "t", false).expect("t");
    assert_eq!((t.kind, t.nlink), (Kind::Symlink, 2));
}

#[test]
fn hostile_links_are_refused() {
    assert!(refused(&["hard x nothing"]).contains("hard link to something that is not there"));
    assert!(refused(&["dir d", "hard x d"]).contains("hard link to a directory"));
    assert!(refused(&["hard x etc/passwd", "file etc/passwd 1"]).contains("not there"));
    assert!(refused(&["link a b", "link b a", "file a/x 1"]).contains("symbolic links"));
    assert!(refused(&["file f 1", "file f/x 1"]).contains("not a directory"));
    assert_eq!(refused(&["file x 1", "hard x x"]), "accepted");
}

#[test]
fn writing_through_a_symlink_stays_inside() {
    // Of the same layer it is followed, from the tree's root and never above it.
    let within = tree(&[layer(
        "1",
        &[
            "link up ../../../out",
            "file up/x 1",
            "link abs /in",
            "file abs/y 1",
        ],
    )]);
    assert_eq!(within.list("/"), ["abs", "in", "out", "up"]);
    assert_eq!(
        (within.list("/out"), within.list("/in")),
        (vec!["x".to_owned()], vec!["y".to_owned()])
    );
    // A symlink of a lower layer gives way, as in overlay2.
    let across = tree(&[
        layer("1", &["dir usr", "link lib usr"]),
        layer("2", &["file lib/x 1"]),
    ]);
    assert_eq!(
        (across.list("/lib"), across.list("/usr")),
        (vec!["x".to_owned()], vec![])
    );
    let root = Cred::root();
    assert_eq!(
        across.stat(&root, "/", "lib", false).map(|a| a.kind),
        Ok(Kind::Dir)
    );
}

#[test]
fn names_of_other_systems_are_ordinary() {
    let names = ["CON", "a:b", "A", "a", "nul.txt", "x\\y", "trail.", "*?<>|"];
    let lines: Vec<String> = names.iter().map(|n| format!("file {n} 1")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let tree = tree(&[layer("1", &lines)]);
    let mut sorted = names.map(str::to_owned);
    sorted.sort();
    assert_eq!(tree.list("/"), sorted);
}

#[test]
fn the_init_layer_replaces_what_stands_in_its_way() {
    let layers = [layer(
        "1",
        &[
            "link etc somewhere",
            "dir somewhere",
            "dir proc",
            "file proc/x 1",
        ],
    )];
    let image = ImageTree::build(&layers, &InitLayer::docker(Time(5))).expect("an image");
    let bare = ImageTree::build(&layers, &InitLayer::none()).expect("an image");
    // Its nodes come last, so that it may grow without renumbering the image's.
    assert_eq!(image.lookup(1, "proc"), image.lookup(1, "proc"));
    assert_eq!(
        bare.lookup(1, "somewhere").map(|f| f.1),
        image.lookup(1, "somewhere").map(|f| f.1)
    );
    assert_eq!(bare.fingerprint(), image.fingerprint());
    let tree = Namespace::new(memory(Arc::new(image)), false);
    assert_eq!(
        tree.list("/"),
        [".dockerenv", "dev", "etc", "proc", "somewhere", "sys"]
    );
    assert_eq!(
        tree.list("/etc"),
        ["hostname", "hosts", "mtab", "resolv.conf"]
    );
    assert_eq!(tree.list("/dev"), ["console", "pts", "shm"]);
    assert_eq!(tree.list("/proc"), ["x"]);
    let hosts = tree
        .stat(&Cred::root(), "/", "/etc/hosts", false)
        .expect("hosts");
    assert_eq!((hosts.mode, hosts.size), (0o755, 0));
}

#[test]
fn content_ids_name_unchanged_bytes() {
    let image = small(&["file f 10", "hard g f", "dir d"]);
    let overlay = memory(image);
    let ino = overlay.lookup(1, "f").expect("f");
    let id = overlay.content_id(ino).expect("an id");
    assert_eq!(
        (id.layer, id.offset, id.len),
        (Letters("small").digest(), 0, 10)
    );
    let mode = schooner::vfs::SetAttr {
        mode: Some(0o755),
        ..Default::default()
    };
    overlay.set_attr(ino, &mode).expect("chmod");
    assert_eq!(overlay.content_id(ino), Some(id));
    overlay.write(ino, 3, b"X").expect("write");
    assert_eq!(overlay.content_id(ino), None);
    let mut buf = [0; 16];
    assert_eq!(overlay.read(ino, 0, &mut buf), Ok(10));
    assert_eq!(&buf[..10], b"abcXefghij");
    assert_eq!(
        overlay.read(overlay.lookup(1, "d").expect("d"), 0, &mut buf),
        Err(Errno::Isdir)
    );
}
