//! Files for the client, over its session: the walk and the contents that it asks for, or a tar.

use super::messages::files::{Chunk, Kind, Packet, Stat};
use super::modes;
use crate::base::bridge::produce;
use crate::engine::{Engine, Exported, ExportedFiles, ExportedKind};
use crate::server::grpc::channel::{Channel, Metadata};
use crate::server::grpc::message::{Messages, frame};
use crate::server::grpc::status::{Code, Status};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use hyper::body::Incoming;
use std::io;
use std::sync::Arc;
use tokio::sync::mpsc;

const SEND: &str = "/moby.filesync.v1.FileSend/DiffCopy";
/// Says which of a build's exporters it is for.
const EXPORTER: &str = "buildkit-attachable-exporter-id";
/// Bytes of a piece; BuildKit's.
const PIECE: usize = 32 << 10;
/// Messages that may wait for the connection.
const QUEUE: usize = 16;

/// Sends the files of an image into the client's folder. `told` hears how many bytes have gone.
pub async fn folder(
    engine: &Engine,
    channel: &Channel,
    image: &str,
    told: impl FnMut(usize),
) -> Result<(), Status> {
    let files = engine.image_files(image).await;
    let files = Arc::new(files.map_err(|e| Status::new(Code::Unknown, e.message))?);
    let (out, queue) = mpsc::channel::<Bytes>(QUEUE);
    let packets = stream::unfold(queue, |mut queue| async {
        queue.recv().await.map(|bytes| (bytes, queue))
    });
    let mut sender = Sender {
        files,
        out,
        told,
        bytes: 0,
    };
    // Walking and answering go on side by side: a client answers nothing before it has seen something, and may ask before it has
    // seen all.
    let walk = sender.walk();
    let feed = sender.out.clone();
    let walking = tokio::spawn(async move {
        for packet in walk {
            if feed.send(packet).await.is_err() {
                return;
            }
        }
    });
    let answered = async {
        let mut answers = channel.stream(SEND, exporter(), packets).await?;
        sender.answer(&mut answers).await
    };
    let outcome = answered.await;
    walking.abort();
    outcome
}

/// Sends an image's files as one tar.
pub async fn tarball(engine: &Engine, channel: &Channel, image: &str) -> Result<(), Status> {
    let tar = engine.image_tar(image).await;
    let mut tar = tar.map_err(|e| Status::new(Code::Unknown, e.message))?;
    let bytes = produce(move |to| io::copy(&mut tar, to).map(drop));
    let chunks = bytes.scan((), |(), piece| {
        let chunk = piece.ok().map(|data| {
            frame(&Chunk {
                data: data.to_vec(),
            })
        });
        async move { chunk }
    });
    let mut answers = channel.stream(SEND, exporter(), chunks).await?;
    // Nothing comes but the end.
    let _ = answers.next::<Chunk>().await?;
    ended(&answers)
}

fn exporter() -> Metadata {
    vec![(EXPORTER, "0".to_owned())]
}

fn ended(answers: &Messages<Incoming>) -> Result<(), Status> {
    answers.trailers().map_or(Ok(()), Status::read)
}

struct Sender<F> {
    files: Arc<ExportedFiles>,
    out: mpsc::Sender<Bytes>,
    told: F,
    bytes: usize,
}

impl<F: FnMut(usize)> Sender<F> {
    /// The packets that tell what there is.
    fn walk(&self) -> Vec<Bytes> {
        let stats = self.files.files.iter().map(|file| Some(stat(file)));
        let packet = |stat| {
            frame(&Packet {
                kind: Kind::Stat as i32,
                stat,
                ..Packet::default()
            })
        };
        stats.chain([None]).map(packet).collect()
    }

    /// Gives what is asked for until the client has all.
    async fn answer(&mut self, answers: &mut Messages<Incoming>) -> Result<(), Status> {
        while let Some(packet) = answers.next::<Packet>().await? {
            match packet.kind {
                kind if kind == Kind::Request as i32 => self.contents(packet.id).await?,
                kind if kind == Kind::Fin as i32 => {
                    let fin = Packet {
                        kind: Kind::Fin as i32,
                        ..Packet::default()
                    };
                    return self.send(&fin).await;
                }
                kind if kind == Kind::Error as i32 => {
                    let why = String::from_utf8_lossy(&packet.data).into_owned();
                    return Err(Status::new(Code::Unknown, why));
                }
                _ => return Err(Status::new(Code::Internal, "a packet out of turn")),
            }
        }
        ended(answers)?;
        Err(Status::new(Code::Unknown, "the client has left"))
    }

    async fn contents(&mut self, id: u32) -> Result<(), Status> {
        let mut offset = 0;
        loop {
            let (files, at) = (self.files.clone(), id as usize);
            let read = tokio::task::spawn_blocking(move || {
                let mut data = vec![0; PIECE];
                let count = files.read(at, offset, &mut data)?;
                data.truncate(count);
                Ok(data)
            });
            let read: Result<crate::engine::Result<Vec<u8>>, _> = read.await;
            let data = read
                .map_err(|e| Status::new(Code::Internal, e.to_string()))?
                .map_err(|e| Status::new(Code::Unknown, e.message))?;
            let last = data.is_empty();
            offset += data.len() as u64;
            self.bytes += data.len();
            self.send(&Packet {
                kind: Kind::Data as i32,
                id,
                data,
                ..Packet::default()
            })
            .await?;
            (self.told)(self.bytes);
            if last {
                return Ok(());
            }
        }
    }

    async fn send(&self, packet: &Packet) -> Result<(), Status> {
        let gone = |_| Status::new(Code::Unavailable, "the client has left");
        self.out.send(frame(packet)).await.map_err(gone)
    }
}

fn stat(file: &Exported) -> Stat {
    let (kind, link, (major, minor)) = match &file.kind {
        ExportedKind::File => (0, "", (0, 0)),
        ExportedKind::HardLink(first) => (0, first.as_str(), (0, 0)),
        ExportedKind::Folder => (modes::FOLDER, "", (0, 0)),
        ExportedKind::Symlink(text) => (modes::LINK, text.as_str(), (0, 0)),
        ExportedKind::Fifo => (modes::PIPE, "", (0, 0)),
        ExportedKind::CharDevice(device) => (modes::DEVICE | modes::CHARS, "", *device),
        ExportedKind::BlockDevice(device) => (modes::DEVICE, "", *device),
    };
    Stat {
        path: file.path.clone(),
        mode: kind | modes::of(file.mode),
        uid: file.uid,
        gid: file.gid,
        size: i64::try_from(file.size).unwrap_or(i64::MAX),
        modified: file.modified,
        link: link.to_owned(),
        major: i64::from(major),
        minor: i64::from(minor),
    }
}
