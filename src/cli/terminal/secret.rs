//! Reads a line that nobody may see, such as a password.

use super::Raw;
use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use std::io;

/// Reads from the terminal until Enter, showing nothing. `^C` and `^D` give up.
pub fn read_secret() -> io::Result<String> {
    let raw = Raw::enter()?;
    let mut secret = String::new();
    loop {
        let Event::Key(key) = read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Enter => break,
            KeyCode::Backspace => drop(secret.pop()),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Err(io::ErrorKind::Interrupted.into());
            }
            KeyCode::Char(c) => secret.push(c),
            _ => {}
        }
    }
    drop(raw);
    Ok(secret)
}
