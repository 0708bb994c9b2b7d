//! `login` and `logout`: which user we are at a registry.

use crate::cli::app::{App, err, out};
use crate::cli::config::{ConfigFile, HUB, host};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::terminal;
use crate::client::Body;
use crate::wire::{AuthAnswer, AuthConfig};
use hyper::Method;
use std::io::{BufRead, Read};

pub fn verbs() -> Vec<Verb> {
    vec![
        Verb {
            paths: &["login"],
            usage: "[SERVER]",
            about: "Log in to a registry, the default one when none is named",
            arity: Arity::AtMost(1),
            options_first: false,
            flags,
            run: |app, given| Box::pin(login(app, given)),
            hidden: false,
        },
        Verb {
            paths: &["logout"],
            usage: "[SERVER]",
            about: "Log out from a registry, the default one when none is named",
            arity: Arity::AtMost(1),
            options_first: false,
            flags: Vec::new,
            run: |app, given| Box::pin(logout(app, given)),
            hidden: false,
        },
    ]
}

fn flags() -> Vec<Flag> {
    vec![
        flag("password", "p", Text, "Password or access token"),
        flag(
            "password-stdin",
            "",
            Bool,
            "Read the password from standard input",
        ),
        flag("username", "u", Text, "Name of the user"),
    ]
}

/// The name under which a server is kept.
fn server(given: &Given) -> &str {
    match given.first() {
        "" | "docker.io" | "index.docker.io" | HUB => HUB,
        other => host(other),
    }
}

async fn login(app: App, given: Given) -> Result<i32> {
    let (mut username, mut password) = (
        given.text("username").to_owned(),
        given.text("password").to_owned(),
    );
    let from_stdin = given.on("password-stdin");
    if given.changed("password") {
        if from_stdin {
            return Err(Error::plain(
                "conflicting options: cannot specify both --password and --password-stdin",
            ));
        }
        err("WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n");
    }
    if from_stdin {
        if username.is_empty() {
            return Err(Error::plain(
                "the --password-stdin option requires --username to be set",
            ));
        }
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text)?;
        password = text.trim_end_matches(['\r', '\n']).to_owned();
    }
    let server = server(&given);
    let mut config = ConfigFile::load(&app.config)?;
    let known = config.get(server)?;
    let mut from_file = false;
    if username.is_empty() && password.is_empty() && !known.username.is_empty() {
        out("Authenticating with existing credentials...\n");
        (username, password) = (known.username.clone(), known.password.clone());
        from_file = true;
    } else if username.is_empty() || password.is_empty() {
        (username, password) = ask(&username, &known.username)?;
    }
    let auth = AuthConfig {
        username,
        password,
        serveraddress: server.to_owned(),
        identitytoken: if from_file {
            known.identitytoken
        } else {
            String::new()
        },
        ..AuthConfig::default()
    };
    let client = app.client().await?;
    let answer: AuthAnswer = client
        .json(Method::POST, "/auth", Body::json(&auth)?)
        .await?;
    let kept = AuthConfig {
        identitytoken: answer.identity_token.clone(),
        password: match answer.identity_token.is_empty() {
            true => auth.password.clone(),
            false => String::new(),
        },
        ..auth
    };
    config.store(server, &kept)?;
    if config.helper(server).is_none() && !from_file {
        let path = config.path();
        err(&format!(
            "\nWARNING! Your credentials are stored unencrypted in '{path}'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n\n"
        ));
    }
    out(&format!("{}\n", answer.status));
    Ok(0)
}

/// Asks on the terminal for what is missing.
fn ask(username: &str, known: &str) -> Result<(String, String)> {
    if !terminal::stdin_is_terminal() {
        return Err(Error::plain(
            "Error: Cannot perform an interactive login from a non TTY device",
        ));
    }
    let mut name = username.to_owned();
    if name.is_empty() {
        out(&match known {
            "" => "Username: ".to_owned(),
            known => format!("Username ({known}): "),
        });
        std::io::stdin().lock().read_line(&mut name)?;
        name = name.trim().to_owned();
        if name.is_empty() {
            known.clone_into(&mut name);
        }
    }
    if name.is_empty() {
        return Err(Error::plain("Error: Non-null Username Required"));
    }
    out("Password: ");
    let password = terminal::read_secret()?;
    out("\n");
    match password.is_empty() {
        true => Err(Error::plain("Error: Password Required")),
        false => Ok((name, password)),
    }
}

async fn logout(app: App, given: Given) -> Result<i32> {
    let server = server(&given);
    let mut config = ConfigFile::load(&app.config)?;
    out(&format!("Removing login credentials for {server}\n"));
    config.erase(server)?;
    Ok(0)
}
