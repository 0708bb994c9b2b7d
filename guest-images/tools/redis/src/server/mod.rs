//! The server: what it holds. `execute` runs commands, `events` is the loop, `tasks` what is due without being asked, `config` the
//! settings, `start` the command line.

mod client;
mod config;
mod events;
mod execute;
mod log;
mod start;
mod tasks;

pub use client::{Client, Speech};
pub use config::Config;
pub use execute::{answer, execute};
pub use log::{log, log_as};
pub use start::main;

use crate::commands::{Command, Fail, NOT_INTEGER};
use crate::data::Db;
use crate::persist::Aof;
use crate::protocol::{Arg, Reply};
use std::collections::{BTreeMap, HashMap};

/// A connection that stands for the files that are read at the start.
pub const NOBODY: u64 = 0;

pub struct Server {
    pub config: Config,
    pub table: HashMap<&'static str, &'static Command>,
    pub dbs: Vec<Db>,
    pub clients: BTreeMap<u64, Client>,
    /// Milliseconds since 1970, looked at before every round.
    pub now: u64,
    pub since: u64,
    /// Changes ever made.
    pub dirty: u64,
    pub saved: Saved,
    pub aof: Option<Aof>,
    /// A process that saves.
    pub child: Option<Child>,
    /// What is kept instead of the command that runs.
    pub kept_as: Vec<Vec<Arg>>,
    /// Inside a transaction: what will be kept when it is over, with its database.
    pub held: Vec<(usize, Vec<Arg>)>,
    pub holding: bool,
    pub watched: HashMap<(usize, Arg), Vec<u64>>,
    /// Keys that got something that somebody may wait for.
    pub ready: Vec<(usize, Arg)>,
    /// Who waits, in the order in which they began.
    pub waiting: Vec<u64>,
    pub channels: BTreeMap<Arg, Vec<u64>>,
    pub patterns: Vec<(Arg, u64)>,
    pub stats: Stats,
    pub run_id: String,
    /// Nothing follows.
    pub ended: bool,
    random: u64,
    next_id: u64,
}

/// The last snapshot.
#[derive(Default)]
pub struct Saved {
    /// Milliseconds since 1970.
    pub at: u64,
    /// `Server::dirty` then.
    pub dirty: u64,
    pub well: bool,
    pub times: u64,
    /// Of the snapshot that was read at the start.
    pub loaded: u64,
    pub expired: u64,
    /// When one was last tried.
    pub tried: u64,
}

/// A process that saves: its number, and `Server::dirty` when it began.
pub struct Child {
    pub pid: i32,
    pub dirty: u64,
}

#[derive(Default)]
pub struct Stats {
    pub connections: u64,
    pub rejected: u64,
    pub commands: u64,
    pub errors: u64,
    pub evicted: u64,
    pub input: u64,
    pub output: u64,
    pub peak: usize,
    /// The second that is counted, its commands, and those of the second before.
    second: (u64, u64, u64),
}

impl Stats {
    fn count(&mut self, now: u64) {
        self.commands += 1;
        let second = now / 1000;
        if self.second.0 != second {
            self.second = (second, 0, self.rate(now));
        }
        self.second.1 += 1;
    }

    /// Commands of the last whole second.
    pub fn rate(&self, now: u64) -> u64 {
        match (now / 1000).saturating_sub(self.second.0) {
            0 => self.second.2,
            1 => self.second.1,
            _ => 0,
        }
    }
}

/// Milliseconds since 1970.
pub fn clock() -> u64 {
    (applet::time::now().max(0) / 1_000_000) as u64
}

impl Server {
    pub fn new(config: Config) -> Server {
        let now = clock();
        let seed = applet::time::now() as u64 ^ u64::from(applet::os::pid() as u32) << 40;
        let mut server = Server {
            table: crate::commands::table(),
            dbs: (0..config.number("databases").max(1))
                .map(|_| Db::default())
                .collect(),
            config,
            clients: BTreeMap::new(),
            now,
            since: now,
            dirty: 0,
            saved: Saved {
                at: now,
                well: true,
                ..Saved::default()
            },
            aof: None,
            child: None,
            kept_as: Vec::new(),
            held: Vec::new(),
            holding: false,
            watched: HashMap::new(),
            ready: Vec::new(),
            waiting: Vec::new(),
            channels: BTreeMap::new(),
            patterns: Vec::new(),
            stats: Stats::default(),
            run_id: String::new(),
            ended: false,
            random: seed | 1,
            next_id: 1,
        };
        server.run_id = (0..40)
            .map(|_| char::from(b"0123456789abcdef"[server.random(16)]))
            .collect();
        let mut nobody = Client::new(NOBODY, -1, String::new(), String::new(), now);
        nobody.known = true;
        nobody.speech = Speech::Off;
        server.clients.insert(NOBODY, nobody);
        server
    }

    /// Takes a new connection.
    pub fn connect(&mut self, fd: i32, address: String, local: String) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let mut client = Client::new(id, fd, address, local, self.now);
        client.known = self.config.text("requirepass").is_empty();
        self.stats.connections += 1;
        self.clients.insert(id, client);
        id
    }

    /// Forgets a connection and everything that it wanted.
    pub fn disconnect(&mut self, id: u64) -> Option<Client> {
        if id == NOBODY || !self.clients.contains_key(&id) {
            return None;
        }
        crate::commands::unwatch(self, id);
        crate::commands::unsubscribe_all(self, id);
        self.waiting.retain(|who| *who != id);
        self.clients.remove(&id)
    }

    /// A database at this moment.
    pub fn db(&mut self, number: usize) -> &mut Db {
        let now = self.now;
        let db = &mut self.dbs[number];
        db.now = now;
        db
    }

    /// A client; who is gone is nobody, whom nothing reaches.
    pub fn client(&mut self, id: u64) -> &mut Client {
        let id = if self.clients.contains_key(&id) {
            id
        } else {
            NOBODY
        };
        self.clients
            .entry(id)
            .or_insert_with(|| Client::new(NOBODY, -1, String::new(), String::new(), 0))
    }

    /// A number below a limit that is not zero.
    pub fn random(&mut self, below: usize) -> usize {
        // xorshift64*
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        let number = self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
        (number % below.max(1) as u64) as usize
    }

    /// Places of `len` for a command with a count: different ones, or, when it is negative, any.
    pub fn sample(&mut self, len: usize, count: i64) -> Result<Vec<usize>, Fail> {
        if count.unsigned_abs() > i64::MAX as u64 / 2 {
            return Err(Fail("ERR value is out of range".into()));
        }
        if len == 0 {
            return Ok(Vec::new());
        }
        let wanted = usize::try_from(count.unsigned_abs()).map_err(|_| NOT_INTEGER)?;
        if count < 0 {
            return Ok((0..wanted).map(|_| self.random(len)).collect());
        }
        let mut places: Vec<usize> = (0..len).collect();
        if wanted < len {
            for at in 0..wanted {
                let other = at + self.random(len - at);
                places.swap(at, other);
            }
            places.truncate(wanted);
        }
        Ok(places)
    }

    /// Tells those who watch a key that it has changed.
    pub fn disturb(&mut self, db: usize, key: &[u8]) {
        if self.watched.is_empty() {
            return;
        }
        for id in self
            .watched
            .get(&(db, key.to_vec()))
            .cloned()
            .unwrap_or_default()
        {
            self.client(id).disturbed = true;
        }
    }

    /// The same for a whole database.
    pub fn disturb_all(&mut self, db: usize) {
        let concerned = self.watched.iter().filter(|((number, _), _)| *number == db);
        let ids: Vec<u64> = concerned.flat_map(|(_, who)| who.clone()).collect();
        ids.into_iter()
            .for_each(|id| self.client(id).disturbed = true);
    }

    /// Gives a change to the append-only file, or to the transaction that makes it.
    pub fn keep(&mut self, db: usize, args: &[Arg]) {
        if self.holding {
            self.held.push((db, args.to_vec()));
        } else if let Some(aof) = &mut self.aof {
            aof.keep(db, args);
        }
    }

    /// Answers a client that waited.
    pub fn unblock(&mut self, id: u64, reply: &Reply) {
        self.waiting.retain(|who| *who != id);
        let client = self.client(id);
        client.blocked = None;
        client.reply(reply);
    }
}

/// Seconds of CPU time: own, system's.
pub fn cpu() -> (f64, f64) {
    let times = schooner_sys::times().unwrap_or_default();
    (times.user as f64 / 1e9, times.sys as f64 / 1e9)
}
