//! `CLIENT`: connections and what is known of them.

use super::*;
use crate::server::Speech;

pub const COMMANDS: &[Command] = &[command("client", -2, 0, NO_KEYS, |call| part(call, CLIENT))];

const CLIENT: &[Part] = &[
    ("id", 2, |call| Ok(Reply::Int(call.id as i64))),
    ("getname", 2, |call| {
        let name = &call.client().name;
        Ok(if name.is_empty() {
            Reply::Null
        } else {
            Reply::bulk(name)
        })
    }),
    ("setname", 3, |call| {
        call.client().name = checked_name(call.arg(2))?;
        Ok(Reply::OK)
    }),
    ("setinfo", 4, setinfo),
    ("info", 2, |call| {
        let id = call.id;
        Ok(Reply::Verbatim(describe(call.server, id)))
    }),
    ("list", -2, list),
    ("kill", -3, kill),
    ("reply", 3, reply),
    ("unblock", -3, unblock),
    ("no-evict", 3, on_or_off),
    ("no-touch", 3, on_or_off),
    ("getredir", 2, |_| Ok(Reply::Int(-1))),
    ("help", 2, |_| {
        let lines = [
            "CLIENT GETNAME | ID | INFO | KILL | LIST | NO-EVICT | NO-TOUCH | REPLY | SETINFO | SETNAME | UNBLOCK",
        ];
        Ok(Reply::Array(lines.into_iter().map(Reply::Simple).collect()))
    }),
];

pub fn checked_name(name: &[u8]) -> Result<Vec<u8>, Fail> {
    match name.iter().all(|byte| (b'!'..=b'~').contains(byte)) {
        true => Ok(name.to_vec()),
        false => err("Client names cannot contain spaces, newlines or special characters."),
    }
}

fn setinfo(call: &mut Call<'_>) -> Answer {
    let (word, value) = (call.word(2), call.arg(3));
    if !value.iter().all(|byte| (b'!'..=b'~').contains(byte)) {
        return err(format!(
            "{word} cannot contain spaces, newlines or special characters."
        ));
    }
    let value = String::from_utf8_lossy(value).into_owned();
    match word.as_str() {
        "lib-name" => call.client().library.0 = value,
        "lib-ver" => call.client().library.1 = value,
        _ => {
            return err(format!(
                "Unrecognized option '{}'",
                String::from_utf8_lossy(call.arg(2))
            ));
        }
    }
    Ok(Reply::OK)
}

/// One line of `CLIENT LIST`.
fn describe(server: &mut Server, id: u64) -> String {
    let now = server.now;
    let client = server.client(id);
    let mut flags = String::new();
    for (letter, is) in [
        ('O', client.monitors),
        ('P', client.listens()),
        ('x', client.queue.is_some()),
        ('b', client.blocked.is_some()),
    ] {
        if is {
            flags.push(letter);
        }
    }
    if flags.is_empty() {
        flags.push('N');
    }
    let waiting = client.reader.waiting();
    let unsent = client.unsent();
    format!(
        "id={id} addr={} laddr={} fd={} name={} age={} idle={} flags={flags} db={} sub={} psub={} ssub=0 multi={} watch={} qbuf={waiting} qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl={unsent} oll=0 omem=0 tot-mem={} events=r cmd={} user=default redir=-1 resp={} lib-name={} lib-ver={}\n",
        client.address,
        client.local,
        client.fd,
        String::from_utf8_lossy(&client.name),
        now.saturating_sub(client.since) / 1000,
        now.saturating_sub(client.active) / 1000,
        client.db,
        client.channels.len(),
        client.patterns.len(),
        client.queue.as_ref().map_or(-1, |queue| queue.len() as i64),
        client.watching.len(),
        waiting + unsent,
        if client.command.is_empty() {
            "NULL"
        } else {
            client.command.as_str()
        },
        client.version,
        client.library.0,
        client.library.1,
    )
}

fn kind(client: &Client) -> &'static str {
    if client.listens() { "pubsub" } else { "normal" }
}

fn checked_kind(word: &str) -> Result<(), Fail> {
    match word {
        "normal" | "pubsub" | "master" | "slave" | "replica" => Ok(()),
        other => err(format!("Unknown client type '{other}'")),
    }
}

fn list(call: &mut Call<'_>) -> Answer {
    let mut ids: Vec<u64> = call
        .server
        .clients
        .keys()
        .copied()
        .filter(|id| *id > 0)
        .collect();
    match (call.args.len(), call.word(2).as_str()) {
        (2, _) => {}
        (4, "type") => {
            let wanted = call.word(3);
            checked_kind(&wanted)?;
            ids.retain(|id| kind(&call.server.clients[id]) == wanted);
        }
        (4.., "id") => {
            let mut wanted = Vec::new();
            for at in 3..call.args.len() {
                match number::integer(call.arg(at)) {
                    Some(id @ 1..) => wanted.push(id as u64),
                    _ => return err("Invalid client ID"),
                }
            }
            ids.retain(|id| wanted.contains(id));
        }
        _ => return Err(SYNTAX),
    }
    let lines = ids.into_iter().map(|id| describe(call.server, id));
    Ok(Reply::Verbatim(lines.collect()))
}

fn kill(call: &mut Call<'_>) -> Answer {
    if call.args.len() == 3 {
        // The old form names an address.
        let address = String::from_utf8_lossy(call.arg(2)).into_owned();
        let found = call
            .server
            .clients
            .values_mut()
            .find(|client| client.id > 0 && client.address == address);
        return match found {
            Some(client) => {
                client.leaving = true;
                Ok(Reply::OK)
            }
            None => err("No such client"),
        };
    }
    if call.args.len() % 2 == 1 {
        return Err(SYNTAX);
    }
    let own = call.id;
    let (mut chosen, mut spare): (Vec<u64>, bool) = (
        call.server
            .clients
            .keys()
            .copied()
            .filter(|id| *id > 0)
            .collect(),
        true,
    );
    for at in (2..call.args.len()).step_by(2) {
        let value = call.word(at + 1);
        match call.word(at).as_str() {
            "id" => match number::integer(call.arg(at + 1)) {
                Some(wanted @ 1..) => chosen.retain(|id| *id == wanted as u64),
                _ => return err("client-id should be greater than 0"),
            },
            "addr" => chosen.retain(|id| call.server.clients[id].address == value),
            "laddr" => chosen.retain(|id| call.server.clients[id].local == value),
            "type" => {
                checked_kind(&value)?;
                chosen.retain(|id| kind(&call.server.clients[id]) == value);
            }
            "user" if value == "default" => {}
            "user" => return err(format!("No such user '{value}'")),
            "skipme" => match value.as_str() {
                "yes" => spare = true,
                "no" => spare = false,
                _ => return Err(SYNTAX),
            },
            _ => return Err(SYNTAX),
        }
    }
    chosen.retain(|id| !spare || *id != own);
    for id in &chosen {
        call.server.client(*id).leaving = true;
    }
    Ok(Reply::count(chosen.len()))
}

fn reply(call: &mut Call<'_>) -> Answer {
    let speech = match call.word(2).as_str() {
        "on" => Speech::On,
        "off" => Speech::Off,
        "skip" => Speech::SkipNext,
        _ => return Err(SYNTAX),
    };
    call.client().speech = speech;
    Ok(if speech == Speech::On {
        Reply::OK
    } else {
        Reply::Nothing
    })
}

fn unblock(call: &mut Call<'_>) -> Answer {
    let id = call.integer(2)?;
    let as_error = match (call.args.len(), call.word(3).as_str()) {
        (3, _) | (4, "timeout") => false,
        (4, "error") => true,
        _ => return err("CLIENT UNBLOCK reason should be TIMEOUT or ERROR"),
    };
    let blocked = call
        .server
        .clients
        .get(&(id as u64))
        .and_then(|client| client.blocked.clone());
    let Some(blocked) = blocked else {
        return Ok(Reply::Int(0));
    };
    let reply = match as_error {
        true => Reply::Error("UNBLOCKED client unblocked via CLIENT UNBLOCK".into()),
        false => blocked.in_vain(),
    };
    call.server.unblock(id as u64, &reply);
    Ok(Reply::Int(1))
}

fn on_or_off(call: &mut Call<'_>) -> Answer {
    match call.word(2).as_str() {
        "on" | "off" => Ok(Reply::OK),
        _ => Err(SYNTAX),
    }
}
