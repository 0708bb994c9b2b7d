//! Strings: `GET`, `SET` and their kin.

use super::expire::deadline;
use super::*;
use crate::data::Value;

const LONGEST: usize = 512 << 20;

pub const COMMANDS: &[Command] = &[
    command("get", 2, 0, ONE, get),
    command("set", -3, WRITE | GROWS, ONE, set),
    command("setnx", 3, WRITE | GROWS, ONE, setnx),
    command("setex", 4, WRITE | GROWS, ONE, |call| set_for(call, "EX")),
    command("psetex", 4, WRITE | GROWS, ONE, |call| set_for(call, "PX")),
    command("getset", 3, WRITE | GROWS, ONE, getset),
    command("getdel", 2, WRITE, ONE, getdel),
    command("getex", -2, WRITE, ONE, getex),
    command("append", 3, WRITE | GROWS, ONE, append),
    command("strlen", 2, 0, ONE, strlen),
    command("getrange", 4, 0, ONE, getrange),
    command("substr", 4, 0, ONE, getrange),
    command("setrange", 4, WRITE | GROWS, ONE, setrange),
    command("mget", -2, 0, ALL, mget),
    command("mset", -3, WRITE | GROWS, (1, -1, 2), mset),
    command("msetnx", -3, WRITE | GROWS, (1, -1, 2), msetnx),
    command("incr", 2, WRITE | GROWS, ONE, |call| step(call, 1)),
    command("decr", 2, WRITE | GROWS, ONE, |call| step(call, -1)),
    command("incrby", 3, WRITE | GROWS, ONE, |call| {
        let by = call.integer(2)?;
        step(call, by)
    }),
    command("decrby", 3, WRITE | GROWS, ONE, |call| {
        match call.integer(2)?.checked_neg() {
            Some(by) => step(call, by),
            None => err("decrement would overflow"),
        }
    }),
    command("incrbyfloat", 3, WRITE | GROWS, ONE, incrbyfloat),
    command("lcs", -3, 0, TWO, lcs),
];

fn get(call: &mut Call<'_>) -> Answer {
    let key = call.arg(1);
    Ok(Reply::option(call.db().string(key)?))
}

/// What a value's time to live becomes.
enum Life {
    Forever,
    Kept,
    Until(u64),
}

fn set(call: &mut Call<'_>) -> Answer {
    let (key, value) = (call.arg(1), call.arg(2));
    let (mut exists, mut old, mut life) = (None, false, Life::Forever);
    let mut at = 3;
    while at < call.args.len() {
        let word = call.word(at);
        match word.as_str() {
            "nx" if exists.is_none() => exists = Some(false),
            "xx" if exists.is_none() => exists = Some(true),
            "get" => old = true,
            "keepttl" if matches!(life, Life::Forever) => life = Life::Kept,
            "ex" | "px" | "exat" | "pxat"
                if matches!(life, Life::Forever) && at + 1 < call.args.len() =>
            {
                life = Life::Until(deadline(call, at + 1, &word, "set")?);
                at += 1;
            }
            _ => return Err(SYNTAX),
        }
        at += 1;
    }
    let before = match old {
        true => Some(Reply::option(call.db().string(key)?)),
        false => None,
    };
    if exists.is_some_and(|wanted| call.db().contains(key) != wanted) {
        return Ok(before.unwrap_or(Reply::Null));
    }
    store(call, key, value, life);
    Ok(before.unwrap_or(Reply::OK))
}

fn store(call: &mut Call<'_>, key: &[u8], value: &[u8], life: Life) {
    let db = call.db();
    let until = match life {
        Life::Forever => None,
        Life::Kept => db.peek(key).and_then(|entry| entry.expires),
        Life::Until(at) => Some(at),
    };
    db.insert(key.to_vec(), Value::String(value.to_vec()));
    db.expire(key, until);
    call.changed(1);
    match until {
        Some(until) => call.keep_as(&[b"SET", key, value, b"PXAT", until.to_string().as_bytes()]),
        None => call.keep_as(&[b"SET", key, value]),
    }
}

fn setnx(call: &mut Call<'_>) -> Answer {
    let (key, value) = (call.arg(1), call.arg(2));
    let free = !call.db().contains(key);
    if free {
        store(call, key, value, Life::Forever);
    }
    Ok(Reply::yes(free))
}

fn set_for(call: &mut Call<'_>, unit: &str) -> Answer {
    let name = lower(call.arg(0));
    let until = deadline(call, 2, &unit.to_ascii_lowercase(), &name)?;
    let (key, value) = (call.arg(1), call.arg(3));
    store(call, key, value, Life::Until(until));
    Ok(Reply::OK)
}

fn getset(call: &mut Call<'_>) -> Answer {
    let before = get(call)?;
    let (key, value) = (call.arg(1), call.arg(2));
    store(call, key, value, Life::Forever);
    Ok(before)
}

fn getdel(call: &mut Call<'_>) -> Answer {
    let before = get(call)?;
    let key = call.arg(1);
    if call.db().remove(key).is_some() {
        call.changed(1);
        call.keep_as(&[b"DEL", key]);
    }
    Ok(before)
}

fn getex(call: &mut Call<'_>) -> Answer {
    let word = call.word(2);
    let life = match (word.as_str(), call.args.len()) {
        ("", 2) => None,
        ("persist", 3) => Some(None),
        ("ex" | "px" | "exat" | "pxat", 4) => Some(Some(deadline(call, 3, &word, "getex")?)),
        _ => return Err(SYNTAX),
    };
    let found = get(call)?;
    let key = call.arg(1);
    if let Some(until) = life
        && let Some(entry) = call.db().peek(key)
    {
        let before = entry.expires;
        call.db().expire(key, until);
        match until {
            Some(until) => {
                call.changed(1);
                call.keep_as(&[b"PEXPIREAT", key, until.to_string().as_bytes()]);
            }
            None if before.is_some() => {
                call.changed(1);
                call.keep_as(&[b"PERSIST", key]);
            }
            None => {}
        }
    }
    Ok(found)
}

fn room(length: usize) -> Result<(), Fail> {
    match length > LONGEST {
        true => err("string exceeds maximum allowed size (proto-max-bulk-len)"),
        false => Ok(()),
    }
}

fn append(call: &mut Call<'_>) -> Answer {
    let (key, more) = (call.arg(1), call.arg(2));
    let text = call.db().string_or_new(key)?;
    room(text.len() + more.len())?;
    text.extend_from_slice(more);
    let length = text.len();
    call.changed(1);
    Ok(Reply::count(length))
}

fn strlen(call: &mut Call<'_>) -> Answer {
    let key = call.arg(1);
    Ok(Reply::count(
        call.db().string(key)?.map_or(0, |text| text.len()),
    ))
}

fn getrange(call: &mut Call<'_>) -> Answer {
    let (key, start, end) = (call.arg(1), call.integer(2)?, call.integer(3)?);
    let text = call.db().string(key)?;
    Ok(Reply::bulk(text.map_or(&[][..], |text| {
        // Both before the beginning and the wrong way round: nothing, although clamping would meet the first byte.
        if start < 0 && end < 0 && start > end {
            return &[];
        }
        let end = if end < 0 {
            (end.saturating_add(text.len() as i64)).max(0)
        } else {
            end
        };
        &text[span(start, end, text.len())]
    })))
}

fn setrange(call: &mut Call<'_>) -> Answer {
    let (key, offset, part) = (call.arg(1), call.integer(2)?, call.arg(3));
    let Ok(offset) = usize::try_from(offset) else {
        return err("offset is out of range");
    };
    if part.is_empty() {
        return strlen(call);
    }
    // The wrong kind is told before the length.
    call.db().string(key)?;
    room(offset.saturating_add(part.len()))?;
    let text = call.db().string_or_new(key)?;
    if text.len() < offset + part.len() {
        text.resize(offset + part.len(), 0);
    }
    text[offset..offset + part.len()].copy_from_slice(part);
    let length = text.len();
    call.changed(1);
    Ok(Reply::count(length))
}

fn mget(call: &mut Call<'_>) -> Answer {
    let keys = &call.args[1..];
    let db = call.db();
    let found = keys.iter().map(|key| match db.string(key) {
        Ok(text) => Reply::option(text),
        Err(_) => Reply::Null,
    });
    Ok(Reply::Array(found.collect()))
}

fn mset(call: &mut Call<'_>) -> Answer {
    let pairs = &call.args[1..];
    if !pairs.len().is_multiple_of(2) {
        return err(format!(
            "wrong number of arguments for '{}' command",
            lower(call.arg(0))
        ));
    }
    for pair in pairs.chunks_exact(2) {
        call.db()
            .insert(pair[0].clone(), Value::String(pair[1].clone()));
        call.changed(1);
    }
    Ok(Reply::OK)
}

fn msetnx(call: &mut Call<'_>) -> Answer {
    let args = call.args;
    let db = call.db();
    if args.len() % 2 == 1 && args[1..].iter().step_by(2).any(|key| db.contains(key)) {
        return Ok(Reply::Int(0));
    }
    mset(call).map(|_| Reply::Int(1))
}

fn step(call: &mut Call<'_>, by: i64) -> Answer {
    let key = call.arg(1);
    let now = match call.db().string(key)? {
        Some(text) => number::integer(text).ok_or(NOT_INTEGER)?,
        None => 0,
    };
    let Some(sum) = now.checked_add(by) else {
        return err("increment or decrement would overflow");
    };
    *call.db().string_or_new(key)? = sum.to_string().into_bytes();
    call.changed(1);
    Ok(Reply::Int(sum))
}

fn incrbyfloat(call: &mut Call<'_>) -> Answer {
    let (key, by) = (call.arg(1), call.arg(2));
    let now = match call.db().string(key)? {
        Some(text) => text.clone(),
        None => b"0".to_vec(),
    };
    if number::float(&now).is_none() || number::float(by).is_none() {
        return Err(NOT_FLOAT);
    }
    let Some(sum) = number::add(&now, by) else {
        return err("increment would produce NaN or Infinity");
    };
    *call.db().string_or_new(key)? = sum.clone().into_bytes();
    call.changed(1);
    call.keep_as(&[b"SET", key, sum.as_bytes(), b"KEEPTTL"]);
    Ok(Reply::bulk(sum))
}

/// The longest common subsequence, or its length with `LEN`.
fn lcs(call: &mut Call<'_>) -> Answer {
    let mut only_length = false;
    for at in 3..call.args.len() {
        match call.word(at).as_str() {
            "len" => only_length = true,
            "idx" => return err("LCS with IDX is not supported by this server"),
            _ => return Err(SYNTAX),
        }
    }
    let (left, right) = (call.arg(1), call.arg(2));
    let mut text = |key| {
        call.db()
            .string(key)
            .map(|text| text.cloned().unwrap_or_default())
    };
    let (Ok(left), Ok(right)) = (text(left), text(right)) else {
        return err("The specified keys must contain string values");
    };
    let width = right.len() + 1;
    room(width.saturating_mul(left.len() + 1).saturating_mul(4))?;
    let mut best = vec![0u32; width * (left.len() + 1)];
    for (row, a) in left.iter().enumerate() {
        for (column, b) in right.iter().enumerate() {
            best[(row + 1) * width + column + 1] = match a == b {
                true => best[row * width + column] + 1,
                false => best[row * width + column + 1].max(best[(row + 1) * width + column]),
            };
        }
    }
    let length = best.last().copied().unwrap_or(0);
    if only_length {
        return Ok(Reply::Int(length.into()));
    }
    let (mut row, mut column, mut found) = (left.len(), right.len(), Vec::new());
    while row > 0 && column > 0 {
        if left[row - 1] == right[column - 1] {
            found.push(left[row - 1]);
            (row, column) = (row - 1, column - 1);
        } else if best[(row - 1) * width + column] > best[row * width + column - 1] {
            row -= 1;
        } else {
            column -= 1;
        }
    }
    found.reverse();
    Ok(Reply::Bulk(found))
}
