//! Two Rust programs that use every call and say what came out otherwise than on Linux: `selftest` through our own bindings
//! of the `schooner` module, `wasixtest` through the `wasix` crate. Their sources are in `tests/guests`.
//!
//! The compiled programs lie in `guests/`; `tests/guests/Cargo.toml` says how they are built and packed.

use crate::world::{World, run_in, spec};
use schooner::kernel::tty::{Pty, Size};
use schooner::kernel::{Limits, Stdio, pipe};
use schooner::vfs::dev::DevFs;
use schooner::vfs::{Cred, MountOptions, host_clock};

const GUESTS: [(&str, &[u8]); 2] = [
    ("/bin/selftest", include_bytes!("guests/selftest.wasm.zst")),
    (
        "/bin/wasixtest",
        include_bytes!("guests/wasixtest.wasm.zst"),
    ),
];

/// A world with the guests, /proc and /dev.
fn world() -> World {
    let world = World::new();
    world
        .tree
        .mkdir(&Cred::root(), "/", "/dev", 0o755)
        .expect("a directory");
    let dev = DevFs::new(true, &host_clock()).expect("devices").tree;
    world
        .tree
        .mount("/dev", dev, None, MountOptions::default())
        .expect("/dev");
    for (path, packed) in GUESTS {
        let program = zstd::decode_all(packed).expect("zstd");
        world.file(path, &program, 0o755);
    }
    world
}

#[tokio::test]
async fn every_call_as_on_linux() {
    let sandbox = world().sandbox(Limits::default());
    let output = run_in(&sandbox, &["selftest"], b"").await.expect("started");
    assert_eq!(
        (output.text().as_str(), output.code()),
        ("0 surprises\n", 0),
        "{}",
        output.errors()
    );
}

#[tokio::test]
async fn terminal_calls_as_on_linux() {
    let sandbox = world().sandbox(Limits::default());
    let terminal = Pty::new(Size::new(24, 80));
    let (_, unused) = pipe(1);
    let mut start = spec(&["selftest", "-t"], None, unused.clone(), unused);
    start.stdio = Stdio::Tty(terminal.clone());
    let handle = sandbox.start(start).await.expect("started");
    let mut screen = Vec::new();
    loop {
        let piece = terminal.read_output(4096).await;
        if piece.is_empty() {
            break;
        }
        screen.extend_from_slice(&piece);
    }
    let status = handle.wait().await;
    let screen = String::from_utf8_lossy(&screen).into_owned();
    assert_eq!((screen.trim_end(), status.code), ("0 surprises", 0));
}

#[tokio::test]
async fn foreign_bindings_work() {
    let sandbox = world().sandbox(Limits::default());
    let output = run_in(&sandbox, &["wasixtest"], b"")
        .await
        .expect("started");
    assert_eq!(
        (output.text().as_str(), output.code()),
        ("0 surprises\n", 0),
        "{}",
        output.errors()
    );
}

/// The digests of the sources that the packed programs were built from.
const SOURCES: &str = include_str!("guests/sources.sha256");

#[test]
fn packed_guests_are_fresh() {
    use sha2::{Digest, Sha256};
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/src/bin");
    for line in SOURCES.lines() {
        let (expected, name) = line.split_once("  ").expect("digest and name");
        let source = std::fs::read_to_string(root.join(name)).expect("a source");
        let digest = Sha256::digest(source.replace("\r\n", "\n"));
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, expected, "{name} has changed since it was packed");
    }
}
