//! Keys of any kind, and whole databases.

use super::*;
use crate::data::{Value, glob};

pub const COMMANDS: &[Command] = &[
    command("del", -2, WRITE, ALL, del),
    command("unlink", -2, WRITE, ALL, del),
    command("exists", -2, 0, ALL, exists),
    command("touch", -2, 0, ALL, exists),
    command("type", 2, 0, ONE, kind),
    command("rename", 3, WRITE, TWO, |call| rename(call, true)),
    command("renamenx", 3, WRITE, TWO, |call| rename(call, false)),
    command("copy", -3, WRITE | GROWS, TWO, copy),
    command("move", 3, WRITE, ONE, move_key),
    command("keys", 2, 0, NO_KEYS, keys),
    command("randomkey", 1, 0, NO_KEYS, randomkey),
    command("dbsize", 1, 0, NO_KEYS, |call| {
        Ok(Reply::count(call.db().iter().count()))
    }),
    command("flushdb", -1, WRITE, NO_KEYS, |call| flush(call, false)),
    command("flushall", -1, WRITE, NO_KEYS, |call| flush(call, true)),
    command("swapdb", 3, WRITE, NO_KEYS, swapdb),
    command("object", -2, 0, (2, 2, 1), |call| part(call, OBJECT)),
    command("sort", -2, WRITE | GROWS, ONE, super::scan::sort),
    command("sort_ro", -2, 0, ONE, super::scan::sort),
];

fn del(call: &mut Call<'_>) -> Answer {
    let mut count = 0;
    for key in &call.args[1..] {
        let db = call.db();
        count += usize::from(db.contains(key) && db.remove(key).is_some());
    }
    call.changed(count);
    Ok(Reply::count(count))
}

fn exists(call: &mut Call<'_>) -> Answer {
    let keys = &call.args[1..];
    let db = call.db();
    Ok(Reply::count(
        keys.iter().filter(|key| db.get(key).is_some()).count(),
    ))
}

fn kind(call: &mut Call<'_>) -> Answer {
    let key = call.arg(1);
    Ok(Reply::Simple(
        call.db()
            .peek(key)
            .map_or("none", |entry| entry.value.kind()),
    ))
}

fn rename(call: &mut Call<'_>, over: bool) -> Answer {
    let (from, to) = (call.arg(1), call.arg(2));
    if !call.db().contains(from) {
        return Err(NO_KEY);
    }
    if !over && call.db().contains(to) {
        return Ok(Reply::Int(0));
    }
    if from != to
        && let Some(entry) = call.db().remove(from)
    {
        let db = call.db();
        db.insert(to.to_vec(), entry.value);
        db.expire(to, entry.expires);
        call.changed(1);
        call.ready(to);
    }
    Ok(if over { Reply::OK } else { Reply::Int(1) })
}

/// A database's number.
fn database(call: &Call<'_>, at: usize) -> Result<usize, Fail> {
    match usize::try_from(call.integer(at)?) {
        Ok(number) if number < call.server.dbs.len() => Ok(number),
        _ => err("DB index is out of range"),
    }
}

fn copy(call: &mut Call<'_>) -> Answer {
    let (mut target, mut over) = (call.db, false);
    let mut at = 3;
    while at < call.args.len() {
        match call.word(at).as_str() {
            "replace" => over = true,
            "db" if at + 1 < call.args.len() => {
                target = database(call, at + 1)?;
                at += 1;
            }
            _ => return Err(SYNTAX),
        }
        at += 1;
    }
    let (from, to) = (call.arg(1), call.arg(2));
    if from == to && target == call.db {
        return err("source and destination objects are the same");
    }
    let Some(entry) = call.db().peek(from).cloned() else {
        return Ok(Reply::Int(0));
    };
    let db = call.server.db(target);
    if !over && db.contains(to) {
        return Ok(Reply::Int(0));
    }
    db.insert(to.to_vec(), entry.value);
    db.expire(to, entry.expires);
    call.changed(1);
    call.server.ready.push((target, to.to_vec()));
    Ok(Reply::Int(1))
}

fn move_key(call: &mut Call<'_>) -> Answer {
    let (key, target) = (call.arg(1), database(call, 2)?);
    if target == call.db {
        return err("source and destination objects are the same");
    }
    if !call.db().contains(key) || call.server.db(target).contains(key) {
        return Ok(Reply::Int(0));
    }
    if let Some(entry) = call.db().remove(key) {
        let db = call.server.db(target);
        db.insert(key.to_vec(), entry.value);
        db.expire(key, entry.expires);
        call.server.ready.push((target, key.to_vec()));
    }
    call.changed(1);
    Ok(Reply::Int(1))
}

fn keys(call: &mut Call<'_>) -> Answer {
    let pattern = call.arg(1);
    Ok(Reply::array(
        call.db()
            .iter()
            .map(|(key, _)| key)
            .filter(|key| glob(pattern, key)),
    ))
}

fn randomkey(call: &mut Call<'_>) -> Answer {
    loop {
        let count = call.db().len();
        if count == 0 {
            return Ok(Reply::Null);
        }
        let at = call.server.random(count);
        let key = call
            .db()
            .at(at)
            .map(|(key, _)| key.clone())
            .unwrap_or_default();
        // One that has expired goes away by being looked at.
        if call.db().contains(&key) {
            return Ok(Reply::Bulk(key));
        }
    }
}

fn flush(call: &mut Call<'_>, all: bool) -> Answer {
    match (call.args.len(), call.word(1).as_str()) {
        (1, _) | (2, "async" | "sync") => {}
        _ => return Err(SYNTAX),
    }
    let which = if all {
        0..call.server.dbs.len()
    } else {
        call.db..call.db + 1
    };
    for number in which {
        let count = call.server.dbs[number].clear();
        call.changed(count);
        call.server.disturb_all(number);
    }
    // It is kept even when nothing was there.
    call.changed(1);
    Ok(Reply::OK)
}

fn swapdb(call: &mut Call<'_>) -> Answer {
    let place = |at, words: &str| {
        let number =
            number::integer(call.arg(at)).ok_or_else(|| Fail(format!("ERR {words}").into()))?;
        match usize::try_from(number) {
            Ok(number) if number < call.server.dbs.len() => Ok(number),
            _ => err("DB index is out of range"),
        }
    };
    let (first, second) = (
        place(1, "invalid first DB index")?,
        place(2, "invalid second DB index")?,
    );
    call.server.dbs.swap(first, second);
    call.server.disturb_all(first);
    call.server.disturb_all(second);
    call.changed(1);
    Ok(Reply::OK)
}

const OBJECT: &[Part] = &[
    ("encoding", 3, |call| {
        object(call, |entry, _| Reply::bulk(entry.value.encoding()))
    }),
    ("refcount", 3, |call| {
        object(call, |entry, _| match &entry.value {
            // Small numbers are shared, and their count is this one.
            Value::String(text)
                if number::integer(text).is_some_and(|n| (0..10_000).contains(&n)) =>
            {
                Reply::Int(2_147_483_647)
            }
            _ => Reply::Int(1),
        })
    }),
    ("idletime", 3, |call| {
        object(call, |entry, now| {
            Reply::Int((now.saturating_sub(entry.used) / 1000) as i64)
        })
    }),
    ("freq", 3, |call| {
        if call.server.config.policy().ends_with("lfu") {
            return object(call, |entry, _| Reply::Int(entry.uses.min(255).into()));
        }
        err(
            "An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.",
        )
    }),
    ("help", 2, |_| {
        Ok(Reply::Array(
            ["OBJECT ENCODING | FREQ | IDLETIME | REFCOUNT <key>"]
                .into_iter()
                .map(Reply::Simple)
                .collect(),
        ))
    }),
];

fn object(call: &mut Call<'_>, show: fn(&crate::data::Entry, u64) -> Reply) -> Answer {
    let (key, now) = (call.arg(2), call.server.now);
    Ok(call
        .db()
        .peek(key)
        .map_or(Reply::Null, |entry| show(entry, now)))
}
