//! The state folder: there, private, writable, lockable, with room.

use super::{Finding, disk};
use crate::base::{home, size};
use crate::cli::app::App;
use crate::cli::error::Result;
use std::fs;
use std::io::Write;
use std::path::Path;

const FOLDER: &str = "state folder";
const ROOM: &str = "room";

/// What a course of lessons takes, with the compiled programs.
const NEEDED: u64 = 500_000_000;

/// Looks at the folder of the user's own engine; at nothing where another engine is meant.
pub fn look(app: &App) -> Result<Vec<Finding>> {
    if app.host.is_some() {
        return Ok(Vec::new());
    }
    let folder = App::state()?;
    let name = folder.display();
    let fix = format!("set {} to a folder of your own", home::HOME_VARIABLE);
    if let Err(error) = disk::make(&folder) {
        return Ok(vec![Finding::bad(FOLDER, format!("{name}: {error}"), fix)]);
    }
    if let Err(error) = write_and_lock(&folder) {
        let found = format!("{name} cannot be written: {error}");
        return Ok(vec![Finding::bad(FOLDER, found, fix)]);
    }
    let mut found = vec![match disk::is_open(&folder) {
        // The engine makes it private as it starts.
        true => Finding::note(
            FOLDER,
            format!("{name}, open to other users until the engine starts"),
            format!("chmod 700 {name}"),
        ),
        false => Finding::ok(
            FOLDER,
            format!("{name}, private, can be written and locked"),
        ),
    }];
    found.extend(disk::free(&folder).map(room));
    Ok(found)
}

/// Writes and locks a file as the engine will: some network filesystems cannot.
fn write_and_lock(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!("doctor-{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).open(&path)?;
    let tried = file.write_all(b"x").and_then(|()| file.lock());
    drop(file);
    fs::remove_file(&path)?;
    tried
}

fn room(free: u64) -> Finding {
    let text = format!("{} are free", size::decimal_short(free as f64));
    match free < NEEDED {
        true => Finding::note(
            ROOM,
            text,
            format!(
                "make room, or set {} to a folder on another disk",
                home::HOME_VARIABLE
            ),
        ),
        false => Finding::ok(ROOM, text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn little_room_is_told() {
        assert_eq!(room(NEEDED).state, State::Ok);
        assert_eq!(room(NEEDED - 1).state, State::Note);
    }
}
