//! Going through what there is: `SCAN` and its kin, and `SORT`.
//!
//! A cursor is the number of places that were not visited. They are visited from the last to the first: taking an element away
//! moves only the last one, which has been seen, so whatever stays during a whole scan is shown.

use super::*;
use crate::data::{COMPACT, Value, glob};

pub const COMMANDS: &[Command] = &[
    command("scan", -2, 0, NO_KEYS, scan),
    command("hscan", -3, 0, ONE, hscan),
    command("sscan", -3, 0, ONE, sscan),
    command("zscan", -3, 0, ONE, zscan),
];

struct Options<'a> {
    cursor: u64,
    count: usize,
    pattern: Option<&'a [u8]>,
    kind: Option<String>,
    no_values: bool,
}

fn options<'a>(call: &Call<'a>, first: usize) -> Result<Options<'a>, Fail> {
    let cursor = std::str::from_utf8(call.arg(first))
        .ok()
        .and_then(|text| text.parse().ok());
    let Some(cursor) = cursor else {
        return err("invalid cursor");
    };
    let mut options = Options {
        cursor,
        count: 10,
        pattern: None,
        kind: None,
        no_values: false,
    };
    let mut at = first + 1;
    while at < call.args.len() {
        let more = at + 1 < call.args.len();
        match call.word(at).as_str() {
            "count" if more => match call.integer(at + 1)? {
                count @ 1.. => options.count = count as usize,
                _ => return Err(SYNTAX),
            },
            "match" if more => options.pattern = Some(call.arg(at + 1)),
            "type" if more && first == 1 => options.kind = Some(call.word(at + 1)),
            "novalues" if call.word(0) == "hscan" => {
                options.no_values = true;
                at += 1;
                continue;
            }
            _ => return Err(SYNTAX),
        }
        at += 2;
    }
    Ok(options)
}

/// The places of this step, and the cursor of the next.
fn step(options: &Options<'_>, len: usize) -> (std::ops::Range<usize>, usize) {
    let end = match options.cursor {
        0 => len,
        cursor => usize::try_from(cursor).unwrap_or(usize::MAX).min(len),
    };
    let start = end.saturating_sub(options.count);
    (start..end, start)
}

fn page(cursor: usize, items: Vec<Reply>) -> Answer {
    Ok(Reply::Array(vec![
        Reply::bulk(cursor.to_string()),
        Reply::Array(items),
    ]))
}

impl Options<'_> {
    fn takes(&self, name: &[u8]) -> bool {
        self.pattern.is_none_or(|pattern| glob(pattern, name))
    }
}

fn scan(call: &mut Call<'_>) -> Answer {
    let options = options(call, 1)?;
    let db = call.db();
    let (places, next) = step(&options, db.len());
    let now = db.now;
    let found = places
        .rev()
        .filter_map(|at| db.at(at))
        .filter(|(key, entry)| {
            options.takes(key)
                && entry.expires.is_none_or(|at| at > now)
                && options
                    .kind
                    .as_ref()
                    .is_none_or(|kind| kind == entry.value.kind())
        });
    let found = found.map(|(key, _)| Reply::bulk(key)).collect();
    page(next, found)
}

/// As `step`; what Redis keeps in one piece is shown at once.
fn within(options: &Options<'_>, len: usize) -> (Vec<usize>, usize) {
    if len <= COMPACT.0 {
        return ((0..len).collect(), 0);
    }
    let (places, next) = step(options, len);
    (places.rev().collect(), next)
}

fn hscan(call: &mut Call<'_>) -> Answer {
    let (key, options) = (call.arg(1), options(call, 2)?);
    let Some(hash) = call.db().hash(key)? else {
        return page(0, Vec::new());
    };
    let (places, next) = within(&options, hash.len());
    let mut items = Vec::new();
    for (field, value) in places.into_iter().filter_map(|at| hash.get_index(at)) {
        if options.takes(field) {
            items.push(Reply::bulk(field));
            if !options.no_values {
                items.push(Reply::bulk(value));
            }
        }
    }
    page(next, items)
}

fn sscan(call: &mut Call<'_>) -> Answer {
    let (key, options) = (call.arg(1), options(call, 2)?);
    let Some(set) = call.db().set(key)? else {
        return page(0, Vec::new());
    };
    if crate::data::is_intset(set) {
        let all = Value::members(set);
        return page(
            0,
            all.iter()
                .filter(|item| options.takes(item))
                .map(Reply::bulk)
                .collect(),
        );
    }
    let (places, next) = within(&options, set.len());
    let items = places.into_iter().filter_map(|at| set.get_index(at));
    page(
        next,
        items
            .filter(|item| options.takes(item))
            .map(Reply::bulk)
            .collect(),
    )
}

fn zscan(call: &mut Call<'_>) -> Answer {
    let (key, options) = (call.arg(1), options(call, 2)?);
    let Some(zset) = call.db().zset(key)? else {
        return page(0, Vec::new());
    };
    let show = |member: &[u8], score: f64| {
        [
            Reply::bulk(member),
            Reply::bulk(crate::protocol::double(score)),
        ]
    };
    if zset.len() <= COMPACT.0 {
        let all = zset.iter().filter(|(_, member)| options.takes(member));
        return page(
            0,
            all.flat_map(|(score, member)| show(member, *score))
                .collect(),
        );
    }
    let (places, next) = within(&options, zset.len());
    let items = places.into_iter().filter_map(|at| zset.at(at));
    page(
        next,
        items
            .filter(|(m, _)| options.takes(m))
            .flat_map(|(m, score)| show(m, score))
            .collect(),
    )
}

/// What `BY` and `GET` patterns name for an element: a key, or a field of a hash with `->`.
fn lookup(call: &mut Call<'_>, pattern: &[u8], item: &[u8]) -> Option<Vec<u8>> {
    if pattern == b"#" {
        return Some(item.to_vec());
    }
    let star = pattern.iter().position(|byte| *byte == b'*')?;
    let (head, tail) = (&pattern[..star], &pattern[star + 1..]);
    let arrow = tail
        .windows(2)
        .position(|two| two == b"->")
        .filter(|at| at + 2 < tail.len());
    let (tail, field) = arrow.map_or((tail, None), |at| (&tail[..at], Some(&tail[at + 2..])));
    let key = [head, item, tail].concat();
    match field {
        None => call.db().string(&key).ok()?.cloned(),
        Some(field) => call.db().hash(&key).ok()??.get(field).cloned(),
    }
}

pub fn sort(call: &mut Call<'_>) -> Answer {
    let (mut by, mut get, mut limit, mut store) = (None, Vec::new(), None, None);
    let (mut descending, mut alpha) = (false, false);
    let mut at = 2;
    while at < call.args.len() {
        let more = call.args.len() - at - 1;
        match call.word(at).as_str() {
            "asc" => descending = false,
            "desc" => descending = true,
            "alpha" => alpha = true,
            "limit" if more >= 2 => {
                limit = Some((call.integer(at + 1)?, call.integer(at + 2)?));
                at += 2;
            }
            "store" if more >= 1 && call.word(0) == "sort" => {
                store = Some(call.arg(at + 1));
                at += 1;
            }
            "by" if more >= 1 => {
                by = Some(call.arg(at + 1));
                at += 1;
            }
            "get" if more >= 1 => {
                get.push(call.arg(at + 1));
                at += 1;
            }
            _ => return Err(SYNTAX),
        }
        at += 1;
    }
    let key = call.arg(1);
    let items: Vec<Vec<u8>> = match call.db().get(key) {
        None => Vec::new(),
        Some(Value::List(list)) => list.iter().cloned().collect(),
        Some(Value::Set(set)) => Value::members(set),
        Some(Value::Zset(zset)) => zset.iter().map(|(_, member)| member.to_vec()).collect(),
        Some(_) => return Err(crate::data::WrongType.into()),
    };
    let mut weighed = Vec::new();
    let sorted = by.is_none_or(|pattern| pattern.contains(&b'*'));
    for item in items {
        let weight = match by {
            Some(pattern) if sorted => lookup(call, pattern, &item),
            _ => Some(item.clone()),
        };
        let score = match &weight {
            Some(text) if sorted && !alpha => match number::float(text) {
                Some(score) => score,
                None => return err("One or more scores can't be converted into double"),
            },
            _ => 0.0,
        };
        weighed.push((score, weight.unwrap_or_default(), item));
    }
    if sorted {
        weighed.sort_by(|a, b| {
            let order = match alpha {
                true => a.1.cmp(&b.1),
                // Equal scores are ordered by the elements, so that the result is one.
                false => a.0.total_cmp(&b.0).then_with(|| a.2.cmp(&b.2)),
            };
            if descending { order.reverse() } else { order }
        });
    }
    let range = match limit {
        None => 0..weighed.len(),
        Some((start, count)) => {
            let start = usize::try_from(start.max(0))
                .unwrap_or(0)
                .min(weighed.len());
            let most = weighed.len() - start;
            start..start + usize::try_from(count).map_or(most, |count| count.min(most))
        }
    };
    let mut result = Vec::new();
    for (.., item) in &weighed[range] {
        match get.is_empty() {
            true => result.push(Some(item.clone())),
            false => result.extend(get.iter().map(|pattern| lookup(call, pattern, item))),
        }
    }
    let Some(store) = store else {
        return Ok(Reply::Array(
            result.into_iter().map(Reply::option).collect(),
        ));
    };
    let count = result.len();
    if count == 0 {
        let gone = call.db().remove(store).is_some();
        call.changed(gone.into());
    } else {
        let list = result.into_iter().map(Option::unwrap_or_default).collect();
        call.db().insert(store.to_vec(), Value::List(list));
        call.changed(count);
        call.ready(store);
    }
    Ok(Reply::count(count))
}
