//! From an address to a connection: names, both families, proxies, TLS. Failures read as Go's, because Docker's do.

use super::super::options::Options;
use super::tls::{self, Tls};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, select};
use hyper::Uri;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tower_service::Service;

/// Why there is no connection.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotConnected(pub String);

/// Makes connections for the pool.
#[derive(Clone)]
pub struct Connector {
    tls: Arc<Tls>,
    proxies: Arc<Matcher>,
    connect: Duration,
    handshake: Duration,
}

impl Connector {
    /// Proxies are those of the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`.
    pub fn new(options: &Options) -> Connector {
        Connector {
            tls: Arc::new(Tls::new(options)),
            proxies: Arc::new(Matcher::from_env()),
            connect: options.connect,
            handshake: options.handshake,
        }
    }

    async fn connect(self, uri: Uri) -> Result<TokioIo<Stream>, NotConnected> {
        let secure = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default().to_owned();
        let bare = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        // Registries on this machine are never asked for through a proxy.
        let proxy = match is_loopback_name(&bare) {
            true => None,
            false => self.proxies.intercept(&uri),
        };
        let stream = match &proxy {
            Some(proxy) => {
                let tcp = Tcp(self.connect);
                let mut tunnel = Tunnel::new(proxy.uri().clone(), tcp);
                if let Some(auth) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(auth.clone());
                }
                let joined = tunnel.call(uri.clone()).await;
                let failed = |e| NotConnected(format!("proxyconnect tcp: {e}"));
                joined.map_err(failed)?.into_inner()
            }
            None => dial(&bare, port, self.connect).await?,
        };
        let _ = stream.set_nodelay(true);
        if !secure {
            return Ok(TokioIo::new(Stream::Plain(stream)));
        }
        let here = proxy.is_none() && stream.peer_addr().is_ok_and(|a| a.ip().is_loopback());
        let failed = |e: io::Error| NotConnected(tls::words(&e, &host));
        let config = self.tls.config(&format!("{host}:{port}"), here).await;
        let name = ServerName::try_from(bare)
            .map_err(|_| NotConnected(format!("{host} is no name of a server")))?;
        let connector = TlsConnector::from(config.map_err(failed)?);
        match timeout(self.handshake, connector.connect(name, stream)).await {
            Ok(joined) => Ok(TokioIo::new(Stream::Tls(Box::new(joined.map_err(failed)?)))),
            Err(_) => Err(NotConnected("net/http: TLS handshake timeout".to_owned())),
        }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = NotConnected;
    type Future = BoxFuture<'static, Result<TokioIo<Stream>, NotConnected>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NotConnected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        self.clone().connect(uri).boxed()
    }
}

/// Connects to a proxy.
struct Tcp(Duration);

impl Service<Uri> for Tcp {
    type Response = TokioIo<TcpStream>;
    type Error = NotConnected;
    type Future = BoxFuture<'static, Result<TokioIo<TcpStream>, NotConnected>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NotConnected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let limit = self.0;
        async move {
            let host = uri.host().unwrap_or_default().to_owned();
            let port = uri.port_u16().unwrap_or(3128);
            dial(&host, port, limit).await.map(TokioIo::new)
        }
        .boxed()
    }
}

/// Whether a name means this machine without asking anybody.
pub fn is_loopback_name(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|a| a.is_loopback())
}

/// How much later the second family is tried, as Go does it.
const HEAD_START: Duration = Duration::from_millis(300);

/// Connects to the first address of a host that answers, within the limit for all of them.
pub async fn dial(host: &str, port: u16, limit: Duration) -> Result<TcpStream, NotConnected> {
    let addresses = match timeout(limit, tokio::net::lookup_host((host, port))).await {
        Ok(Ok(addresses)) => addresses.collect::<Vec<_>>(),
        Ok(Err(e)) => return Err(NotConnected(lookup_words(host, &e))),
        Err(_) => {
            return Err(NotConnected(format!(
                "dial tcp: lookup {host}: i/o timeout"
            )));
        }
    };
    let Some(first) = addresses.first().copied() else {
        return Err(NotConnected(format!(
            "dial tcp: lookup {host}: no such host"
        )));
    };
    let (same, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|a| a.is_ipv4() == first.is_ipv4());
    let race = async {
        let early = pin!(one_of(&same));
        let late = pin!(async {
            tokio::time::sleep(HEAD_START).await;
            one_of(&other).await
        });
        match select(early, late).await {
            Either::Left((Ok(stream), _)) | Either::Right((Ok(stream), _)) => Ok(stream),
            // The second family need not wait for its turn any more.
            Either::Left((Err(e), _)) => one_of(&other).await.map_err(|_| e),
            Either::Right((Err(_), early)) => early.await,
        }
    };
    match timeout(limit, race).await {
        Ok(joined) => joined,
        Err(_) => Err(NotConnected(format!("dial tcp {first}: i/o timeout"))),
    }
}

/// The first address that answers, or what the first one failed with.
async fn one_of(addresses: &[SocketAddr]) -> Result<TcpStream, NotConnected> {
    let mut failed = None;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(e) => drop(failed.get_or_insert((address, e))),
        }
    }
    Err(NotConnected(match failed {
        Some((address, e)) => format!("dial tcp {address}: connect: {}", io_words(&e)),
        None => "no address".to_owned(),
    }))
}

fn lookup_words(host: &str, error: &io::Error) -> String {
    let text = error.to_string();
    let unknown = [
        "not known",
        "No such host",
        "nodename nor servname",
        "No address associated",
    ];
    let why = if unknown.iter().any(|words| text.contains(words)) {
        "no such host"
    } else {
        text.rsplit(": ").next().unwrap_or(&text)
    };
    format!("dial tcp: lookup {host}: {why}")
}

/// A system error in the words of Go on Linux.
pub fn io_words(error: &io::Error) -> String {
    use io::ErrorKind as Kind;
    let words = match error.kind() {
        Kind::ConnectionRefused => "connection refused",
        Kind::ConnectionReset => "connection reset by peer",
        Kind::NetworkUnreachable => "network is unreachable",
        Kind::HostUnreachable => "no route to host",
        Kind::TimedOut => "connection timed out",
        Kind::BrokenPipe => "broken pipe",
        Kind::UnexpectedEof => "EOF",
        _ => return error.to_string(),
    };
    words.to_owned()
}

/// A connection, plain or not.
pub enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

macro_rules! through {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Stream::Plain(stream) => {
                let $stream = Pin::new(stream);
                $call
            }
            Stream::Tls(stream) => {
                let $stream = Pin::new(&mut **stream);
                $call
            }
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        through!(self, stream => stream.poll_read(context, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        through!(self, stream => stream.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        through!(self, stream => stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        through!(self, stream => stream.poll_shutdown(context))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn failures_read_as_gos() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = nobody.local_addr().unwrap();
        drop(nobody);
        let limit = Duration::from_secs(10);
        let refused = dial("127.0.0.1", address.port(), limit).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("dial tcp {address}: connect: connection refused")
        );
        let lookup = |text: &str| lookup_words("nosuch.invalid", &io::Error::other(text));
        for text in [
            "failed to lookup address information: Name or service not known",
            "failed to lookup address information: nodename nor servname provided, or not known",
            "No such host is known. (os error 11001)",
        ] {
            assert_eq!(
                lookup(text),
                "dial tcp: lookup nosuch.invalid: no such host"
            );
        }
        assert_eq!(
            lookup("failed to lookup address information: Temporary failure in name resolution"),
            "dial tcp: lookup nosuch.invalid: Temporary failure in name resolution"
        );
    }

    #[test]
    fn this_machine_has_few_names() {
        for (name, here) in [
            ("localhost", true),
            ("127.0.0.1", true),
            ("127.9.9.9", true),
            ("::1", true),
            ("10.0.0.1", false),
            ("localhost.example.org", false),
        ] {
            assert_eq!(is_loopback_name(name), here, "{name}");
        }
    }
}
