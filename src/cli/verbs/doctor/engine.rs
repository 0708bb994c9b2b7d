//! The engine: that it starts and answers, that its store is whole, and whether a `docker` command would find it.

use super::Finding;
use crate::cli::app::App;
use crate::client::Client;
use crate::wire::CheckFinding;
use std::time::Instant;

const ENGINE: &str = "engine";
const STORE: &str = "store";
const DOCKER: &str = "docker command";

pub async fn look(app: &App) -> Vec<Finding> {
    let (client, answer) = match answer(app).await {
        Ok(answered) => answered,
        Err(message) => {
            let fix = match &app.host {
                Some(host) => format!("start what should listen at {host}, or leave out --host"),
                None => "see 'schooner engine logs'; where another engine holds the folder, \
                         'schooner engine stop' or end that process"
                    .to_owned(),
            };
            return vec![Finding::bad(ENGINE, message, fix)];
        }
    };
    let mut found = vec![Finding::ok(ENGINE, answer)];
    found.extend(store(&client).await);
    if let Ok(address) = app.address() {
        let set = std::env::var("DOCKER_HOST").unwrap_or_default();
        found.push(docker(which("docker"), &set, &address));
    }
    found
}

async fn answer(app: &App) -> Result<(Client, String), String> {
    let address = app.address().map_err(|e| e.message)?;
    let client = app.client().await.map_err(|e| e.message)?;
    let begin = Instant::now();
    client.ping().await.map_err(|e| e.to_string())?;
    let time = begin.elapsed().as_secs_f64() * 1000.0;
    Ok((client, format!("answers at {address} in {time:.1} ms")))
}

/// What the engine finds in its own store; engines of others have no such door.
async fn store(client: &Client) -> Option<Finding> {
    let found: Vec<CheckFinding> = client.get("/schooner/check").await.ok()?;
    let damaged: Vec<&CheckFinding> = found.iter().filter(|f| f.damage).collect();
    let Some(first) = damaged.first() else {
        return Some(Finding::ok(STORE, "every record and blob is whole"));
    };
    Some(Finding::bad(
        STORE,
        format!(
            "{} damaged; the first: {}: {}",
            damaged.len(),
            first.object,
            first.what
        ),
        "see all with 'schooner system check'; remove what is named and pull or build it again",
    ))
}

/// From where the command is, `DOCKER_HOST`, and our address.
fn docker(there: bool, host: &str, address: &str) -> Finding {
    if !there {
        return Finding::ok(DOCKER, "not installed, and not needed");
    }
    if host == address {
        return Finding::ok(DOCKER, "leads to this engine");
    }
    let leads = match host {
        "" => "leads elsewhere".to_owned(),
        host => format!("leads to {host}"),
    };
    let set = match cfg!(windows) {
        true => "set",
        false => "export",
    };
    Finding::note(
        DOCKER,
        leads,
        format!("{set} DOCKER_HOST={address}, to use it with this engine"),
    )
}

/// Whether a command of this name is on the search path.
fn which(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).any(|folder| folder.join(&file).is_file())
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn where_docker_leads() {
        let ours = "unix:///s/run/engine.sock";
        assert_eq!(docker(false, "", ours).state, State::Ok);
        assert_eq!(docker(true, ours, ours).state, State::Ok);
        let elsewhere = docker(true, "", ours);
        assert_eq!(elsewhere.state, State::Note);
        assert!(
            elsewhere
                .fix
                .contains("DOCKER_HOST=unix:///s/run/engine.sock")
        );
        assert_eq!(docker(true, "tcp://x", ours).found, "leads to tcp://x");
    }
}
