//! Hashes.

use super::*;
use crate::data::{COMPACT, Hash};

pub const COMMANDS: &[Command] = &[
    command("hset", -4, WRITE | GROWS, ONE, hset),
    command("hmset", -4, WRITE | GROWS, ONE, |call| {
        hset(call).map(|_| Reply::OK)
    }),
    command("hsetnx", 4, WRITE | GROWS, ONE, hsetnx),
    command("hget", 3, 0, ONE, hget),
    command("hmget", -3, 0, ONE, hmget),
    command("hgetall", 2, 0, ONE, hgetall),
    command("hkeys", 2, 0, ONE, |call| {
        read(
            call,
            |hash| Reply::Array(hash.keys().map(Reply::bulk).collect()),
            Reply::Array(Vec::new()),
        )
    }),
    command("hvals", 2, 0, ONE, |call| {
        read(
            call,
            |hash| Reply::Array(hash.values().map(Reply::bulk).collect()),
            Reply::Array(Vec::new()),
        )
    }),
    command("hlen", 2, 0, ONE, |call| {
        read(call, |hash| Reply::count(hash.len()), Reply::Int(0))
    }),
    command("hexists", 3, 0, ONE, |call| {
        let field = call.arg(2);
        read(
            call,
            |hash| Reply::yes(hash.contains_key(field)),
            Reply::Int(0),
        )
    }),
    command("hstrlen", 3, 0, ONE, |call| {
        let field = call.arg(2);
        read(
            call,
            |hash| Reply::count(hash.get(field).map_or(0, Vec::len)),
            Reply::Int(0),
        )
    }),
    command("hdel", -3, WRITE, ONE, hdel),
    command("hincrby", 4, WRITE | GROWS, ONE, hincrby),
    command("hincrbyfloat", 4, WRITE | GROWS, ONE, hincrbyfloat),
    command("hrandfield", -2, 0, ONE, hrandfield),
];

fn read(call: &mut Call<'_>, show: impl FnOnce(&Hash) -> Reply, none: Reply) -> Answer {
    let key = call.arg(1);
    Ok(call.db().hash(key)?.map_or(none, |hash| show(hash)))
}

fn hset(call: &mut Call<'_>) -> Answer {
    let pairs = &call.args[2..];
    if !pairs.len().is_multiple_of(2) {
        return err(format!(
            "wrong number of arguments for '{}' command",
            lower(call.arg(0))
        ));
    }
    let key = call.arg(1);
    let hash = call.db().hash_or_new(key)?;
    let before = hash.len();
    for pair in pairs.chunks_exact(2) {
        hash.insert(pair[0].clone(), pair[1].clone());
    }
    let new = hash.len() - before;
    call.changed(pairs.len() / 2);
    Ok(Reply::count(new))
}

fn hsetnx(call: &mut Call<'_>) -> Answer {
    let (key, field) = (call.arg(1), call.arg(2));
    if call
        .db()
        .hash(key)?
        .is_some_and(|hash| hash.contains_key(field))
    {
        return Ok(Reply::Int(0));
    }
    hset(call)
}

fn hget(call: &mut Call<'_>) -> Answer {
    let field = call.arg(2);
    read(call, |hash| Reply::option(hash.get(field)), Reply::Null)
}

fn hmget(call: &mut Call<'_>) -> Answer {
    let (key, fields) = (call.arg(1), &call.args[2..]);
    let hash = call.db().hash(key)?;
    let value = |field: &Arg| Reply::option(hash.as_ref().and_then(|hash| hash.get(field)));
    Ok(Reply::Array(fields.iter().map(value).collect()))
}

fn hgetall(call: &mut Call<'_>) -> Answer {
    let show = |hash: &Hash| {
        Reply::Map(
            hash.iter()
                .map(|(field, value)| (Reply::bulk(field), Reply::bulk(value)))
                .collect(),
        )
    };
    read(call, show, Reply::Map(Vec::new()))
}

fn hdel(call: &mut Call<'_>) -> Answer {
    let (key, fields) = (call.arg(1), &call.args[2..]);
    let Some(hash) = call.db().hash(key)? else {
        return Ok(Reply::Int(0));
    };
    let mut count = 0;
    for field in fields {
        // A small hash keeps the order in which its fields came.
        let gone = match hash.len() <= COMPACT.0 {
            true => hash.shift_remove(field),
            false => hash.swap_remove(field),
        };
        count += usize::from(gone.is_some());
    }
    call.db().tidy(key);
    call.changed(count);
    Ok(Reply::count(count))
}

fn hincrby(call: &mut Call<'_>) -> Answer {
    let (key, field, by) = (call.arg(1), call.arg(2), call.integer(3)?);
    let now = match call.db().hash(key)?.and_then(|hash| hash.get(field)) {
        Some(text) => match number::integer(text) {
            Some(now) => now,
            None => return err("hash value is not an integer"),
        },
        None => 0,
    };
    let Some(sum) = now.checked_add(by) else {
        return err("increment or decrement would overflow");
    };
    call.db()
        .hash_or_new(key)?
        .insert(field.to_vec(), sum.to_string().into_bytes());
    call.changed(1);
    Ok(Reply::Int(sum))
}

fn hincrbyfloat(call: &mut Call<'_>) -> Answer {
    let (key, field, by) = (call.arg(1), call.arg(2), call.arg(3));
    if number::float(by).is_none() {
        return Err(NOT_FLOAT);
    }
    let now = call
        .db()
        .hash(key)?
        .and_then(|hash| hash.get(field).cloned());
    let now = now.unwrap_or_else(|| b"0".to_vec());
    if number::float(&now).is_none() {
        return err("hash value is not a float");
    }
    let Some(sum) = number::add(&now, by) else {
        return err("increment would produce NaN or Infinity");
    };
    call.db()
        .hash_or_new(key)?
        .insert(field.to_vec(), sum.clone().into_bytes());
    call.changed(1);
    call.keep_as(&[b"HSET", key, field, sum.as_bytes()]);
    Ok(Reply::bulk(sum))
}

fn hrandfield(call: &mut Call<'_>) -> Answer {
    let key = call.arg(1);
    let length = call.db().hash(key)?.map_or(0, |hash| hash.len());
    if call.args.len() == 2 {
        if length == 0 {
            return Ok(Reply::Null);
        }
        let at = call.server.random(length);
        return read(
            call,
            |hash| Reply::option(hash.get_index(at).map(|(field, _)| field)),
            Reply::Null,
        );
    }
    let count = call.integer(2)?;
    let values = match (call.args.len(), call.word(3).as_str()) {
        (3, _) => false,
        (4, "withvalues") => true,
        _ => return Err(SYNTAX),
    };
    let places = call.server.sample(length, count)?;
    let nested = call.client().version >= 3;
    let show = |hash: &Hash| {
        let chosen = places.iter().filter_map(|at| hash.get_index(*at));
        let items = chosen.flat_map(|(field, value)| match (values, nested) {
            (false, _) => vec![Reply::bulk(field)],
            (true, false) => vec![Reply::bulk(field), Reply::bulk(value)],
            (true, true) => vec![Reply::Array(vec![Reply::bulk(field), Reply::bulk(value)])],
        });
        Reply::Array(items.collect())
    };
    read(call, show, Reply::Array(Vec::new()))
}
