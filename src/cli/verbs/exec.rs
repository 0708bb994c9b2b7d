//! `exec`: runs a further program in a running container.

use super::check_tty;
use crate::cli::app::{App, container};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, CheckedList, List, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::hints;
use crate::cli::options::{env_check, env_list};
use crate::cli::stream::{Ended, Plan, carry, resize};
use crate::cli::terminal::{parse_keys, size};
use crate::client::Body;
use crate::wire::{ContainerInspect, ExecCreate, ExecInspect, ExecStart, IdResponse};
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["container exec", "exec"],
        usage: "CONTAINER COMMAND [ARG...]",
        about: "Run a program in a running container",
        arity: Arity::AtLeast(2),
        options_first: true,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag("detach", "d", Bool, "Leave the program in the background"),
        flag("detach-keys", "", Text, "Keys that detach from the program"),
        flag(
            "env",
            "e",
            CheckedList("list", env_check),
            "Set an environment variable",
        ),
        flag(
            "env-file",
            "",
            List,
            "Read environment variables from a file",
        ),
        flag("interactive", "i", Bool, "Keep standard input open"),
        flag("privileged", "", Bool, "Give the program extended rights"),
        flag("tty", "t", Bool, "Give the program a terminal"),
        flag(
            "user",
            "u",
            Text,
            "User, as name or number, with :group if wanted",
        ),
        flag("workdir", "w", Text, "Folder in which the program starts"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let env = env_list(&given.list("env-file"), &given.list("env"))?;
    let client = app.client().await?;
    let _: ContainerInspect = client.get(&container(given.first(), "/json")?).await?;
    let (tty, stdin, detached) = (given.on("tty"), given.on("interactive"), given.on("detach"));
    if !detached {
        check_tty(&app, stdin, tty)?;
    }
    let keys = given.text("detach-keys");
    let detach = parse_keys(keys).map_err(Error::plain)?;
    let (height, width) = size();
    let console = (tty && height > 0).then(|| [u32::from(height), u32::from(width)]);
    let create = ExecCreate {
        user: given.text("user").to_owned(),
        privileged: given.on("privileged"),
        tty,
        console_size: console,
        attach_stdin: stdin && !detached,
        attach_stderr: !detached,
        attach_stdout: !detached,
        detach_keys: keys.to_owned(),
        env: Some(env).filter(|e| !e.is_empty()),
        working_dir: given.text("workdir").to_owned(),
        cmd: Some(given.args[1..].to_vec()),
    };
    let target = container(given.first(), "/exec")?;
    let created: IdResponse = client
        .json(Method::POST, &target, Body::json(&create)?)
        .await?;
    let base = format!("/exec/{}", created.id);
    let begin = ExecStart {
        detach: detached,
        tty,
        console_size: console,
    };
    let body = Body::json(&begin)?;
    if detached {
        client
            .request(Method::POST, &format!("{base}/start"), body)
            .await?;
        return Ok(0);
    }
    let hijacked = client.hijack(&format!("{base}/start"), body).await?;
    let resize_path = format!("{base}/resize");
    if tty {
        resize(&client, &resize_path).await;
    }
    let plan = Plan {
        tty,
        stdin,
        detach,
        resize: Some(resize_path),
    };
    if carry(&client, hijacked, &plan).await? == Ended::Detached {
        return Err(Error::plain("read escape sequence"));
    }
    let ended: ExecInspect = client.get(&format!("{base}/json")).await?;
    let code = ended
        .exit_code
        .and_then(|c| i32::try_from(c).ok())
        .unwrap_or(0);
    if !tty {
        hints::after_code(&app, code);
    }
    Ok(code)
}
