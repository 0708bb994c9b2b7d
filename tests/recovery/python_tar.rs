//! S13: whatever our walk accepts, Python's `tarfile` reads as the same members, also after damage.

use crate::world::entry;
use schooner::oci::layer_write::LayerWriter;
use schooner::oci::{EntryKind, LayerIndex, layer};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Writes one line of JSON for each tar: `null` for a refusal, or its members.
const READ: &str = r#"
import json, math, posixpath, sys, tarfile
def kind(m):
    for test, name in ((m.isreg, "file"), (m.isdir, "dir"), (m.issym, "sym"), (m.islnk, "hard"),
                       (m.ischr, "chr"), (m.isblk, "blk"), (m.isfifo, "fifo")):
        if test(): return name
    return "other"
def clean(name):
    return posixpath.normpath("/" + name).lstrip("/").replace("//", "/")
for path in sys.argv[1:]:
    try:
        with tarfile.open(path, "r:", encoding="utf-8", errors="surrogateescape") as t:
            rows = [[clean(m.name), kind(m), m.mode & 0o7777, m.uid, m.gid, math.floor(m.mtime),
                     m.size if m.isreg() else 0, m.offset_data if m.isreg() else 0,
                     m.linkname if m.issym() else clean(m.linkname) if m.islnk() else ""] for m in t.getmembers()]
        print(json.dumps(rows))
    except Exception:
        print("null")
"#;

/// Writes the same small tree in each of Python's formats.
const WRITE: &str = r#"
import io, sys, tarfile
for name, form in (("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)):
    with tarfile.open(sys.argv[1] + "/" + name + ".tar", "w", format=form) as t:
        def add(path, kind=tarfile.REGTYPE, data=b"", **more):
            m = tarfile.TarInfo(path)
            m.type, m.size, m.mtime = kind, len(data), 1700000000 + (0.25 if name == "pax" else 0)
            for key, value in more.items(): setattr(m, key, value)
            t.addfile(m, io.BytesIO(data))
        add("d", tarfile.DIRTYPE, mode=0o1777)
        add("d/f", data=b"x" * 700, uid=1000, gid=2000000)
        add("d/hard", tarfile.LNKTYPE, linkname="d/f")
        add("s", tarfile.SYMTYPE, linkname="../../etc/passwd")
        add("null", tarfile.CHRTYPE, devmajor=1, devminor=3)
        add("pipe", tarfile.FIFOTYPE)
        add("long/" + "n" * 90 + "/" + "m" * 90, data=b"y")
        if name != "ustar":
            add("very/" + "/".join("p" * 200 for _ in range(3)), data=b"z" * 513)
            add("ln", tarfile.SYMTYPE, linkname="q" * 300)
            add("grüße", data=b"utf")
            add("big", data=b"b", uid=3000000000)
"#;

type Row = (String, String, u16, u64, u64, i64, u64, u64, String);

fn rows(index: &LayerIndex) -> Vec<Row> {
    let kind = |kind: EntryKind| match kind {
        EntryKind::File => "file",
        EntryKind::Dir => "dir",
        EntryKind::Symlink => "sym",
        EntryKind::HardLink => "hard",
        EntryKind::CharDevice => "chr",
        EntryKind::BlockDevice => "blk",
        EntryKind::Fifo => "fifo",
    };
    let row = |e: &schooner::oci::Entry| {
        let file = e.kind == EntryKind::File;
        (
            e.path.clone(),
            kind(e.kind).to_owned(),
            e.mode,
            u64::from(e.uid),
            u64::from(e.gid),
            e.mtime.div_euclid(1_000_000_000),
            e.size,
            if file { e.offset } else { 0 },
            e.link.clone(),
        )
    };
    index.entries.iter().map(row).collect()
}

fn python(script: &str, arguments: &[String]) -> Option<String> {
    let output = Command::new("python3")
        .arg("-c")
        .arg(script)
        .args(arguments)
        .output()
        .ok()?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).ok()
}

fn ours() -> Vec<u8> {
    let mut writer = LayerWriter::new(Vec::new());
    for (path, contents) in [
        ("a", &b"1"[..]),
        ("b/c", b""),
        (&"long".repeat(60), b"0123456789"),
        ("ünï", b"x"),
    ] {
        let path = path.as_bytes().chunks(200).map(String::from_utf8_lossy);
        let path = path.collect::<Vec<_>>().join("/");
        let file = entry(&path, EntryKind::File, contents);
        writer.entry(&file, &mut &contents[..]).expect("memory");
    }
    let mut dir = entry("dir", EntryKind::Dir, b"");
    dir.mtime = -5_500_000_000;
    dir.uid = u32::MAX;
    writer.entry(&dir, &mut &b""[..]).expect("memory");
    writer.finish().expect("memory")
}

/// Flips, overwrites and cuts, chosen by a fixed sequence of numbers.
fn damaged(tar: &[u8], number: u64) -> Vec<u8> {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    let mut tar = tar.to_vec();
    for _ in 0..=next(3) {
        let at = next(tar.len());
        tar[at] = b"\0 01/.xLKg7\xff"[next(12)];
    }
    // Most damage would only meet the checksum: make it right again in every block that could be a header.
    for block in tar.chunks_exact_mut(512) {
        if block.starts_with(&[0]) {
            continue;
        }
        let sum: u32 = block
            .iter()
            .enumerate()
            .map(|(at, b)| {
                if (148..156).contains(&at) {
                    32
                } else {
                    u32::from(*b)
                }
            })
            .sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    tar
}

fn compare(dir: &Path, tars: &[(String, Vec<u8>)]) -> Option<(usize, usize)> {
    let mut paths = Vec::new();
    for (name, bytes) in tars {
        let path = dir.join(name);
        fs::write(&path, bytes).expect("scratch");
        paths.push(path.display().to_string());
    }
    let answers = python(READ, &paths)?;
    let (mut same, mut refused) = (0, 0);
    for ((name, bytes), answer) in tars.iter().zip(answers.lines()) {
        let Ok(index) = layer::index(&mut &bytes[..]) else {
            refused += 1;
            continue;
        };
        let theirs: Option<Vec<Row>> = serde_json::from_str(answer).expect(name);
        let theirs = theirs.unwrap_or_else(|| panic!("{name}: only Python refuses it"));
        let plain = |row: &Row| !row.0.contains(".wh.");
        let theirs: Vec<Row> = theirs.into_iter().filter(plain).collect();
        assert_eq!(rows(&index), theirs, "{name}");
        same += 1;
    }
    Some((same, refused))
}

#[test]
fn python_reads_the_same_members() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let made = python(WRITE, &[dir.path().display().to_string()]);
    if made.is_none() {
        println!("skipped: there is no python3 here to compare with");
        return;
    }
    let mut tars = vec![("ours.tar".to_owned(), ours())];
    for name in ["ustar", "gnu", "pax"] {
        let path = dir.path().join(format!("{name}.tar"));
        tars.push((name.to_owned(), fs::read(path).expect("written by Python")));
    }
    let whole = compare(dir.path(), &tars).expect("python3 was there before");
    assert_eq!(whole, (4, 0), "all four are ordinary");
    let broken: Vec<_> = (0..400)
        .map(|number| {
            let (name, tar) = &tars[number as usize % tars.len()];
            (format!("{name}-{number}"), damaged(tar, number))
        })
        .collect();
    let (same, refused) = compare(dir.path(), &broken).expect("python3 was there before");
    assert!(same > 10 && refused > 10, "{same} read, {refused} refused");
}
