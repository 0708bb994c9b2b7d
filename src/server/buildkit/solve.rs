//! One build: the Dockerfile is fetched and read, the plan is carried out while its events become progress, and the image is named.

use super::context::{Walk, Wanted};
use super::export;
use super::failure::Source;
use super::messages::control::{Exporter, SolveRequest};
use super::progress::{Progress, Step};
use super::request::{Place, Request};
use super::secrets::ClientSecrets;
use super::sessions::Session;
use super::{Build, BuildKit};
use crate::base::bridge::{Feeder, bridge};
use crate::engine::{BuildEvent, ContextTar, Engine, Error, Failure, Named, Plan, Supplies};
use crate::server::grpc::status::{Code, Status};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::runtime::Handle;

/// The only frontend that is spoken.
const DOCKERFILE: &str = "dockerfile.v0";
/// How long after its end a build can still be looked at.
const LATE: Duration = Duration::from_secs(10);
/// Allows `RUN --network=host`.
const HOST_NETWORK: &str = "network.host";
const IGNORE: &str = ".dockerignore";

/// A folder of the client.
#[derive(Clone, Debug)]
enum Folder {
    Context,
    /// A named context: the name that the Dockerfile knows, and the client's.
    Named(String, String),
}

impl Folder {
    /// The client's name.
    fn name(&self) -> &str {
        match self {
            Folder::Context => "context",
            Folder::Named(_, name) => name,
        }
    }

    /// What its steps are called.
    fn title(&self) -> String {
        match self {
            Folder::Context => "internal".to_owned(),
            Folder::Named(name, _) => format!("context {name}"),
        }
    }

    fn transferring(&self) -> String {
        format!("transferring {}:", self.name())
    }
}

/// A build that has been read and can be carried out.
pub struct Prepared {
    plan: Plan,
    source: Source,
    session: Arc<Session>,
    /// Patterns of what the client is not to send.
    ignored: Vec<String>,
    contexts: BTreeMap<String, Place>,
}

impl BuildKit {
    /// `Solve`: builds, exports, and answers with what was exported.
    pub async fn solve(
        &self,
        engine: &Arc<Engine>,
        request: SolveRequest,
    ) -> Result<HashMap<String, String>, Status> {
        let build = self.build(&request.reference);
        // Also when the client gives the call up and this future is dropped.
        let _over = Over(build.clone());
        let allowed = request.entitlements.iter().any(|e| e == HOST_NETWORK);
        build.host_network.store(allowed, Ordering::Relaxed);
        build.session.send_replace(Some(request.session.clone()));
        let exporters = match request.exporters.is_empty() && !request.exporter.is_empty() {
            true => vec![Exporter {
                kind: request.exporter.clone(),
                attrs: request.exporter_attrs.clone(),
            }],
            false => request.exporters.clone(),
        };
        if request.definition.is_some() {
            return Err(no_graphs());
        }
        if request.frontend.is_empty() {
            if !build.answer_of_client().await? {
                return Ok(HashMap::new());
            }
        } else {
            self.prepare(&build, &request.frontend, &request.frontend_attrs)
                .await?;
        }
        let Some(prepared) = build.prepared.lock().take() else {
            return Ok(HashMap::new());
        };
        export::check(&exporters)?;
        let session = prepared.session.clone();
        let id = prepared.carry_out(engine, &build.progress).await?;
        match exporters.first() {
            Some(exporter) => {
                export::export(engine, &session, &build.progress, &id, exporter).await
            }
            None => Ok(HashMap::new()),
        }
    }

    /// Fetches and reads the Dockerfile. What is wrong with it is known after this.
    pub async fn prepare(
        &self,
        build: &Build,
        frontend: &str,
        attrs: &HashMap<String, String>,
    ) -> Result<(), Status> {
        if frontend != DOCKERFILE {
            let why = format!("frontend {frontend} is not supported by this engine");
            return Err(Status::new(Code::Unimplemented, why));
        }
        let mut request = Request::read(attrs)?;
        let session = self.sessions.find(&build.session().await).await?;
        request.options.network_host = build.host_network.load(Ordering::Relaxed);
        let (source, own_ignore) = definition(&build.progress, &session, &request.file).await?;
        let text = String::from_utf8_lossy(&source.text);
        let plan = Plan::read(&source.name, &text, request.options);
        let plan = plan.map_err(|failure| source.status(failure))?;
        let ignored = match own_ignore {
            Some(ignore) => ignore,
            None => ignore(&build.progress, &session, &Folder::Context).await?,
        };
        *build.prepared.lock() = Some(Prepared {
            plan,
            ignored: patterns(&String::from_utf8_lossy(&ignored)),
            source,
            session,
            contexts: request.contexts,
        });
        Ok(())
    }
}

impl Build {
    /// The name of its client's session.
    pub async fn session(&self) -> String {
        let mut session = self.session.subscribe();
        // The sender is this struct's.
        let known = session.wait_for(Option::is_some).await;
        known.ok().and_then(|name| name.clone()).unwrap_or_default()
    }

    /// What a client that drives the build comes back with.
    async fn answer_of_client(&self) -> Result<bool, Status> {
        let mut returned = self.returned.subscribe();
        let known = returned.wait_for(Option::is_some).await;
        known
            .ok()
            .and_then(|answer| answer.clone())
            .unwrap_or(Ok(false))
    }
}

/// Says that the build is over when it is dropped, and keeps it for a client whose `Status` comes after a quick `Solve`.
struct Over(Arc<Build>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.progress.finish();
        let build = self.0.clone();
        // Without a runtime the engine is leaving.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                tokio::time::sleep(LATE).await;
                drop(build);
            });
        }
    }
}

pub fn no_graphs() -> Status {
    let why = "this engine builds Dockerfiles; it does not solve graphs of operations (LLB)";
    Status::new(Code::Unimplemented, why)
}

/// Fetches the Dockerfile, and the `.dockerignore` of its own if it has one.
async fn definition(
    progress: &Progress,
    session: &Session,
    file: &str,
) -> Result<(Source, Option<Vec<u8>>), Status> {
    let step = progress.begin(&format!("[internal] load build definition from {file}"));
    let own = format!("{file}{IGNORE}");
    let mut follow = vec![file.to_owned(), own.clone()];
    if file == "Dockerfile" {
        follow.push(file.to_lowercase());
    }
    let fetched = async {
        let part = step.begin("transferring dockerfile:", "transferring", 0);
        let mut walk = Walk::begin(
            &session.channel,
            Wanted {
                folder: "dockerfile".to_owned(),
                follow: follow.clone(),
                exclude: Vec::new(),
            },
        )
        .await?;
        let mut text = walk.whole(file).await?;
        if text.is_none() && follow.len() > 2 {
            text = walk.whole(&follow[2]).await?;
        }
        let ignore = walk.whole(&own).await?;
        transferred(part, walk).await?;
        Ok((text, ignore))
    };
    let fetched: Result<_, Status> = fetched.await;
    step.end(fetched.as_ref().err().map(|e| e.message.clone()));
    let (text, ignore) = fetched?;
    let missing = || {
        let why = format!("failed to read dockerfile: open {file}: no such file or directory");
        Status::new(Code::Unknown, why)
    };
    let source = Source {
        name: file.to_owned(),
        text: text.ok_or_else(missing)?,
    };
    Ok((source, ignore))
}

/// Fetches the context's `.dockerignore`; empty where there is none.
async fn ignore(
    progress: &Progress,
    session: &Session,
    folder: &Folder,
) -> Result<Vec<u8>, Status> {
    let step = progress.begin(&format!("[{}] load .dockerignore", folder.title()));
    let fetched = async {
        let part = step.begin(&folder.transferring(), "transferring", 0);
        let wanted = Wanted {
            folder: folder.name().to_owned(),
            follow: vec![IGNORE.to_owned()],
            exclude: Vec::new(),
        };
        let mut walk = Walk::begin(&session.channel, wanted).await?;
        let text = walk.whole(IGNORE).await?;
        transferred(part, walk).await?;
        Ok(text.unwrap_or_default())
    };
    let fetched: Result<_, Status> = fetched.await;
    step.end(fetched.as_ref().err().map(|e| e.message.clone()));
    fetched
}

async fn transferred(mut part: super::progress::Part, walk: Walk) -> Result<(), Status> {
    part.at(walk.bytes);
    part.end();
    walk.end().await
}

/// The lines of a `.dockerignore` that say something, as the client's matcher takes them.
fn patterns(text: &str) -> Vec<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let line = |line: &str| {
        let line = line.trim();
        let (mark, path) = match line.strip_prefix('!') {
            Some(path) => ("!", path.trim()),
            None => ("", line),
        };
        let path = crate::base::host_path::clean(path);
        format!("{mark}{}", path.trim_start_matches('/'))
    };
    lines.filter(|l| !l.trim().is_empty()).map(line).collect()
}

impl Prepared {
    /// Builds and comes back with the image's id.
    async fn carry_out(self, engine: &Arc<Engine>, progress: &Progress) -> Result<String, Status> {
        let Prepared {
            plan,
            source,
            session,
            ignored,
            contexts,
        } = self;
        let context = match plan.context() {
            Some(paths) if paths.is_empty() => None,
            paths => Some(folder_tar(
                progress.clone(),
                session.clone(),
                Folder::Context,
                paths.unwrap_or_default(),
                Some(ignored),
            )),
        };
        let named = contexts.into_iter().map(|(name, place)| {
            let named = match place {
                Place::Image(image) => Named::Image(image),
                Place::Client(folder) => Named::Files(folder_tar(
                    progress.clone(),
                    session.clone(),
                    Folder::Named(name.clone(), folder),
                    Vec::new(),
                    None,
                )),
            };
            (name, named)
        });
        let supplies = Supplies {
            context,
            named: named.collect(),
            secrets: Some(Arc::new(ClientSecrets(session))),
        };
        let mut events = engine.build_plan(plan, supplies);
        let mut step: Option<Step> = None;
        while let Some(event) = events.recv().await {
            match (event, &mut step) {
                (BuildEvent::Begun(name), _) => step = Some(progress.begin(&name)),
                (BuildEvent::Cached, Some(step)) => step.cached(),
                (BuildEvent::Output(stream, bytes), Some(step)) => step.write(stream, &bytes),
                (BuildEvent::Ended(error), open) => {
                    if let Some(step) = open.take() {
                        step.end(error);
                    }
                }
                (BuildEvent::Finished(outcome), _) => {
                    return outcome.map_err(|failure| source.status(failure));
                }
                // Steps that change nothing but the config are not shown.
                (_, None) => {}
            }
        }
        let failure = Failure {
            message: "the build ended without an outcome".to_owned(),
            lines: None,
        };
        Err(source.status(failure))
    }
}

/// Fetches a folder when the build comes to it, but for what is ignored; without patterns the folder's own are asked for.
fn folder_tar(
    progress: Progress,
    session: Arc<Session>,
    folder: Folder,
    follow: Vec<String>,
    ignored: Option<Vec<String>>,
) -> ContextTar {
    Box::pin(async move {
        let exclude = match ignored {
            Some(ignored) => ignored,
            None => {
                let text = ignore(&progress, &session, &folder).await;
                let text = text.map_err(|status| Error::system(status.message))?;
                patterns(&String::from_utf8_lossy(&text))
            }
        };
        let what = match folder {
            Folder::Context => "load build context",
            Folder::Named(..) => "load from client",
        };
        let step = progress.begin(&format!("[{}] {what}", folder.title()));
        let mut part = step.begin(&folder.transferring(), "transferring", 0);
        let wanted = Wanted {
            folder: folder.name().to_owned(),
            follow,
            exclude,
        };
        let walk = Walk::begin(&session.channel, wanted).await;
        let mut walk = match walk {
            Ok(walk) => walk,
            Err(status) => {
                step.end(Some(status.message.clone()));
                return Err(Error::system(status.message));
            }
        };
        let (feeder, reader) = bridge();
        tokio::spawn(async move {
            let sent = walk.tar(&feeder, |bytes| part.at(bytes)).await;
            let ended = match sent {
                Ok(()) => transferred(part, walk).await,
                Err(status) => Err(status),
            };
            step.end(ended.as_ref().err().map(|e| e.message.clone()));
            close(feeder, ended).await;
        });
        Ok(reader)
    })
}

async fn close(feeder: Feeder, outcome: Result<(), Status>) {
    match outcome {
        Ok(()) => feeder.end().await,
        Err(status) => feeder.fail(io::Error::other(status.message)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_cleaned_and_comments_left_out() {
        let text = "\u{feff}# no\n\n /a/b/ \n! ./c\n  # pattern\n";
        assert_eq!(patterns(text), ["a/b", "!c", "# pattern"]);
    }
}
