//! Channels: who listens, and what is told.

use super::*;
use crate::data::glob;

pub const COMMANDS: &[Command] = &[
    command("subscribe", -2, LISTENING, NO_KEYS, |call| {
        each(call, |server, id, name| add(server, id, name, false))
    }),
    command("psubscribe", -2, LISTENING, NO_KEYS, |call| {
        each(call, |server, id, name| add(server, id, name, true))
    }),
    command("unsubscribe", -1, LISTENING, NO_KEYS, |call| {
        leave(call, false)
    }),
    command("punsubscribe", -1, LISTENING, NO_KEYS, |call| {
        leave(call, true)
    }),
    command("publish", 3, 0, NO_KEYS, publish),
    command("pubsub", -2, 0, NO_KEYS, |call| part(call, PUBSUB)),
];

fn each(call: &mut Call<'_>, change: fn(&mut Server, u64, &Arg) -> Reply) -> Answer {
    if call.inside && call.client().version < 3 {
        return err(format!(
            "Command not allowed inside a transaction: {}",
            lower(call.arg(0))
        ));
    }
    let (id, names) = (call.id, &call.args[1..]);
    Ok(Reply::Several(
        names
            .iter()
            .map(|name| change(call.server, id, name))
            .collect(),
    ))
}

/// `[what, name, how many are left]`.
fn told(server: &mut Server, id: u64, what: &str, name: Option<&Arg>) -> Reply {
    let client = server.client(id);
    let count = client.channels.len() + client.patterns.len();
    Reply::Push(vec![
        Reply::bulk(what),
        Reply::option(name),
        Reply::count(count),
    ])
}

fn add(server: &mut Server, id: u64, name: &Arg, pattern: bool) -> Reply {
    let client = server.client(id);
    let own = if pattern {
        &mut client.patterns
    } else {
        &mut client.channels
    };
    if !own.contains(name) {
        own.push(name.clone());
        match pattern {
            true => server.patterns.push((name.clone(), id)),
            false => server.channels.entry(name.clone()).or_default().push(id),
        }
    }
    told(
        server,
        id,
        if pattern { "psubscribe" } else { "subscribe" },
        Some(name),
    )
}

fn remove(server: &mut Server, id: u64, name: &Arg, pattern: bool) -> Reply {
    let client = server.client(id);
    match pattern {
        true => {
            client.patterns.retain(|own| own != name);
            server
                .patterns
                .retain(|(own, who)| *who != id || own != name);
        }
        false => {
            client.channels.retain(|own| own != name);
            if let Some(who) = server.channels.get_mut(name) {
                who.retain(|who| *who != id);
                if who.is_empty() {
                    server.channels.remove(name);
                }
            }
        }
    }
    told(
        server,
        id,
        if pattern {
            "punsubscribe"
        } else {
            "unsubscribe"
        },
        Some(name),
    )
}

fn leave(call: &mut Call<'_>, pattern: bool) -> Answer {
    let (id, mut names) = (call.id, call.args[1..].to_vec());
    if names.is_empty() {
        let client = call.client();
        names = if pattern {
            client.patterns.clone()
        } else {
            client.channels.clone()
        };
    }
    if names.is_empty() {
        let what = if pattern {
            "punsubscribe"
        } else {
            "unsubscribe"
        };
        return Ok(told(call.server, id, what, None));
    }
    Ok(Reply::Several(
        names
            .iter()
            .map(|name| remove(call.server, id, name, pattern))
            .collect(),
    ))
}

/// Forgets everything that a client listens to.
pub fn unsubscribe_all(server: &mut Server, id: u64) {
    let client = server.client(id);
    let (channels, patterns) = (client.channels.clone(), client.patterns.clone());
    channels
        .iter()
        .for_each(|name| drop(remove(server, id, name, false)));
    patterns
        .iter()
        .for_each(|name| drop(remove(server, id, name, true)));
}

fn publish(call: &mut Call<'_>) -> Answer {
    let (channel, words) = (call.arg(1), call.arg(2));
    let mut count = 0;
    for id in call
        .server
        .channels
        .get(channel)
        .cloned()
        .unwrap_or_default()
    {
        let push = ["message".as_bytes(), channel, words]
            .map(Reply::bulk)
            .to_vec();
        call.server.client(id).push(&Reply::Push(push));
        count += 1;
    }
    let matching: Vec<(Arg, u64)> = call
        .server
        .patterns
        .iter()
        .filter(|(pattern, _)| glob(pattern, channel))
        .cloned()
        .collect();
    for (pattern, id) in matching {
        let push = ["pmessage".as_bytes(), &pattern, channel, words]
            .map(Reply::bulk)
            .to_vec();
        call.server.client(id).push(&Reply::Push(push));
        count += 1;
    }
    Ok(Reply::Int(count))
}

const PUBSUB: &[Part] = &[
    ("channels", -2, |call| {
        let pattern = if call.args.len() > 2 {
            call.arg(2)
        } else {
            b"*"
        };
        Ok(Reply::array(
            call.server
                .channels
                .keys()
                .filter(|name| glob(pattern, name)),
        ))
    }),
    ("numsub", -2, |call| {
        let count = |name: &Arg| call.server.channels.get(name).map_or(0, Vec::len);
        let pairs = call.args[2..]
            .iter()
            .flat_map(|name| [Reply::bulk(name), Reply::count(count(name))]);
        Ok(Reply::Array(pairs.collect()))
    }),
    ("numpat", 2, |call| {
        let names: std::collections::BTreeSet<&Arg> =
            call.server.patterns.iter().map(|(name, _)| name).collect();
        Ok(Reply::count(names.len()))
    }),
];
