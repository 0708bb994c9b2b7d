//! S01, S02, S10: nothing in an archive reaches a file of the host, and layers come back as they went in.

use crate::support::{World, text};
use schooner::base::digest::Digest;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use tar::EntryType;

/// A tar whose names no careful writer would write.
#[derive(Default)]
struct Tar(Vec<u8>);

impl Tar {
    fn with(mut self, name: &str, kind: EntryType, link: &str, contents: &[u8]) -> Tar {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(0o755);
        header.set_size(contents.len() as u64);
        let bytes = header.as_mut_bytes();
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        bytes[157..157 + link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(contents);
        let pad = contents.len().wrapping_neg() % 512;
        self.0.resize(self.0.len() + pad, 0);
        self
    }

    fn file(self, name: &str, contents: &[u8]) -> Tar {
        self.with(name, EntryType::Regular, "", contents)
    }

    fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

/// Runs a verb on an archive; comes back with what it said when it failed.
fn give(world: &World, verb: &[&str], archive: &[u8]) -> Result<String, String> {
    let path = world.home().join("archive.tar");
    std::fs::write(&path, archive).expect("written");
    let name = path.to_string_lossy().into_owned();
    let args: Vec<&str> = verb
        .iter()
        .map(|w| if *w == "@" { &name } else { *w })
        .collect();
    let output = world.run(&args);
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(text(&output.stderr)),
    }
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder)
        .expect("the folder")
        .next()
        .is_none()
}

#[test]
fn names_and_links_of_a_layer_stay_inside() {
    let world = World::new();
    // Short enough for a field of the header.
    let outside = tempfile::tempdir_in("/tmp").expect("a folder");
    let place = outside.path().to_string_lossy().into_owned();
    let up = format!("../../../../../../..{place}/up");
    let archives = [
        Tar::default().file(&up, b"x"),
        Tar::default().file(&format!("{place}/absolute"), b"x"),
        Tar::default().file(&format!("a/../..{place}/dots"), b"x"),
        Tar::default()
            .with("link", EntryType::Symlink, &place, b"")
            .file("link/through", b"x"),
        Tar::default()
            .with("link", EntryType::Symlink, &up, b"")
            .with("link", EntryType::Directory, "", b"")
            .file("link/replaced", b"x"),
    ];
    for (n, archive) in archives.into_iter().enumerate() {
        let name = format!("evil:{n}");
        // Confined or refused; what matters is the host.
        if give(&world, &["import", "@", &name], &archive.end()).is_ok() {
            world.ok(&["create", "--name", &format!("c{n}"), &name, "/x"]);
            world.ok(&[
                "save",
                &name,
                "-o",
                &world.home().join("s.tar").to_string_lossy(),
            ]);
        }
        assert!(is_empty(outside.path()), "archive {n}");
    }
    let stranger = Tar::default().with("hard", EntryType::Link, &place, b"");
    let words = give(&world, &["import", "@", "evil:hard"], &stranger.end()).unwrap_err();
    assert!(words.contains("hard"), "{words}");
}

#[test]
fn an_archives_own_paths_stay_inside() {
    let world = World::new();
    let secret = world.home().join("secret");
    std::fs::write(&secret, "secret").expect("written");
    let place = secret.to_string_lossy().into_owned();
    for path in [
        place.clone(),
        format!("../../../../../..{place}"),
        "link".to_owned(),
    ] {
        let manifest = format!(r#"[{{"Config":"{path}","RepoTags":["evil:1"],"Layers":[]}}]"#);
        let archive = Tar::default()
            .with("link", EntryType::Symlink, "/etc/passwd", b"")
            .file("manifest.json", manifest.as_bytes());
        let words = give(&world, &["load", "-i", "@"], &archive.end()).unwrap_err();
        assert!(words.contains("no such file or directory"), "{words}");
    }
}

#[test]
fn whiteouts_come_back_byte_for_byte() {
    let world = World::new();
    let layers = [
        Tar::default()
            .with("d", EntryType::Directory, "", b"")
            .file("d/a", b"a")
            .file("b", b"b")
            .end(),
        Tar::default()
            .file(".wh.b", b"")
            .with("d", EntryType::Directory, "", b"")
            .file("d/.wh..wh..opq", b"")
            .file("d/c", b"c")
            .end(),
    ];
    let digests: Vec<String> = layers.iter().map(|l| Digest::of(l).to_string()).collect();
    let config = serde_json::json!({
        "os": "linux", "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": digests},
    })
    .to_string();
    let manifest = r#"[{"Config":"c.json","RepoTags":["whiteouts:1"],"Layers":["0/layer.tar","1/layer.tar"]}]"#;
    let archive = Tar::default()
        .file("c.json", config.as_bytes())
        .file("0/layer.tar", &layers[0])
        .file("1/layer.tar", &layers[1])
        .file("manifest.json", manifest.as_bytes());
    give(&world, &["load", "-i", "@"], &archive.end()).expect("loaded");
    let saved = world.home().join("saved.tar");
    world.ok(&["save", "whiteouts:1", "-o", &saved.to_string_lossy()]);
    let mut files = BTreeMap::new();
    let mut read = tar::Archive::new(std::fs::File::open(&saved).expect("the archive"));
    for entry in read.entries().expect("a tar") {
        let mut entry = entry.expect("a member");
        let path = entry.path().expect("a name").to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("contents");
        files.insert(path, bytes);
    }
    for (layer, digest) in layers.iter().zip(&digests) {
        let path = format!("blobs/sha256/{}", digest.trim_start_matches("sha256:"));
        assert_eq!(files.get(&path), Some(layer));
    }
    let shown = world.ok(&["image", "layers", "--files", "whiteouts:1"]);
    assert!(
        shown.contains("-       1B /b\n") && shown.contains("-       1B /d/a\n"),
        "{shown}"
    );
}
