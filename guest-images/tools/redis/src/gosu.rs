//! `gosu USER[:GROUP] COMMAND…`: becomes another user and then the command, without a process in between.

use applet::{os, users};

const USAGE: &str = "gosu USER[:GROUP] COMMAND [ARGS]";

/// `gosu`.
pub fn main(argv: &[String]) -> i32 {
    let [_, who, command @ ..] = argv else {
        applet::opts::help(USAGE);
    };
    if command.is_empty() {
        applet::opts::complain("nothing to run", USAGE);
    }
    let (name, group) = who.split_once(':').unwrap_or((who, ""));
    let Some((uid, own)) = user(name) else {
        eprintln!(
            "error: failed switching to \"{who}\": unable to find user {name}: no matching entries in passwd file"
        );
        return 1;
    };
    let gid = match group {
        "" => Some(own),
        group => group.parse().ok().or_else(|| {
            users::groups()
                .iter()
                .find(|known| known.name == group)
                .map(|known| known.gid)
        }),
    };
    let Some(gid) = gid else {
        eprintln!(
            "error: failed switching to \"{who}\": unable to find group {group}: no matching entries in group file"
        );
        return 1;
    };
    let changed = schooner_sys::setgroups(&[gid])
        .and_then(|()| schooner_sys::setgid(gid))
        .and_then(|()| schooner_sys::setuid(uid));
    if let Err(errno) = changed {
        eprintln!("error: failed switching to \"{who}\": {}", errno.words());
        return 1;
    }
    let error = os::exec(command);
    eprintln!("error: exec: \"{}\": {}", command[0], applet::words(&error));
    os::exec_code(&error)
}

/// A user's number and group.
fn user(name: &str) -> Option<(u32, u32)> {
    match name.parse() {
        Ok(uid) => Some((uid, uid)),
        Err(_) => users::users()
            .iter()
            .find(|user| user.name == name)
            .map(|user| (user.uid, user.gid)),
    }
}
