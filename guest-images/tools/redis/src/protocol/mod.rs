//! RESP, versions 2 and 3: requests as the server reads them, replies as it writes them and as clients read them.

mod parse;
mod reply;
mod request;
pub mod words;

pub use parse::parse;
pub use reply::{Reply, double};
pub use request::{Parsed, Reader};

/// One argument of a command: any bytes.
pub type Arg = Vec<u8>;

/// A command as clients send it and the append-only file keeps it.
pub fn command(out: &mut Vec<u8>, args: &[impl AsRef<[u8]>]) {
    out.extend_from_slice(format!("*{}\r\n", args.len()).as_bytes());
    for arg in args {
        let arg = arg.as_ref();
        out.extend_from_slice(format!("${}\r\n", arg.len()).as_bytes());
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}
