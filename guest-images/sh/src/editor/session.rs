//! Reading one line from the terminal: raw mode, the loop over keys, completion's names.

use super::HISTORY;
use super::complete::{self, Kind};
use super::draw::Screen;
use super::keys::Decoder;
use super::state::{Effect, State};
use crate::{Env, builtins, sys};
use schooner_sys::{cc, iflag, lflag};
use yash_env::variable::Scope;

/// How a line ended.
#[derive(Debug, Eq, PartialEq)]
pub enum Outcome {
    Line(String),
    /// `^D`, or the terminal is gone.
    End,
    /// `^C`
    Interrupted,
}

/// One line's reading.
pub struct Session<'a> {
    env: &'a mut Env,
    prompt: String,
    state: State,
    screen: Screen,
    columns: usize,
    /// The last key was a Tab that did not change the line: the next one lists.
    listed: bool,
}

impl<'a> Session<'a> {
    pub fn new(env: &'a mut Env, prompt: &str) -> Self {
        Session {
            env,
            prompt: prompt.to_owned(),
            state: State::default(),
            screen: Screen::default(),
            columns: 80,
            listed: false,
        }
    }

    /// Reads the line.
    pub fn read(mut self) -> Outcome {
        let Ok(modes) = sys::tcgetattr(0) else {
            return Outcome::End;
        };
        let mut raw = modes;
        raw.lflag &= !(lflag::ICANON | lflag::ECHO | lflag::ISIG | lflag::IEXTEN);
        raw.iflag &= !(iflag::ICRNL | iflag::INLCR | iflag::IGNCR | iflag::IXON);
        raw.cc[cc::VMIN] = 1;
        raw.cc[cc::VTIME] = 0;
        if sys::tcsetattr(0, sys::SetWhen::Drain, &raw).is_err() {
            return Outcome::End;
        }
        write("\x1b[?2004h");
        // Lines of the prompt above the last one are written once.
        if let Some((above, _)) = self.prompt.rsplit_once('\n') {
            write(&format!("{}\r\n", above.replace('\n', "\r\n")));
        }
        // To hear of a changed window; yash blocks the signals that it handles itself, so they are not ours to take.
        let window = sys::sigaction_get(schooner_sys::SIGWINCH) == Ok(sys::Action::Default);
        if window {
            let _ = sys::sigaction(schooner_sys::SIGWINCH, sys::Action::Catch);
        }
        let outcome = self.keys();
        if window {
            let _ = sys::sigaction(schooner_sys::SIGWINCH, sys::Action::Default);
        }
        write("\x1b[?2004l");
        let _ = sys::tcsetattr(0, sys::SetWhen::Drain, &modes);
        if let Outcome::Line(line) = &outcome {
            HISTORY.with_borrow_mut(|history| history.add(line));
        }
        outcome
    }

    fn keys(&mut self) -> Outcome {
        let mut decoder = Decoder::default();
        self.resize();
        self.draw();
        let mut changed = false;
        loop {
            // Byte by byte: what was typed ahead of a command belongs to that command.
            if changed && !more() {
                self.resize();
                self.draw();
                changed = false;
            }
            let mut byte = [0];
            match sys::read(0, &mut byte) {
                Ok(1) => {}
                Err(sys::Errno::EINTR) => {
                    let _ = sys::sigcaught();
                    self.resize();
                    self.draw();
                    continue;
                }
                _ => return Outcome::End,
            }
            let Some(key) = decoder.feed(byte[0]) else {
                continue;
            };
            let effect = HISTORY.with_borrow(|history| self.state.key(&key, history));
            let listed = std::mem::take(&mut self.listed);
            match effect {
                Effect::Draw => changed = true,
                Effect::Bell => write("\x07"),
                Effect::Clear => {
                    write("\x1b[H\x1b[2J");
                    self.screen.forget();
                    changed = true;
                }
                Effect::Complete => {
                    self.complete(listed);
                    changed = true;
                }
                Effect::Accept => {
                    self.state.search = None;
                    self.draw();
                    self.leave();
                    return Outcome::Line(self.state.line());
                }
                Effect::Interrupt => {
                    self.state.search = None;
                    self.draw();
                    write("^C");
                    self.leave();
                    return Outcome::Interrupted;
                }
                Effect::End => return Outcome::End,
            }
        }
    }

    fn resize(&mut self) {
        let columns = sys::winsize(0).map_or(0, |size| usize::from(size.cols));
        self.columns = if columns == 0 { 80 } else { columns };
    }

    fn shown_prompt(&self) -> String {
        self.state
            .search_prompt()
            .unwrap_or_else(|| self.prompt.clone())
    }

    fn draw(&mut self) {
        let text = self.screen.draw(
            &self.shown_prompt(),
            &self.state.line(),
            &self.state.before(),
            self.columns,
        );
        write(&text);
    }

    fn leave(&mut self) {
        let text = self
            .screen
            .leave(&self.shown_prompt(), &self.state.line(), self.columns);
        write(&text);
    }

    fn complete(&mut self, list: bool) {
        let before = self.state.before();
        let word = complete::word(&before);
        let mut names = self.candidates(&word);
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            write("\x07");
            return;
        }
        let mut text = complete::common(&names);
        if names.len() == 1 && !text.ends_with('/') {
            text += match word.kind {
                Kind::Variable { brace: true } => "}",
                _ => "\0",
            };
        }
        // The NUL stands for what ends a complete word: a closing quote and a space.
        let ended = text.ends_with('\0');
        let text = text.trim_end_matches('\0');
        let mut quoted = match word.kind {
            Kind::Variable { .. } => text.to_owned(),
            _ => complete::quote(text, word.quote),
        };
        if ended {
            quoted.extend(
                word.quote
                    .filter(|_| !matches!(word.kind, Kind::Variable { .. })),
            );
            quoted.push(' ');
        }
        if before[word.start..] != quoted {
            self.state.replace_before(word.start, &quoted);
            if names.len() == 1 {
                return;
            }
        }
        if !list {
            self.listed = true;
            write("\x07");
            return;
        }
        self.draw();
        self.leave();
        let shown: Vec<String> = names
            .iter()
            .map(|name| last_part(name).to_owned())
            .collect();
        write(&complete::columns(&shown, self.columns));
        self.screen.forget();
    }

    fn candidates(&self, word: &complete::Word) -> Vec<String> {
        let text = word.text.as_str();
        match word.kind {
            Kind::Variable { .. } => {
                let names = self
                    .env
                    .variables
                    .iter(Scope::Global)
                    .map(|(name, _)| name.to_owned());
                names.filter(|name| name.starts_with(text)).collect()
            }
            Kind::Command => {
                let mut names: Vec<String> =
                    builtins::names().into_iter().map(str::to_owned).collect();
                names.extend(
                    self.env
                        .functions
                        .iter()
                        .map(|function| function.name.clone()),
                );
                names.extend(self.env.aliases.iter().map(|alias| alias.0.name.clone()));
                let path = self.env.variables.get_scalar("PATH").unwrap_or("");
                for dir in path.split(':').filter(|dir| !dir.is_empty()) {
                    names.extend(sys::read_dir(dir).unwrap_or_default());
                }
                // The programs' files behind the links that people know.
                names.retain(|name| name.starts_with(text) && !name.ends_with(".wasm"));
                if names.is_empty() {
                    self.files(text, false)
                } else {
                    names
                }
            }
            Kind::File { folders_only } => self.files(text, folders_only),
        }
    }

    fn files(&self, text: &str, folders_only: bool) -> Vec<String> {
        let (dir, part) = text
            .rsplit_once('/')
            .map_or(("", text), |(dir, part)| (dir, part));
        let (shown, dir) = match text.rfind('/') {
            Some(at) => (&text[..=at], if dir.is_empty() { "/" } else { dir }),
            None => ("", "."),
        };
        let home = self.env.variables.get_scalar("HOME").unwrap_or("");
        let dir = match dir.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{home}{rest}"),
            _ => dir.to_owned(),
        };
        let mut found = Vec::new();
        for name in sys::read_dir(&dir).unwrap_or_default() {
            if !name.starts_with(part) || (name.starts_with('.') && !part.starts_with('.')) {
                continue;
            }
            let is_dir = sys::stat(&format!("{dir}/{name}"))
                .is_ok_and(|stat| stat.file_type() == schooner_sys::S_IFDIR);
            if is_dir {
                found.push(format!("{shown}{name}/"));
            } else if !folders_only {
                found.push(format!("{shown}{name}"));
            }
        }
        found
    }
}

/// A path's last part, with the slash of a folder.
fn last_part(path: &str) -> &str {
    let end = path.trim_end_matches('/').rfind('/').map_or(0, |at| at + 1);
    &path[end..]
}

/// Whether more was typed already.
fn more() -> bool {
    let mut list = [sys::PollFd {
        fd: 0,
        events: sys::POLLIN,
        revents: 0,
    }];
    matches!(
        sys::ppoll(&mut list, Some(std::time::Duration::ZERO), None),
        Ok(1..)
    )
}

fn write(text: &str) {
    let mut bytes = text.as_bytes();
    while !bytes.is_empty() {
        match sys::write(2, bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(sys::Errno::EINTR) => {}
            Err(_) => return,
        }
    }
}
