//! One command from its words to its effects: who may, whether it waits in a transaction, the answer, and what is kept of it.

use super::{NOBODY, Server, Speech};
use crate::commands::{
    ADMIN, AT_ONCE, Call, Command, Fail, GROWS, LISTENING, OPEN, WRITE, lower, serve_blocked,
};
use crate::data;
use crate::protocol::{Arg, Reply, words};

/// Characters of the arguments that an error shows.
const SHOWN: usize = 128;

/// Runs a client's command and answers it.
pub fn execute(server: &mut Server, id: u64, args: Vec<Arg>) {
    server.stats.count(server.now);
    let reply = admitted(server, id, args);
    if matches!(reply, Reply::Error(_)) {
        server.stats.errors += 1;
    }
    let client = server.client(id);
    client.reply(&reply);
    client.speech = match client.speech {
        Speech::Skip => Speech::On,
        Speech::SkipNext => Speech::Skip,
        other => other,
    };
    serve_blocked(server);
}

fn find(server: &Server, args: &[Arg]) -> Result<&'static Command, Fail> {
    let name = lower(&args[0]);
    let Some(command) = server.table.get(name.as_str()) else {
        let mut shown = String::new();
        for arg in &args[1..] {
            if shown.len() >= SHOWN {
                break;
            }
            let arg = String::from_utf8_lossy(arg);
            let short: String = arg.chars().take(SHOWN - shown.len()).collect();
            shown.push_str(&format!("'{short}' "));
        }
        let name: String = String::from_utf8_lossy(&args[0])
            .chars()
            .take(SHOWN)
            .collect();
        return Err(Fail(
            format!("ERR unknown command '{name}', with args beginning with: {shown}").into(),
        ));
    };
    if !command.fits(args.len()) {
        return Err(Fail(
            format!("ERR wrong number of arguments for '{name}' command").into(),
        ));
    }
    Ok(command)
}

/// Everything that may stand between a client and the answer.
fn admitted(server: &mut Server, id: u64, args: Vec<Arg>) -> Reply {
    let found = find(server, &args);
    let client = server.client(id);
    let refuse = |client: &mut super::Client, fail: Fail| {
        // A transaction with a mistake in it will not run.
        client.queue_broken |= client.queue.is_some();
        Reply::Error(fail.0.into_owned())
    };
    let command = match found {
        Ok(command) => command,
        Err(fail) => return refuse(client, fail),
    };
    client.command.clear();
    client.command.push_str(command.name);
    if !client.known && command.flags & OPEN == 0 {
        return refuse(client, Fail("NOAUTH Authentication required.".into()));
    }
    if client.version < 3 && client.listens() && command.flags & LISTENING == 0 {
        return refuse(client, Fail(format!(
            "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context",
            command.name
        ).into()));
    }
    if command.flags & GROWS != 0 && id != NOBODY && !make_room(server) {
        let client = server.client(id);
        return refuse(
            client,
            Fail("OOM command not allowed when used memory > 'maxmemory'.".into()),
        );
    }
    let client = server.client(id);
    if let Some(queue) = &mut client.queue
        && command.flags & AT_ONCE == 0
    {
        queue.push(args);
        return Reply::Simple("QUEUED");
    }
    answer(server, id, &args, false)
}

/// Runs a command that may run.
pub fn answer(server: &mut Server, id: u64, args: &[Arg], inside: bool) -> Reply {
    let command = match find(server, args) {
        Ok(command) => command,
        Err(fail) => return Reply::Error(fail.0.into_owned()),
    };
    if command.flags & ADMIN == 0 && id != NOBODY {
        tell_monitors(server, id, args);
    }
    let db = server.client(id).db;
    let before = server.dirty;
    let mut call = Call {
        server,
        id,
        db,
        args,
        inside,
    };
    let result = (command.run)(&mut call);
    let kept = std::mem::take(&mut server.kept_as);
    if server.dirty > before && command.flags & WRITE != 0 {
        for key in command.keys(args) {
            server.disturb(db, key);
        }
        match kept.is_empty() {
            true => server.keep(db, args),
            false => kept.iter().for_each(|args| server.keep(db, args)),
        }
    }
    match result {
        Ok(reply) => reply,
        Err(fail) => Reply::Error(fail.0.into_owned()),
    }
}

fn tell_monitors(server: &mut Server, id: u64, args: &[Arg]) {
    if !server.clients.values().any(|client| client.monitors) {
        return;
    }
    let now = applet::time::now() / 1000;
    let client = server.client(id);
    let shown: Vec<String> = args.iter().map(|arg| words::quoted(arg)).collect();
    let line = format!(
        "{}.{:06} [{} {}] {}",
        now / 1_000_000,
        now % 1_000_000,
        client.db,
        client.address,
        shown.join(" ")
    );
    let line = Reply::Status(line);
    server
        .clients
        .values_mut()
        .filter(|client| client.monitors)
        .for_each(|client| client.push(&line));
}

/// Keys that are looked at for one that goes.
const SAMPLES: usize = 5;

/// Makes room under `maxmemory` as the policy says; `false` when there is none to be made.
fn make_room(server: &mut Server) -> bool {
    let limit = server.config.number("maxmemory") as usize;
    if limit == 0 {
        return true;
    }
    while data::used() > limit {
        let policy = server.config.policy().to_owned();
        let Some((db, key)) = victim(server, &policy) else {
            return false;
        };
        server.db(db).remove(&key);
        server.disturb(db, &key);
        server.keep(db, &[b"DEL".to_vec(), key]);
        server.stats.evicted += 1;
        server.dirty += 1;
    }
    true
}

/// The key to go: of some that are looked at, the one that the policy values least.
fn victim(server: &mut Server, policy: &str) -> Option<(usize, Vec<u8>)> {
    let volatile = policy.starts_with("volatile-");
    if policy == "noeviction" {
        return None;
    }
    let mut best: Option<(u64, usize, Vec<u8>)> = None;
    for number in 0..server.dbs.len() {
        if policy == "volatile-ttl" {
            if let Some(key) = server.dbs[number].soonest().cloned() {
                return Some((number, key));
            }
            continue;
        }
        let count = server.dbs[number].len();
        let tries = match (count, volatile, server.dbs[number].expiring()) {
            (0, ..) | (_, true, 0) => continue,
            // Those without a time to live do not count.
            (_, true, _) => SAMPLES * 20,
            _ => SAMPLES,
        };
        for _ in 0..tries {
            let at = server.random(count);
            let Some((key, entry)) = server.dbs[number].at(at) else {
                continue;
            };
            if volatile && entry.expires.is_none() {
                continue;
            }
            let worth = match policy.rsplit('-').next() {
                Some("lru") => entry.used,
                Some("lfu") => entry.uses.into(),
                _ => 0,
            };
            if best.as_ref().is_none_or(|(least, ..)| worth < *least) {
                best = Some((worth, number, key.clone()));
            }
        }
    }
    best.map(|(_, db, key)| (db, key))
}
