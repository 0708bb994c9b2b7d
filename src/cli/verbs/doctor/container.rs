//! Containers, by running some: this program is called as its user would call it.

use super::Finding;
use crate::cli::app::App;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

const CONTAINER: &str = "container";
const FILES: &str = "folders";
const PORTS: &str = "ports";

const IMAGE: &str = "alpine";
/// What courses publish first.
const FIRST_PORT: u16 = 8080;

pub async fn look(app: &App) -> Vec<Finding> {
    let first = run(app).await;
    let mut found = vec![first];
    if found[0].state == super::State::Ok {
        found.push(folders(app).await);
        found.push(ports(app).await);
        found.push(first_port(TcpListener::bind((
            Ipv4Addr::LOCALHOST,
            FIRST_PORT,
        ))));
    }
    found
}

/// Calls this program; gives its output, or what it said instead.
async fn call(app: &App, args: &[&str]) -> Result<String, String> {
    let own = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut command = tokio::process::Command::new(own);
    if let Some(host) = &app.host {
        command.args(["--host", host]);
    }
    let done = command
        .args(["--plain", "--no-hints"])
        .args(args)
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|e| e.to_string())?;
    match done.status.success() {
        true => Ok(String::from_utf8_lossy(&done.stdout).into_owned()),
        false => {
            let said = String::from_utf8_lossy(&done.stderr);
            let line = said.lines().find(|l| !l.trim().is_empty());
            Err(line.unwrap_or("it failed without a word").to_owned())
        }
    }
}

async fn run(app: &App) -> Finding {
    // The first run may have to compile; what counts is the next.
    if let Err(said) = call(app, &["run", "--rm", IMAGE, "true"]).await {
        return Finding::bad(
            CONTAINER,
            format!("'run {IMAGE}' failed: {said}"),
            "see 'schooner engine logs'; 'schooner rmi alpine' fetches the image anew",
        );
    }
    let begin = Instant::now();
    match call(app, &["run", "--rm", IMAGE, "echo", "ahoy"]).await {
        Ok(output) if output == "ahoy\n" => {
            let time = begin.elapsed().as_millis();
            Finding::ok(CONTAINER, format!("ran, spoke and went in {time} ms"))
        }
        Ok(output) => Finding::bad(
            CONTAINER,
            format!("a container should say \"ahoy\" and said {output:?}"),
            "see 'schooner engine logs'",
        ),
        Err(said) => Finding::bad(CONTAINER, said, "see 'schooner engine logs'"),
    }
}

/// A folder of this machine in a container, read and written.
async fn folders(app: &App) -> Finding {
    let folder = std::env::temp_dir().join(format!("schooner-doctor-{}", std::process::id()));
    let tried = share(app, &folder).await;
    // A folder that could not be made is not there to be removed.
    let _ = std::fs::remove_dir_all(&folder);
    match tried {
        Ok(()) => Finding::ok(FILES, format!("{} was read and written", parent(&folder))),
        Err(said) => Finding::bad(
            FILES,
            format!("a container cannot use {}: {said}", parent(&folder)),
            "mount folders below your home folder instead",
        ),
    }
}

fn parent(folder: &Path) -> String {
    let parent: PathBuf = folder.parent().map(Path::to_path_buf).unwrap_or_default();
    parent.display().to_string()
}

async fn share(app: &App, folder: &Path) -> Result<(), String> {
    let words = |e: std::io::Error| e.to_string();
    std::fs::create_dir(folder).map_err(words)?;
    std::fs::write(folder.join("in"), "ahoy\n").map_err(words)?;
    let volume = format!("{}:/data", folder.display());
    let script = "cat /data/in > /data/out";
    call(
        app,
        &["run", "--rm", "-v", &volume, IMAGE, "sh", "-c", script],
    )
    .await?;
    let back = std::fs::read_to_string(folder.join("out")).map_err(words)?;
    match back == "ahoy\n" {
        true => Ok(()),
        false => Err(format!("what was written came back as {back:?}")),
    }
}

/// A port that is published, and closed when its container goes.
async fn ports(app: &App) -> Finding {
    match publish(app).await {
        Ok(port) => Finding::ok(PORTS, format!("127.0.0.1:{port} was published and closed")),
        Err(said) => Finding::bad(
            PORTS,
            format!("a port cannot be published: {said}"),
            "let the firewall allow this program to listen on 127.0.0.1",
        ),
    }
}

async fn publish(app: &App) -> Result<u16, String> {
    let options = [
        "run",
        "-d",
        "--rm",
        "-p",
        "127.0.0.1::80",
        IMAGE,
        "sleep",
        "60",
    ];
    let id = call(app, &options).await?;
    let id = id.trim();
    let tried = connect(app, id).await;
    call(app, &["rm", "-f", id]).await?;
    let port = tried?;
    match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Err(format!("{port} is still open after its container has gone")),
        Err(_) => Ok(port),
    }
}

async fn connect(app: &App, id: &str) -> Result<u16, String> {
    let line = call(app, &["port", id, "80"]).await?;
    let port = line.trim().rsplit(':').next().and_then(|p| p.parse().ok());
    let port: u16 = port.ok_or_else(|| format!("'port' said {line:?}"))?;
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(|e| e.to_string())?;
    Ok(port)
}

/// From an attempt to listen at the port that everybody publishes first.
fn first_port(tried: std::io::Result<TcpListener>) -> Finding {
    match tried {
        Ok(_) => Finding::ok(PORTS, format!("{FIRST_PORT} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Finding::note(
            PORTS,
            format!("{FIRST_PORT} is in use by another program"),
            "where a lesson says '-p 8080:80', write '-p 8081:80'",
        ),
        Err(error) => Finding::note(
            PORTS,
            format!("{FIRST_PORT} cannot be opened: {error}"),
            "where a lesson says '-p 8080:80', write '-p 18080:80'",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn a_port_in_use_is_told_with_another() {
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let again = TcpListener::bind(held.local_addr().unwrap());
        let found = first_port(again);
        assert_eq!(found.state, State::Note);
        assert!(found.fix.contains("8081:80"));
    }
}
