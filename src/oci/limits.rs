//! Every limit on hostile input in one place; an error names the limit that stopped it.
//!
//! The numbers are promises (S09 in `docs/promises.md`): a real image stays far below them, a bomb does not.

/// Uncompressed bytes of one layer.
pub const LAYER_BYTES: u64 = 4 << 30;

/// Uncompressed bytes that may come from one compressed byte, once `RATIO_GRACE` has been passed.
pub const RATIO: u64 = 200;

/// Uncompressed bytes that may come at any ratio: small layers of zeroes are ordinary.
pub const RATIO_GRACE: u64 = 100 << 20;

/// Members of one layer.
pub const ENTRIES: usize = 500_000;

/// Bytes of all names and link targets of one layer, which are held in memory.
pub const NAME_BYTES: usize = 48 << 20;

/// log2 of the largest zstd window: 128 MiB.
pub const ZSTD_WINDOW_LOG: u32 = 27;

/// The largest xz or lzma dictionary; it is allocated at once.
pub const XZ_DICTIONARY: u32 = 64 << 20;

/// A path inside an image, as Linux's PATH_MAX.
pub const PATH: usize = 4096;

/// One component of a path, as Linux's NAME_MAX.
pub const NAME: usize = 255;

/// The records before one tar member (PAX headers, GNU long names) together.
pub const EXTENDED_HEADER: u64 = 1 << 20;

/// A JSON document: config, manifest, index.
pub const DOCUMENT: u64 = 8 << 20;

/// Layers of one image; Docker stops at 125 for its overlays.
pub const LAYERS: usize = 125;

/// Images of one layout or archive.
pub const IMAGES: usize = 1000;

/// Links that are followed to a file of an archive.
pub const LINKS: usize = 8;

/// Bytes of one program of an artifact, which is held in memory.
pub const PROGRAM: u64 = 256 << 20;
