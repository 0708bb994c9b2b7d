//! The command line's one error, and the one place where it becomes an exit code.

use crate::client;

/// What kind of failure it was; decides the exit code and what is printed around the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A flag that cannot be read.
    Flag,
    /// A template that cannot be parsed.
    Template,
    /// `run` or `create` failed before the container ran; Docker names the program in front and the help behind.
    Run(&'static str),
    /// Everything else.
    Plain,
    /// The engine says which code it is.
    Coded(i32),
    /// Nothing is left to say; only the code counts.
    Silent(i32),
}

/// A failed command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub kind: Kind,
    pub message: String,
}

/// What a verb comes back with: its exit code.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn plain(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Plain,
            message: message.into(),
        }
    }

    pub fn template(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Template,
            message: message.into(),
        }
    }

    /// The same with another exit code.
    pub fn with_code(mut self, code: i32) -> Self {
        self.kind = Kind::Coded(code);
        self
    }

    /// Ends with a code and prints nothing.
    pub fn silent(code: i32) -> Self {
        Self {
            kind: Kind::Silent(code),
            message: String::new(),
        }
    }

    /// Marks a failure of `run` or `create` before the container ran.
    pub fn of(mut self, verb: &'static str) -> Self {
        if self.kind == Kind::Plain {
            self.kind = Kind::Run(verb);
        }
        self
    }

    /// The exit code, as Docker's command line chooses it.
    pub fn exit_code(&self) -> i32 {
        match self.kind {
            Kind::Flag => 125,
            Kind::Template => 64,
            Kind::Run(_) => start_code(&self.message),
            Kind::Plain => 1,
            Kind::Coded(code) | Kind::Silent(code) => code,
        }
    }

    /// The lines for standard error; `program` is the name we were called by.
    pub fn render(&self, program: &str) -> String {
        match self.kind {
            Kind::Silent(_) => String::new(),
            Kind::Run(verb) => format!(
                "{program}: {}\n\nRun '{program} {verb} --help' for more information\n",
                self.message
            ),
            _ => format!("{}\n", self.message),
        }
    }
}

/// 127 for a command that is not there, 126 for one that cannot be executed, 125 for anything else.
pub fn start_code(message: &str) -> i32 {
    let says = |words: &[&str]| words.iter().any(|w| message.contains(w));
    match () {
        () if says(&[
            "executable file not found",
            "no such file or directory",
            "system cannot find the file specified",
        ]) =>
        {
            // A file of the user's that the client could not open is an ordinary failure.
            if message.starts_with("open ") || message.starts_with("opening ") {
                125
            } else {
                127
            }
        }
        () if says(&["permission denied", "is a directory"]) => 126,
        () => 125,
    }
}

impl From<client::Error> for Error {
    fn from(error: client::Error) -> Self {
        Self::plain(error.to_string())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::plain(error.to_string())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::plain(format!("invalid answer from the engine: {error}"))
    }
}

/// Docker's words for a file that cannot be opened.
pub fn open_error(path: &str, error: &std::io::Error) -> Error {
    let words = match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    Error::plain(format!("open {path}: {words}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_code() {
        let run = |m: &str| Error::plain(m).of("run").exit_code();
        assert_eq!(run("exec: \"x\": executable file not found in $PATH"), 127);
        assert_eq!(
            run("exec: \"/etc\": is a directory: permission denied"),
            126
        );
        assert_eq!(run("exec: \"/x\": stat /x: no such file or directory"), 127);
        assert_eq!(run("Conflict. The container name"), 125);
        assert_eq!(run("open /nosuch: no such file or directory"), 125);
        assert_eq!(Error::plain("x").exit_code(), 1);
        assert_eq!(Error::template("x").exit_code(), 64);
        assert_eq!(Error::silent(7).exit_code(), 7);
        assert_eq!(Error::template("x").of("run").exit_code(), 64);
    }
}
