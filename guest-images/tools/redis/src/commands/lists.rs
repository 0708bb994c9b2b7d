//! Lists.

use super::*;
use crate::data::List;

pub const COMMANDS: &[Command] = &[
    command("lpush", -3, WRITE | GROWS, ONE, |call| {
        push(call, true, true)
    }),
    command("rpush", -3, WRITE | GROWS, ONE, |call| {
        push(call, false, true)
    }),
    command("lpushx", -3, WRITE | GROWS, ONE, |call| {
        push(call, true, false)
    }),
    command("rpushx", -3, WRITE | GROWS, ONE, |call| {
        push(call, false, false)
    }),
    command("lpop", -2, WRITE, ONE, |call| pop(call, true)),
    command("rpop", -2, WRITE, ONE, |call| pop(call, false)),
    command("llen", 2, 0, ONE, |call| {
        let key = call.arg(1);
        Ok(Reply::count(
            call.db().list(key)?.map_or(0, |list| list.len()),
        ))
    }),
    command("lrange", 4, 0, ONE, lrange),
    command("lindex", 3, 0, ONE, lindex),
    command("lset", 4, WRITE | GROWS, ONE, lset),
    command("linsert", 5, WRITE | GROWS, ONE, linsert),
    command("lrem", 4, WRITE, ONE, lrem),
    command("ltrim", 4, WRITE, ONE, ltrim),
    command("lpos", -3, 0, ONE, lpos),
    command("rpoplpush", 3, WRITE | GROWS, TWO, |call| {
        let (from, to) = (call.arg(1), call.arg(2));
        Ok(shift(call, from, to, false, true)?.unwrap_or(Reply::Null))
    }),
    command("lmove", 5, WRITE | GROWS, TWO, |call| {
        let (from, to) = (call.arg(1), call.arg(2));
        let (left, into) = (side(call, 3)?, side(call, 4)?);
        Ok(shift(call, from, to, left, into)?.unwrap_or(Reply::Null))
    }),
    command("lmpop", -4, WRITE, NO_KEYS, lmpop),
];

/// Takes an element from one end.
pub fn take(list: &mut List, left: bool) -> Option<Vec<u8>> {
    if left {
        list.pop_front()
    } else {
        list.pop_back()
    }
}

/// `LEFT` is true.
pub fn side(call: &Call<'_>, at: usize) -> Result<bool, Fail> {
    match call.word(at).as_str() {
        "left" => Ok(true),
        "right" => Ok(false),
        _ => Err(SYNTAX),
    }
}

fn push(call: &mut Call<'_>, left: bool, make: bool) -> Answer {
    let (key, items) = (call.arg(1), &call.args[2..]);
    if !make && call.db().list(key)?.is_none() {
        return Ok(Reply::Int(0));
    }
    let list = call.db().list_or_new(key)?;
    for item in items {
        match left {
            true => list.push_front(item.clone()),
            false => list.push_back(item.clone()),
        }
    }
    let length = list.len();
    call.changed(items.len());
    call.ready(key);
    Ok(Reply::count(length))
}

fn pop(call: &mut Call<'_>, left: bool) -> Answer {
    let key = call.arg(1);
    if call.args.len() > 3 {
        return err(format!(
            "wrong number of arguments for '{}' command",
            lower(call.arg(0))
        ));
    }
    let count = if call.args.len() == 3 {
        Some(call.count(2)?)
    } else {
        None
    };
    let Some(list) = call.db().list(key)? else {
        return Ok(if count.is_some() {
            Reply::NullArray
        } else {
            Reply::Null
        });
    };
    let items: Vec<Vec<u8>> = (0..count.unwrap_or(1))
        .map_while(|_| take(list, left))
        .collect();
    call.db().tidy(key);
    call.changed(items.len());
    Ok(match count {
        Some(_) => Reply::array(items),
        None => Reply::option(items.into_iter().next()),
    })
}

fn lrange(call: &mut Call<'_>) -> Answer {
    let (key, start, end) = (call.arg(1), call.integer(2)?, call.integer(3)?);
    let Some(list) = call.db().list(key)? else {
        return Ok(Reply::Array(Vec::new()));
    };
    Ok(Reply::array(list.range(span(start, end, list.len()))))
}

/// The place that an index means; negative ones count from the end.
fn place(index: i64, len: usize) -> Option<usize> {
    let index = if index < 0 {
        index.checked_add(len as i64)?
    } else {
        index
    };
    usize::try_from(index).ok().filter(|at| *at < len)
}

fn lindex(call: &mut Call<'_>) -> Answer {
    let (key, index) = (call.arg(1), call.integer(2)?);
    let Some(list) = call.db().list(key)? else {
        return Ok(Reply::Null);
    };
    Ok(Reply::option(place(index, list.len()).map(|at| &list[at])))
}

fn lset(call: &mut Call<'_>) -> Answer {
    let (key, item) = (call.arg(1), call.arg(3));
    if call.db().list(key)?.is_none() {
        return Err(NO_KEY);
    }
    let index = call.integer(2)?;
    let list = call.db().list_or_new(key)?;
    let Some(at) = place(index, list.len()) else {
        return err("index out of range");
    };
    list[at] = item.to_vec();
    call.changed(1);
    Ok(Reply::OK)
}

fn linsert(call: &mut Call<'_>) -> Answer {
    let after = match call.word(2).as_str() {
        "before" => 0,
        "after" => 1,
        _ => return Err(SYNTAX),
    };
    let (key, pivot, item) = (call.arg(1), call.arg(3), call.arg(4));
    let Some(list) = call.db().list(key)? else {
        return Ok(Reply::Int(0));
    };
    let Some(at) = list.iter().position(|found| found == pivot) else {
        return Ok(Reply::Int(-1));
    };
    list.insert(at + after, item.to_vec());
    let length = list.len();
    call.changed(1);
    Ok(Reply::count(length))
}

fn lrem(call: &mut Call<'_>) -> Answer {
    let (key, count, item) = (call.arg(1), call.integer(2)?, call.arg(3));
    let Some(list) = call.db().list(key)? else {
        return Ok(Reply::Int(0));
    };
    let most = if count == 0 {
        usize::MAX
    } else {
        usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX)
    };
    let same = list.iter().filter(|found| *found == item).count();
    let (gone, mut seen) = (same.min(most), 0);
    // From the end: the first ones stay.
    let from = if count < 0 { same - gone } else { 0 };
    list.retain(|found| {
        let is = found == item;
        seen += usize::from(is);
        !is || seen <= from || seen > from + gone
    });
    call.db().tidy(key);
    call.changed(gone);
    Ok(Reply::count(gone))
}

fn ltrim(call: &mut Call<'_>) -> Answer {
    let (key, start, end) = (call.arg(1), call.integer(2)?, call.integer(3)?);
    if let Some(list) = call.db().list(key)? {
        let range = span(start, end, list.len());
        let before = list.len();
        list.truncate(range.end);
        list.drain(..range.start);
        let gone = before - list.len();
        call.db().tidy(key);
        call.changed(gone);
    }
    Ok(Reply::OK)
}

fn lpos(call: &mut Call<'_>) -> Answer {
    let (key, item) = (call.arg(1), call.arg(2));
    let (mut rank, mut count, mut most) = (1, None, 0);
    let mut at = 3;
    while at < call.args.len() {
        if at + 1 >= call.args.len() {
            return Err(SYNTAX);
        }
        let natural = |words: &str| match call.integer(at + 1)? {
            number if number >= 0 => Ok(number as usize),
            _ => err(format!("{words} can't be negative")),
        };
        match call.word(at).as_str() {
            "rank" => match call.integer(at + 1)? {
                0 => {
                    return err(
                        "RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
                    );
                }
                i64::MIN => {
                    return err(
                        "value is out of range, value must between -9223372036854775807 and 9223372036854775807",
                    );
                }
                number => rank = number,
            },
            "count" => count = Some(natural("COUNT")?),
            "maxlen" => most = natural("MAXLEN")?,
            _ => return Err(SYNTAX),
        }
        at += 2;
    }
    let list = call.db().list(key)?;
    let len = list.as_ref().map_or(0, |list| list.len());
    let most = if most == 0 { len } else { most };
    let wanted = match count {
        None => 1,
        Some(0) => usize::MAX,
        Some(count) => count,
    };
    let is = |at: &usize| list.as_ref().is_some_and(|list| list[*at] == item);
    let skip = rank.unsigned_abs() as usize - 1;
    let found: Vec<Reply> = match rank > 0 {
        true => (0..len)
            .take(most)
            .filter(is)
            .skip(skip)
            .take(wanted)
            .map(Reply::count)
            .collect(),
        false => (0..len)
            .rev()
            .take(most)
            .filter(is)
            .skip(skip)
            .take(wanted)
            .map(Reply::count)
            .collect(),
    };
    Ok(match count {
        Some(_) => Reply::Array(found),
        None => found.into_iter().next().unwrap_or(Reply::Null),
    })
}

/// Moves an element from one list's end to another's; `None` when there is none.
pub fn shift(
    call: &mut Call<'_>,
    from: &[u8],
    to: &[u8],
    left: bool,
    into: bool,
) -> Result<Option<Reply>, Fail> {
    if call.db().list(from)?.is_none() {
        return Ok(None);
    }
    call.db().list(to)?;
    let Some(item) = take(call.db().list_or_new(from)?, left) else {
        return Ok(None);
    };
    let list = call.db().list_or_new(to)?;
    match into {
        true => list.push_front(item.clone()),
        false => list.push_back(item.clone()),
    }
    call.db().tidy(from);
    call.changed(1);
    call.ready(to);
    let word = |left| if left { &b"LEFT"[..] } else { b"RIGHT" };
    call.keep_as(&[b"LMOVE", from, to, word(left), word(into)]);
    Ok(Some(Reply::Bulk(item)))
}

/// The keys of `… numkeys key [key …] …`, and where what follows begins.
pub fn numbered<'a>(
    call: &Call<'a>,
    at: usize,
    complaint: &str,
) -> Result<(&'a [Arg], usize), Fail> {
    let Some(count) = number::integer(call.arg(at)).filter(|count| *count > 0) else {
        return err(complaint);
    };
    let end = (at + 1).saturating_add(count as usize);
    match call.args.get(at + 1..end) {
        Some(keys) => Ok((keys, end)),
        None => Err(SYNTAX),
    }
}

/// `LEFT|RIGHT [COUNT n]` behind numbered keys.
pub fn end_and_count(call: &Call<'_>, at: usize) -> Result<(bool, usize), Fail> {
    let left = side(call, at)?;
    match (call.args.len() - at, call.word(at + 1).as_str()) {
        (1, _) => Ok((left, 1)),
        (3, "count") => match number::integer(call.arg(at + 2)) {
            Some(count @ 1..) => Ok((left, count as usize)),
            _ => err("count should be greater than 0"),
        },
        _ => Err(SYNTAX),
    }
}

fn lmpop(call: &mut Call<'_>) -> Answer {
    let (keys, at) = numbered(call, 1, "numkeys should be greater than 0")?;
    let (left, count) = end_and_count(call, at)?;
    for key in keys {
        if let Some(reply) = pop_some(call, key, left, count)? {
            return Ok(reply);
        }
    }
    Ok(Reply::NullArray)
}

/// What `LMPOP` and `BLMPOP` take from one key: its name and elements.
pub fn pop_some(
    call: &mut Call<'_>,
    key: &[u8],
    left: bool,
    count: usize,
) -> Result<Option<Reply>, Fail> {
    let Some(list) = call.db().list(key)? else {
        return Ok(None);
    };
    let items: Vec<Vec<u8>> = (0..count).map_while(|_| take(list, left)).collect();
    call.db().tidy(key);
    call.changed(items.len());
    let name: &[u8] = if left { b"LPOP" } else { b"RPOP" };
    call.keep_as(&[name, key, items.len().to_string().as_bytes()]);
    Ok(Some(Reply::Array(vec![
        Reply::bulk(key),
        Reply::array(items),
    ])))
}
