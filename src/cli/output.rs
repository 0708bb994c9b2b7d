//! Where an archive goes: standard output, unless that is a terminal, or a file that appears when it is whole.

use super::app::App;
use super::error::{Error, Result};
use super::stream::write_all;
use crate::client::Response;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// A destination that has been looked at.
pub enum Output {
    Stdout,
    File(PathBuf),
}

impl Output {
    /// Checks the value of `-o`; an empty one is standard output. `verb` says what would be done, in Docker's errors.
    pub fn choose(file: &str, verb: &str) -> Result<Output> {
        if file.is_empty() {
            return match std::io::stdout().is_terminal() {
                true => Err(Error::plain(
                    "cowardly refusing to save to a terminal. Use the -o flag or redirect",
                )),
                false => Ok(Output::Stdout),
            };
        }
        let refused = |why: String| Error::plain(format!("failed to {verb}: {why}"));
        let path = Path::new(file);
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|f| !f.exists()) {
            let folder = folder.display();
            let why = format!("invalid output path: stat {folder}: no such file or directory");
            return Err(refused(why));
        }
        let found = std::fs::metadata(path).ok();
        if found.is_some_and(|m| !m.is_file()) {
            let what = match path.is_dir() {
                true => "directory",
                false => "character device file",
            };
            return Err(refused(format!("cannot write to a {what}")));
        }
        Ok(Output::File(path.to_owned()))
    }

    /// Writes an answer's body; what goes to a file is counted on a terminal meanwhile.
    pub async fn write(self, app: &App, mut response: Response) -> Result<()> {
        match self {
            Output::Stdout => {
                while let Some(piece) = response.chunk().await? {
                    write_all(&mut std::io::stdout().lock(), &piece)?;
                }
                Ok(())
            }
            Output::File(path) => {
                let mut unfinished = Unfinished::beside(&path)?;
                let counter = counter(app, &path);
                while let Some(piece) = response.chunk().await? {
                    unfinished.file.write_all(&piece)?;
                    counter.inc(piece.len() as u64);
                }
                counter.finish_and_clear();
                unfinished.finish(&path)
            }
        }
    }
}

/// Counts bytes on standard error; how many come is not known. Nothing is shown where nobody watches.
fn counter(app: &App, path: &Path) -> ProgressBar {
    if app.plain || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message(path.display().to_string());
    match ProgressStyle::with_template("Writing {msg}: {bytes} ({bytes_per_sec})") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A file that is still being written; dropped before its end, it leaves nothing.
struct Unfinished {
    file: std::fs::File,
    place: Option<PathBuf>,
}

impl Unfinished {
    fn beside(path: &Path) -> Result<Unfinished> {
        let mut name = std::ffi::OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}", std::process::id()));
        let place = path.with_file_name(name);
        let file = private_file(&place)?;
        let place = Some(place);
        Ok(Unfinished { file, place })
    }

    fn finish(mut self, path: &Path) -> Result<()> {
        if let Some(place) = &self.place {
            std::fs::rename(place, path)?;
        }
        self.place = None;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(place) = &self.place {
            let _ = std::fs::remove_file(place);
        }
    }
}

/// Makes a file that its owner alone may read.
pub fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
