//! The request: flags become the query, the context becomes the body.

use super::context::{self, Context};
use crate::base::reference::Reference;
use crate::cli::app::path;
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Given;
use crate::cli::options::{limits, network};
use crate::client::Body;
use bytes::Bytes;
use flate2::write::GzEncoder;
use futures_util::stream;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// Pieces that may wait for the connection.
const QUEUE: usize = 16;
/// Bytes of a piece.
const PIECE: usize = 64 << 10;

/// Asks one of our engines for BuildKit's language; others pass it by.
const FRONTEND: &str = "dockerfile.v0";

/// How much of the context has been sent.
#[derive(Clone, Default)]
pub struct Sent(Arc<AtomicU64>);

impl Sent {
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The path with its query, the body, and a look at how much of it is gone. `buildkit`: the Dockerfile is in BuildKit's language.
pub fn request(given: &Given, context: Context, buildkit: bool) -> Result<(String, Body, Sent)> {
    let mut query: Vec<(String, String)> =
        vec![("dockerfile".into(), context.dockerfile().to_owned())];
    let mut add = |name: &str, value: String| query.push((name.to_owned(), value));
    for tag in given.list("tag") {
        let tag = Reference::parse(&tag).map_err(|e| Error::plain(e.to_string()))?;
        add("t", tag.with_default_tag().familiar());
    }
    for (flag, name) in [
        ("quiet", "q"),
        ("no-cache", "nocache"),
        ("pull", "pull"),
        ("force-rm", "forcerm"),
    ] {
        if given.on(flag) {
            add(name, "1".to_owned());
        }
    }
    if buildkit {
        add("frontend", FRONTEND.to_owned());
    }
    add("rm", if given.on("rm") { "1" } else { "0" }.to_owned());
    for (flag, name) in [
        ("cgroup-parent", "cgroupparent"),
        ("cpuset-cpus", "cpusetcpus"),
        ("cpuset-mems", "cpusetmems"),
        ("isolation", "isolation"),
        ("network", "networkmode"),
        ("platform", "platform"),
        ("target", "target"),
    ] {
        if !given.text(flag).is_empty() {
            add(name, given.text(flag).to_owned());
        }
    }
    let swap = limits::swap(given.text("memory-swap")).map_err(Error::plain)?;
    for (name, number) in [
        ("cpuperiod", given.int("cpu-period")),
        ("cpuquota", given.int("cpu-quota")),
        ("cpushares", given.int("cpu-shares")),
        ("memory", given.bytes("memory")),
        ("memswap", swap),
        ("shmsize", given.bytes("shm-size")),
    ] {
        if number != 0 {
            add(name, number.to_string());
        }
    }
    for option in given.list("security-opt") {
        add("securityopt", option);
    }
    for host in given.list("add-host") {
        add("extrahosts", network::host(&host));
    }
    let caches: Vec<String> = given
        .list("cache-from")
        .iter()
        .flat_map(|c| c.split(','))
        .map(str::to_owned)
        .collect();
    add("cachefrom", serde_json::to_string(&caches)?);
    add(
        "buildargs",
        serde_json::to_string(&arguments(&given.list("build-arg")))?,
    );
    add(
        "labels",
        serde_json::to_string(&labels(&given.list("label")))?,
    );
    let ulimits = given.list("ulimit");
    let ulimits: std::result::Result<Vec<_>, _> =
        ulimits.iter().map(|u| limits::ulimit(u)).collect();
    add(
        "ulimits",
        serde_json::to_string(&ulimits.map_err(Error::plain)?)?,
    );
    if let Context::Remote { address, .. } = &context {
        add("remote", address.clone());
    }
    let pairs: Vec<(&str, &str)> = query
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    let sent = Sent::default();
    let body = body(context, given.on("compress"), sent.clone());
    Ok((path("/build", &pairs), body, sent))
}

/// A name alone takes the value of our own environment, or none.
fn arguments(given: &[String]) -> BTreeMap<String, Option<String>> {
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (text.clone(), std::env::var(text).ok()),
    };
    given.iter().map(pair).collect()
}

fn labels(given: &[String]) -> BTreeMap<&str, &str> {
    given
        .iter()
        .map(|l| l.split_once('=').unwrap_or((l, "")))
        .collect()
}

/// Packs on a thread of its own, as fast as the connection takes it.
fn body(context: Context, compress: bool, sent: Sent) -> Body {
    let (queue, pieces) = mpsc::channel(QUEUE);
    std::thread::spawn(move || {
        let mut to = Pieces {
            queue,
            gathered: Vec::with_capacity(PIECE),
        };
        let mut counted = Counted {
            to: &mut to,
            sent: &sent,
        };
        let outcome = match compress {
            false => context::write(context, &mut counted),
            true => {
                let mut packed = GzEncoder::new(&mut counted, flate2::Compression::fast());
                context::write(context, &mut packed).and_then(|()| packed.finish().map(drop))
            }
        };
        let outcome = outcome.and_then(|()| to.flush());
        if let Err(error) = outcome {
            // The error means that the connection has gone, which its reader tells.
            let _ = to.queue.blocking_send(Err(error));
        }
    });
    let stream = stream::unfold(pieces, |mut pieces| async move {
        let piece: io::Result<Bytes> = pieces.recv().await?;
        Some((piece, pieces))
    });
    Body::Stream("application/x-tar", Box::new(Box::pin(stream)))
}

/// Gathers bytes to pieces.
struct Pieces {
    queue: mpsc::Sender<io::Result<Bytes>>,
    gathered: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let full = std::mem::replace(&mut self.gathered, Vec::with_capacity(PIECE));
        let gone = |_| io::ErrorKind::BrokenPipe.into();
        self.queue.blocking_send(Ok(full.into())).map_err(gone)
    }
}

/// Counts what passes.
struct Counted<'w> {
    to: &'w mut Pieces,
    sent: &'w Sent,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        self.sent.0.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
