//! The commands, a file each. This page is their list.

mod attach;
mod build;
mod commit;
mod completion;
mod container_prune;
mod cp;
mod create;
mod diff;
mod doctor;
pub mod engine;
mod events;
mod exec;
mod explain;
mod export;
mod image;
mod images;
mod import;
mod info;
mod inspect;
mod kill;
mod licenses;
mod login;
mod logs;
mod network;
mod pause;
mod port;
pub mod ps;
mod pull;
mod rename;
mod rm;
mod run;
mod search;
mod start;
mod stats;
mod stop;
mod system;
mod system_check;
mod top;
mod update;
pub mod version;
mod volume;
mod wait;

use super::app::{App, err};
use super::error::{Error, Result};
use super::grammar::Verb;
use crate::client::Client;

/// Every command.
pub fn all() -> Vec<Verb> {
    let mut all = vec![
        attach::verb(),
        commit::verb(),
        container_prune::verb(),
        cp::verb(),
        create::verb(),
        diff::verb(),
        doctor::verb(),
        events::verb(),
        exec::verb(),
        explain::verb(),
        export::verb(),
        images::verb(),
        import::verb(),
        info::verb(),
        kill::verb(),
        licenses::verb(),
        logs::verb(),
        port::verb(),
        ps::verb(),
        pull::verb(),
        rename::verb(),
        rm::verb(),
        run::verb(),
        search::verb(),
        start::verb(),
        stats::verb(),
        system_check::verb(),
        top::verb(),
        update::verb(),
        version::verb(),
        wait::verb(),
    ];
    all.extend(image::verbs());
    all.extend(build::verbs());
    all.extend(completion::verbs());
    all.extend(inspect::verbs());
    all.extend(system::verbs());
    all.extend(login::verbs());
    all.extend(pause::verbs());
    all.extend(stop::verbs());
    all.extend(engine::verbs());
    all.extend(network::verbs());
    all.extend(volume::verbs());
    all
}

/// Does the same to several objects: each that succeeds is named on standard output, each failure on standard error.
async fn each(
    client: &Client,
    names: &[String],
    act: impl AsyncFn(&Client, &str) -> Result<String>,
) -> Result<i32> {
    let mut failures = Vec::new();
    for name in names {
        match act(client, name).await {
            Ok(line) => super::app::out(&format!("{line}\n")),
            Err(error) => failures.push(error.message),
        }
    }
    if failures.is_empty() {
        return Ok(0);
    }
    Err(Error::plain(failures.join("\n")))
}

/// Stops `-it` where there is no terminal, in Docker's words.
fn check_tty(app: &App, stdin: bool, tty: bool) -> Result<()> {
    if stdin && tty && !super::terminal::stdin_is_terminal() {
        let mut words = "the input device is not a TTY".to_owned();
        if cfg!(windows) {
            words.push_str(&format!(
                ".  If you are using mintty, try prefixing the command with 'winpty {}'",
                app.program
            ));
        }
        return Err(Error::plain(words));
    }
    Ok(())
}

/// Prints what the engine warned of.
fn warn(warnings: &[String]) {
    for warning in warnings {
        err(&format!("WARNING: {warning}\n"));
    }
}
