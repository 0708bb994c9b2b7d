//! Times to live.

use super::*;

pub const COMMANDS: &[Command] = &[
    command("expire", -3, WRITE, ONE, |call| expire(call, "ex")),
    command("pexpire", -3, WRITE, ONE, |call| expire(call, "px")),
    command("expireat", -3, WRITE, ONE, |call| expire(call, "exat")),
    command("pexpireat", -3, WRITE, ONE, |call| expire(call, "pxat")),
    command("ttl", 2, 0, ONE, |call| {
        left(call, |at, now| {
            at.saturating_sub(now).saturating_add(500) / 1000
        })
    }),
    command("pttl", 2, 0, ONE, |call| {
        left(call, |at, now| at.saturating_sub(now))
    }),
    command("expiretime", 2, 0, ONE, |call| {
        left(call, |at, _| at.saturating_add(500) / 1000)
    }),
    command("pexpiretime", 2, 0, ONE, |call| left(call, |at, _| at)),
    command("persist", 2, WRITE, ONE, persist),
];

/// A moment from a number and its unit: `ex`, `px` from now on, `exat`, `pxat` since 1970.
fn moment(call: &Call<'_>, at: usize, unit: &str, name: &str) -> Result<i64, Fail> {
    let number = call.integer(at)?;
    let base = if unit.ends_with("at") {
        0
    } else {
        call.server.now as i64
    };
    let factor = if unit.starts_with('e') { 1000 } else { 1 };
    match number
        .checked_mul(factor)
        .and_then(|number| number.checked_add(base))
    {
        Some(moment) => Ok(moment),
        None => err(format!("invalid expire time in '{name}' command")),
    }
}

/// The same for values that are made with a time to live, which must be positive.
pub fn deadline(call: &Call<'_>, at: usize, unit: &str, name: &str) -> Result<u64, Fail> {
    let positive = call.integer(at)? > 0;
    match u64::try_from(moment(call, at, unit, name)?) {
        Ok(moment) if positive => Ok(moment),
        _ => err(format!("invalid expire time in '{name}' command")),
    }
}

fn expire(call: &mut Call<'_>, unit: &str) -> Answer {
    let name = lower(call.arg(0));
    let until = moment(call, 2, unit, &name)?;
    let (mut nx, mut xx, mut gt, mut lt) = (false, false, false, false);
    for at in 3..call.args.len() {
        match call.word(at).as_str() {
            "nx" => nx = true,
            "xx" => xx = true,
            "gt" => gt = true,
            "lt" => lt = true,
            _ => {
                return err(format!(
                    "Unsupported option {}",
                    String::from_utf8_lossy(call.arg(at))
                ));
            }
        }
    }
    if nx && (xx || gt || lt) {
        return err("NX and XX, GT or LT options at the same time are not compatible");
    }
    if gt && lt {
        return err("GT and LT options at the same time are not compatible");
    }
    let key = call.arg(1);
    let Some(entry) = call.db().peek(key) else {
        return Ok(Reply::Int(0));
    };
    let now = entry.expires.map(|at| at as i64);
    let refused = (nx && now.is_some())
        || (xx && now.is_none())
        // Without a time to live, a key lives longer than any.
        || (gt && now.is_none_or(|now| until <= now))
        || (lt && now.is_some_and(|now| until >= now));
    if refused {
        return Ok(Reply::Int(0));
    }
    call.changed(1);
    if until <= call.server.now as i64 {
        call.db().remove(key);
        call.keep_as(&[b"DEL", key]);
    } else {
        call.db().expire(key, Some(until as u64));
        call.keep_as(&[b"PEXPIREAT", key, until.to_string().as_bytes()]);
    }
    Ok(Reply::Int(1))
}

fn left(call: &mut Call<'_>, show: fn(u64, u64) -> u64) -> Answer {
    let (key, now) = (call.arg(1), call.server.now);
    Ok(Reply::Int(
        match call.db().peek(key).map(|entry| entry.expires) {
            None => -2,
            Some(None) => -1,
            Some(Some(at)) => show(at, now) as i64,
        },
    ))
}

fn persist(call: &mut Call<'_>) -> Answer {
    let key = call.arg(1);
    let had = call
        .db()
        .peek(key)
        .is_some_and(|entry| entry.expires.is_some());
    if had {
        call.db().expire(key, None);
        call.changed(1);
    }
    Ok(Reply::yes(had))
}
