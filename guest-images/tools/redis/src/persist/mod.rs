//! The data in files and back: snapshots (`rdb` writes, `load` reads) and the append-only file (`aof`).
//!
//! With `appendonly yes` the append-only file alone is read at the start, as Redis does; otherwise the snapshot is.

mod aof;
mod crc64;
mod load;
mod lzf;
mod packed;
mod rdb;

pub use aof::Aof;

use crate::server::{Child, Config, Server, clock, log, log_as};
use std::io;
use std::time::Instant;

/// Reads what an earlier run left.
pub fn load(server: &mut Server) -> Result<(), String> {
    let began = Instant::now();
    if server.config.flag("appendonly") {
        let found = aof::read(server)?;
        server.aof = Some(Aof::open(server).map_err(|error| {
            format!("Can't open the append-only file: {}", applet::words(&error))
        })?);
        if found {
            log(
                '*',
                format_args!(
                    "DB loaded from append only file: {:.3} seconds",
                    began.elapsed().as_secs_f64()
                ),
            );
        }
    } else if std::fs::exists(server.config.text("dbfilename")).unwrap_or(false) {
        let path = server.config.text("dbfilename").to_owned();
        let bytes = std::fs::read(&path).map_err(|error| {
            format!(
                "Fatal error loading the DB: {}. Exiting.",
                applet::words(&error)
            )
        })?;
        let loaded = load::snapshot(server, &bytes).map_err(|words| {
            format!("Fatal error loading the DB, check server logs. Exiting. ({words})")
        })?;
        (server.saved.loaded, server.saved.expired) = loaded;
        log(
            '*',
            format_args!(
                "Done loading RDB, keys loaded: {}, keys expired: {}.",
                loaded.0, loaded.1
            ),
        );
        log(
            '*',
            format_args!(
                "DB loaded from disk: {:.3} seconds",
                began.elapsed().as_secs_f64()
            ),
        );
    }
    server.dirty = 0;
    server.saved.dirty = 0;
    Ok(())
}

/// Writes a snapshot, which replaces the last one when it is complete.
pub fn save(server: &mut Server) -> io::Result<()> {
    server.saved.tried = clock();
    let result = write_snapshot(server);
    server.saved.well = result.is_ok();
    match &result {
        Ok(()) => {
            saved(server, server.dirty);
            log('*', "DB saved on disk");
        }
        Err(error) => log(
            '#',
            format_args!(
                "Failed opening the temp RDB file for saving: {}",
                applet::words(error)
            ),
        ),
    }
    result
}

fn saved(server: &mut Server, dirty: u64) {
    server.saved.at = clock();
    server.saved.dirty = dirty;
    server.saved.times += 1;
}

fn write_snapshot(server: &Server) -> io::Result<()> {
    let temporary = format!("temp-{}.rdb", applet::os::pid());
    replace(
        &temporary,
        server.config.text("dbfilename"),
        &rdb::snapshot(server, false),
    )
}

/// Puts a file in the place of another, whole or not at all.
fn replace(temporary: &str, path: &str, bytes: &[u8]) -> io::Result<()> {
    let write = || {
        let mut file = std::fs::File::create(temporary)?;
        io::Write::write_all(&mut file, bytes)?;
        file.sync_all()?;
        std::fs::rename(temporary, path)
    };
    write().inspect_err(|_| {
        // The error itself matters more.
        let _ = std::fs::remove_file(temporary);
    })
}

/// Lets a copy of this process write a snapshot; `false` when one does so already.
pub fn save_aside(server: &mut Server) -> Result<bool, String> {
    if server.child.is_some() {
        return Ok(false);
    }
    server.saved.tried = clock();
    let copy: &Server = server;
    let started = schooner_sys::clone_with(|| match write_snapshot(copy) {
        Ok(()) => {
            log_as('C', '*', "DB saved on disk");
            0
        }
        Err(error) => {
            log_as(
                'C',
                '#',
                format_args!(
                    "Failed opening the temp RDB file for saving: {}",
                    applet::words(&error)
                ),
            );
            1
        }
    });
    match started {
        Ok(pid) => {
            log('*', format_args!("Background saving started by pid {pid}"));
            server.child = Some(Child {
                pid,
                dirty: server.dirty,
            });
            Ok(true)
        }
        Err(errno) => {
            server.saved.well = false;
            Err(format!("Can't save in background: fork: {}", errno.words()))
        }
    }
}

/// Hears what became of the process that saves.
pub fn reap(server: &mut Server) {
    while let Ok(Some((pid, status, _))) = schooner_sys::wait4(-1, schooner_sys::WNOHANG) {
        let Some(child) = server.child.take_if(|child| child.pid == pid) else {
            continue;
        };
        server.saved.well = status.exited() == Some(0);
        if server.saved.well {
            log('*', "Background saving terminated with success");
            saved(server, child.dirty);
        } else {
            log('#', "Background saving error");
        }
    }
}

/// Does what a change of the settings asks for.
pub fn follow(server: &mut Server, before: &Config) -> Result<(), String> {
    let folder = server.config.text("dir").to_owned();
    if folder != before.text("dir") {
        applet::os::chdir(&folder)
            .map_err(|error| format!("Changing directory: {}", applet::words(&error)))?;
    }
    match (server.config.flag("appendonly"), server.aof.is_some()) {
        (true, false) => {
            server.aof = Some(Aof::begin(server, 0).map_err(|error| applet::words(&error))?)
        }
        (false, true) => {
            write(server);
            server.aof = None;
        }
        _ => {}
    }
    Ok(())
}

/// Hands what was changed to the append-only file.
pub fn write(server: &mut Server) {
    let always = server.config.text("appendfsync") == "always";
    let now = server.now;
    if let Some(aof) = &mut server.aof {
        aof.write(now, always);
    }
}

/// Syncs and shortens the append-only file when that is due; when it will be.
pub fn sync(server: &mut Server) -> Option<u64> {
    let every = server.config.text("appendfsync") == "everysec";
    let (percent, least) = (
        server.config.number("auto-aof-rewrite-percentage") as u64,
        server.config.number("auto-aof-rewrite-min-size") as u64,
    );
    let now = server.now;
    let aof = server.aof.as_mut()?;
    let grown = aof.size.saturating_sub(aof.base_size) * 100 / aof.base_size.max(1);
    if percent > 0 && aof.size > least && grown >= percent {
        log(
            '*',
            format_args!("Starting automatic rewriting of AOF on {grown}% growth"),
        );
        if let Err(words) = rewrite(server) {
            log('#', words);
        }
        return None;
    }
    if every {
        aof.sync_after(now, 1000)
    } else {
        None
    }
}

/// Writes the append-only file anew, as short as it can be.
pub fn rewrite(server: &mut Server) -> Result<(), String> {
    write(server);
    let last = server.aof.as_ref().map_or(0, |aof| aof.number);
    match Aof::begin(server, last) {
        Ok(aof) => {
            if server.aof.is_some() {
                server.aof = Some(aof);
            }
            Ok(())
        }
        Err(error) => Err(format!(
            "Can't rewrite append only file: {}",
            applet::words(&error)
        )),
    }
}

/// Before the end: a snapshot if one is wanted (`None`: if snapshots are), and everything in the append-only file.
pub fn finish(server: &mut Server, save_wanted: Option<bool>) -> io::Result<()> {
    log('*', "User requested shutdown...");
    if let Some(child) = server.child.take() {
        log('*', "There is a child saving an .rdb. Killing it!");
        // It may be over already.
        let _ = applet::os::kill(child.pid, 9);
    }
    if server.aof.is_some() {
        log('*', "Calling fsync() on the AOF file.");
        write(server);
        if let Some(aof) = &mut server.aof {
            aof.sync();
        }
    }
    if save_wanted.unwrap_or(!server.config.saves().is_empty()) {
        log('*', "Saving the final RDB snapshot before exiting.");
        if let Err(error) = save(server) {
            log('#', "Error trying to save the DB, can't exit.");
            return Err(error);
        }
    }
    log('#', "Redis is now ready to exit, bye bye...");
    Ok(())
}
