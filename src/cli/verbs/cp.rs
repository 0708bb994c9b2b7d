//! `cp`: files of this machine into a container, and files of a container here.

use crate::base::bridge;
use crate::base::size::decimal_short;
use crate::cli::app::{App, container, err, path as with_query};
use crate::cli::copy::{self, Destination, Rename, Source};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::Bool;
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::stream::{Chunks, write_all};
use crate::client::{Body, Client, Response};
use crate::wire::PathStat;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use hyper::Method;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Bits of Go's `os.FileMode`.
const DIR: u32 = 1 << 31;
const SYMLINK: u32 = 1 << 27;
const DEVICE: u32 = 1 << 26;
/// How often the count of bytes is drawn anew.
const REDRAW: Duration = Duration::from_millis(100);

pub fn verb() -> Verb {
    Verb {
        paths: &["container cp", "cp"],
        usage: "CONTAINER:SRC_PATH DEST_PATH|-\n\t{program} cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
        about: "Copy files into or out of a container",
        arity: Arity::Exactly(2),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag(
            "archive",
            "a",
            Bool,
            "Give the copy to the container's user",
        ),
        flag(
            "follow-link",
            "L",
            Bool,
            "Copy what a link in SRC_PATH leads to",
        ),
        flag(
            "quiet",
            "q",
            Bool,
            "Say nothing; the rule where there is no terminal",
        ),
    ]
}

/// One copy.
struct Copy {
    container: String,
    from: String,
    to: String,
    follow: bool,
    keep_owner: bool,
    quiet: bool,
}

async fn run(app: App, given: Given) -> Result<i32> {
    let (from, to) = (given.first(), given.args[1].as_str());
    if from.is_empty() {
        return Err(Error::plain("source can not be empty"));
    }
    if to.is_empty() {
        return Err(Error::plain("destination can not be empty"));
    }
    let ((source, from), (target, to)) = (copy::split_argument(from), copy::split_argument(to));
    let quiet = match given.changed("quiet") {
        true => given.on("quiet"),
        false => !io::stdout().is_terminal(),
    };
    let copy = Copy {
        container: if source.is_empty() { target } else { source }.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        follow: given.on("follow-link"),
        keep_owner: given.on("archive"),
        quiet,
    };
    match (source, target) {
        ("", "") => Err(Error::plain("must specify at least one container source")),
        ("", _) => copy.into_container(&app).await,
        (_, "") => copy.out_of_container(&app).await,
        _ => Err(Error::plain("copying between containers is not supported")),
    }
}

impl Copy {
    async fn out_of_container(mut self, app: &App) -> Result<i32> {
        if self.to != "-" {
            self.to = copy::absolute(&self.to)?;
        }
        copy::check_output(&self.to)?;
        let client = app.client().await?;
        let mut rebase = String::new();
        if self.follow
            && let Ok(stat) = self.stat(&client, &self.from).await
            && stat.mode & SYMLINK != 0
        {
            let target = copy::join_link(&self.from, &stat.link_target);
            (self.from, rebase) = copy::rebase_link(&self.from, target);
        }
        let archive = self.archive(&[("path", &self.from)])?;
        let mut response = client.request(Method::GET, &archive, Body::Empty).await?;
        if self.to == "-" {
            while let Some(piece) = response.chunk().await? {
                write_all(&mut io::stdout().lock(), &piece)?;
            }
            return Ok(0);
        }
        let stat = path_stat(&response)?;
        let source = Source {
            path: self.from.clone(),
            is_dir: stat.mode & DIR != 0,
            rebase,
        };
        let count = Arc::<AtomicU64>::default();
        let to = self.to.clone();
        let counted = count.clone();
        let unpacked = async move {
            // What is unpacked counts, not what has come.
            let mut tar = Counted {
                from: bridge::readable(pieces(response)),
                count: counted,
            };
            let work = tokio::task::spawn_blocking(move || unpack(&source, &to, &mut tar));
            Ok(work.await.map_err(io::Error::other)??)
        };
        let done = self
            .with_progress("Copying from container", &count, unpacked)
            .await;
        self.tell(&count, &self.to);
        done?;
        Ok(0)
    }

    async fn into_container(mut self, app: &App) -> Result<i32> {
        if self.from != "-" {
            self.from = copy::absolute(&self.from)?;
        }
        let client = app.client().await?;
        let mut to = Destination {
            path: self.to.clone(),
            ..Destination::default()
        };
        let mut stat = self.stat(&client, &self.to).await;
        if let Ok(link) = &stat
            && link.mode & SYMLINK != 0
        {
            to.path = copy::join_link(&self.to, &link.link_target);
            stat = self.stat(&client, &to.path).await;
        }
        if let Ok(stat) = &stat {
            if stat.mode & DEVICE != 0 {
                return Err(Error::plain(format!(
                    "destination \"{}:{}\" must be a directory or a regular file: got a device",
                    self.container, self.to
                )));
            }
            (to.exists, to.is_dir) = (true, stat.mode & DIR != 0);
        }
        if self.from == "-" {
            if !to.is_dir {
                return Err(Error::plain(format!(
                    "destination \"{}:{}\" must be a directory",
                    self.container, self.to
                )));
            }
            self.put(&client, &to.path, Box::new(Chunks::new(tokio::io::stdin())))
                .await?;
            return Ok(0);
        }
        let source = Source::local(&self.from, self.follow)?;
        let (dir, rename) = copy::prepare(&source, &to).map_err(Error::plain)?;
        let name = rename.map_or_else(|| source.name(), |rename| rename.to);
        let path = PathBuf::from(&source.path);
        // A slash at the end would follow a link that is meant itself.
        let packed = bridge::produce(move |out| copy::pack(&path, &name, out));
        let count = Arc::<AtomicU64>::default();
        let body = Box::new(counting(packed, count.clone()));
        let put = self.put(&client, &dir, body);
        let done = self
            .with_progress("Copying to container", &count, put)
            .await;
        self.tell(&count, &format!("{}:{}", self.container, to.path));
        done?;
        Ok(0)
    }

    async fn put(
        &self,
        client: &Client,
        dir: &str,
        body: Box<dyn Stream<Item = io::Result<Bytes>> + Send + Unpin>,
    ) -> Result<()> {
        let mut query = vec![("path", dir), ("noOverwriteDirNonDir", "true")];
        if self.keep_owner {
            query.push(("copyUIDGID", "true"));
        }
        let archive = self.archive(&query)?;
        let body = Body::Stream("application/x-tar", body);
        client.request(Method::PUT, &archive, body).await?;
        Ok(())
    }

    async fn stat(&self, client: &Client, path: &str) -> Result<PathStat> {
        let archive = self.archive(&[("path", path)])?;
        let response = client.request(Method::HEAD, &archive, Body::Empty).await?;
        path_stat(&response)
    }

    fn archive(&self, query: &[(&str, &str)]) -> Result<String> {
        Ok(with_query(&container(&self.container, "/archive")?, query))
    }

    /// Says how much was copied, also where it failed in the end.
    fn tell(&self, count: &AtomicU64, to: &str) {
        if !self.quiet {
            let size = size(count);
            err(&format!("Successfully copied {size} to {to}\n"));
        }
    }

    /// Shows the bytes so far on a terminal.
    async fn with_progress<T>(
        &self,
        words: &str,
        count: &AtomicU64,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let shows = !self.quiet && io::stderr().is_terminal();
        let mut work = std::pin::pin!(work);
        let mut ticks = tokio::time::interval(REDRAW);
        // What is done at once is not worth a line.
        ticks.tick().await;
        let mut drawn = false;
        let done = loop {
            tokio::select! {
                done = &mut work => break done,
                _ = ticks.tick(), if shows => {
                    drawn = true;
                    let line = format!("\r\x1b[2K{words} - {}", size(count));
                    write_all(&mut io::stderr().lock(), line.as_bytes())?;
                }
            }
        };
        if drawn {
            write_all(&mut io::stderr().lock(), b"\r\x1b[2K")?;
        }
        done
    }
}

fn size(count: &AtomicU64) -> String {
    decimal_short(count.load(Ordering::Relaxed) as f64)
}

fn unpack(source: &Source, to: &str, tar: &mut dyn io::Read) -> io::Result<()> {
    let to = Destination::local(to)?;
    let (dir, rename) = copy::prepare(source, &to).map_err(io::Error::other)?;
    let mut renames = Vec::new();
    if !source.rebase.is_empty() {
        renames.push(Rename {
            from: copy::base(&source.path).to_owned(),
            to: source.rebase.clone(),
        });
    }
    renames.extend(rename);
    copy::unpack(&dir, &renames, tar)
}

/// Counts what is read through it.
struct Counted {
    from: bridge::Reader,
    count: Arc<AtomicU64>,
}

impl io::Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

fn path_stat(response: &Response) -> Result<PathStat> {
    let header = response.header("x-docker-container-path-stat");
    let bytes = STANDARD.decode(header.unwrap_or_default());
    let bytes = bytes.map_err(|e| Error::plain(format!("invalid answer from the engine: {e}")))?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// The answer's body as a stream.
fn pieces(response: Response) -> impl Stream<Item = io::Result<Bytes>> + Send + Unpin {
    Box::pin(futures_util::stream::unfold(
        Some(response),
        |response| async {
            let mut response = response?;
            match response.chunk().await {
                Ok(Some(piece)) => Some((Ok(piece), Some(response))),
                Ok(None) => None,
                Err(e) => Some((Err(io::Error::other(e)), None)),
            }
        },
    ))
}

fn counting(
    body: impl Stream<Item = io::Result<Bytes>> + Send + Unpin + 'static,
    count: Arc<AtomicU64>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + Unpin {
    body.inspect(move |piece| {
        if let Ok(piece) = piece {
            count.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
    })
}
