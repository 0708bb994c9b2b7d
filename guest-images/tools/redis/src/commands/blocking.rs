//! Commands that wait for a key to have something. Who waits is served in the order in which they began, as soon as the command
//! that brought something is over.

use super::lists::{end_and_count, numbered, pop_some, shift, side, take};
use super::zsets::{pop_end, pop_members};
use super::*;
use crate::data::Value;

pub const COMMANDS: &[Command] = &[
    command("blpop", -3, WRITE | WAITS, (1, -2, 1), |call| {
        ends(call, What::Pop(true))
    }),
    command("brpop", -3, WRITE | WAITS, (1, -2, 1), |call| {
        ends(call, What::Pop(false))
    }),
    command("brpoplpush", 4, WRITE | GROWS | WAITS, TWO, |call| {
        let (from, to) = (call.arg(1).to_vec(), call.arg(2).to_vec());
        let until = timeout(call, 3)?;
        wait(call, vec![from], What::Move(to, false, true), until)
    }),
    command("blmove", 6, WRITE | GROWS | WAITS, TWO, |call| {
        let (from, to) = (call.arg(1).to_vec(), call.arg(2).to_vec());
        let (left, into) = (side(call, 3)?, side(call, 4)?);
        let until = timeout(call, 5)?;
        wait(call, vec![from], What::Move(to, left, into), until)
    }),
    command("blmpop", -5, WRITE | WAITS, NO_KEYS, |call| {
        let until = timeout(call, 1)?;
        let (keys, at) = numbered(call, 2, "numkeys should be greater than 0")?;
        let (left, count) = end_and_count(call, at)?;
        wait(call, keys.to_vec(), What::PopMany(left, count), until)
    }),
    command("bzpopmin", -3, WRITE | WAITS, (1, -2, 1), |call| {
        ends(call, What::PopScored(true))
    }),
    command("bzpopmax", -3, WRITE | WAITS, (1, -2, 1), |call| {
        ends(call, What::PopScored(false))
    }),
    command("bzmpop", -5, WRITE | WAITS, NO_KEYS, |call| {
        let until = timeout(call, 1)?;
        let (keys, at) = numbered(call, 2, "numkeys should be greater than 0")?;
        let (lowest, count) = super::zsets::end_and_count(call, at)?;
        wait(
            call,
            keys.to_vec(),
            What::PopScoredMany(lowest, count),
            until,
        )
    }),
];

/// What is done with the first key that has something.
#[derive(Clone)]
enum What {
    Pop(bool),
    PopMany(bool, usize),
    Move(Arg, bool, bool),
    PopScored(bool),
    PopScoredMany(bool, usize),
}

/// Why a client waits.
#[derive(Clone)]
pub struct Blocked {
    db: usize,
    keys: Vec<Arg>,
    what: What,
    /// Milliseconds since 1970; `None` is forever.
    pub until: Option<u64>,
}

impl Blocked {
    /// What is answered when the time is over.
    pub fn in_vain(&self) -> Reply {
        match self.what {
            What::Move(..) => Reply::Null,
            _ => Reply::NullArray,
        }
    }
}

fn timeout(call: &Call<'_>, at: usize) -> Result<Option<u64>, Fail> {
    match number::float(call.arg(at)).filter(|seconds| seconds.is_finite()) {
        None => err("timeout is not a float or out of range"),
        Some(seconds) if seconds < 0.0 => err("timeout is negative"),
        Some(0.0) => Ok(None),
        Some(seconds) if seconds > 9e15 => err("timeout is out of range"),
        Some(seconds) => Ok(Some(call.server.now + (seconds * 1000.0).ceil() as u64)),
    }
}

fn ends(call: &mut Call<'_>, what: What) -> Answer {
    let last = call.args.len() - 1;
    let until = timeout(call, last)?;
    wait(call, call.args[1..last].to_vec(), what, until)
}

fn wait(call: &mut Call<'_>, keys: Vec<Arg>, what: What, until: Option<u64>) -> Answer {
    let blocked = Blocked {
        db: call.db,
        keys,
        what,
        until,
    };
    if let Some(reply) = attempt(call, &blocked)? {
        return Ok(reply);
    }
    if call.inside {
        return Ok(blocked.in_vain());
    }
    let id = call.id;
    call.client().blocked = Some(blocked);
    call.server.waiting.push(id);
    Ok(Reply::Nothing)
}

/// Does it with the first key that has something.
fn attempt(call: &mut Call<'_>, blocked: &Blocked) -> Result<Option<Reply>, Fail> {
    for key in &blocked.keys {
        let reply = match &blocked.what {
            What::Pop(left) => match call.db().list(key)?.and_then(|list| take(list, *left)) {
                Some(item) => {
                    call.db().tidy(key);
                    call.changed(1);
                    call.keep_as(&[if *left { b"LPOP" } else { b"RPOP" }, key]);
                    Some(Reply::Array(vec![Reply::bulk(key), Reply::Bulk(item)]))
                }
                None => None,
            },
            What::PopMany(left, count) => pop_some(call, key, *left, *count)?,
            What::Move(to, left, into) => shift(call, key, to, *left, *into)?,
            What::PopScored(lowest) => match call.db().zset(key)? {
                None => None,
                Some(_) => {
                    let (member, score) = pop_end(call, key, *lowest, 1)?.remove(0);
                    Some(Reply::Array(vec![
                        Reply::bulk(key),
                        Reply::Bulk(member),
                        Reply::Double(score),
                    ]))
                }
            },
            What::PopScoredMany(lowest, count) => pop_members(call, key, *lowest, *count)?,
        };
        if reply.is_some() {
            return Ok(reply);
        }
    }
    Ok(None)
}

/// Serves those who wait for keys that have something now.
pub fn serve_blocked(server: &mut Server) {
    while !server.ready.is_empty() {
        let ready = std::mem::take(&mut server.ready);
        for id in server.waiting.clone() {
            let Some(blocked) = server
                .clients
                .get(&id)
                .and_then(|client| client.blocked.clone())
            else {
                continue;
            };
            let concerned = |key: &Arg| {
                ready
                    .iter()
                    .any(|(db, name)| *db == blocked.db && name == key)
            };
            if !blocked.keys.iter().any(concerned) {
                continue;
            }
            // Another kind of value than it waits for is not what it waits for.
            let fits = |value: &Value| match blocked.what {
                What::PopScored(_) | What::PopScoredMany(..) => matches!(value, Value::Zset(_)),
                _ => matches!(value, Value::List(_)),
            };
            let db = server.db(blocked.db);
            let there = blocked
                .keys
                .iter()
                .any(|key| db.peek(key).is_some_and(|entry| fits(&entry.value)));
            if !there {
                continue;
            }
            let before = server.dirty;
            let mut call = Call {
                server,
                id,
                db: blocked.db,
                args: &[],
                inside: true,
            };
            let reply = match attempt(&mut call, &blocked) {
                Ok(None) => continue,
                Ok(Some(reply)) => reply,
                Err(fail) => Reply::Error(fail.0.into_owned()),
            };
            if server.dirty > before {
                for key in &blocked.keys {
                    server.disturb(blocked.db, key);
                }
                let kept = std::mem::take(&mut server.kept_as);
                kept.iter().for_each(|args| server.keep(blocked.db, args));
            }
            server.unblock(id, &reply);
        }
    }
}
