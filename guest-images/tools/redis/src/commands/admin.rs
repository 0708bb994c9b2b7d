//! For those who run the server: saving, stopping, watching, and what exists of replication, access lists and slow logs.

use super::*;
use crate::persist;
use std::time::Duration;

pub const COMMANDS: &[Command] = &[
    command("save", 1, ADMIN, NO_KEYS, save),
    command("bgsave", -1, ADMIN, NO_KEYS, bgsave),
    command("bgrewriteaof", 1, ADMIN, NO_KEYS, bgrewriteaof),
    command("lastsave", 1, 0, NO_KEYS, |call| {
        Ok(Reply::Int((call.server.saved.at / 1000) as i64))
    }),
    command("shutdown", -1, ADMIN, NO_KEYS, shutdown),
    command("monitor", 1, ADMIN, NO_KEYS, monitor),
    command("time", 1, 0, NO_KEYS, time),
    command("acl", -2, ADMIN, NO_KEYS, |call| part(call, ACL)),
    command("slowlog", -2, ADMIN, NO_KEYS, |call| part(call, SLOWLOG)),
    command("latency", -2, ADMIN, NO_KEYS, |call| part(call, LATENCY)),
    command("memory", -2, 0, NO_KEYS, |call| part(call, MEMORY)),
    command("debug", -2, ADMIN, NO_KEYS, |call| part(call, DEBUG)),
    command("role", 1, 0, NO_KEYS, |_| {
        Ok(Reply::Array(vec![
            Reply::bulk("master"),
            Reply::Int(0),
            Reply::Array(Vec::new()),
        ]))
    }),
    command("replicaof", 3, ADMIN, NO_KEYS, replicaof),
    command("slaveof", 3, ADMIN, NO_KEYS, replicaof),
    command("wait", 3, 0, NO_KEYS, |call| {
        call.integer(1)?;
        // No replica will ever confirm anything.
        match number::integer(call.arg(2)) {
            Some(0..) => Ok(Reply::Int(0)),
            _ => err("timeout is negative"),
        }
    }),
    command("lolwut", -1, 0, NO_KEYS, |_| {
        Ok(Reply::Verbatim(format!("Redis ver. {VERSION}\n")))
    }),
];

fn save(call: &mut Call<'_>) -> Answer {
    if call.server.child.is_some() {
        return err("Background save already in progress");
    }
    match persist::save(call.server) {
        Ok(()) => Ok(Reply::OK),
        Err(_) => Err(Fail("ERR".into())),
    }
}

fn bgsave(call: &mut Call<'_>) -> Answer {
    match (call.args.len(), call.word(1).as_str()) {
        (1, _) | (2, "schedule") => {}
        _ => return Err(SYNTAX),
    }
    match persist::save_aside(call.server) {
        Ok(true) => Ok(Reply::Simple("Background saving started")),
        Ok(false) => err("Background save already in progress"),
        Err(words) => err(words),
    }
}

fn bgrewriteaof(call: &mut Call<'_>) -> Answer {
    match persist::rewrite(call.server) {
        Ok(()) => Ok(Reply::Simple(
            "Background append only file rewriting started",
        )),
        Err(words) => err(words),
    }
}

fn shutdown(call: &mut Call<'_>) -> Answer {
    let mut save = None;
    for at in 1..call.args.len() {
        match call.word(at).as_str() {
            "nosave" if save.is_none() => save = Some(false),
            "save" if save.is_none() => save = Some(true),
            "now" | "force" => {}
            "abort" if call.args.len() == 2 => return err("No shutdown in progress."),
            _ => return Err(SYNTAX),
        }
    }
    match persist::finish(call.server, save) {
        Ok(()) => {
            call.server.ended = true;
            Ok(Reply::Nothing)
        }
        Err(_) => err("Errors trying to SHUTDOWN. Check logs."),
    }
}

fn monitor(call: &mut Call<'_>) -> Answer {
    if call.inside {
        return err("MONITOR isn't allowed for DENY BLOCKING client");
    }
    call.client().monitors = true;
    Ok(Reply::OK)
}

fn time(_: &mut Call<'_>) -> Answer {
    let now = applet::time::now().max(0);
    Ok(Reply::array([
        (now / 1_000_000_000).to_string(),
        (now % 1_000_000_000 / 1000).to_string(),
    ]))
}

fn replicaof(call: &mut Call<'_>) -> Answer {
    match (call.word(1).as_str(), call.word(2).as_str()) {
        ("no", "one") => Ok(Reply::OK),
        _ => err("this server does not replicate"),
    }
}

const ACL: &[Part] = &[
    ("whoami", 2, |_| Ok(Reply::bulk("default"))),
    ("users", 2, |_| Ok(Reply::array(["default"]))),
    ("list", 2, |call| {
        let open = call.server.config.text("requirepass").is_empty();
        let pass = if open { "nopass" } else { "#(hidden)" };
        Ok(Reply::array([format!(
            "user default on {pass} sanitize-payload ~* &* +@all"
        )]))
    }),
];

const SLOWLOG: &[Part] = &[
    ("get", -2, |_| Ok(Reply::Array(Vec::new()))),
    ("len", 2, |_| Ok(Reply::Int(0))),
    ("reset", 2, |_| Ok(Reply::OK)),
];

const LATENCY: &[Part] = &[
    ("latest", 2, |_| Ok(Reply::Array(Vec::new()))),
    ("reset", -2, |_| Ok(Reply::Int(0))),
    ("history", 3, |_| Ok(Reply::Array(Vec::new()))),
];

const MEMORY: &[Part] = &[
    ("usage", -3, |call| {
        let key = call.arg(2);
        /// Bytes of a key's own administration.
        const ENTRY: usize = 56;
        let weight = call
            .db()
            .peek(key)
            .map(|entry| entry.value.weight() + key.len() + ENTRY);
        Ok(weight.map_or(Reply::Null, Reply::count))
    }),
    ("doctor", 2, |_| {
        Ok(Reply::Verbatim("Sam, I have no memory problems\n".into()))
    }),
    ("purge", 2, |_| Ok(Reply::OK)),
];

const DEBUG: &[Part] = &[
    ("sleep", 3, |call| {
        let seconds = call.float(2)?.clamp(0.0, 3600.0);
        std::thread::sleep(Duration::from_secs_f64(seconds));
        Ok(Reply::OK)
    }),
    ("jmap", 2, |_| Ok(Reply::OK)),
];
