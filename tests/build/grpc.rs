//! A client of BuildKit's services that is neither buildx nor ours: it gives files on one connection and calls on the other.

use crate::support::World;
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http2;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc;

/// How long an answer may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// `fsutil.types.Packet`.
#[derive(Clone, PartialEq, Message)]
struct Packet {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(message, optional, tag = "2")]
    stat: Option<Stat>,
    #[prost(uint32, tag = "3")]
    id: u32,
    #[prost(bytes = "vec", tag = "4")]
    data: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Stat {
    #[prost(string, tag = "1")]
    path: String,
    #[prost(uint32, tag = "2")]
    mode: u32,
    #[prost(int64, tag = "5")]
    size: i64,
}

/// `SolveRequest` of the control service.
#[derive(Clone, PartialEq, Message)]
pub struct Solve {
    #[prost(string, tag = "1")]
    pub reference: String,
    #[prost(string, tag = "5")]
    pub session: String,
    #[prost(string, tag = "6")]
    pub frontend: String,
    #[prost(map = "string, string", tag = "7")]
    pub attrs: HashMap<String, String>,
    #[prost(message, repeated, tag = "13")]
    pub exporters: Vec<Exporter>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Exporter {
    #[prost(string, tag = "1")]
    pub kind: String,
    #[prost(map = "string, string", tag = "2")]
    pub attrs: HashMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Solved {
    #[prost(map = "string, string", tag = "1")]
    pub exporter: HashMap<String, String>,
}

/// `StatusResponse`, as far as tests look.
#[derive(Clone, PartialEq, Message)]
pub struct Status {
    #[prost(message, repeated, tag = "1")]
    pub vertexes: Vec<Vertex>,
    #[prost(message, repeated, tag = "3")]
    pub logs: Vec<Log>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Vertex {
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(bool, tag = "4")]
    pub cached: bool,
    #[prost(string, tag = "7")]
    pub error: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Log {
    #[prost(int64, tag = "3")]
    pub stream: i64,
    #[prost(bytes = "vec", tag = "4")]
    pub message: Vec<u8>,
}

/// The answer of a call: its messages, and the words of its failure.
#[derive(Debug)]
pub struct Answer {
    pub messages: Vec<Bytes>,
    pub error: Option<String>,
    pub metadata: HeaderMap,
}

impl Answer {
    /// The one message of a call that went well.
    pub fn only<M: Message + Default>(&self) -> M {
        assert_eq!(self.error, None);
        assert_eq!(self.messages.len(), 1);
        M::decode(self.messages[0].clone()).expect("a message")
    }

    /// All messages of a call that went well.
    pub fn all<M: Message + Default>(&self) -> Vec<M> {
        assert_eq!(self.error, None);
        let read = |bytes: &Bytes| M::decode(bytes.clone()).expect("a message");
        self.messages.iter().map(read).collect()
    }
}

/// Files by folder and path.
pub type Files = BTreeMap<(&'static str, &'static str), &'static [u8]>;

/// A connection to `POST /grpc`.
#[derive(Clone)]
pub struct Calls(http2::SendRequest<Body>);

impl Calls {
    pub async fn open(world: &World) -> Calls {
        let stream = upgraded(world, "/grpc", "").await;
        let (send, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("HTTP/2");
        tokio::spawn(connection);
        Calls(send)
    }

    /// Calls with one message, and reads the answer to its end.
    pub async fn call<M: Message>(&self, path: &str, build: Option<&str>, message: &M) -> Answer {
        let answered = tokio::time::timeout(PATIENCE, self.answer(path, build, message));
        answered
            .await
            .unwrap_or_else(|_| panic!("{path} is not answered"))
    }

    async fn answer<M: Message>(&self, path: &str, build: Option<&str>, message: &M) -> Answer {
        let mut request = Request::post(format!("http://localhost/{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        if let Some(build) = build {
            request = request.header("buildkit-controlapi-buildid", build);
        }
        let body = body(stream::iter([frame(message)]));
        let request = request.body(body).expect("a request");
        let answer = self
            .0
            .clone()
            .send_request(request)
            .await
            .expect("an answer");
        let metadata = answer.headers().clone();
        let body = answer.into_body().collect().await.expect("a body");
        let trailers = body.trailers().cloned().unwrap_or_default();
        let text = |name| {
            trailers
                .get(name)
                .map(|v| v.to_str().expect("text").to_owned())
        };
        let mut bytes = body.to_bytes();
        let mut messages = Vec::new();
        while let Some(message) = cut(&mut bytes) {
            messages.push(message);
        }
        let failed = text("grpc-status").expect("a status") != "0";
        Answer {
            messages,
            error: failed.then(|| text("grpc-message").unwrap_or_default()),
            metadata,
        }
    }
}

/// Opens a session under a name and gives files on it until the runtime ends.
pub async fn session(world: &World, name: &str, files: Files) {
    let header = format!("X-Docker-Expose-Session-Uuid: {name}\r\n");
    let stream = upgraded(world, "/session", &header).await;
    let service = service_fn(move |request: Request<Incoming>| {
        let files = files.clone();
        async move {
            let secret = request.uri().path().ends_with("/GetSecret");
            Ok::<_, Infallible>(match secret {
                true => tell(request, &files).await,
                false => give(request, &files),
            })
        }
    });
    let io = TokioIo::new(stream);
    tokio::spawn(async move {
        let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        let _ = server.serve_connection(io, service).await;
    });
}

/// `GetSecretRequest`.
#[derive(Clone, PartialEq, Message)]
struct Wanted {
    #[prost(string, tag = "1")]
    id: String,
}

/// `GetSecretResponse`.
#[derive(Clone, PartialEq, Message)]
struct Told {
    #[prost(bytes = "vec", tag = "1")]
    data: Vec<u8>,
}

/// `GetSecret`: a file of the folder `secret`.
async fn tell(request: Request<Incoming>, files: &Files) -> Response<Body> {
    let asked = request.into_body().collect().await.expect("a message");
    let wanted = cut(&mut asked.to_bytes()).expect("a whole message");
    let wanted = Wanted::decode(wanted).expect("a request");
    let mut ended = HeaderMap::new();
    let found = files
        .iter()
        .find(|((place, id), _)| *place == "secret" && *id == wanted.id);
    let code = if found.is_some() { "0" } else { "5" };
    ended.insert("grpc-status", code.parse().expect("a header"));
    let data = found.map(|(_, bytes)| {
        frame(&Told {
            data: bytes.to_vec(),
        })
    });
    let frames: Vec<Result<Frame<Bytes>, Infallible>> = data
        .into_iter()
        .map(Frame::data)
        .chain([Frame::trailers(ended)])
        .map(Ok)
        .collect();
    Response::new(StreamBody::new(stream::iter(frames)).boxed_unsync())
}

/// `DiffCopy`: tells what there is, then gives what is asked for.
fn give(request: Request<Incoming>, files: &Files) -> Response<Body> {
    let values = |name: &str| -> Vec<String> {
        let all = request.headers().get_all(name).iter();
        all.map(|v| v.to_str().expect("text").to_owned()).collect()
    };
    let (folder, follow) = (values("dir-name"), values("followpaths"));
    let wanted = files.iter().filter(|((place, path), _)| {
        folder[0] == *place && (follow.is_empty() || follow.iter().any(|f| f == path))
    });
    let wanted: Vec<(String, &'static [u8])> = wanted
        .map(|((_, path), bytes)| ((*path).to_owned(), *bytes))
        .collect();
    let (send, queue) = mpsc::unbounded_channel::<Packet>();
    for (path, bytes) in &wanted {
        let stat = Some(Stat {
            path: path.clone(),
            mode: 0o644,
            size: i64::try_from(bytes.len()).expect("small"),
        });
        send.send(Packet {
            stat,
            ..Packet::default()
        })
        .expect("sent");
    }
    send.send(Packet::default()).expect("sent");
    let mut asked = request.into_body();
    tokio::spawn(async move {
        let mut bytes = BytesMut::new();
        while let Some(Ok(piece)) = asked.frame().await {
            bytes.extend_from_slice(&piece.into_data().unwrap_or_default());
            let mut whole = bytes.split().freeze();
            while let Some(message) = cut(&mut whole) {
                let packet = Packet::decode(message).expect("a packet");
                if packet.kind == 3 {
                    let _ = send.send(packet);
                    return;
                }
                for data in [wanted[packet.id as usize].1, &[]] {
                    let _ = send.send(Packet {
                        kind: 2,
                        id: packet.id,
                        data: data.to_vec(),
                        stat: None,
                    });
                }
            }
            bytes.extend_from_slice(&whole);
        }
    });
    let packets = stream::unfold(queue, |mut queue| async {
        queue.recv().await.map(|packet| (frame(&packet), queue))
    });
    Response::new(body(packets))
}

fn body(messages: impl futures_util::Stream<Item = Bytes> + Send + 'static) -> Body {
    StreamBody::new(messages.map(|bytes| Ok(Frame::data(bytes)))).boxed_unsync()
}

fn frame<M: Message>(message: &M) -> Bytes {
    let bytes = message.encode_to_vec();
    let mut out = BytesMut::new();
    out.put_u8(0);
    out.put_u32(u32::try_from(bytes.len()).expect("small"));
    out.extend_from_slice(&bytes);
    out.freeze()
}

fn cut(bytes: &mut Bytes) -> Option<Bytes> {
    let length = u32::from_be_bytes(bytes.get(1..5)?.try_into().ok()?) as usize;
    if bytes.len() < 5 + length {
        return None;
    }
    let message = bytes.slice(5..5 + length);
    *bytes = bytes.slice(5 + length..);
    Some(message)
}

/// A connection that has become HTTP/2's.
async fn upgraded(world: &World, path: &str, header: &str) -> UnixStream {
    let host = world.host();
    let socket = host.strip_prefix("unix://").expect("a socket");
    let mut stream = UnixStream::connect(socket).await.expect("connected");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: \r\nContent-Length: 0\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n{header}\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.expect("an answer"));
    }
    let answer = String::from_utf8_lossy(&answer).to_lowercase();
    assert!(
        answer.starts_with("http/1.1 101 switching protocols\r\n"),
        "{answer}"
    );
    assert!(answer.contains("upgrade: h2c\r\n"), "{answer}");
    stream
}
