//! The client's files, over its session: a walk tells what there is, then contents come for those that are asked for.
//!
//! What comes is untrusted: counts and sizes have limits, and paths become names in a tar that the engine reads as strictly as any.

use super::messages::files::{Kind, Packet, Stat};
use super::modes::{self, FOLDER, LINK, PIPE, SPECIAL};
use crate::base::bridge::Feeder;
use crate::server::grpc::channel::{Channel, Metadata};
use crate::server::grpc::message::{Messages, frame};
use crate::server::grpc::status::{Code, Status};
use bytes::Bytes;
use futures_util::stream;
use hyper::body::Incoming;
use prost::Message;
use std::io;
use tokio::sync::mpsc;

const COPY: &str = "/moby.filesync.v1.FileSync/DiffCopy";
/// Files of one walk.
const MOST: usize = 1 << 20;
/// The longest file that is read as a whole, in bytes.
const LONGEST: i64 = 8 << 20;

/// Which files are wanted.
pub struct Wanted {
    /// The client's name of the folder.
    pub folder: String,
    /// Paths, with what they point to; empty is everything.
    pub follow: Vec<String>,
    /// Patterns of `.dockerignore`.
    pub exclude: Vec<String>,
}

/// A walk that has been made, and the line on which contents come.
pub struct Walk {
    asks: mpsc::Sender<Bytes>,
    packets: Messages<Incoming>,
    files: Vec<Stat>,
    /// Received so far.
    pub bytes: usize,
}

impl Walk {
    /// Lets the client walk.
    pub async fn begin(channel: &Channel, wanted: Wanted) -> Result<Walk, Status> {
        let mut metadata: Metadata = vec![("dir-name", wanted.folder)];
        encoded(
            &mut metadata,
            ("followpaths", "followpaths-encoded"),
            &wanted.follow,
        );
        encoded(
            &mut metadata,
            ("exclude-patterns", "exclude-patterns-encoded"),
            &wanted.exclude,
        );
        let (asks, queue) = mpsc::channel::<Bytes>(16);
        let sent = stream::unfold(queue, |mut queue| async {
            queue.recv().await.map(|bytes| (bytes, queue))
        });
        let packets = channel.stream(COPY, metadata, sent).await?;
        let mut walk = Walk {
            asks,
            packets,
            files: Vec::new(),
            bytes: 0,
        };
        while let Some(stat) = walk.packet(Kind::Stat).await?.stat {
            if walk.files.len() == MOST {
                let why = format!("the context has more than {MOST} files");
                return Err(Status::new(Code::ResourceExhausted, why));
            }
            walk.files.push(stat);
        }
        Ok(walk)
    }

    /// Reads a file as a whole; `None` when the walk did not come by it.
    pub async fn whole(&mut self, path: &str) -> Result<Option<Vec<u8>>, Status> {
        let found = self
            .files
            .iter()
            .position(|f| f.path == path && f.mode & SPECIAL == 0);
        let Some(at) = found else {
            return Ok(None);
        };
        if self.files[at].size > LONGEST {
            let why = format!("{path} is longer than {LONGEST} bytes");
            return Err(Status::new(Code::ResourceExhausted, why));
        }
        let id = self.ask(at).await?;
        let mut all = Vec::new();
        while let Some(piece) = self.piece(id).await? {
            all.extend_from_slice(&piece);
            if all.len() as i64 > LONGEST {
                return Err(Status::new(
                    Code::ResourceExhausted,
                    format!("{path} grows"),
                ));
            }
        }
        Ok(Some(all))
    }

    /// Passes everything on as a tar. `told` hears how many bytes have come.
    pub async fn tar(&mut self, to: &Feeder, mut told: impl FnMut(usize)) -> Result<(), Status> {
        let left = || Status::new(Code::Canceled, "nobody reads the context any more");
        for at in 0..self.files.len() {
            let stat = self.files[at].clone();
            let broken = |e: io::Error| Status::new(Code::Internal, format!("{}: {e}", stat.path));
            let Some(head) = head(&stat).map_err(broken)? else {
                continue;
            };
            let size = contents(&stat);
            if !to.send(head.into()).await {
                return Err(left());
            }
            if stat.mode & SPECIAL != 0 || !stat.link.is_empty() {
                continue;
            }
            let id = self.ask(at).await?;
            let mut done = 0;
            while let Some(piece) = self.piece(id).await? {
                done += piece.len() as u64;
                if done > size {
                    break;
                }
                if !to.send(piece.into()).await {
                    return Err(left());
                }
                told(self.bytes);
            }
            if done != size {
                let why = format!("{} changed while it was sent", stat.path);
                return Err(Status::new(Code::Unknown, why));
            }
            let pad = usize::try_from(size.next_multiple_of(512) - size).unwrap_or_default();
            if !to.send(vec![0; pad].into()).await {
                return Err(left());
            }
        }
        if !to.send(vec![0; 1024].into()).await {
            return Err(left());
        }
        Ok(())
    }

    /// Says that all was taken.
    pub async fn end(mut self) -> Result<(), Status> {
        self.send(Kind::Fin, 0).await?;
        // The client answers in kind, and may leave without.
        let _ = self.packets.next::<Packet>().await;
        Ok(())
    }

    async fn ask(&self, at: usize) -> Result<u32, Status> {
        // The walk's limit is far below.
        let id = u32::try_from(at).unwrap_or(u32::MAX);
        self.send(Kind::Request, id).await?;
        Ok(id)
    }

    async fn send(&self, kind: Kind, id: u32) -> Result<(), Status> {
        let packet = Packet {
            kind: kind as i32,
            id,
            ..Packet::default()
        };
        let gone = |_| Status::new(Code::Unavailable, "the client has left");
        self.asks.send(frame(&packet)).await.map_err(gone)
    }

    /// The next piece of a file; `None` after the last.
    async fn piece(&mut self, id: u32) -> Result<Option<Vec<u8>>, Status> {
        let packet = self.packet(Kind::Data).await?;
        if packet.id != id {
            return Err(Status::new(
                Code::Internal,
                "contents that nobody asked for",
            ));
        }
        Ok(Some(packet.data).filter(|data| !data.is_empty()))
    }

    async fn packet(&mut self, wanted: Kind) -> Result<Packet, Status> {
        let Some(packet) = self.packets.next::<Packet>().await? else {
            let ended = self.packets.trailers().map_or(Ok(()), Status::read);
            return Err(ended
                .err()
                .unwrap_or_else(|| Status::new(Code::Unknown, "unexpected EOF")));
        };
        self.bytes += packet.encoded_len();
        match packet.kind {
            kind if kind == wanted as i32 => Ok(packet),
            kind if kind == Kind::Error as i32 => {
                let why = String::from_utf8_lossy(&packet.data).into_owned();
                Err(Status::new(Code::Unknown, why))
            }
            _ => Err(Status::new(Code::Internal, "a packet out of turn")),
        }
    }
}

/// Header values are printable ASCII; others are escaped, and a second header says so.
fn encoded(to: &mut Metadata, (name, mark): (&'static str, &'static str), values: &[String]) {
    let plain = |text: &String| text.bytes().all(|b| (0x20..0x7f).contains(&b));
    let escape = !values.iter().all(plain);
    for value in values {
        let text = match escape {
            true => {
                percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC)
                    .to_string()
            }
            false => value.clone(),
        };
        to.push((name, text));
    }
    if escape {
        to.push((mark, "1".to_owned()));
    }
}

fn contents(stat: &Stat) -> u64 {
    match stat.mode & SPECIAL == 0 && stat.link.is_empty() {
        true => u64::try_from(stat.size).unwrap_or_default(),
        false => 0,
    }
}

/// The header of a file in a tar; `None` for what no image can have.
fn head(stat: &Stat) -> io::Result<Option<Vec<u8>>> {
    let kind = match stat.mode & SPECIAL {
        0 if stat.link.is_empty() => tar::EntryType::Regular,
        0 => tar::EntryType::Link,
        FOLDER => tar::EntryType::Directory,
        LINK => tar::EntryType::Symlink,
        PIPE => tar::EntryType::Fifo,
        _ => return Ok(None),
    };
    let mut header = tar::Header::new_gnu();
    header.set_mode(modes::unix(stat.mode).into());
    header.set_uid(stat.uid.into());
    header.set_gid(stat.gid.into());
    header.set_entry_type(kind);
    header.set_size(contents(stat));
    let seconds = stat.modified.div_euclid(1_000_000_000);
    header.set_mtime(u64::try_from(seconds).unwrap_or_default());
    // What is written behind the header comes from the client, so the builder is given nothing, and is not let to its end.
    let mut tar = tar::Builder::new(Vec::new());
    match stat.link.as_str() {
        "" => tar.append_data(&mut header, &stat.path, io::empty())?,
        link => tar.append_link(&mut header, &stat.path, link)?,
    }
    Ok(Some(std::mem::take(tar.get_mut())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_say_what_the_walk_said() {
        let stat = |path: &str, mode: u32, link: &str| Stat {
            path: path.to_owned(),
            mode,
            size: 3,
            link: link.to_owned(),
            ..Stat::default()
        };
        let long = "d/".repeat(90) + "f";
        let bytes = head(&stat(&long, 0o644 | 1 << 23, "")).unwrap().unwrap();
        let whole = [bytes, vec![7; 512], vec![0; 1024]].concat();
        let mut archive = tar::Archive::new(&whole[..]);
        let entry = archive.entries().unwrap().next().unwrap().unwrap();
        assert_eq!(entry.path().unwrap().to_str(), Some(long.as_str()));
        assert_eq!((entry.size(), entry.header().mode().unwrap()), (3, 0o4644));
        let kind = |stat: &Stat| head(stat).unwrap().map(|bytes| bytes[156]);
        assert_eq!(kind(&stat("d", FOLDER | 0o755, "")), Some(b'5'));
        assert_eq!(kind(&stat("l", LINK | 0o777, "to")), Some(b'2'));
        assert_eq!(kind(&stat("h", 0o644, "f")), Some(b'1'));
        assert_eq!(kind(&stat("s", 1 << 24, "")), None);
    }
}
