//! Sorted sets: members and scores. Ranges and combinations are in `zranges`.

use super::*;
use crate::data::Zset;

pub const COMMANDS: &[Command] = &[
    command("zadd", -4, WRITE | GROWS, ONE, zadd),
    command("zincrby", 4, WRITE | GROWS, ONE, zincrby),
    command("zrem", -3, WRITE, ONE, zrem),
    command("zscore", 3, 0, ONE, zscore),
    command("zmscore", -3, 0, ONE, zmscore),
    command("zcard", 2, 0, ONE, |call| {
        let key = call.arg(1);
        Ok(Reply::count(
            call.db().zset(key)?.map_or(0, |zset| zset.len()),
        ))
    }),
    command("zrank", -3, 0, ONE, |call| rank(call, false)),
    command("zrevrank", -3, 0, ONE, |call| rank(call, true)),
    command("zpopmin", -2, WRITE, ONE, |call| zpop(call, true)),
    command("zpopmax", -2, WRITE, ONE, |call| zpop(call, false)),
    command("zmpop", -4, WRITE, NO_KEYS, zmpop),
    command("zrandmember", -2, 0, ONE, zrandmember),
];

fn zadd(call: &mut Call<'_>) -> Answer {
    let (mut nx, mut xx, mut gt, mut lt, mut ch, mut incr) =
        (false, false, false, false, false, false);
    let mut at = 2;
    loop {
        match call.word(at).as_str() {
            "nx" => nx = true,
            "xx" => xx = true,
            "gt" => gt = true,
            "lt" => lt = true,
            "ch" => ch = true,
            "incr" => incr = true,
            _ => break,
        }
        at += 1;
    }
    let pairs = call.args.get(at..).unwrap_or(&[]);
    if pairs.is_empty() || !pairs.len().is_multiple_of(2) {
        return Err(SYNTAX);
    }
    if nx && xx {
        return err("XX and NX options at the same time are not compatible");
    }
    if (gt && (nx || lt)) || (lt && nx) {
        return err("GT, LT, and/or NX options at the same time are not compatible");
    }
    if incr && pairs.len() > 2 {
        return err("INCR option supports a single increment-element pair");
    }
    let mut scores = Vec::new();
    for pair in pairs.chunks_exact(2) {
        scores.push((number::float(&pair[0]).ok_or(NOT_FLOAT)?, &pair[1]));
    }
    let key = call.arg(1);
    if call.db().zset(key)?.is_none() && xx {
        return Ok(if incr { Reply::Null } else { Reply::Int(0) });
    }
    let zset = call.db().zset_or_new(key)?;
    let (mut new, mut moved, mut last) = (0, 0, None);
    for (score, member) in scores {
        let old = zset.score(member);
        let score = if incr {
            old.unwrap_or(0.0) + score
        } else {
            score
        };
        if score.is_nan() {
            call.db().tidy(key);
            return err("resulting score is not a number (NaN)");
        }
        let refused = match old {
            Some(old) => nx || (gt && score <= old) || (lt && score >= old),
            None => xx,
        };
        if refused {
            last = None;
            continue;
        }
        new += usize::from(old.is_none());
        moved += usize::from(old.is_some_and(|old| old != score));
        zset.insert(member, score);
        last = Some(score);
    }
    call.db().tidy(key);
    call.changed(new + moved);
    call.ready(key);
    Ok(match (incr, ch) {
        (true, _) => last.map_or(Reply::Null, Reply::Double),
        (false, true) => Reply::count(new + moved),
        (false, false) => Reply::count(new),
    })
}

fn zincrby(call: &mut Call<'_>) -> Answer {
    let (key, by, member) = (call.arg(1), call.float(2)?, call.arg(3));
    let old = call
        .db()
        .zset(key)?
        .and_then(|zset| zset.score(member))
        .unwrap_or(0.0);
    let score = old + by;
    if score.is_nan() {
        return err("resulting score is not a number (NaN)");
    }
    call.db().zset_or_new(key)?.insert(member, score);
    call.changed(1);
    call.ready(key);
    Ok(Reply::Double(score))
}

fn zrem(call: &mut Call<'_>) -> Answer {
    let (key, members) = (call.arg(1), &call.args[2..]);
    let Some(zset) = call.db().zset(key)? else {
        return Ok(Reply::Int(0));
    };
    let gone = members
        .iter()
        .filter(|member| zset.remove(member).is_some())
        .count();
    call.db().tidy(key);
    call.changed(gone);
    Ok(Reply::count(gone))
}

fn zscore(call: &mut Call<'_>) -> Answer {
    let (key, member) = (call.arg(1), call.arg(2));
    let score = call.db().zset(key)?.and_then(|zset| zset.score(member));
    Ok(score.map_or(Reply::Null, Reply::Double))
}

fn zmscore(call: &mut Call<'_>) -> Answer {
    let (key, members) = (call.arg(1), &call.args[2..]);
    let zset = call.db().zset(key)?;
    let score = |member: &Arg| {
        zset.as_ref()
            .and_then(|zset| zset.score(member))
            .map_or(Reply::Null, Reply::Double)
    };
    Ok(Reply::Array(members.iter().map(score).collect()))
}

fn rank(call: &mut Call<'_>, from_highest: bool) -> Answer {
    let (key, member) = (call.arg(1), call.arg(2));
    let with_score = match (call.args.len(), call.word(3).as_str()) {
        (3, _) => false,
        (4, "withscore") => true,
        _ => return Err(SYNTAX),
    };
    let none = if with_score {
        Reply::NullArray
    } else {
        Reply::Null
    };
    let Some(zset) = call.db().zset(key)? else {
        return Ok(none);
    };
    let (Some(rank), Some(score)) = (zset.rank(member), zset.score(member)) else {
        return Ok(none);
    };
    let rank = Reply::count(if from_highest {
        zset.len() - 1 - rank
    } else {
        rank
    });
    Ok(match with_score {
        true => Reply::Array(vec![rank, Reply::Double(score)]),
        false => rank,
    })
}

/// Takes members from one end.
pub fn pop_end(
    call: &mut Call<'_>,
    key: &[u8],
    lowest: bool,
    count: usize,
) -> Result<Vec<(Vec<u8>, f64)>, Fail> {
    let Some(zset) = call.db().zset(key)? else {
        return Ok(Vec::new());
    };
    let count = count.min(zset.len());
    let range = if lowest {
        0..count
    } else {
        zset.len() - count..zset.len()
    };
    let mut taken: Vec<(Vec<u8>, f64)> = zset
        .range(range)
        .map(|(score, member)| (member.to_vec(), *score))
        .collect();
    if !lowest {
        taken.reverse();
    }
    for (member, _) in &taken {
        zset.remove(member);
    }
    call.db().tidy(key);
    call.changed(taken.len());
    if count > 0 {
        let name: &[u8] = if lowest { b"ZPOPMIN" } else { b"ZPOPMAX" };
        call.keep_as(&[name, key, count.to_string().as_bytes()]);
    }
    Ok(taken)
}

/// Members with their scores: pairs in version 3, one after the other in version 2.
pub fn scored(call: &mut Call<'_>, items: impl IntoIterator<Item = (Vec<u8>, f64)>) -> Reply {
    let nested = call.client().version >= 3;
    Reply::Array(
        items
            .into_iter()
            .flat_map(|(member, score)| {
                let pair = vec![Reply::Bulk(member), Reply::Double(score)];
                if nested {
                    vec![Reply::Array(pair)]
                } else {
                    pair
                }
            })
            .collect(),
    )
}

fn zpop(call: &mut Call<'_>, lowest: bool) -> Answer {
    let key = call.arg(1);
    match call.args.len() {
        2 => {
            // One alone is not put into a pair of its own.
            let taken = pop_end(call, key, lowest, 1)?.into_iter();
            Ok(Reply::Array(
                taken
                    .flat_map(|(member, score)| [Reply::Bulk(member), Reply::Double(score)])
                    .collect(),
            ))
        }
        3 => {
            let count = call.count(2)?;
            let taken = pop_end(call, key, lowest, count)?;
            Ok(scored(call, taken))
        }
        _ => Err(SYNTAX),
    }
}

/// `MIN|MAX [COUNT n]` behind numbered keys.
pub fn end_and_count(call: &Call<'_>, at: usize) -> Result<(bool, usize), Fail> {
    let lowest = match call.word(at).as_str() {
        "min" => true,
        "max" => false,
        _ => return Err(SYNTAX),
    };
    match (call.args.len() - at, call.word(at + 1).as_str()) {
        (1, _) => Ok((lowest, 1)),
        (3, "count") => match number::integer(call.arg(at + 2)) {
            Some(count @ 1..) => Ok((lowest, count as usize)),
            _ => err("count should be greater than 0"),
        },
        _ => Err(SYNTAX),
    }
}

fn zmpop(call: &mut Call<'_>) -> Answer {
    let (keys, at) = super::lists::numbered(call, 1, "numkeys should be greater than 0")?;
    let (lowest, count) = end_and_count(call, at)?;
    for key in keys {
        if let Some(reply) = pop_members(call, key, lowest, count)? {
            return Ok(reply);
        }
    }
    Ok(Reply::NullArray)
}

/// What `ZMPOP` and `BZMPOP` take from one key: its name and members.
pub fn pop_members(
    call: &mut Call<'_>,
    key: &[u8],
    lowest: bool,
    count: usize,
) -> Result<Option<Reply>, Fail> {
    let taken = pop_end(call, key, lowest, count)?;
    let pair = |(member, score)| Reply::Array(vec![Reply::Bulk(member), Reply::Double(score)]);
    Ok((!taken.is_empty()).then(|| {
        Reply::Array(vec![
            Reply::bulk(key),
            Reply::Array(taken.into_iter().map(pair).collect()),
        ])
    }))
}

fn zrandmember(call: &mut Call<'_>) -> Answer {
    let key = call.arg(1);
    let length = call.db().zset(key)?.map_or(0, |zset| zset.len());
    let member =
        |zset: &Zset, at: usize| zset.at(at).map(|(member, score)| (member.to_vec(), score));
    if call.args.len() == 2 {
        if length == 0 {
            return Ok(Reply::Null);
        }
        let at = call.server.random(length);
        return Ok(Reply::option(
            call.db()
                .zset(key)?
                .and_then(|zset| member(zset, at))
                .map(|(member, _)| member),
        ));
    }
    let count = call.integer(2)?;
    let scores = match (call.args.len(), call.word(3).as_str()) {
        (3, _) => false,
        (4, "withscores") => true,
        _ => return Err(SYNTAX),
    };
    let places = call.server.sample(length, count)?;
    let chosen: Vec<(Vec<u8>, f64)> = match call.db().zset(key)? {
        Some(zset) => places
            .into_iter()
            .filter_map(|at| member(zset, at))
            .collect(),
        None => Vec::new(),
    };
    Ok(match scores {
        true => scored(call, chosen),
        false => Reply::array(chosen.into_iter().map(|(member, _)| member)),
    })
}
