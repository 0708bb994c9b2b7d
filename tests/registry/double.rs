//! A registry that does what a test says: each request becomes a [`Seen`], a closure makes the [`Reply`], all is noted.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub query: String,
    pub authorization: Option<String>,
    pub range: Option<String>,
    pub body: Bytes,
    /// Where the double itself is: `http://127.0.0.1:PORT`.
    pub here: String,
}

/// What to answer.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
    /// The connection breaks after so many bytes of the body.
    pub cut: Option<usize>,
    /// The rest of the body never comes.
    pub stalls: bool,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Bytes>) -> Reply {
        Reply {
            status,
            body: body.into(),
            ..Reply::default()
        }
    }

    pub fn header(mut self, name: &'static str, value: impl ToString) -> Reply {
        self.headers.push((name, value.to_string()));
        self
    }

    /// An error document with a detail, as registries send it.
    pub fn error(status: u16, code: &str, message: &str) -> Reply {
        let text = format!(
            r#"{{"errors":[{{"code":"{code}","message":"{message}","detail":{{"a":"b"}}}}]}}"#
        );
        Reply::new(status, text).header("content-type", "application/json")
    }

    pub fn redirect(to: &str) -> Reply {
        Reply::new(307, "").header("location", to)
    }

    pub fn cut_after(mut self, bytes: usize) -> Reply {
        self.cut = Some(bytes);
        self
    }

    fn into_response(self) -> Response<UnsyncBoxBody<Bytes, io::Error>> {
        let mut response = Response::builder().status(self.status);
        let has_length = self
            .headers
            .iter()
            .any(|(name, _)| *name == "content-length");
        for (name, value) in &self.headers {
            response = response.header(*name, value);
        }
        if !has_length {
            response = response.header("content-length", self.body.len());
        }
        let frame = |bytes| stream::once(async { Ok(Frame::data(bytes)) });
        let body = match (self.cut, self.stalls) {
            (Some(bytes), _) => {
                let broken = stream::once(async {
                    // What came before is sent before the connection breaks.
                    tokio::task::yield_now().await;
                    Err(io::ErrorKind::ConnectionReset.into())
                });
                StreamBody::new(frame(self.body.slice(..bytes)).chain(broken)).boxed_unsync()
            }
            (None, true) => {
                StreamBody::new(frame(self.body).chain(stream::pending())).boxed_unsync()
            }
            (None, false) => StreamBody::new(frame(self.body)).boxed_unsync(),
        };
        response.body(body).expect("a response")
    }
}

/// A running double; it ends with the test's runtime.
pub struct Double {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Double {
    /// Serves on a port of its own.
    pub async fn serve(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Double {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (seen.clone(), Arc::new(answer));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a client");
                let (log, answer) = (log.clone(), answer.clone());
                let service = service_fn(move |request| {
                    let (log, answer) = (log.clone(), answer.clone());
                    async move {
                        let seen = look(request, address).await;
                        let reply = answer(&seen);
                        log.lock().push(seen);
                        Ok::<_, Infallible>(reply.into_response())
                    }
                });
                let connection = hyper::server::conn::http1::Builder::new();
                // A client that speaks TLS first, and one that leaves, are no failures.
                tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
            }
        });
        Double { address, seen }
    }

    /// `127.0.0.1:PORT`.
    pub fn name(&self) -> String {
        self.address.to_string()
    }

    /// Every request so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().clone()
    }

    /// Requests of a method whose path ends so.
    pub fn count(&self, method: &str, end: &str) -> usize {
        let seen = self.seen.lock();
        let fits = |s: &&Seen| s.method == method && s.path.ends_with(end);
        seen.iter().filter(fits).count()
    }
}

async fn look(request: Request<Incoming>, address: SocketAddr) -> Seen {
    let (parts, body) = request.into_parts();
    let header = |name: &str| {
        let value = parts.headers.get(name).and_then(|v| v.to_str().ok());
        value.map(str::to_owned)
    };
    Seen {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        authorization: header("authorization"),
        range: header("range"),
        body: body
            .collect()
            .await
            .map(|b| b.to_bytes())
            .unwrap_or_default(),
        here: format!("http://{address}"),
    }
}
