//! Where commands come from: texts, standard input, the prompt.

use crate::editor::{self, Session};
use crate::prompt::Facts;
use crate::system::{errno::errno, process_passwd};
use crate::{Env, System, jobs, mode, prompt as escapes, rewrite, sys};
use std::cell::RefCell;
use yash_env::input::{Context, Input, Result};
use yash_env::io::Fd;
use yash_env::system::{Errno, Read as _};
use yash_semantics::expansion::expand_text;
use yash_syntax::parser::lex::Lexer;

/// Reads a script.
pub fn read_script(path: &str) -> std::result::Result<String, Errno> {
    let fd = sys::open(path, sys::O_RDONLY | sys::O_CLOEXEC, 0).map_err(errno)?;
    let result = read_all(fd);
    let _ = sys::close(fd);
    result
}

fn read_all(fd: sys::Fd) -> std::result::Result<String, Errno> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match sys::read(fd, &mut buffer) {
            Ok(0) => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(sys::Errno::EINTR) => {}
            Err(error) => return Err(errno(error)),
        }
    }
}

/// Commands from a text.
pub struct Text {
    lines: std::vec::IntoIter<String>,
}

impl Text {
    pub fn new(text: &str) -> Self {
        // yash wants the newline that ends a here-document.
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let text = format!("{text}{end}");
        let text = rewrite::text(&text);
        let lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        Text {
            lines: lines.into_iter(),
        }
    }
}

impl Input for Text {
    async fn next_line(&mut self, _context: &Context) -> Result {
        Ok(self.lines.next().unwrap_or_default())
    }
}

/// Commands from standard input, read no further than to the line's end: the rest belongs to the commands.
pub struct Lines {
    system: System,
    seekable: bool,
    rewriter: rewrite::Rewriter,
}

impl Lines {
    pub fn new(system: System) -> Self {
        let seekable = sys::lseek(0, 0, 1).is_ok();
        Lines {
            system,
            seekable,
            rewriter: rewrite::Rewriter::default(),
        }
    }

    async fn line(&mut self) -> std::result::Result<Vec<u8>, Errno> {
        let mut line = Vec::new();
        let mut buffer = [0; 512];
        let step = if self.seekable { buffer.len() } else { 1 };
        loop {
            let count = self.system.read(Fd::STDIN, &mut buffer[..step]).await?;
            let read = &buffer[..count];
            let end = read.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(count, |end| end + 1);
            line.extend_from_slice(&read[..used]);
            if used < count {
                let _ = sys::lseek(0, used as i64 - count as i64, 1);
            }
            if count == 0 || end.is_some() {
                return Ok(line);
            }
        }
    }
}

impl Input for Lines {
    async fn next_line(&mut self, _context: &Context) -> Result {
        let line = self.line().await?;
        Ok(self.rewriter.feed(&String::from_utf8_lossy(&line)))
    }
}

/// Commands from a person: job reports, prompt, line editor.
pub struct Prompting<'a, 'b> {
    env: &'a RefCell<&'b mut Env>,
    lines: Lines,
    /// Whether the last end of input was refused because of stopped jobs.
    warned: bool,
}

impl<'a, 'b> Prompting<'a, 'b> {
    pub fn new(env: &'a RefCell<&'b mut Env>) -> Self {
        let lines = Lines::new(env.borrow().system.clone());
        Prompting {
            env,
            lines,
            warned: false,
        }
    }
}

impl Input for Prompting<'_, '_> {
    // Nothing else runs while a line is read, so holding the borrow across awaits is safe.
    #[allow(clippy::await_holding_refcell_ref)]
    async fn next_line(&mut self, context: &Context) -> Result {
        let first = context.is_first_line();
        let mut env = self.env.borrow_mut();
        let env = &mut **env;
        loop {
            if first {
                env.update_all_subshell_statuses();
                let report = jobs::report_changes(&mut env.jobs);
                if !report.is_empty() {
                    eprint!("{report}");
                }
            }
            let shown = prompt(env, first).await;
            let line = if editor::usable(env.variables.get_scalar("TERM")) {
                match Session::new(env, &shown).read() {
                    editor::Outcome::Line(line) => line + "\n",
                    editor::Outcome::End => String::new(),
                    editor::Outcome::Interrupted => {
                        env.exit_status = yash_env::semantics::ExitStatus(130);
                        // Breaks off a command of several lines, too.
                        if first {
                            continue;
                        }
                        return Err(std::io::Error::other("interrupted"));
                    }
                }
            } else {
                let _ = sys::write(2, shown.as_bytes());
                String::from_utf8_lossy(&self.lines.line().await?).into_owned()
            };
            if line.is_empty() && first {
                let stopped = env.jobs.iter().any(|(_, job)| job.state.is_stopped());
                if stopped && !self.warned {
                    self.warned = true;
                    eprintln!("You have stopped jobs.");
                    continue;
                }
                if mode::is_bash() {
                    eprintln!("exit");
                } else {
                    eprintln!();
                }
            }
            self.warned = false;
            if first {
                self.lines.rewriter.reset();
            }
            return Ok(self.lines.rewriter.feed(&line));
        }
    }
}

/// The host's name.
pub fn host_name() -> String {
    match std::fs::read_to_string("/etc/hostname") {
        Ok(name) => name.trim().to_owned(),
        Err(_) => std::env::var("HOSTNAME").unwrap_or_else(|_| "localhost".to_owned()),
    }
}

/// The prompt as it is shown.
pub async fn prompt(env: &mut Env, primary: bool) -> String {
    let name = if primary { "PS1" } else { "PS2" };
    let text = env.variables.get_scalar(name).unwrap_or("").to_owned();
    if !text.contains(['\\', '$', '`']) {
        return text;
    }
    let uid = sys::geteuid();
    let user = || {
        let uid = uid.to_string();
        process_passwd(|fields| fields[2] == uid).map(|mut fields| fields.swap_remove(0))
    };
    let facts = Facts {
        user: if text.contains("\\u") {
            user().unwrap_or_else(|| "?".to_owned())
        } else {
            String::new()
        },
        host: if text.to_lowercase().contains("\\h") {
            host_name()
        } else {
            String::new()
        },
        cwd: env
            .variables
            .get_scalar("PWD")
            .map_or_else(|| sys::getcwd().unwrap_or_default(), str::to_owned),
        home: env.variables.get_scalar("HOME").unwrap_or("").to_owned(),
        root: uid == 0,
        shell: if mode::is_bash() { "bash" } else { "sh" }.to_owned(),
        history_number: editor::history_len() + 1,
    };
    let text = escapes::expand(&text, &facts);
    if !text.contains(['\\', '$', '`']) {
        return text;
    }
    let parsed = Lexer::with_code(&text).text(|_| false, |_| false).await;
    let Ok(parsed) = parsed else {
        return text;
    };
    // `$?` in a prompt is the last command's; the prompt's own commands must not change it.
    let status = env.exit_status;
    let expanded = expand_text(env, &parsed).await;
    env.exit_status = status;
    expanded.map_or(text, |(expanded, _)| expanded)
}

fn history_path(env: &Env) -> Option<String> {
    if let Some(path) = env.variables.get_scalar("HISTFILE") {
        return Some(path.to_owned()).filter(|path| !path.is_empty());
    }
    let home = env
        .variables
        .get_scalar("HOME")
        .filter(|home| !home.is_empty())?;
    let name = if mode::is_bash() {
        ".bash_history"
    } else {
        ".ash_history"
    };
    Some(format!("{}/{name}", home.trim_end_matches('/')))
}

/// Fetches the history of earlier shells; a missing file is none.
pub fn load_history(env: &Env) {
    if let Some(text) = history_path(env).and_then(|path| read_script(&path).ok()) {
        editor::history_load(&text);
    }
}

/// Keeps the history, if that is possible.
pub fn save_history(env: &Env) {
    if mode::is_interactive()
        && let (Some(path), Some(text)) = (history_path(env), editor::history_text())
    {
        let _ = std::fs::write(path, text);
    }
}
