//! Strings as rows of bits.

use super::*;
use crate::data::Value;

const HIGHEST: i64 = 512 * 1024 * 1024 * 8 - 1;

pub const COMMANDS: &[Command] = &[
    command("setbit", 4, WRITE | GROWS, ONE, setbit),
    command("getbit", 3, 0, ONE, getbit),
    command("bitcount", -2, 0, ONE, bitcount),
    command("bitpos", -3, 0, ONE, bitpos),
    command("bitop", -4, WRITE | GROWS, (2, -1, 1), bitop),
];

fn offset(call: &Call<'_>) -> Result<usize, Fail> {
    match number::integer(call.arg(2)) {
        Some(at @ 0..=HIGHEST) => Ok(at as usize),
        _ => err("bit offset is not an integer or out of range"),
    }
}

fn bit(text: &[u8], at: usize) -> bool {
    text.get(at / 8)
        .is_some_and(|byte| byte & (0x80 >> (at % 8)) != 0)
}

fn setbit(call: &mut Call<'_>) -> Answer {
    let at = offset(call)?;
    let on = match call.arg(3) {
        b"0" => false,
        b"1" => true,
        _ => return err("bit is not an integer or out of range"),
    };
    let key = call.arg(1);
    let text = call.db().string_or_new(key)?;
    if text.len() <= at / 8 {
        text.resize(at / 8 + 1, 0);
    }
    let before = bit(text, at);
    let mask = 0x80 >> (at % 8);
    match on {
        true => text[at / 8] |= mask,
        false => text[at / 8] &= !mask,
    }
    call.changed(1);
    Ok(Reply::yes(before))
}

fn getbit(call: &mut Call<'_>) -> Answer {
    let (key, at) = (call.arg(1), offset(call)?);
    Ok(Reply::yes(
        call.db().string(key)?.is_some_and(|text| bit(text, at)),
    ))
}

/// The bits that `start end [BYTE|BIT]` names.
fn bits(call: &Call<'_>, at: usize, len: usize) -> Result<std::ops::Range<usize>, Fail> {
    let unit = match call.word(at + 2).as_str() {
        "" | "byte" => 8,
        "bit" => 1,
        _ => return Err(SYNTAX),
    };
    let end = if call.args.len() > at + 1 {
        call.integer(at + 1)?
    } else {
        -1
    };
    let range = span(call.integer(at)?, end, len * 8 / unit);
    Ok(range.start * unit..range.end * unit)
}

fn bitcount(call: &mut Call<'_>) -> Answer {
    let key = call.arg(1);
    let text = call.db().string(key)?.cloned().unwrap_or_default();
    let range = match call.args.len() {
        2 => 0..text.len() * 8,
        4 | 5 => bits(call, 2, text.len())?,
        _ => return Err(SYNTAX),
    };
    Ok(Reply::count(range.filter(|at| bit(&text, *at)).count()))
}

fn bitpos(call: &mut Call<'_>) -> Answer {
    let wanted = match call.arg(2) {
        b"0" => false,
        b"1" => true,
        text if number::integer(text).is_none() => return Err(NOT_INTEGER),
        _ => return err("The bit argument must be 1 or 0."),
    };
    let key = call.arg(1);
    let Some(text) = call.db().string(key)?.cloned() else {
        return Ok(Reply::Int(if wanted { -1 } else { 0 }));
    };
    let range = match call.args.len() {
        3 => 0..text.len() * 8,
        4..=6 => bits(call, 3, text.len())?,
        _ => return Err(SYNTAX),
    };
    // Without an end, zeros follow the string.
    let open = !wanted && call.args.len() < 5 && !range.is_empty();
    let end = range.end;
    Ok(Reply::Int(
        match range.into_iter().find(|at| bit(&text, *at) == wanted) {
            Some(at) => at as i64,
            None if open => end as i64,
            None => -1,
        },
    ))
}

fn bitop(call: &mut Call<'_>) -> Answer {
    let word = call.word(1);
    let join: fn(u8, u8) -> u8 = match word.as_str() {
        "and" => |a, b| a & b,
        "or" => |a, b| a | b,
        "xor" => |a, b| a ^ b,
        "not" if call.args.len() != 4 => {
            return err("BITOP NOT must be called with a single source key.");
        }
        "not" => |a, _| !a,
        _ => return Err(SYNTAX),
    };
    let mut sources = Vec::new();
    for key in &call.args[3..] {
        sources.push(call.db().string(key)?.cloned().unwrap_or_default());
    }
    let length = sources.iter().map(Vec::len).max().unwrap_or(0);
    let byte = |text: &Vec<u8>, at: usize| text.get(at).copied().unwrap_or(0);
    let result: Vec<u8> = (0..length)
        .map(|at| match word.as_str() {
            "not" => join(byte(&sources[0], at), 0),
            _ => sources[1..]
                .iter()
                .fold(byte(&sources[0], at), |sum, text| join(sum, byte(text, at))),
        })
        .collect();
    let key = call.arg(2);
    match length {
        0 => {
            let gone = call.db().remove(key).is_some();
            call.changed(gone.into());
        }
        _ => {
            call.db().insert(key.to_vec(), Value::String(result));
            call.changed(1);
        }
    }
    Ok(Reply::count(length))
}
