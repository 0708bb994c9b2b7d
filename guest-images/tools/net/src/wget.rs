//! `wget`, as busybox has it, over plain HTTP.

use crate::http::{self, BadUrl, Error, Request, Response, Url};
use applet::stream::{Failed, Stream};
use applet::{busybox, die, flush, getopt, opts, out, warn, words};
use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::time::{Duration, Instant};

const USAGE: &str = "wget [-qS] [-O FILE] [-P DIR] [-T SEC] [-U AGENT] [--header STR] [--post-data STR] [--spider] URL...";
const LONG: &[(&str, char)] = &[
    ("quiet", 'q'),
    ("server-response", 'S'),
    ("output-document", 'O'),
    ("directory-prefix", 'P'),
    ("timeout", 'T'),
    ("tries", 't'),
    ("user-agent", 'U'),
    ("header", 'h'),
    ("post-data", 'd'),
    ("post-file", 'f'),
    ("spider", 's'),
    ("no-check-certificate", 'n'),
    ("no-verbose", 'v'),
];
/// Redirections that are followed.
const HOPS: usize = 5;
/// Stars of a full bar.
const BAR: usize = 32;

/// `wget`.
pub fn main(argv: &[String]) -> i32 {
    let args = getopt(argv, "qSO:P:T:t:U:h:d:f:snv", LONG, USAGE);
    if args.rest.is_empty() {
        opts::complain("missing URL", USAGE);
    }
    let mut request = Request {
        method: if args.has('s') { "HEAD" } else { "GET" }.to_owned(),
        ..Request::default()
    };
    args.values('h').for_each(|header| request.given(header));
    let body =
        match (args.value('d'), args.value('f')) {
            (Some(data), _) => Some(data.as_bytes().to_vec()),
            (None, Some(path)) => Some(applet::read_all(path).unwrap_or_else(|error| {
                die(format_args!("can't open '{path}': {}", words(&error)))
            })),
            (None, None) => None,
        };
    if let Some(body) = body {
        request.method = "POST".to_owned();
        request.unless_given("Content-Type", "application/x-www-form-urlencoded");
        request.unless_given("Content-Length", &body.len().to_string());
        request.body = body;
    }
    request.unless_given("User-Agent", args.value('U').unwrap_or("Wget"));
    request.unless_given("Connection", "close");
    let seconds = args.value('T').and_then(|text| text.parse().ok());
    let job = Job {
        quiet: args.has('q'),
        spider: args.has('s'),
        show: args.has('S'),
        file: args.value('O'),
        folder: args.value('P'),
        patience: seconds.map(Duration::from_secs),
    };
    let codes = args.rest.iter().map(|url| job.fetch(url, &request));
    codes.max().unwrap_or(0)
}

struct Job<'a> {
    quiet: bool,
    spider: bool,
    show: bool,
    file: Option<&'a str>,
    folder: Option<&'a str>,
    patience: Option<Duration>,
}

impl Job<'_> {
    fn say(&self, text: std::fmt::Arguments<'_>) {
        if !self.quiet {
            eprintln!("{text}");
        }
    }

    fn fetch(&self, text: &str, base: &Request) -> i32 {
        let mut url = parsed(text);
        let name = url.file_name().unwrap_or("index.html").to_owned();
        for _ in 0..HOPS {
            let mut request = base.clone();
            request
                .headers
                .insert(0, ("Host".to_owned(), url.authority()));
            if let Some(user) = &url.user {
                request.user(user);
            }
            let told = |stream: &Stream| {
                self.say(format_args!("Connecting to {} ({})", url.host, stream.peer));
            };
            let response = match http::send(&url, &request, self.patience, told) {
                Ok(response) => response,
                Err(error) => return failed(&url, &error),
            };
            if self.show {
                eprintln!("  {}", response.line);
                for (name, value) in &response.headers {
                    eprintln!("  {name}: {value}");
                }
            }
            if let Some(to) = response.moved() {
                url = url.join(to).unwrap_or_else(|_| parsed(to));
                continue;
            }
            if !(200..300).contains(&response.status) {
                warn(format_args!("server returned error: {}", response.line));
                return if busybox() { 1 } else { 8 };
            }
            if self.spider {
                self.say(format_args!("remote file exists"));
                return 0;
            }
            return self.save(response, &name);
        }
        warn("too many redirections");
        1
    }

    fn save(&self, mut response: Response, name: &str) -> i32 {
        let path = match (self.file, self.folder) {
            (Some(file), _) => file.to_owned(),
            (None, Some(folder)) => format!("{folder}/{name}"),
            (None, None) => name.to_owned(),
        };
        let to_stdout = path == "-";
        let mut sink: Box<dyn Write> = match to_stdout {
            true => Box::new(out()),
            false => match File::create(&path) {
                Ok(file) => Box::new(file),
                Err(error) => {
                    warn(format_args!("can't open '{path}': {}", words(&error)));
                    return 1;
                }
            },
        };
        match to_stdout {
            true => self.say(format_args!("writing to stdout")),
            false => self.say(format_args!("saving to '{path}'")),
        }
        let shown = if to_stdout { "-" } else { name };
        let mut meter = Meter::new(shown, response.length(), !self.quiet);
        let mut buffer = vec![0; 32 << 10];
        loop {
            let moved = match response.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    meter.more(count);
                    sink.write_all(&buffer[..count])
                        .map_err(|error| ("write error", error))
                }
                Err(error) => Err(("error getting response", error)),
            };
            if let Err((what, error)) = moved {
                warn(format_args!("{what}: {}", words(&error)));
                return 1;
            }
        }
        flush();
        meter.end();
        match to_stdout {
            true => self.say(format_args!("written to stdout")),
            false => self.say(format_args!("'{path}' saved")),
        }
        0
    }
}

fn parsed(text: &str) -> Url {
    Url::parse(text).unwrap_or_else(|bad| match bad {
        BadUrl::Scheme(scheme) if scheme == "https" => die(format_args!(
            "{text}: this wget speaks no TLS; ask by http://"
        )),
        BadUrl::Scheme(_) => die(format_args!("not an http or ftp url: {text}")),
        BadUrl::Malformed => die(format_args!("bad address '{text}'")),
    })
}

fn failed(url: &Url, error: &Error) -> i32 {
    match error {
        Error::Connect(Failed::NoSuchHost) if busybox() => {
            warn(format_args!("bad address '{}'", url.authority()));
        }
        Error::Connect(Failed::NoSuchHost) => {
            warn(format_args!(
                "unable to resolve host address '{}'",
                url.host
            ));
        }
        Error::Connect(Failed::At(to, errno)) => warn(format_args!(
            "can't connect to remote host ({}): {}",
            to.ip(),
            errno.words()
        )),
        Error::Io(error) => warn(format_args!("error getting response: {}", words(error))),
        Error::Empty | Error::NoHttp => warn("error getting response"),
    }
    if busybox() { 1 } else { 4 }
}

/// The bar of busybox.
struct Meter<'a> {
    name: &'a str,
    total: Option<u64>,
    done: u64,
    began: Instant,
    shown: Option<Instant>,
    on: bool,
}

impl<'a> Meter<'a> {
    fn new(name: &'a str, total: Option<u64>, on: bool) -> Meter<'a> {
        Meter {
            name,
            total,
            done: 0,
            began: Instant::now(),
            shown: None,
            on,
        }
    }

    fn more(&mut self, count: usize) {
        const PAUSE: Duration = Duration::from_millis(500);
        self.done += count as u64;
        let due = self.shown.is_none_or(|at| at.elapsed() > PAUSE);
        if self.on && due && std::io::stderr().is_terminal() {
            self.show();
            self.shown = Some(Instant::now());
        }
    }

    fn show(&self) {
        let total = self.total.unwrap_or(self.done).max(1);
        let part = self.done.min(total);
        let stars = "*".repeat((part * BAR as u64 / total) as usize);
        let took = self.began.elapsed().as_secs();
        let (hours, minutes, seconds) = (took / 3600, took / 60 % 60, took % 60);
        eprint!(
            "\r{:<20.20} {:3}% |{stars:<BAR$}| {:>5}  {hours}:{minutes:02}:{seconds:02} ETA",
            self.name,
            part * 100 / total,
            applet::size::human(self.done, 1024),
        );
    }

    fn end(&self) {
        if self.on {
            self.show();
            eprintln!();
        }
    }
}
