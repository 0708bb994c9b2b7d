//! The append-only file in Redis 7's form: a folder with a base (a snapshot), what was changed since (commands as clients send
//! them), and a manifest that says which files those are. The manifest is replaced whole, so at every moment one set is valid.

use super::{load, rdb, replace};
use crate::protocol::{self, Arg, Parsed, Reader};
use crate::server::{NOBODY, Server, answer, log};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};

pub struct Aof {
    file: File,
    /// Changes that are not in the file yet.
    waiting: Vec<u8>,
    /// The database of the last of them.
    db: Option<usize>,
    /// Since when something is written and not synced, in milliseconds since 1970.
    unsynced: Option<u64>,
    /// Of this set of files.
    pub number: u64,
    pub size: u64,
    pub base_size: u64,
    /// The last write went well.
    pub well: bool,
}

/// Where the files are.
struct Names {
    folder: String,
    stem: String,
}

impl Names {
    fn of(server: &Server) -> Names {
        Names {
            folder: server.config.text("appenddirname").to_owned(),
            stem: server.config.text("appendfilename").to_owned(),
        }
    }

    fn base(&self, number: u64) -> String {
        format!("{}.{number}.base.rdb", self.stem)
    }

    fn changes(&self, number: u64) -> String {
        format!("{}.{number}.incr.aof", self.stem)
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    fn manifest(&self) -> String {
        self.path(&format!("{}.manifest", self.stem))
    }

    /// The files of the manifest in their order: name, number, kind; `None` without one.
    fn listed(&self) -> Result<Option<Vec<(String, u64, char)>>, String> {
        let text = match std::fs::read_to_string(self.manifest()) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(format!(
                    "Fatal error: can't open the AOF manifest file {} for reading: {}",
                    self.manifest(),
                    applet::words(&error)
                ));
            }
        };
        let mut found = Vec::new();
        for line in text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["file", name, "seq", number, "type", kind, ..] if !name.contains('/') => {
                    let number = number
                        .parse()
                        .map_err(|_| "Invalid AOF manifest file format")?;
                    found.push((name.to_owned(), number, kind.chars().next().unwrap_or('?')));
                }
                _ => return Err("Invalid AOF manifest file format".into()),
            }
        }
        Ok(Some(found))
    }
}

impl Aof {
    /// Writes a base of what is there now and begins a file of changes, as the set behind `last`; the sets before it go.
    pub fn begin(server: &Server, last: u64) -> io::Result<Aof> {
        let names = Names::of(server);
        std::fs::create_dir_all(&names.folder)?;
        let old = names.listed().ok().flatten().unwrap_or_default();
        let number = old
            .iter()
            .map(|(_, number, _)| *number)
            .max()
            .unwrap_or(0)
            .max(last)
            + 1;
        let base = rdb::snapshot(server, true);
        replace(
            &names.path(&format!("temp-{}", names.base(number))),
            &names.path(&names.base(number)),
            &base,
        )?;
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(names.path(&names.changes(number)))?;
        let lines = format!(
            "file {} seq {number} type b\nfile {} seq {number} type i\n",
            names.base(number),
            names.changes(number)
        );
        replace(
            &names.path(&format!("temp-{}.manifest", names.stem)),
            &names.manifest(),
            lines.as_bytes(),
        )?;
        for (name, ..) in old {
            // A file that stays is only a file too many.
            let _ = std::fs::remove_file(names.path(&name));
        }
        Ok(Aof {
            file,
            waiting: Vec::new(),
            db: None,
            unsynced: None,
            number,
            size: base.len() as u64,
            base_size: base.len() as u64,
            well: true,
        })
    }

    /// Goes on with the set that was loaded, or begins one.
    pub fn open(server: &Server) -> io::Result<Aof> {
        let names = Names::of(server);
        let listed = names
            .listed()
            .map_err(io::Error::other)?
            .unwrap_or_default();
        let Some((name, number, _)) = listed.iter().rev().find(|(.., kind)| *kind == 'i').cloned()
        else {
            let aof = Aof::begin(server, 0)?;
            log(
                '*',
                format_args!(
                    "Creating AOF base file {} on server start",
                    names.base(aof.number)
                ),
            );
            log(
                '*',
                format_args!(
                    "Creating AOF incr file {} on server start",
                    names.changes(aof.number)
                ),
            );
            return Ok(aof);
        };
        let size = |name: &str| std::fs::metadata(names.path(name)).map_or(0, |data| data.len());
        let base_size = listed
            .iter()
            .filter(|(.., kind)| *kind == 'b')
            .map(|(name, ..)| size(name))
            .sum();
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(names.path(&name))?;
        log(
            '*',
            format_args!("Opening AOF incr file {name} on server start"),
        );
        Ok(Aof {
            file,
            waiting: Vec::new(),
            db: None,
            unsynced: None,
            number,
            size: base_size + size(&name),
            base_size,
            well: true,
        })
    }

    /// Adds a change.
    pub fn keep(&mut self, db: usize, args: &[Arg]) {
        if self.db != Some(db) {
            self.db = Some(db);
            protocol::command(&mut self.waiting, &["SELECT", &db.to_string()]);
        }
        protocol::command(&mut self.waiting, args);
    }

    /// Hands what waits to the file; `sync` waits until it is safe.
    pub fn write(&mut self, now: u64, sync: bool) {
        if self.waiting.is_empty() {
            return;
        }
        match self.file.write(&self.waiting) {
            Ok(count) => {
                self.waiting.drain(..count);
                self.size += count as u64;
                self.unsynced.get_or_insert(now);
                self.well = true;
            }
            Err(error) => {
                if self.well {
                    log(
                        '#',
                        format_args!("Error writing to the AOF file: {}", applet::words(&error)),
                    );
                }
                self.well = false;
            }
        }
        if sync {
            self.sync();
        }
    }

    pub fn sync(&mut self) {
        if self.unsynced.take().is_some()
            && let Err(error) = self.file.sync_data()
        {
            log(
                '#',
                format_args!("Fail to fsync the AOF file: {}", applet::words(&error)),
            );
        }
    }

    /// Syncs what waits for it long enough; when that will be.
    pub fn sync_after(&mut self, now: u64, patience: u64) -> Option<u64> {
        let at = self.unsynced? + patience;
        if at > now {
            return Some(at);
        }
        self.sync();
        None
    }
}

/// Reads the files that the manifest names; whether there were any.
pub fn read(server: &mut Server) -> Result<bool, String> {
    let names = Names::of(server);
    let Some(listed) = names.listed()? else {
        return Ok(false);
    };
    let last = listed.len().saturating_sub(1);
    for (place, (name, ..)) in listed.iter().enumerate() {
        let path = names.path(name);
        let bytes = std::fs::read(&path).map_err(|error| {
            format!(
                "Fatal error: can't open the append log file {name} for reading: {}",
                applet::words(&error)
            )
        })?;
        match bytes.starts_with(b"REDIS") {
            true => {
                load::snapshot(server, &bytes).map_err(|words| format!("Error reading the RDB preamble of the AOF file {name}, AOF loading aborted ({words})"))?;
            }
            false => commands(server, name, &path, &bytes, place == last)?,
        }
    }
    Ok(true)
}

/// Runs the commands of a file. One that is cut off at the end of the last file is cut away.
fn commands(
    server: &mut Server,
    name: &str,
    path: &str,
    bytes: &[u8],
    last: bool,
) -> Result<(), String> {
    let mut reader = Reader::default();
    reader.feed(bytes);
    let (mut whole, mut transaction): (_, Option<Vec<Vec<Arg>>>) = (0, None);
    let broken = || {
        format!(
            "Bad file format reading the append only file {name}: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>"
        )
    };
    loop {
        match reader.next(false) {
            Parsed::Command(args) => {
                match (crate::commands::lower(&args[0]).as_str(), &mut transaction) {
                    ("multi", _) => transaction = Some(Vec::new()),
                    ("exec", Some(made)) => {
                        for args in std::mem::take(made) {
                            answer(server, NOBODY, &args, true);
                        }
                        transaction = None;
                    }
                    (word, _) if !server.table.contains_key(word) => {
                        return Err(format!(
                            "Unknown command '{word}' reading the append only file {name}"
                        ));
                    }
                    (_, Some(made)) => made.push(args),
                    (_, None) => drop(answer(server, NOBODY, &args, true)),
                }
                if transaction.is_none() {
                    whole = bytes.len() - reader.waiting();
                }
            }
            Parsed::More => break,
            Parsed::Broken(_) => return Err(broken()),
        }
    }
    server.ready.clear();
    server.client(NOBODY).db = 0;
    if whole == bytes.len() {
        return Ok(());
    }
    if !last || !server.config.flag("aof-load-truncated") {
        return Err(broken());
    }
    log(
        '#',
        format_args!("!!! Warning: short read while loading the AOF file {name}!!!"),
    );
    log(
        '#',
        format_args!("AOF loaded anyway because aof-load-truncated is enabled"),
    );
    let cut = OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|file| file.set_len(whole as u64));
    cut.map_err(|error| {
        format!(
            "Error truncating the AOF file {name}: {}",
            applet::words(&error)
        )
    })
}
