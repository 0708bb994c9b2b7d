//! A connection and who speaks on it.

use super::*;

pub const COMMANDS: &[Command] = &[
    command("ping", -1, LISTENING, NO_KEYS, ping),
    command("echo", 2, 0, NO_KEYS, |call| Ok(Reply::bulk(call.arg(1)))),
    command("quit", -1, OPEN | AT_ONCE | LISTENING, NO_KEYS, |call| {
        call.client().leaving = true;
        Ok(Reply::OK)
    }),
    command("select", 2, 0, NO_KEYS, select),
    command("auth", -2, OPEN, NO_KEYS, auth),
    command("hello", -1, OPEN, NO_KEYS, hello),
    command("reset", 1, OPEN | AT_ONCE | LISTENING, NO_KEYS, reset),
];

fn ping(call: &mut Call<'_>) -> Answer {
    if call.args.len() > 2 {
        return err("wrong number of arguments for 'ping' command");
    }
    let client = call.client();
    if client.version < 3 && client.listens() {
        return Ok(Reply::array([&b"pong"[..], call.arg(1)]));
    }
    Ok(match call.args.len() {
        1 => Reply::Simple("PONG"),
        _ => Reply::bulk(call.arg(1)),
    })
}

fn select(call: &mut Call<'_>) -> Answer {
    match usize::try_from(call.integer(1)?) {
        Ok(db) if db < call.server.dbs.len() => {
            call.client().db = db;
            Ok(Reply::OK)
        }
        _ => err("DB index is out of range"),
    }
}

/// Whether the words open the door; there is one user, `default`.
fn admit(call: &mut Call<'_>, user: &[u8], password: &[u8]) -> Result<(), Fail> {
    let wanted = call.server.config.text("requirepass").as_bytes().to_vec();
    // Every byte is looked at, so that time tells nothing.
    let differs = wanted
        .iter()
        .zip(password)
        .fold(wanted.len() ^ password.len(), |sum, (a, b)| {
            sum | usize::from(a ^ b)
        });
    if user != b"default" || (!wanted.is_empty() && differs != 0) {
        return Err(Fail(
            "WRONGPASS invalid username-password pair or user is disabled.".into(),
        ));
    }
    call.client().known = true;
    Ok(())
}

fn auth(call: &mut Call<'_>) -> Answer {
    match call.args.len() {
        2 if call.server.config.text("requirepass").is_empty() => err(
            "AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
        ),
        2 => admit(call, b"default", call.arg(1)).map(|()| Reply::OK),
        3 => admit(call, call.arg(1), call.arg(2)).map(|()| Reply::OK),
        _ => Err(SYNTAX),
    }
}

fn hello(call: &mut Call<'_>) -> Answer {
    let version = match call.args.len() {
        1 => None,
        _ => match number::integer(call.arg(1)) {
            Some(version @ 2..=3) => Some(version as u8),
            Some(_) => return Err(Fail("NOPROTO unsupported protocol version".into())),
            None => return err("Protocol version is not an integer or out of range"),
        },
    };
    let (mut at, mut name) = (2, None);
    while at < call.args.len() {
        let left = call.args.len() - at - 1;
        match call.word(at).as_str() {
            "auth" if left >= 2 => {
                admit(call, call.arg(at + 1), call.arg(at + 2))?;
                at += 2;
            }
            "setname" if left >= 1 => {
                name = Some(super::clients::checked_name(call.arg(at + 1))?);
                at += 1;
            }
            _ => {
                return err(format!(
                    "Syntax error in HELLO option '{}'",
                    String::from_utf8_lossy(call.arg(at))
                ));
            }
        }
        at += 1;
    }
    if !call.client().known {
        return Err(Fail("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time".into()));
    }
    let id = call.id;
    let client = call.client();
    if let Some(name) = name {
        client.name = name;
    }
    client.version = version.unwrap_or(client.version);
    let pairs = [
        ("server", Reply::bulk("redis")),
        ("version", Reply::bulk(super::VERSION)),
        ("proto", Reply::Int(client.version.into())),
        ("id", Reply::Int(id as i64)),
        ("mode", Reply::bulk("standalone")),
        ("role", Reply::bulk("master")),
        ("modules", Reply::Array(Vec::new())),
    ];
    Ok(Reply::Map(
        pairs
            .into_iter()
            .map(|(key, value)| (Reply::bulk(key), value))
            .collect(),
    ))
}

fn reset(call: &mut Call<'_>) -> Answer {
    let id = call.id;
    unwatch(call.server, id);
    unsubscribe_all(call.server, id);
    let open = call.server.config.text("requirepass").is_empty();
    let client = call.client();
    client.queue = None;
    client.monitors = false;
    client.db = 0;
    client.version = 2;
    client.known = open;
    client.name.clear();
    Ok(Reply::Simple("RESET"))
}
