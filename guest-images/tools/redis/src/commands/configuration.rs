//! `CONFIG`.

use super::*;
use crate::data::glob;

pub const COMMANDS: &[Command] = &[command("config", -2, ADMIN, NO_KEYS, |call| {
    part(call, CONFIG)
})];

const CONFIG: &[Part] = &[
    ("get", -3, get),
    ("set", -4, set),
    ("resetstat", 2, |call| {
        call.server.stats = Default::default();
        for db in &mut call.server.dbs {
            (db.hits, db.misses, db.expired) = (0, 0, 0);
        }
        Ok(Reply::OK)
    }),
    ("rewrite", 2, |call| match call.server.config.rewrite() {
        Ok(()) => Ok(Reply::OK),
        Err(words) => err(words),
    }),
    ("help", 2, |_| {
        let lines = ["CONFIG GET <pattern> | SET <directive> <value> | RESETSTAT | REWRITE"];
        Ok(Reply::Array(lines.into_iter().map(Reply::Simple).collect()))
    }),
];

fn get(call: &mut Call<'_>) -> Answer {
    let patterns: Vec<String> = call.args[2..].iter().map(|arg| lower(arg)).collect();
    let wanted = |name: &str| {
        patterns
            .iter()
            .any(|pattern| glob(pattern.as_bytes(), name.as_bytes()))
    };
    let pairs = call.server.config.all().filter(|(name, _)| wanted(name));
    Ok(Reply::Map(
        pairs
            .map(|(name, value)| (Reply::bulk(name), Reply::bulk(value)))
            .collect(),
    ))
}

fn set(call: &mut Call<'_>) -> Answer {
    if call.args.len() % 2 == 1 {
        return err("wrong number of arguments for 'config|set' command");
    }
    let names: Vec<String> = (2..call.args.len())
        .step_by(2)
        .map(|at| call.word(at))
        .collect();
    if let Some(name) = names
        .iter()
        .enumerate()
        .find_map(|(at, name)| names[..at].contains(name).then_some(name))
    {
        return err(format!(
            "CONFIG SET failed (possibly related to argument '{name}') - duplicate parameter"
        ));
    }
    let before = call.server.config.clone();
    for at in (2..call.args.len()).step_by(2) {
        let (name, value) = (
            call.word(at),
            String::from_utf8_lossy(call.arg(at + 1)).into_owned(),
        );
        if let Err(words) = call.server.config.set(&name, &value, true) {
            // All of it or none.
            call.server.config = before;
            return match words.is_empty() {
                true => err(format!(
                    "Unknown option or number of arguments for CONFIG SET - '{}'",
                    String::from_utf8_lossy(call.arg(at))
                )),
                false => err(format!(
                    "CONFIG SET failed (possibly related to argument '{name}') - {words}"
                )),
            };
        }
    }
    if let Err(words) = crate::persist::follow(call.server, &before) {
        call.server.config = before;
        return err(format!("CONFIG SET failed - {words}"));
    }
    if call.server.config.text("requirepass") != before.text("requirepass") {
        // Who is in stays in.
        call.client().known = true;
    }
    Ok(Reply::OK)
}
