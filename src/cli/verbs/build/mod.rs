//! `build`: sends a context to the engine and shows what becomes of it.
//!
//! Two looks: the classic one, Docker's with `DOCKER_BUILDKIT=0`, on standard output; and the one of BuildKit, made of the same
//! lines of the engine, on standard error.

mod classic;
mod context;
mod pack;
mod prune;
mod request;
mod secrets;
mod steps;
mod terminal;

use crate::base::reference::Reference;
use crate::cli::app::{App, err, out};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, Bytes, Checked, CheckedList, Int64, List, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::options::{limits, network};
use crate::client::Response;
use crate::wire::Progress;
use context::Context;

/// Every command that stands here.
pub fn verbs() -> Vec<Verb> {
    vec![verb(), prune::verb()]
}

fn verb() -> Verb {
    Verb {
        paths: &["image build", "build", "builder build"],
        usage: "PATH | URL | -",
        about: "Make an image from a Dockerfile",
        arity: Arity::Exactly(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    let add_host = CheckedList("list", network::host_check);
    let ulimit = CheckedList("ulimit", limits::ulimit_check);
    let swap = Checked("bytes", limits::swap_check);
    vec![
        flag(
            "add-host",
            "",
            add_host,
            "Add a line to the hosts file of RUN (name:address)",
        ),
        flag(
            "build-arg",
            "",
            List,
            "Give an ARG a value (NAME=value, or NAME to take ours)",
        ),
        flag(
            "cache-from",
            "",
            List,
            "Images whose steps count for the cache",
        ),
        flag("cgroup-parent", "", Text, "Recorded only"),
        flag("compress", "", Bool, "Compress the context on its way"),
        flag(
            "cpu-period",
            "",
            Int64,
            "Period of the CPU quota of RUN, in microseconds",
        )
        .default("0"),
        flag(
            "cpu-quota",
            "",
            Int64,
            "CPU time of RUN in each period, in microseconds",
        )
        .default("0"),
        flag(
            "cpu-shares",
            "c",
            Int64,
            "Weight of RUN among busy containers",
        )
        .default("0"),
        flag("cpuset-cpus", "", Text, "CPUs that RUN may use (0-3, 0,1)"),
        flag("cpuset-mems", "", Text, "Memory nodes that RUN may use"),
        flag(
            "disable-content-trust",
            "",
            Bool,
            "Skip verification of images",
        )
        .default("true"),
        flag(
            "file",
            "f",
            Text,
            "The Dockerfile, - for standard input (default: PATH/Dockerfile)",
        ),
        flag(
            "force-rm",
            "",
            Bool,
            "Remove the containers of RUN also when a step failed",
        ),
        flag("iidfile", "", Text, "Write the image's id to a file"),
        flag("isolation", "", Text, "Recorded only"),
        flag("label", "", List, "Give the image a label (key=value)"),
        flag("memory", "m", Bytes, "Memory limit of RUN, such as 300m").default("0"),
        flag(
            "memory-swap",
            "",
            swap,
            "Memory and swap together, -1 for no limit",
        )
        .default("0"),
        flag("network", "", Text, "Network of RUN").default("default"),
        flag("no-cache", "", Bool, "Do every step again"),
        flag("platform", "", Text, "Platform of the images"),
        flag(
            "progress",
            "",
            Text,
            "How progress looks: auto, plain, tty, rawjson",
        )
        .default("auto"),
        flag("pull", "", Bool, "Ask registries for newer images"),
        flag("quiet", "q", Bool, "Print nothing but the image's id"),
        flag(
            "rm",
            "",
            Bool,
            "Remove the containers of RUN when their step went well",
        )
        .default("true"),
        flag(
            "secret",
            "",
            List,
            "A secret for RUN --mount=type=secret (id=NAME,src=FILE or id=NAME,env=NAME)",
        ),
        flag("security-opt", "", List, "Recorded only"),
        flag("shm-size", "", Bytes, "Size of /dev/shm of RUN").default("0"),
        flag(
            "squash",
            "",
            Bool,
            "Make one layer of all new ones (experimental engines only)",
        ),
        flag(
            "tag",
            "t",
            CheckedList("list", tag_check),
            "Name of the image (name:tag)",
        ),
        flag("target", "", Text, "The stage to stop after"),
        flag(
            "ulimit",
            "",
            ulimit,
            "Limit of the processes of RUN (name=soft[:hard])",
        ),
    ]
}

fn tag_check(text: &str) -> std::result::Result<(), String> {
    Reference::parse(text).map(drop).map_err(|e| e.to_string())
}

/// How a build is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Classic,
    Plain,
    Terminal,
    /// The engine's lines as they come.
    Raw,
}

impl Look {
    fn of(app: &App, given: &Given) -> Result<Look> {
        use std::io::IsTerminal;
        if std::env::var("DOCKER_BUILDKIT").is_ok_and(|v| matches!(v.as_str(), "0" | "false")) {
            return Ok(Look::Classic);
        }
        let from_env = std::env::var("BUILDKIT_PROGRESS").unwrap_or_default();
        let wanted = match given.changed("progress") || from_env.is_empty() {
            true => given.text("progress"),
            false => from_env.as_str(),
        };
        match wanted {
            "auto" if std::io::stderr().is_terminal() && !app.plain => Ok(Look::Terminal),
            "auto" | "plain" => Ok(Look::Plain),
            "tty" => Ok(Look::Terminal),
            "rawjson" => Ok(Look::Raw),
            other => Err(Error::plain(format!("invalid progress mode {other}"))),
        }
    }
}

async fn run(app: App, given: Given) -> Result<i32> {
    let look = Look::of(&app, &given)?;
    if look == Look::Classic {
        err(classic::DEPRECATED);
    }
    let id_file = given.text("iidfile");
    if !id_file.is_empty()
        && let Err(e) = std::fs::remove_file(id_file)
        && e.kind() != std::io::ErrorKind::NotFound
    {
        return Err(Error::plain(format!("Removing image ID file: {e}")));
    }
    if given.on("squash") {
        return Err(Error::plain(
            "\"--squash\" is only supported on a Docker daemon with experimental features enabled",
        ));
    }
    let context = Context::find(given.first(), given.text("file")).await?;
    let mut client = app.client().await?;
    let secrets = secrets::read(&given.list("secret"))?;
    if !secrets.is_empty() {
        client = client.with_secrets(&secrets::header(&secrets)?);
    }
    let asked = std::env::var("DOCKER_BUILDKIT").is_ok_and(|v| matches!(v.as_str(), "1" | "true"));
    let buildkit = look != Look::Classic && (asked || !secrets.is_empty());
    let (target, body, sent) = request::request(&given, context, buildkit)?;
    let response = client.request(hyper::Method::POST, &target, body).await;
    let quiet = given.on("quiet");
    let shown = match look {
        Look::Classic => classic::show(response, &sent, quiet).await,
        _ => {
            let response = response?;
            match look {
                Look::Raw => raw(response).await,
                Look::Terminal if !quiet => {
                    steps::show(response, &mut terminal::Terminal::new()).await
                }
                _ if quiet => steps::show(response, &mut steps::Silent).await,
                _ => steps::show(response, &mut steps::Plain::default()).await,
            }
        }
    };
    let id = shown?;
    if quiet {
        out(&format!("{id}\n"));
    }
    if !id_file.is_empty() {
        if id.is_empty() {
            return Err(Error::plain(format!(
                "server did not provide an image ID. Cannot write {id_file}"
            )));
        }
        std::fs::write(id_file, &id).map_err(|e| Error::plain(format!("open {id_file}: {e}")))?;
    }
    Ok(0)
}

/// Reads the answer line by line.
async fn lines(
    mut response: Response,
    mut each: impl FnMut(&[u8], Progress) -> Result<()>,
) -> Result<()> {
    let mut rest = Vec::new();
    loop {
        let chunk = response.chunk().await?;
        let ended = chunk.is_none();
        rest.extend_from_slice(&chunk.unwrap_or_default());
        while let Some(end) = rest
            .iter()
            .position(|b| *b == b'\n')
            .or((ended && !rest.is_empty()).then(|| rest.len() - 1))
        {
            let line: Vec<u8> = rest.drain(..=end).collect();
            if !line.iter().all(u8::is_ascii_whitespace) {
                each(&line, serde_json::from_slice(&line)?)?;
            }
        }
        if ended {
            return Ok(());
        }
    }
}

async fn raw(response: Response) -> Result<String> {
    let (mut id, mut failed) = (String::new(), None);
    lines(response, |line, progress| {
        err(&format!("{}\n", String::from_utf8_lossy(line.trim_ascii())));
        id = image_id(&progress).unwrap_or(std::mem::take(&mut id));
        failed = failed.take().or(failure(&progress));
        Ok(())
    })
    .await?;
    match failed {
        Some(error) => Err(error),
        None => Ok(id),
    }
}

/// The image's id, when a line tells it.
fn image_id(progress: &Progress) -> Option<String> {
    let id = progress.aux.as_ref()?.get("ID")?.as_str()?;
    Some(id.to_owned())
}

/// The error that a line tells, with the exit code that it gives.
fn failure(progress: &Progress) -> Option<Error> {
    let message = progress.error.clone();
    let detail = progress.error_detail.clone();
    let message = message.or(detail.as_ref().map(|d| d.message.clone()))?;
    let code = detail.and_then(|d| d.code).filter(|c| *c != 0).unwrap_or(1);
    Some(Error::plain(message).with_code(i32::try_from(code).unwrap_or(1)))
}
