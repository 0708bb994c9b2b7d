//! Sorted sets: ranges by rank, score and member, and combinations of several.

use super::lists::numbered;
use super::zsets::scored;
use super::*;
use crate::data::{Bound, Value, Zset};
use std::ops::Range;

pub const COMMANDS: &[Command] = &[
    command("zrange", -4, 0, ONE, |call| {
        zrange(call, By::Rank, false, true, 1)
    }),
    command("zrevrange", -4, 0, ONE, |call| {
        zrange(call, By::Rank, true, false, 1)
    }),
    command("zrangebyscore", -4, 0, ONE, |call| {
        zrange(call, By::Score, false, false, 1)
    }),
    command("zrevrangebyscore", -4, 0, ONE, |call| {
        zrange(call, By::Score, true, false, 1)
    }),
    command("zrangebylex", -4, 0, ONE, |call| {
        zrange(call, By::Member, false, false, 1)
    }),
    command("zrevrangebylex", -4, 0, ONE, |call| {
        zrange(call, By::Member, true, false, 1)
    }),
    command("zrangestore", -5, WRITE | GROWS, TWO, |call| {
        zrange(call, By::Rank, false, true, 2)
    }),
    command("zcount", 4, 0, ONE, |call| counted(call, By::Score)),
    command("zlexcount", 4, 0, ONE, |call| counted(call, By::Member)),
    command("zremrangebyrank", 4, WRITE, ONE, |call| {
        remove(call, By::Rank)
    }),
    command("zremrangebyscore", 4, WRITE, ONE, |call| {
        remove(call, By::Score)
    }),
    command("zremrangebylex", 4, WRITE, ONE, |call| {
        remove(call, By::Member)
    }),
    command("zunion", -3, 0, NO_KEYS, |call| {
        combine(call, Combine::Union, false)
    }),
    command("zinter", -3, 0, NO_KEYS, |call| {
        combine(call, Combine::Inter, false)
    }),
    command("zdiff", -3, 0, NO_KEYS, |call| {
        combine(call, Combine::Diff, false)
    }),
    command("zunionstore", -4, WRITE | GROWS, ONE, |call| {
        combine(call, Combine::Union, true)
    }),
    command("zinterstore", -4, WRITE | GROWS, ONE, |call| {
        combine(call, Combine::Inter, true)
    }),
    command("zdiffstore", -4, WRITE | GROWS, ONE, |call| {
        combine(call, Combine::Diff, true)
    }),
    command("zintercard", -3, 0, NO_KEYS, zintercard),
];

#[derive(Clone, Copy, PartialEq)]
enum By {
    Rank,
    Score,
    Member,
}

/// What a range names, read before any key is looked at.
enum Ends<'a> {
    Rank(i64, i64),
    Score(Bound<f64>, Bound<f64>),
    Member(Bound<&'a [u8]>, Bound<&'a [u8]>),
}

impl<'a> Ends<'a> {
    /// `min` and `max` are places of arguments.
    fn read(call: &Call<'a>, by: By, min: usize, max: usize) -> Result<Ends<'a>, Fail> {
        match by {
            By::Rank => Ok(Ends::Rank(call.integer(min)?, call.integer(max)?)),
            By::Score => match (Bound::score(call.arg(min)), Bound::score(call.arg(max))) {
                (Some(min), Some(max)) => Ok(Ends::Score(min, max)),
                _ => err("min or max is not a float"),
            },
            By::Member => match (Bound::member(call.arg(min)), Bound::member(call.arg(max))) {
                (Some(min), Some(max)) => Ok(Ends::Member(min, max)),
                _ => err("min or max not valid string range item"),
            },
        }
    }

    fn ranks(&self, zset: &Zset) -> Range<usize> {
        match self {
            Ends::Rank(start, end) => span(*start, *end, zset.len()),
            Ends::Score(min, max) => zset.by_score(*min, *max),
            Ends::Member(min, max) => zset.by_member(*min, *max),
        }
    }
}

/// All range commands: `key` is the place of the key; `modern` allows `BYSCORE`, `BYLEX` and `REV`.
fn zrange(call: &mut Call<'_>, mut by: By, mut reverse: bool, modern: bool, key: usize) -> Answer {
    let (mut scores, mut limit) = (false, None);
    let mut at = key + 3;
    while at < call.args.len() {
        match call.word(at).as_str() {
            "withscores" if key == 1 => scores = true,
            "byscore" if modern => by = By::Score,
            "bylex" if modern => by = By::Member,
            "rev" if modern => reverse = true,
            "limit" if at + 2 < call.args.len() => {
                limit = Some((call.integer(at + 1)?, call.integer(at + 2)?));
                at += 2;
            }
            _ => return Err(SYNTAX),
        }
        at += 1;
    }
    if limit.is_some() && by == By::Rank {
        return err(
            "syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
        );
    }
    if scores && by == By::Member {
        return err("syntax error, WITHSCORES not supported in combination with BYLEX");
    }
    let swapped = reverse && by != By::Rank;
    let (min, max) = if swapped {
        (key + 2, key + 1)
    } else {
        (key + 1, key + 2)
    };
    let ends = Ends::read(call, by, min, max)?;
    let source = call.arg(key);
    let mut found: Vec<(Vec<u8>, f64)> = match call.db().zset(source)? {
        None => Vec::new(),
        Some(zset) => {
            let mut range = ends.ranks(zset);
            if reverse && by == By::Rank {
                range = zset.len() - range.end..zset.len() - range.start;
            }
            let (skip, count) = match limit {
                Some((skip, _)) if skip < 0 => (usize::MAX, 0),
                Some((skip, count)) => {
                    (skip as usize, usize::try_from(count).unwrap_or(usize::MAX))
                }
                None => (0, usize::MAX),
            };
            let (skip, length) = (skip.min(range.len()), range.len());
            let count = count.min(length - skip);
            let range = match reverse {
                false => range.start + skip..range.start + skip + count,
                true => range.end - skip - count..range.end - skip,
            };
            zset.range(range)
                .map(|(score, member)| (member.to_vec(), *score))
                .collect()
        }
    };
    if reverse {
        found.reverse();
    }
    if key == 2 {
        return keep(call, found);
    }
    Ok(match scores {
        true => scored(call, found),
        false => Reply::array(found.into_iter().map(|(member, _)| member)),
    })
}

/// Puts a result under the first key.
fn keep(call: &mut Call<'_>, found: Vec<(Vec<u8>, f64)>) -> Answer {
    let (key, count) = (call.arg(1), found.len());
    if count == 0 {
        let gone = call.db().remove(key).is_some();
        call.changed(gone.into());
    } else {
        let mut zset = Zset::default();
        for (member, score) in found {
            zset.insert(&member, score);
        }
        call.db().insert(key.to_vec(), Value::Zset(Box::new(zset)));
        call.changed(count);
        call.ready(key);
    }
    Ok(Reply::count(count))
}

fn counted(call: &mut Call<'_>, by: By) -> Answer {
    let (key, ends) = (call.arg(1), Ends::read(call, by, 2, 3)?);
    Ok(Reply::count(
        call.db()
            .zset(key)?
            .map_or(0, |zset| ends.ranks(zset).len()),
    ))
}

fn remove(call: &mut Call<'_>, by: By) -> Answer {
    let (key, ends) = (call.arg(1), Ends::read(call, by, 2, 3)?);
    let Some(zset) = call.db().zset(key)? else {
        return Ok(Reply::Int(0));
    };
    let gone: Vec<_> = zset
        .range(ends.ranks(zset))
        .map(|(_, member)| member.clone())
        .collect();
    for member in &gone {
        zset.remove(member);
    }
    call.db().tidy(key);
    call.changed(gone.len());
    Ok(Reply::count(gone.len()))
}

#[derive(Clone, Copy, PartialEq)]
enum Combine {
    Union,
    Inter,
    Diff,
}

/// The sorted sets at some keys; plain sets count as one with all scores 1.
fn sources(call: &mut Call<'_>, keys: &[Arg]) -> Result<Vec<Vec<(Vec<u8>, f64)>>, Fail> {
    let mut all = Vec::new();
    for key in keys {
        all.push(match call.db().get(key) {
            None => Vec::new(),
            Some(Value::Zset(zset)) => zset
                .iter()
                .map(|(score, member)| (member.to_vec(), *score))
                .collect(),
            Some(Value::Set(set)) => set.iter().map(|member| (member.clone(), 1.0)).collect(),
            Some(_) => return Err(crate::data::WrongType.into()),
        });
    }
    Ok(all)
}

fn combine(call: &mut Call<'_>, how: Combine, store: bool) -> Answer {
    let name = lower(call.arg(0));
    let first = if store { 2 } else { 1 };
    if number::integer(call.arg(first)).is_none() {
        return Err(NOT_INTEGER);
    }
    let (keys, mut at) = numbered(
        call,
        first,
        &format!("at least 1 input key is needed for '{name}' command"),
    )?;
    let (mut weights, mut scores) = (vec![1.0; keys.len()], false);
    let mut join: fn(f64, f64) -> f64 = |a, b| a + b;
    while at < call.args.len() {
        match call.word(at).as_str() {
            "weights" if how != Combine::Diff && at + keys.len() < call.args.len() => {
                for (place, weight) in weights.iter_mut().enumerate() {
                    match number::float(call.arg(at + 1 + place)) {
                        Some(number) => *weight = number,
                        None => return err("weight value is not a float"),
                    }
                }
                at += keys.len();
            }
            "aggregate" if how != Combine::Diff => {
                join = match call.word(at + 1).as_str() {
                    "sum" => |a, b| a + b,
                    "min" => f64::min,
                    "max" => f64::max,
                    _ => return Err(SYNTAX),
                };
                at += 1;
            }
            "withscores" if !store => scores = true,
            _ => return Err(SYNTAX),
        }
        at += 1;
    }
    let sources = sources(call, keys)?;
    // Two infinities of different sign, or nothing times infinity, make nothing.
    let number = |score: f64| if score.is_nan() { 0.0 } else { score };
    let mut result = Zset::default();
    for (place, source) in sources.iter().enumerate() {
        for (member, score) in source {
            let score = number(score * weights[place]);
            match (how, place, result.score(member)) {
                (Combine::Diff, 1.., _) => {
                    result.remove(member);
                }
                (Combine::Inter, 1.., None) => {}
                (_, _, None) => {
                    result.insert(member, score);
                }
                (_, _, Some(old)) => {
                    result.insert(member, number(join(old, score)));
                }
            }
        }
        if how == Combine::Inter && place > 0 {
            let here: std::collections::HashSet<&[u8]> =
                source.iter().map(|(member, _)| member.as_slice()).collect();
            let gone: Vec<_> = result
                .iter()
                .map(|(_, member)| member.clone())
                .filter(|m| !here.contains(&**m))
                .collect();
            for member in gone {
                result.remove(&member);
            }
        }
    }
    let found: Vec<(Vec<u8>, f64)> = result
        .iter()
        .map(|(score, member)| (member.to_vec(), *score))
        .collect();
    Ok(match (store, scores) {
        (true, _) => return keep(call, found),
        (false, true) => scored(call, found),
        (false, false) => Reply::array(found.into_iter().map(|(member, _)| member)),
    })
}

fn zintercard(call: &mut Call<'_>) -> Answer {
    let (keys, at) = numbered(
        call,
        1,
        "at least 1 input key is needed for 'zintercard' command",
    )?;
    let limit = match (call.args.len() - at, call.word(at).as_str()) {
        (0, _) => 0,
        (2, "limit") => match number::integer(call.arg(at + 1)) {
            Some(limit @ 0..) => limit as usize,
            _ => return err("LIMIT can't be negative"),
        },
        _ => return Err(SYNTAX),
    };
    let mut sources = sources(call, keys)?.into_iter().map(|source| {
        source
            .into_iter()
            .map(|(member, _)| member)
            .collect::<std::collections::HashSet<_>>()
    });
    let first = sources.next().unwrap_or_default();
    let count = sources
        .fold(first, |all, next| {
            all.intersection(&next).cloned().collect()
        })
        .len();
    Ok(Reply::count(if limit == 0 {
        count
    } else {
        count.min(limit)
    }))
}
