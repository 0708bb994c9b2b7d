//! The commands: a table of what each is called, takes and may do, and the functions that answer.

mod admin;
mod bits;
mod blocking;
mod clients;
mod configuration;
mod connection;
mod expire;
mod hashes;
mod info;
mod keys;
mod lists;
mod pubsub;
mod scan;
mod sets;
mod strings;
mod transactions;
mod zranges;
mod zsets;

use crate::data::{Db, number};
use crate::protocol::{Arg, Reply};
use crate::server::{Client, Server};
use std::borrow::Cow;
use std::collections::HashMap;

pub use blocking::{Blocked, serve_blocked};
pub use info::VERSION;
pub use pubsub::unsubscribe_all;
pub use transactions::unwatch;

/// An error line without its `-`, with its code: `ERR syntax error`.
#[derive(Clone, Debug)]
pub struct Fail(pub Cow<'static, str>);

pub const SYNTAX: Fail = Fail(Cow::Borrowed("ERR syntax error"));
pub const NOT_INTEGER: Fail = Fail(Cow::Borrowed("ERR value is not an integer or out of range"));
pub const NOT_FLOAT: Fail = Fail(Cow::Borrowed("ERR value is not a valid float"));
pub const NO_KEY: Fail = Fail(Cow::Borrowed("ERR no such key"));
const NEGATIVE: Fail = Fail(Cow::Borrowed("ERR value is out of range, must be positive"));

impl From<crate::data::WrongType> for Fail {
    fn from(_: crate::data::WrongType) -> Fail {
        Fail("WRONGTYPE Operation against a key holding the wrong kind of value".into())
    }
}

/// `ERR …`.
pub fn err<T>(words: impl std::fmt::Display) -> Result<T, Fail> {
    Err(Fail(format!("ERR {words}").into()))
}

pub type Answer = Result<Reply, Fail>;
pub type Handler = fn(&mut Call<'_>) -> Answer;

/// It changes data.
pub const WRITE: u16 = 1;
/// It may need more memory.
pub const GROWS: u16 = 2;
/// Strangers may call it.
pub const OPEN: u16 = 4;
/// It is not put into a transaction.
pub const AT_ONCE: u16 = 8;
/// Subscribers of version 2 may call it.
pub const LISTENING: u16 = 16;
/// For those who run the server; `MONITOR` does not show it.
pub const ADMIN: u16 = 32;
/// It may wait.
pub const WAITS: u16 = 64;

/// One command of the table.
pub struct Command {
    pub name: &'static str,
    /// Words it takes, its name included; negative: at least so many.
    pub arity: i32,
    pub flags: u16,
    /// Where its keys are: first, last (negative from the end), step.
    pub keys: (i32, i32, i32),
    pub run: Handler,
}

const fn command(
    name: &'static str,
    arity: i32,
    flags: u16,
    keys: (i32, i32, i32),
    run: Handler,
) -> Command {
    Command {
        name,
        arity,
        flags,
        keys,
        run,
    }
}

const NO_KEYS: (i32, i32, i32) = (0, 0, 0);
const ONE: (i32, i32, i32) = (1, 1, 1);
const TWO: (i32, i32, i32) = (1, 2, 1);
const ALL: (i32, i32, i32) = (1, -1, 1);

impl Command {
    pub fn fits(&self, count: usize) -> bool {
        fits(self.arity, count)
    }

    /// The keys among the arguments.
    pub fn keys<'a>(&self, args: &'a [Arg]) -> Vec<&'a Arg> {
        let (first, last, step) = self.keys;
        if first == 0 {
            return Vec::new();
        }
        let last = if last < 0 {
            args.len() as i32 + last
        } else {
            last
        };
        (first..=last)
            .step_by(step as usize)
            .filter_map(|at| args.get(at as usize))
            .collect()
    }
}

fn fits(arity: i32, count: usize) -> bool {
    let count = count as i32;
    if arity < 0 {
        count >= -arity
    } else {
        count == arity
    }
}

/// All commands by name.
pub fn table() -> HashMap<&'static str, &'static Command> {
    let groups = [
        admin::COMMANDS,
        bits::COMMANDS,
        blocking::COMMANDS,
        clients::COMMANDS,
        configuration::COMMANDS,
        connection::COMMANDS,
        expire::COMMANDS,
        hashes::COMMANDS,
        info::COMMANDS,
        keys::COMMANDS,
        lists::COMMANDS,
        pubsub::COMMANDS,
        scan::COMMANDS,
        sets::COMMANDS,
        strings::COMMANDS,
        transactions::COMMANDS,
        zranges::COMMANDS,
        zsets::COMMANDS,
    ];
    groups
        .into_iter()
        .flatten()
        .map(|command| (command.name, command))
        .collect()
}

/// A command that is being answered.
pub struct Call<'a> {
    pub server: &'a mut Server,
    /// Who asks.
    pub id: u64,
    /// The database they have selected.
    pub db: usize,
    pub args: &'a [Arg],
    /// Part of a transaction: nothing waits.
    pub inside: bool,
}

impl<'a> Call<'a> {
    /// The selected database as it is now.
    pub fn db(&mut self) -> &mut Db {
        self.server.db(self.db)
    }

    pub fn client(&mut self) -> &mut Client {
        self.server.client(self.id)
    }

    /// An argument; the arity has promised that it is there, and an empty one stands in for what is not.
    pub fn arg(&self, at: usize) -> &'a [u8] {
        self.args.get(at).map_or(&[], Vec::as_slice)
    }

    /// An argument that is a word of the language, in small letters.
    pub fn word(&self, at: usize) -> String {
        lower(self.arg(at))
    }

    pub fn integer(&self, at: usize) -> Result<i64, Fail> {
        number::integer(self.arg(at)).ok_or(NOT_INTEGER)
    }

    pub fn float(&self, at: usize) -> Result<f64, Fail> {
        number::float(self.arg(at)).ok_or(NOT_FLOAT)
    }

    /// A number that is not negative.
    pub fn count(&self, at: usize) -> Result<usize, Fail> {
        usize::try_from(self.integer(at).map_err(|_| NEGATIVE)?).map_err(|_| NEGATIVE)
    }

    /// Remembers that data was changed so many times.
    pub fn changed(&mut self, count: usize) {
        self.server.dirty += count as u64;
    }

    /// What the append-only file keeps instead of the command: the same effect, whenever it is read.
    pub fn keep_as(&mut self, args: &[&[u8]]) {
        self.server
            .kept_as
            .push(args.iter().map(|arg| arg.to_vec()).collect());
    }

    /// Tells those who wait for a key that it has something now.
    pub fn ready(&mut self, key: &[u8]) {
        self.server.ready.push((self.db, key.to_vec()));
    }
}

pub fn lower(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_ascii_lowercase()
}

/// A command of several: `CONFIG GET`. Arity counts both words.
type Part = (&'static str, i32, Handler);

fn part(call: &mut Call<'_>, parts: &[Part]) -> Answer {
    let (own, word) = (lower(call.arg(0)), call.word(1));
    match parts.iter().find(|(name, ..)| *name == word) {
        Some((name, arity, _)) if !fits(*arity, call.args.len()) => err(format!(
            "wrong number of arguments for '{own}|{name}' command"
        )),
        Some((.., run)) => run(call),
        None => err(format!(
            "unknown subcommand '{}'. Try {} HELP.",
            String::from_utf8_lossy(call.arg(1)),
            own.to_ascii_uppercase()
        )),
    }
}

/// Places of a list from two of Redis's indexes, which count from the end when negative; empty when they meet nothing.
fn span(start: i64, end: i64, len: usize) -> std::ops::Range<usize> {
    let len = len as i64;
    let from_end = |at: i64| if at < 0 { at.saturating_add(len) } else { at };
    let (start, end) = (from_end(start).max(0), from_end(end).min(len - 1));
    if start > end {
        0..0
    } else {
        start as usize..end as usize + 1
    }
}
