//! `MULTI` to `EXEC`, and keys that are watched meanwhile.

use super::*;
use crate::server::answer;

pub const COMMANDS: &[Command] = &[
    command("multi", 1, AT_ONCE, NO_KEYS, multi),
    command("exec", 1, AT_ONCE, NO_KEYS, exec),
    command("discard", 1, AT_ONCE, NO_KEYS, discard),
    command("watch", -2, AT_ONCE, ALL, watch),
    command("unwatch", 1, 0, NO_KEYS, |call| {
        unwatch(call.server, call.id);
        Ok(Reply::OK)
    }),
];

fn multi(call: &mut Call<'_>) -> Answer {
    let client = call.client();
    if client.queue.is_some() {
        return err("MULTI calls can not be nested");
    }
    client.queue = Some(Vec::new());
    client.queue_broken = false;
    Ok(Reply::OK)
}

fn exec(call: &mut Call<'_>) -> Answer {
    let client = call.client();
    let Some(queue) = client.queue.take() else {
        return err("EXEC without MULTI");
    };
    let (broken, disturbed) = (client.queue_broken, client.disturbed);
    let id = call.id;
    unwatch(call.server, id);
    if broken {
        return Err(Fail(
            "EXECABORT Transaction discarded because of previous errors.".into(),
        ));
    }
    if disturbed {
        return Ok(Reply::NullArray);
    }
    let kept = std::mem::take(&mut call.server.held);
    let mut replies = Vec::new();
    call.server.holding = true;
    for args in queue {
        replies.push(answer(call.server, id, &args, true));
    }
    call.server.holding = false;
    let made = std::mem::replace(&mut call.server.held, kept);
    // Several effects are kept as one, so that a broken end of the file cannot leave half of them.
    let several = made.len() > 1;
    if several {
        call.server.keep(made[0].0, &[b"MULTI".to_vec()]);
    }
    for (db, args) in &made {
        call.server.keep(*db, args);
    }
    if several {
        call.server.keep(made[0].0, &[b"EXEC".to_vec()]);
    }
    Ok(Reply::Array(replies))
}

fn discard(call: &mut Call<'_>) -> Answer {
    if call.client().queue.take().is_none() {
        return err("DISCARD without MULTI");
    }
    let id = call.id;
    unwatch(call.server, id);
    Ok(Reply::OK)
}

fn watch(call: &mut Call<'_>) -> Answer {
    if call.client().queue.is_some() {
        return err("WATCH inside MULTI is not allowed");
    }
    let (id, db) = (call.id, call.db);
    for key in &call.args[1..] {
        // What has expired already does not disturb later.
        call.db().contains(key);
        let place = (db, key.clone());
        let who = call.server.watched.entry(place.clone()).or_default();
        if !who.contains(&id) {
            who.push(id);
            call.client().watching.push(place);
        }
    }
    Ok(Reply::OK)
}

/// Forgets what a client watches.
pub fn unwatch(server: &mut Server, id: u64) {
    let client = server.client(id);
    client.disturbed = false;
    for place in std::mem::take(&mut client.watching) {
        if let Some(who) = server.watched.get_mut(&place) {
            who.retain(|who| *who != id);
            if who.is_empty() {
                server.watched.remove(&place);
            }
        }
    }
}
