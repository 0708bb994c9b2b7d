//! One command: sent, answered, printed; and the connection that is opened when there is none.

use super::show::{self, Form};
use super::{Link, Options};
use crate::commands::lower;
use crate::protocol::{Arg, Reply};

pub struct Runner {
    pub options: Options,
    link: Option<Link>,
    /// The database that the server has selected for us, and whether a transaction is open.
    pub db: usize,
    pub transaction: bool,
}

impl Runner {
    pub fn new(options: Options) -> Runner {
        let db = options.db;
        Runner {
            options,
            link: None,
            db,
            transaction: false,
        }
    }

    pub fn connected(&self) -> bool {
        self.link.is_some()
    }

    /// Forgets the server.
    pub fn leave(&mut self) {
        self.link = None;
        self.db = self.options.db;
    }

    /// Connects if need be. An error has been told.
    pub fn connect(&mut self) -> bool {
        if self.link.is_some() {
            return true;
        }
        let (host, port) = (self.options.host.clone(), self.options.port);
        match Link::open(&host, port) {
            Ok(link) => self.link = Some(link),
            Err(words) => {
                applet::flush();
                eprintln!("Could not connect to Redis at {host}:{port}: {words}");
                return false;
            }
        }
        self.transaction = false;
        self.introduce();
        self.link.is_some()
    }

    /// Says the password, the version and the database.
    fn introduce(&mut self) {
        let mut first: Vec<(Vec<Arg>, &str)> = Vec::new();
        if let Some(password) = self
            .options
            .password
            .clone()
            .filter(|password| !password.is_empty())
        {
            let user = self.options.user.clone().map(String::into_bytes);
            let words = [Some(b"AUTH".to_vec()), user, Some(password.into_bytes())];
            first.push((words.into_iter().flatten().collect(), "AUTH"));
        }
        if self.options.version == 3 {
            first.push((vec![b"HELLO".to_vec(), b"3".to_vec()], "HELLO 3"));
        }
        if self.db != 0 {
            first.push((
                vec![b"SELECT".to_vec(), self.db.to_string().into_bytes()],
                "SELECT",
            ));
        }
        for (args, name) in first {
            if let Ok(Reply::Error(words)) = self.exchange(&args) {
                eprintln!("{name} failed: {words}");
            }
        }
    }

    fn exchange(&mut self, args: &[Arg]) -> Result<Reply, String> {
        let Some(link) = &mut self.link else {
            return Err("not connected".into());
        };
        let result = link.send(args).and_then(|()| link.receive());
        if result.is_err() {
            self.link = None;
        }
        result
    }

    /// Asks and gives the answer, once more on a new connection when the old one has gone.
    pub fn ask(&mut self, args: &[Arg]) -> Result<Reply, String> {
        let fresh = self.link.is_none();
        if !self.connect() {
            return Err(String::new());
        }
        match self.exchange(args) {
            Err(_) if !fresh && self.connect() => self.exchange(args),
            result => result,
        }
    }

    /// Runs a command and prints what comes; the exit code.
    pub fn once(&mut self, args: &[Arg]) -> i32 {
        let name = lower(&args[0]);
        let reply = match self.ask(args) {
            Ok(reply) => reply,
            Err(words) => {
                // The end of the server is what was asked for.
                if name == "shutdown" {
                    return 0;
                }
                if !words.is_empty() {
                    applet::flush();
                    eprintln!("Error: {words}");
                }
                return 1;
            }
        };
        self.follow(&name, args, &reply);
        self.print(&name, args, &reply);
        let listens = matches!(name.as_str(), "subscribe" | "psubscribe")
            && !matches!(reply, Reply::Error(_));
        if listens || (name == "monitor" && !matches!(reply, Reply::Error(_))) {
            return self.listen();
        }
        i32::from(self.options.strict && matches!(reply, Reply::Error(_)))
    }

    /// Remembers what a command changed about the connection.
    fn follow(&mut self, name: &str, args: &[Arg], reply: &Reply) {
        let well = !matches!(reply, Reply::Error(_));
        match name {
            "select" if well => {
                let db = args
                    .get(1)
                    .and_then(|arg| String::from_utf8_lossy(arg).parse().ok());
                self.db = db.unwrap_or(self.db);
            }
            "auth" if well => {
                self.options.password = args
                    .last()
                    .map(|arg| String::from_utf8_lossy(arg).into_owned())
            }
            "multi" if well => self.transaction = true,
            "exec" | "discard" => self.transaction = false,
            "reset" if well => (self.db, self.transaction) = (0, false),
            "quit" => self.link = None,
            _ => {}
        }
    }

    fn print(&self, name: &str, args: &[Arg], reply: &Reply) {
        let second = args.get(1).map(|arg| lower(arg)).unwrap_or_default();
        let plain = matches!(
            (name, second.as_str()),
            ("info" | "lolwut", _)
                | ("client", "list" | "info")
                | ("memory", "doctor" | "malloc-stats")
                | ("latency", "doctor" | "graph")
        );
        let form = match (self.options.form, reply) {
            (Form::Standard, Reply::Bulk(_) | Reply::Verbatim(_)) if plain => Form::Raw,
            (form, _) => form,
        };
        let mut bytes = show::text(reply, form, &self.options.delimiter);
        if plain
            && form == Form::Raw
            && self.options.form == Form::Standard
            && bytes.ends_with(b"\n\n")
        {
            bytes.pop();
        }
        show::print(&bytes);
    }

    /// Prints what is told, until the connection or this program ends.
    fn listen(&mut self) -> i32 {
        if self.options.form != Form::Raw {
            show::print(b"Reading messages... (press Ctrl-C to quit)\n");
        }
        loop {
            let Some(link) = &mut self.link else { return 1 };
            match link.receive() {
                Ok(reply) => show::print(&show::text(
                    &reply,
                    self.options.form,
                    &self.options.delimiter,
                )),
                Err(words) => {
                    self.link = None;
                    eprintln!("Error: {words}");
                    return 1;
                }
            }
        }
    }
}

/// The command of the command line, as often as `-r` says.
pub fn repeated(runner: &mut Runner, command: &[Arg]) -> i32 {
    let (count, pause) = (runner.options.repeat.unwrap_or(1), runner.options.pause);
    let mut code = 0;
    for turn in 0..count {
        if turn > 0 && !pause.is_zero() {
            std::thread::sleep(pause);
        }
        code = runner.once(command);
        if !runner.connected() {
            break;
        }
    }
    code
}
