//! What is due without being asked: keys that expire, waits that are over, snapshots, syncs, idle connections. Nothing is looked
//! at before it can be due, so a server without clients sleeps.

use super::{Server, log};
use crate::persist;

/// Keys that are removed in one turn.
const SWEEP: usize = 2000;
/// A snapshot that failed is not tried again for so long (milliseconds).
const AFTER_FAILURE: u64 = 5000;
/// How often idle clients are looked at (milliseconds).
const IDLE_CHECK: u64 = 1000;

/// Does what is due, and tells after how many milliseconds something will be; `None` is never.
pub fn run(server: &mut Server) -> Option<u64> {
    let now = server.now;
    let mut next: Option<u64> = None;
    let mut due = |at: u64| next = Some(next.map_or(at, |next| next.min(at)));
    for number in 0..server.dbs.len() {
        let db = server.db(number);
        if db.sweep(SWEEP) > 0 {
            due(now);
        }
        if let Some(at) = db.soonest_time() {
            due(at);
        }
    }
    for id in server.waiting.clone() {
        let Some(blocked) = server.client(id).blocked.clone() else {
            continue;
        };
        match blocked.until {
            Some(until) if until <= now => server.unblock(id, &blocked.in_vain()),
            Some(until) => due(until),
            None => {}
        }
    }
    if let Some(at) = snapshot(server) {
        due(at);
    }
    if let Some(at) = persist::sync(server) {
        due(at);
    }
    let patience = server.config.number("timeout") as u64 * 1000;
    if patience > 0 && server.clients.len() > 1 {
        for client in server.clients.values_mut().filter(|client| client.id > 0) {
            let spared = client.listens() || client.blocked.is_some();
            client.leaving |= !spared && now.saturating_sub(client.active) > patience;
        }
        due(now + IDLE_CHECK);
    }
    next.map(|at| at.saturating_sub(now))
}

/// Begins a snapshot when one is due; when the next one will be.
fn snapshot(server: &mut Server) -> Option<u64> {
    let changes = server.dirty - server.saved.dirty;
    if changes == 0 || server.child.is_some() {
        return None;
    }
    let now = server.now;
    // Rules whose changes are there already: only time is missing.
    let rules = server.config.saves();
    let ripe = rules.iter().filter(|(_, least)| changes >= *least);
    let (seconds, least) = *ripe.min_by_key(|(seconds, _)| *seconds)?;
    let mut at = server.saved.at + seconds * 1000;
    if !server.saved.well {
        at = at.max(server.saved.tried + AFTER_FAILURE);
    }
    if at > now {
        return Some(at);
    }
    log(
        '*',
        format_args!("{least} changes in {seconds} seconds. Saving..."),
    );
    if let Err(words) = persist::save_aside(server) {
        log('#', words);
    }
    None
}
