//! Archives of trees: what an overlay changed makes its tree out of its image, and a whole tree comes back as it was.

use crate::op::Subject;
use crate::ours::Ours;
use crate::random::{look, op, prepare, start};
use crate::support::{AsRoot, image, layer, layer_of, memory, small};
use proptest::prelude::*;
use schooner::base::digest::Digest;
use schooner::vfs::overlay::Overlay;
use schooner::vfs::{Cred, Filesystem, Kind, Namespace, pack};
use std::io::Read;
use std::sync::Arc;

/// The tree without the counts of names: a layer holds a file that has one more name now without those that did not change.
fn seen(tree: Arc<Overlay>) -> String {
    let counts = regex::Regex::new("nlink: [0-9]+").expect("a pattern");
    let seen = look(&mut Ours::over(tree));
    counts.replace_all(&seen, "").into_owned()
}

fn lines() -> [&'static str; 6] {
    [
        "dir a",
        "dir a/b",
        "file a/c 100",
        "file a/b/a 5000",
        "hard b a/c",
        "link c a/b",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_layer_makes_the_tree_out_of_its_image(ops in prop::collection::vec(op(), 1..60)) {
        let upper = memory(start());
        let mut ours = Ours::over(upper.clone());
        for op in &ops {
            let _ = ours.run(op);
        }
        let made = image(&[layer("small", &lines()), layer_of(pack::layer(upper.clone()))]);
        prop_assert_eq!(seen(memory(made)), seen(upper));
    }

    /// `export` and then `import`.
    #[test]
    fn a_whole_tree_comes_back(ops in prop::collection::vec(op(), 1..60)) {
        let tree = memory(image(&[]));
        let mut ours = Ours::over(tree.clone());
        prepare(&mut ours);
        for op in &ops {
            let _ = ours.run(op);
        }
        let whole = pack::whole(Arc::new(Namespace::new(tree.clone(), true))).expect("the root");
        let made = image(&[layer_of(whole)]);
        prop_assert_eq!(look(&mut Ours::over(memory(made))), look(&mut Ours::over(tree)));
    }
}

fn bytes(mut tar: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    tar.read_to_end(&mut bytes).expect("a whole tar");
    bytes
}

#[test]
fn a_tree_that_did_not_change_is_the_empty_layer() {
    let empty = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";
    let upper = memory(start());
    assert_eq!(
        Ours::over(upper.clone()).tree.text("a/c").map(|t| t.len()),
        Ok(100)
    );
    assert_eq!(Digest::of(&bytes(pack::layer(upper))).to_string(), empty);
}

#[test]
fn a_changed_file_counts_though_its_size_and_second_are_the_same() {
    let upper = memory(start());
    let tree = Namespace::new(upper.clone(), false);
    tree.put("a/b/a", "changed");
    let (_, first) = layer_of(pack::layer(upper));
    let found: Vec<&str> = first.entries.iter().map(|e| e.path.as_str()).collect();
    assert_eq!(found, ["a", "a/b", "a/b/a"]);
    // Two files of the image that differ in nothing but their bytes.
    let twins = memory(small(&["file x 10", "file y 10"]));
    let tree = Namespace::new(twins.clone(), false);
    tree.rename(&Cred::root(), "/", "x", "/", "y", false)
        .expect("renamed");
    let (_, second) = layer_of(pack::layer(twins));
    assert_eq!(second.entries.len(), 1);
    assert_eq!(second.whiteouts.len(), 1);
}

#[test]
fn archives_of_one_place_are_named_as_docker_names_them() {
    let tree = Arc::new(Namespace::new(memory(start()), false));
    let place = |path| {
        tree.resolve(&Cred::root(), "/", path, false)
            .expect("there")
    };
    let names = |pack| -> Vec<String> {
        let bytes = bytes(pack);
        let mut archive = tar::Archive::new(&bytes[..]);
        let entries = archive.entries().expect("entries");
        entries
            .map(|e| String::from_utf8_lossy(&e.expect("an entry").path_bytes()).into_owned())
            .collect()
    };
    let of = |path, name| names(pack::tree(tree.clone(), place(path), name));
    assert_eq!(of("a", "a"), ["a/", "a/b/", "a/b/a", "a/c"]);
    assert_eq!(of("a", "."), ["./", "./b/", "./b/a", "./c"]);
    assert_eq!(of("a/b", "/"), ["/", "/a"]);
    assert_eq!(of("c", "c"), ["c"]);
    let whole = pack::whole(tree.clone()).expect("the root");
    assert_eq!(names(whole), ["a/", "a/b/", "a/b/a", "a/c", "b", "c"]);
}

#[test]
fn sockets_are_left_out_and_what_goes_meanwhile_too() {
    let upper = memory(start());
    let tree = Arc::new(Namespace::new(upper.clone(), false));
    let root = Cred::root();
    tree.mknod(&root, "/", "s", Kind::Socket, 0o600, (0, 0))
        .expect("a socket");
    tree.put("z1", &"1".repeat(200_000));
    tree.put("z2", "gone");
    let mut pack = pack::layer(upper.clone());
    let mut first = vec![0; 512];
    pack.read_exact(&mut first).expect("a header");
    let z1 = upper.lookup(upper.root(), "z1").expect("z1");
    tree.unlink(&root, "/", "z2").expect("gone");
    let cut = schooner::vfs::SetAttr {
        size: Some(70_000),
        ..Default::default()
    };
    upper.set_attr(z1, &cut).expect("shorter");
    let (data, index) = layer_of(std::io::Cursor::new(first).chain(pack));
    let found: Vec<(&str, u64)> = index
        .entries
        .iter()
        .map(|e| (e.path.as_str(), e.size))
        .collect();
    assert_eq!(found, [("z1", 200_000)]);
    let mut last = [1];
    let end = index.entries[0].offset + 199_999;
    assert_eq!(data.read_at(end, &mut last).expect("read"), 1);
    assert_eq!(last, [0]);
}
