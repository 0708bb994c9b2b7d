//! Sets.

use super::*;
use crate::data::{COMPACT, Set, Value};

pub const COMMANDS: &[Command] = &[
    command("sadd", -3, WRITE | GROWS, ONE, sadd),
    command("srem", -3, WRITE, ONE, srem),
    command("smembers", 2, 0, ONE, smembers),
    command("sismember", 3, 0, ONE, sismember),
    command("smismember", -3, 0, ONE, smismember),
    command("scard", 2, 0, ONE, scard),
    command("spop", -2, WRITE, ONE, spop),
    command("srandmember", -2, 0, ONE, srandmember),
    command("smove", 4, WRITE | GROWS, TWO, smove),
    command("sinter", -2, 0, ALL, |call| combine(call, inter)),
    command("sunion", -2, 0, ALL, |call| combine(call, union)),
    command("sdiff", -2, 0, ALL, |call| combine(call, diff)),
    command("sinterstore", -3, WRITE | GROWS, ALL, |call| {
        store(call, inter)
    }),
    command("sunionstore", -3, WRITE | GROWS, ALL, |call| {
        store(call, union)
    }),
    command("sdiffstore", -3, WRITE | GROWS, ALL, |call| {
        store(call, diff)
    }),
    command("sintercard", -3, 0, NO_KEYS, sintercard),
];

fn sadd(call: &mut Call<'_>) -> Answer {
    let (key, items) = (call.arg(1), &call.args[2..]);
    let set = call.db().set_or_new(key)?;
    let new = items
        .iter()
        .filter(|item| set.insert((*item).clone()))
        .count();
    call.changed(new);
    Ok(Reply::count(new))
}

fn take(set: &mut Set, item: &[u8]) -> bool {
    // A small set keeps the order in which its members came.
    match set.len() <= COMPACT.0 {
        true => set.shift_remove(item),
        false => set.swap_remove(item),
    }
}

fn srem(call: &mut Call<'_>) -> Answer {
    let (key, items) = (call.arg(1), &call.args[2..]);
    let Some(set) = call.db().set(key)? else {
        return Ok(Reply::Int(0));
    };
    let gone = items.iter().filter(|item| take(set, item)).count();
    call.db().tidy(key);
    call.changed(gone);
    Ok(Reply::count(gone))
}

fn smembers(call: &mut Call<'_>) -> Answer {
    let key = call.arg(1);
    let members = call
        .db()
        .set(key)?
        .map_or(Vec::new(), |set| Value::members(set));
    Ok(Reply::Set(members.into_iter().map(Reply::Bulk).collect()))
}

fn sismember(call: &mut Call<'_>) -> Answer {
    let (key, item) = (call.arg(1), call.arg(2));
    Ok(Reply::yes(
        call.db().set(key)?.is_some_and(|set| set.contains(item)),
    ))
}

fn smismember(call: &mut Call<'_>) -> Answer {
    let (key, items) = (call.arg(1), &call.args[2..]);
    let set = call.db().set(key)?;
    let is = |item: &Arg| Reply::yes(set.as_ref().is_some_and(|set| set.contains(item)));
    Ok(Reply::Array(items.iter().map(is).collect()))
}

fn scard(call: &mut Call<'_>) -> Answer {
    let key = call.arg(1);
    Ok(Reply::count(call.db().set(key)?.map_or(0, |set| set.len())))
}

fn spop(call: &mut Call<'_>) -> Answer {
    let key = call.arg(1);
    let count = match call.args.len() {
        2 => None,
        3 => Some(call.count(2)?),
        _ => return Err(SYNTAX),
    };
    let length = call.db().set(key)?.map_or(0, |set| set.len());
    let mut items = Vec::new();
    for left in (0..length).rev().take(count.unwrap_or(1)) {
        let at = call.server.random(left + 1);
        if let Some(set) = call.db().set(key)?
            && let Some(item) = set.swap_remove_index(at)
        {
            items.push(item);
        }
    }
    call.db().tidy(key);
    call.changed(items.len());
    if !items.is_empty() {
        let head: [&[u8]; 2] = [b"SREM", key];
        let args: Vec<&[u8]> = head
            .into_iter()
            .chain(items.iter().map(Vec::as_slice))
            .collect();
        call.keep_as(&args);
    }
    Ok(match count {
        None => Reply::option(items.into_iter().next()),
        Some(_) => Reply::Set(items.into_iter().map(Reply::Bulk).collect()),
    })
}

fn srandmember(call: &mut Call<'_>) -> Answer {
    let key = call.arg(1);
    let length = call.db().set(key)?.map_or(0, |set| set.len());
    let single = call.args.len() == 2;
    let places = match call.args.len() {
        2 if length == 0 => return Ok(Reply::Null),
        2 => vec![call.server.random(length)],
        3 => {
            let count = call.integer(2)?;
            call.server.sample(length, count)?
        }
        _ => return Err(SYNTAX),
    };
    let set = call.db().set(key)?;
    let mut items = places
        .into_iter()
        .filter_map(|at| set.as_ref().and_then(|set| set.get_index(at)));
    Ok(match single {
        true => Reply::option(items.next()),
        false => Reply::array(items),
    })
}

fn smove(call: &mut Call<'_>) -> Answer {
    let (from, to, item) = (call.arg(1), call.arg(2), call.arg(3));
    if call.db().set(from)?.is_none() {
        return Ok(Reply::Int(0));
    }
    call.db().set(to)?;
    if from == to {
        let is = call.db().set(from)?.is_some_and(|set| set.contains(item));
        return Ok(Reply::yes(is));
    }
    if !take(call.db().set_or_new(from)?, item) {
        return Ok(Reply::Int(0));
    }
    call.db().tidy(from);
    call.db().set_or_new(to)?.insert(item.to_vec());
    call.changed(1);
    Ok(Reply::Int(1))
}

type Combine = fn(Vec<Set>) -> Set;

fn inter(mut sets: Vec<Set>) -> Set {
    // From the smallest on, as Redis does, which also gives the order.
    sets.sort_by_key(Set::len);
    let mut sets = sets.into_iter();
    let first = sets.next().unwrap_or_default();
    let rest: Vec<Set> = sets.collect();
    first
        .into_iter()
        .filter(|item| rest.iter().all(|set| set.contains(item)))
        .collect()
}

fn union(sets: Vec<Set>) -> Set {
    sets.into_iter().flatten().collect()
}

fn diff(sets: Vec<Set>) -> Set {
    let mut sets = sets.into_iter();
    let first = sets.next().unwrap_or_default();
    let rest: Vec<Set> = sets.collect();
    first
        .into_iter()
        .filter(|item| !rest.iter().any(|set| set.contains(item)))
        .collect()
}

fn read(call: &mut Call<'_>, keys: &[Arg]) -> Result<Vec<Set>, Fail> {
    keys.iter()
        .map(|key| {
            Ok(call
                .db()
                .set(key)?
                .map(|set| set.clone())
                .unwrap_or_default())
        })
        .collect()
}

fn combine(call: &mut Call<'_>, how: Combine) -> Answer {
    let sets = read(call, &call.args[1..])?;
    Ok(Reply::Set(
        Value::members(&how(sets))
            .into_iter()
            .map(Reply::Bulk)
            .collect(),
    ))
}

fn store(call: &mut Call<'_>, how: Combine) -> Answer {
    let sets = read(call, &call.args[2..])?;
    let (key, result) = (call.arg(1), how(sets));
    let count = result.len();
    if count == 0 {
        let gone = call.db().remove(key).is_some();
        call.changed(gone.into());
    } else {
        call.db().insert(key.to_vec(), Value::Set(result));
        call.changed(count);
    }
    Ok(Reply::count(count))
}

fn sintercard(call: &mut Call<'_>) -> Answer {
    let Some(count) = number::integer(call.arg(1)).filter(|count| *count > 0) else {
        return err("numkeys should be greater than 0");
    };
    let Some(keys) = call.args.get(2..2usize.saturating_add(count as usize)) else {
        return err("Number of keys can't be greater than number of args");
    };
    let at = 2 + keys.len();
    let limit = match (call.args.len() - at, call.word(at).as_str()) {
        (0, _) => 0,
        (2, "limit") => match number::integer(call.arg(at + 1)) {
            Some(limit @ 0..) => limit as usize,
            _ => return err("LIMIT can't be negative"),
        },
        _ => return Err(SYNTAX),
    };
    let count = inter(read(call, keys)?).len();
    Ok(Reply::count(if limit == 0 {
        count
    } else {
        count.min(limit)
    }))
}
