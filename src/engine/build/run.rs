//! `RUN`: a container of the stage, its output as it comes, and its changes as a layer.

use super::builder::{Builder, Failed, State};
use super::dockerfile::{CommandLine, Heredoc, RunFlags, chomp};
use super::mounts::Made;
use super::options::Frontend;
use super::out::cancelled;
use crate::base::id;
use crate::base::strconv::quote;
use crate::engine::container::START_FAILED;
use crate::engine::image::layer_from_upper;
use crate::engine::options::{RemoveOptions, WaitCondition};
use crate::engine::ports::{CommitSpec, Lent};
use crate::engine::{Error, Result, blocking};
use crate::wire::{CreateBody, HealthConfig, LogConfig};
use std::collections::BTreeMap;

/// What Docker says to flags of `RUN`, which are BuildKit's.
const BUILDKIT: &str = "option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled";

const DEVICES: &str =
    "device feature is only supported in Dockerfile frontend 1.14.0-labs or later";

impl Builder {
    pub async fn execute(
        &mut self,
        state: &mut State,
        command: &CommandLine,
        flags: &RunFlags,
    ) -> Result<(), Failed> {
        self.check_flags(state, flags)?;
        let words = state.changing.command(&with_documents(command));
        let arguments = arguments(state);
        let mut remembered = remembered(state, &arguments, &words);
        let told = format!("RUN {} # buildkit", told(state, &words).join(" "));
        let mounts = self.mounts(state, &flags.mounts, &words.join(" ")).await?;
        remembered.splice(0..0, mounts.key.iter().cloned());
        if !flags.network.is_empty() {
            remembered.insert(0, format!("--network={}", flags.network));
        }
        let mut new = state.next(remembered, told);
        new.container_config.entrypoint = None;
        if self.cached(state, &new).await? {
            return Ok(());
        }
        if state.image.is_empty() {
            // Where nothing is, no container can be made; the words are those of one that did not start.
            let program = words.first().map_or("", String::as_str);
            return Err(Error::system(format!(
                "{START_FAILED}: exec: {program:?}: stat {program}: no such file or directory"
            ))
            .into());
        }
        let mut config = new.container_config.clone();
        config.cmd = Some(words.clone());
        config.image.clone_from(&state.image);
        // Takes an inherited entry point back.
        config.entrypoint = Some(vec![String::new()]);
        config.healthcheck = Some(HealthConfig {
            test: Some(vec!["NONE".to_owned()]),
            ..HealthConfig::default()
        });
        let env = arguments
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        config.env.get_or_insert_default().extend(env);
        config.attach_stdout = true;
        config.attach_stderr = true;
        let mut host = self.options.host.clone();
        host.log_config = LogConfig {
            kind: "none".to_owned(),
            config: None,
        };
        if !flags.network.is_empty() {
            host.network_mode.clone_from(&flags.network);
        }
        let made = self.make_mounts(state, mounts, &words).await?;
        let body = CreateBody {
            config,
            host_config: Some(host),
            networking_config: None,
        };
        let created = self.engine.create_fleeting(body).await?;
        for warning in &created.warnings {
            self.out.say(format!(" ---> [Warning] {warning}\n")).await?;
        }
        self.out
            .say(format!(" ---> Running in {}\n", id::short(&created.id)))
            .await?;
        let outcome = self
            .run_and_make(state, new, &created.id, &words, &made)
            .await;
        let failed = outcome.is_err();
        if self.options.force_remove || self.options.remove && !failed {
            let options = RemoveOptions {
                force: true,
                volumes: true,
                link: false,
            };
            let removed = self.engine.remove(&created.id, options).await;
            if let Err(e) = removed {
                tracing::warn!(container = %created.id, "a step's container stays: {e}");
            } else {
                self.say_removed(&created.id).await?;
            }
        } else {
            self.engine.let_stay(&created.id).await?;
        }
        outcome
    }

    /// Refuses what cannot be had, in Docker's words.
    fn check_flags(&self, state: &State, flags: &RunFlags) -> Result<()> {
        let words = match (state.frontend, &flags.first) {
            (_, None) => return Ok(()),
            (Frontend::Classic, Some(flag)) => format!("the --{flag} {BUILDKIT}"),
            (_, Some(flag)) if flag == "device" => DEVICES.to_owned(),
            _ if flags.network == "host" && !self.options.network_host => {
                "failed to load LLB: network.host is not allowed".to_owned()
            }
            _ => return Ok(()),
        };
        Err(Error::system(words))
    }

    /// Runs the container and makes the image from what it changed.
    async fn run_and_make(
        &mut self,
        state: &mut State,
        new: CommitSpec,
        id: &str,
        words: &[String],
        mounts: &Made,
    ) -> Result<(), Failed> {
        self.engine.runtime.lend(id, mounts.lent.clone());
        let ran = self.run_container(id).await;
        self.engine.runtime.lend(id, Lent::default());
        let code = ran?;
        if code != 0 {
            let command = words.join(" ");
            let message = match state.frontend {
                Frontend::Classic => {
                    format!("The command '{command}' returned a non-zero code: {code}")
                }
                Frontend::BuildKit => format!(
                    "process {} did not complete successfully: exit code: {code}",
                    quote(&command)
                ),
            };
            return Err(Failed {
                message,
                code: Some(code),
                ..Failed::default()
            });
        }
        let container = self.engine.find(id)?;
        let record = container.look(Clone::clone);
        let runtime = self.engine.runtime.clone();
        let upper = blocking(move || runtime.upper(&record)).await?;
        mounts.clear(&upper);
        state.image = self.make(new, Some(layer_from_upper(upper))).await?;
        Ok(())
    }

    /// Starts it, passes its output on and returns its exit code. When the client goes, it is killed.
    async fn run_container(&self, id: &str) -> Result<i64> {
        let container = self.engine.find(id)?;
        let mut output = container.output.subscribe(true, true);
        let ended = self.engine.wait(id, WaitCondition::NextExit)?;
        let started = self.engine.start(id).await;
        started?;
        let mut told = Ok(());
        loop {
            let piece = tokio::select! {
                piece = output.recv() => piece,
                () = self.out.closed() => {
                    told = Err(cancelled());
                    None
                }
            };
            let Some((stream, bytes)) = piece else { break };
            told = self.out.output(stream, &bytes).await;
            if told.is_err() {
                break;
            }
        }
        if let Err(gone) = told {
            // It may have ended by itself meanwhile.
            let _ = self.engine.kill(id, None).await;
            ended.await;
            return Err(gone);
        }
        Ok(ended.await.status_code)
    }
}

/// A single here-document is the command itself; several go to the shell as they stand.
fn with_documents(command: &CommandLine) -> CommandLine {
    let ([line], [first, ..]) = (command.words.as_slice(), command.files.as_slice()) else {
        return command.clone();
    };
    let body = |document: &Heredoc| match document.chomp {
        true => chomp(&document.content),
        false => document.content.clone(),
    };
    let text = match Heredoc::parse(line) {
        Some(_) => script(&body(first)),
        None => {
            let mut text = line.clone();
            for document in &command.files {
                text.push_str(&format!("\n{}{}", document.content, document.name));
            }
            text
        }
    };
    CommandLine {
        words: vec![text],
        ..command.clone()
    }
}

/// A script with an interpreter line goes to that interpreter, on its standard input.
fn script(content: &str) -> String {
    let Some(interpreter) = content
        .strip_prefix("#!")
        .and_then(|rest| rest.lines().next())
    else {
        return content.to_owned();
    };
    // A word that is no line of the script.
    let mut end = "SCRIPT".to_owned();
    while content.lines().any(|line| line == end) {
        end.push('_');
    }
    let feed = if content.ends_with('\n') { "" } else { "\n" };
    format!("{} <<'{end}'\n{content}{feed}{end}", interpreter.trim())
}

/// Arguments that `RUN` sees as environment: all that the environment does not have itself.
fn arguments(state: &State) -> Vec<(String, String)> {
    let env = state.changing.variables();
    let mut all = state.args.seen();
    all.retain(|(name, _)| !env.iter().any(|(own, _)| own == name));
    all
}

/// The command as BuildKit's history has it: all arguments of the stage in their order, with what they stand for there.
fn told(state: &State, words: &[String]) -> Vec<String> {
    let mut values: BTreeMap<String, String> = state.args.seen().into_iter().collect();
    values.extend(state.changing.variables());
    let value = |name: &String| values.get(name).map_or("", String::as_str);
    let names = state.args.order();
    let mut all: Vec<String> = names.iter().map(|n| format!("{n}={}", value(n))).collect();
    if !all.is_empty() {
        all.insert(0, format!("|{}", names.len()));
    }
    all.extend(words.iter().cloned());
    all
}

/// The command as the history and the cache have it: `|2 a=1 b=2 /bin/sh -c …` where arguments matter.
fn remembered(state: &State, arguments: &[(String, String)], words: &[String]) -> Vec<String> {
    if arguments.is_empty() {
        return words.to_vec();
    }
    let counting = arguments.iter().filter(|(name, _)| state.args.counts(name));
    let counting: Vec<String> = counting
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut all = vec![format!("|{}", counting.len())];
    all.extend(counting);
    all.extend(words.iter().cloned());
    all
}
