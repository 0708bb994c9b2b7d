//! Tests of the walk: hostile members, dialects, and round trips with the writer.

use super::*;
use crate::oci::layer_write::LayerWriter;
use proptest::prelude::*;

/// A ustar header with exactly these bytes as name and link.
fn raw(name: &[u8], flag: u8, link: &[u8], size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(1);
    let bytes = header.as_mut_bytes();
    bytes[..name.len()].copy_from_slice(name);
    bytes[157..157 + link.len()].copy_from_slice(link);
    bytes[156] = flag;
    header.set_cksum();
    header.as_bytes().to_vec()
}

fn with_data(flag: u8, data: &[u8]) -> Vec<u8> {
    let mut member = raw(b"././@x", flag, b"", data.len() as u64);
    member.extend_from_slice(data);
    member.resize(member.len().next_multiple_of(512), 0);
    member
}

fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    let mut tar = members.concat();
    tar.extend_from_slice(&[0; 1024]);
    tar
}

fn walk(members: &[Vec<u8>]) -> Result<LayerIndex, String> {
    index(&mut &archive(members)[..]).map_err(|e| e.to_string())
}

fn refused(members: &[Vec<u8>], words: &str) {
    let error = walk(members).expect_err(words);
    assert!(error.contains(words), "{error:?} lacks {words:?}");
}

#[test]
fn members_that_would_leave_the_root_are_confined_or_refused() {
    refused(&[raw(b"../x", b'0', b"", 0)], "outside of the root");
    refused(&[raw(b"a/../../x", b'0', b"", 0)], "outside of the root");
    let kept = walk(&[
        raw(b"/etc/passwd", b'0', b"", 0),
        raw(b"C:\\x", b'0', b"", 0),
        raw(b"..\\..\\y", b'0', b"", 0),
        raw(b"link", b'2', b"../../../etc/shadow", 0),
    ])
    .unwrap();
    let paths: Vec<&str> = kept.entries.iter().map(|e| e.path.as_str()).collect();
    assert_eq!(paths, ["etc/passwd", "C:\\x", "..\\..\\y", "link"]);
    assert_eq!(kept.entries[3].link, "../../../etc/shadow");
}

#[test]
fn hard_links_need_a_target_that_came_before() {
    refused(&[raw(b"a", b'1', b"b", 0)], "hard link to a missing path");
    refused(
        &[raw(b"a", b'1', b"../b", 0), raw(b"b", b'0', b"", 0)],
        "outside of the root",
    );
    refused(
        &[raw(b"d/", b'5', b"", 0), raw(b"a", b'1', b"d", 0)],
        "hard link to a folder",
    );
    let kept = walk(&[raw(b"b", b'0', b"", 0), raw(b"a", b'1', b"/./b", 0)]).unwrap();
    assert_eq!(kept.entries[1].link, "b");
}

#[test]
fn what_readers_disagree_about_is_refused() {
    let long = with_data(b'L', b"a\0");
    let pax = with_data(b'x', b"12 path=a/b\n");
    let file = raw(b"f", b'0', b"", 0);
    refused(&[long.clone(), pax.clone(), file.clone()], "two long names");
    refused(&[pax.clone(), pax.clone(), file.clone()], "two extended");
    refused(
        &[with_data(b'g', b"12 path=a/b\n"), file.clone()],
        "global PAX",
    );
    assert!(walk(&[with_data(b'g', b"13 comment=x\n"), file.clone()]).is_ok());
    refused(&[pax], "ends after an extended header");
    refused(
        &[with_data(b'L', b"a\0b"), file.clone()],
        "long name goes on",
    );
    refused(&[raw(b"f", b'S', b"", 0)], "sparse");
    refused(&[raw(b"f", b'V', b"", 0)], "unknown type 'V'");
    refused(&[raw(b"f/", b'0', b"", 0)], "ends in a slash");
    refused(&[raw(b"f\xff", b'0', b"", 0)], "UTF-8");
    refused(&[raw(b"./", b'0', b"", 0)], "ends in a slash");
    refused(&[raw(b".", b'2', b"x", 0)], "root must be a folder");
    refused(&[file, raw(b"f/x", b'0', b"", 0)], "parent is not a folder");
    let mut torn = archive(&[raw(b"f", b'0', b"", 2000)]);
    torn.truncate(1000);
    assert!(index(&mut &torn[..]).is_err());
    torn[150] ^= 1;
    assert!(
        index(&mut &torn[..])
            .unwrap_err()
            .to_string()
            .contains("checksum")
    );
}

#[test]
fn whiteouts_are_kept_apart_from_members() {
    let layer = walk(&[
        raw(b"d/", b'5', b"", 0),
        raw(b"d/.wh..wh..opq", b'0', b"", 0),
        raw(b"d/.wh.gone", b'0', b"", 0),
        raw(b"d/gone", b'0', b"", 0),
        raw(b".wh..wh.plnk", b'5', b"", 0),
    ])
    .unwrap();
    assert_eq!(layer.entries.len(), 2);
    let hidden: Vec<_> = layer
        .whiteouts
        .iter()
        .map(|w| (w.path.as_str(), w.opaque))
        .collect();
    assert_eq!(hidden, [("d", true), ("d/gone", false)]);
    refused(&[raw(b"d/.wh.", b'0', b"", 0)], "whiteout names nothing");
    refused(&[raw(b"d/.wh..", b'0', b"", 0)], "whiteout names nothing");
}

#[test]
fn limits_stop_before_memory_is_taken() {
    let huge = raw(b"f", b'0', b"", 5 << 30);
    let error = index(&mut &archive(&[huge])[..]).unwrap_err().to_string();
    assert_eq!(error, "layer size is over the limit of 4294967296 bytes");
    let name = raw(b"././@LongLink", b'L', b"", 1 << 40);
    let error = index(&mut &archive(&[name])[..]).unwrap_err().to_string();
    assert!(error.starts_with("extended tar header is over"), "{error}");
}

#[test]
fn an_empty_stream_is_an_empty_layer() {
    assert_eq!(index(&mut &b""[..]).unwrap(), LayerIndex::default());
    let ended = index(&mut &[0_u8; 10240][..]).unwrap();
    assert_eq!((ended.entries.len(), ended.tar_size), (0, 10240));
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        "[a-zA-Z0-9 äß😀:\\\\]{1,20}",
        proptest::collection::vec("[a-z]{40,90}", 1..4).prop_map(|v| v.join("/")),
    ]
}

fn any_entry() -> impl Strategy<Value = (Entry, Vec<u8>)> {
    let kind = prop_oneof![
        4 => Just(EntryKind::File),
        2 => Just(EntryKind::Dir),
        1 => Just(EntryKind::Symlink),
        1 => Just(EntryKind::CharDevice),
        1 => Just(EntryKind::Fifo),
    ];
    let owner = prop_oneof![0..70000_u32, any::<u32>()];
    let time = prop_oneof![
        (0..4_000_000_000_i64).prop_map(|s| s * 1_000_000_000),
        -4_000_000_000_000_000_000..4_000_000_000_000_000_000_i64,
    ];
    let data = proptest::collection::vec(any::<u8>(), 0..1500);
    (
        kind,
        any_name(),
        0..0o10000_u16,
        owner,
        time,
        data,
        any_name(),
    )
        .prop_map(|(kind, path, mode, owner, mtime, data, link)| {
            let file = kind == EntryKind::File;
            let entry = Entry {
                path,
                kind,
                mode,
                uid: owner,
                gid: owner ^ 1,
                mtime,
                size: if file { data.len() as u64 } else { 0 },
                offset: 0,
                link: if kind == EntryKind::Symlink {
                    link
                } else {
                    String::new()
                },
                rdev: if kind == EntryKind::CharDevice {
                    (5, 1)
                } else {
                    (0, 0)
                },
            };
            (entry, if file { data } else { Vec::new() })
        })
}

/// Distinct top folders keep files from being parents of one another.
fn any_layer() -> impl Strategy<Value = Vec<(Entry, Vec<u8>)>> {
    proptest::collection::vec(any_entry(), 0..12).prop_map(|mut all| {
        for (number, (entry, _)) in all.iter_mut().enumerate() {
            entry.path = format!("{number}/{}", entry.path);
        }
        all
    })
}

fn written(all: &[(Entry, Vec<u8>)]) -> Vec<u8> {
    let mut writer = LayerWriter::new(Vec::new());
    for (entry, data) in all {
        writer.entry(entry, &mut &data[..]).unwrap();
    }
    let hidden = Whiteout {
        path: "x/y".to_owned(),
        opaque: all.len().is_multiple_of(2),
    };
    writer.whiteout(&hidden).unwrap();
    writer.finish().unwrap()
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(all in any_layer()) {
        let tar = written(&all);
        let layer = index(&mut &tar[..]).unwrap();
        prop_assert_eq!(layer.tar_size, tar.len() as u64);
        prop_assert_eq!(layer.entries.len(), all.len());
        prop_assert_eq!(&layer.whiteouts[0].path, "x/y");
        for (found, (entry, data)) in layer.entries.iter().zip(&all) {
            let start = found.offset as usize;
            let expected = Entry { offset: found.offset, ..entry.clone() };
            prop_assert_eq!(found, &expected);
            prop_assert_eq!(&tar[start..start + data.len()], &data[..]);
        }
        prop_assert_eq!(&written(&all), &tar);
        prop_assert_eq!(LayerIndex::from_bytes(&layer.to_bytes()).unwrap(), layer);
    }

    #[test]
    fn damage_never_panics(all in any_layer(), flips in proptest::collection::vec(any::<(prop::sample::Index, u8)>(), 1..6)) {
        let mut tar = written(&all);
        for (at, byte) in &flips {
            let at = at.index(tar.len());
            tar[at] ^= byte;
        }
        let _ = index(&mut &tar[..]);
        let mut stored = index(&mut &written(&all)[..]).unwrap().to_bytes();
        let (at, byte) = flips[0];
        let at = at.index(stored.len());
        stored[at] ^= byte | 1;
        prop_assert!(LayerIndex::from_bytes(&stored).is_err());
    }

    #[test]
    fn noise_never_panics(noise in proptest::collection::vec(any::<u8>(), 0..4096)) {
        let _ = index(&mut &noise[..]);
        let _ = LayerIndex::from_bytes(&noise);
        let mut read = Vec::new();
        if let Ok(mut plain) = crate::oci::compress::Reader::new(&noise[..]) {
            let _ = std::io::Read::read_to_end(&mut plain, &mut read);
        }
    }
}
