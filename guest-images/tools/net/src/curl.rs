//! `curl`, its everyday options, over plain HTTP.

use crate::http::{self, BadUrl, Error, Request, Response, Url};
use applet::stream::{Failed, Stream};
use applet::{Args, flush, getopt, out, words};
use schooner_sys::Errno;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

/// Redirections that `-L` follows.
const HOPS: usize = 50;
/// Letters that stand for long options without one of their own are not curl's.
const SPEC: &str = "sSviIo:OLX:d:b:j:GH:fu:A:e:w:m:c:r:kNV";
const LONG: &[(&str, char)] = &[
    ("silent", 's'),
    ("show-error", 'S'),
    ("verbose", 'v'),
    ("include", 'i'),
    ("head", 'I'),
    ("output", 'o'),
    ("remote-name", 'O'),
    ("location", 'L'),
    ("request", 'X'),
    ("data", 'd'),
    ("data-raw", 'd'),
    ("data-binary", 'b'),
    ("json", 'j'),
    ("get", 'G'),
    ("header", 'H'),
    ("fail", 'f'),
    ("user", 'u'),
    ("user-agent", 'A'),
    ("referer", 'e'),
    ("write-out", 'w'),
    ("max-time", 'm'),
    ("connect-timeout", 'c'),
    ("retry", 'r'),
    ("insecure", 'k'),
    ("no-buffer", 'N'),
    ("version", 'V'),
];

/// An exit code of curl's and what it says.
struct Failure(i32, String);

impl Failure {
    fn new(code: i32, words: impl Into<String>) -> Failure {
        Failure(code, words.into())
    }
}

/// `curl`.
pub fn main(argv: &[String]) -> i32 {
    let args = getopt(argv, SPEC, LONG, "curl [options...] <url>");
    if args.has('V') {
        writeln!(
            out(),
            "curl (Schooner's own; HTTP without TLS)\nProtocols: http"
        );
        return 0;
    }
    if args.rest.is_empty() {
        eprintln!("curl: (2) no URL specified\ncurl: try 'curl --help' for more information");
        return 2;
    }
    let tries = args.value('r').and_then(|text| text.parse().ok());
    let mut code = 0;
    for url in &args.rest {
        let mut left: u32 = tries.unwrap_or(0);
        loop {
            let Err(Failure(number, words)) = transfer(&args, url) else {
                code = 0;
                break;
            };
            code = number;
            flush();
            if !args.has('s') || args.has('S') {
                eprintln!("curl: ({number}) {words}");
            }
            // No address, no connection, no answer in time: these pass.
            if left == 0 || !matches!(number, 6 | 7 | 28) {
                break;
            }
            left -= 1;
            std::thread::sleep(Duration::from_secs(1));
        }
    }
    code
}

/// The request that the options describe; `-G` changes the address.
fn request(args: &Args, url: &mut Url) -> Result<Request, Failure> {
    let mut request = Request::default();
    let data = args
        .options
        .iter()
        .filter(|(letter, _)| "dbj".contains(*letter));
    let mut parts = Vec::new();
    for text in data.filter_map(|(_, value)| value.as_deref()) {
        parts.push(match text.strip_prefix('@') {
            Some(path) => applet::read_all(path).map_err(|error| {
                Failure(26, format!("Failed to open {path}: {}", words(&error)))
            })?,
            None => text.as_bytes().to_vec(),
        });
    }
    let posts = !parts.is_empty() && !args.has('G');
    let body = parts.join(&b'&');
    let method = match (args.has('I'), posts) {
        (true, _) => "HEAD",
        (false, true) => "POST",
        (false, false) => "GET",
    };
    request.method = args.value('X').unwrap_or(method).to_owned();
    args.values('H').for_each(|header| request.given(header));
    if let Some(user) = args.value('u').or(url.user.as_deref()) {
        request.user(user);
    }
    request.unless_given("User-Agent", args.value('A').unwrap_or("curl/8.14.1"));
    if args.has('j') {
        request.unless_given("Content-Type", "application/json");
        request.unless_given("Accept", "application/json");
    }
    request.unless_given("Accept", "*/*");
    if let Some(from) = args.value('e') {
        request.unless_given("Referer", from);
    }
    if posts {
        request.unless_given("Content-Length", &body.len().to_string());
        request.unless_given("Content-Type", "application/x-www-form-urlencoded");
        request.body = body;
    } else if !body.is_empty() {
        let mark = if url.path.contains('?') { '&' } else { '?' };
        url.path = format!("{}{mark}{}", url.path, String::from_utf8_lossy(&body));
    }
    Ok(request)
}

fn transfer(args: &Args, text: &str) -> Result<(), Failure> {
    let began = Instant::now();
    let mut url = parsed(text)?;
    let base = request(args, &mut url)?;
    let seconds = |letter| {
        let value: f64 = args.value(letter)?.parse().ok()?;
        Duration::try_from_secs_f64(value).ok()
    };
    let patience = seconds('c').or(seconds('m'));
    for _ in 0..=HOPS {
        let mut request = base.clone();
        if !request.has("Host") {
            request
                .headers
                .insert(0, ("Host".to_owned(), url.authority()));
        }
        let connected = |stream: &Stream| {
            if args.has('v') {
                let (ip, port) = (stream.peer.ip(), stream.peer.port());
                eprintln!("*   Trying {}...", stream.peer);
                eprintln!("* Connected to {} ({ip}) port {port}", url.host);
                request
                    .head(&url)
                    .lines()
                    .for_each(|line| eprintln!("> {line}"));
            }
        };
        let response = http::send(&url, &request, patience, connected)
            .map_err(|error| failure(&url, &error, began))?;
        show_head(args, &response);
        if let (true, Some(to)) = (args.has('L'), response.moved()) {
            url = url.join(to).map_err(|_| malformed())?;
            continue;
        }
        if args.has('f') && response.status >= 400 {
            let words = format!("The requested URL returned error: {}", response.status);
            return Err(Failure(22, words));
        }
        return finish(args, &url, response, began);
    }
    Err(Failure(47, format!("Maximum ({HOPS}) redirects followed")))
}

fn show_head(args: &Args, response: &Response) {
    if args.has('v') {
        eprintln!("< {}", response.line);
        for (name, value) in &response.headers {
            eprintln!("< {name}: {value}");
        }
        eprintln!("<");
    }
    if args.has('i') || args.has('I') {
        writeln!(out(), "{}\r", response.line);
        for (name, value) in &response.headers {
            writeln!(out(), "{name}: {value}\r");
        }
        out().text("\r\n");
    }
}

fn finish(args: &Args, url: &Url, mut response: Response, began: Instant) -> Result<(), Failure> {
    let path = match (args.value('o'), args.has('O')) {
        (Some(path), _) => Some(path),
        (None, false) => None,
        (None, true) => Some(
            url.file_name()
                .ok_or_else(|| Failure::new(23, "Remote file name has no length"))?,
        ),
    };
    let mut sink: Box<dyn Write> = match path {
        None | Some("-") => Box::new(out()),
        Some(path) => Box::new(File::create(path).map_err(|error| {
            Failure(
                23,
                format!("Failed to open the file {path}: {}", words(&error)),
            )
        })?),
    };
    let (mut size, mut buffer) = (0, vec![0; 32 << 10]);
    loop {
        let count = response
            .read(&mut buffer)
            .map_err(|error| match error.kind() {
                ErrorKind::UnexpectedEof => Failure::new(18, "end of response with bytes missing"),
                ErrorKind::TimedOut => Failure::new(28, "Operation timed out"),
                _ => Failure(56, format!("Recv failure: {}", words(&error))),
            })?;
        if count == 0 {
            break;
        }
        size += count;
        let written = sink.write_all(&buffer[..count]);
        written
            .map_err(|error| Failure(23, format!("Failure writing output: {}", words(&error))))?;
        if args.has('N') {
            flush();
        }
    }
    if let Some(format) = args.value('w') {
        out().text(&told(format, url, &response, size, began));
    }
    Ok(())
}

/// `-w`: the variables that scripts ask for.
fn told(format: &str, url: &Url, response: &Response, size: usize, began: Instant) -> String {
    let peer = response.stream.get_ref().peer;
    let mut text = format.replace("\\n", "\n").replace("\\t", "\t");
    for (name, value) in [
        ("http_code", format!("{:03}", response.status)),
        ("response_code", format!("{:03}", response.status)),
        (
            "content_type",
            response.header("content-type").unwrap_or("").to_owned(),
        ),
        ("size_download", size.to_string()),
        (
            "time_total",
            format!("{:.6}", began.elapsed().as_secs_f64()),
        ),
        ("remote_ip", peer.ip().to_string()),
        ("remote_port", peer.port().to_string()),
        (
            "url_effective",
            format!("http://{}{}", url.authority(), url.path),
        ),
    ] {
        text = text.replace(&format!("%{{{name}}}"), &value);
    }
    text
}

fn malformed() -> Failure {
    Failure::new(3, "URL rejected: Malformed input to a URL function")
}

fn parsed(text: &str) -> Result<Url, Failure> {
    Url::parse(text).map_err(|bad| match bad {
        BadUrl::Scheme(scheme) => Failure(1, format!("Protocol \"{scheme}\" not supported")),
        BadUrl::Malformed => malformed(),
    })
}

fn failure(url: &Url, error: &Error, began: Instant) -> Failure {
    let took = began.elapsed().as_millis();
    let (host, port) = (&url.host, url.port);
    match error {
        Error::Connect(Failed::NoSuchHost) => Failure(6, format!("Could not resolve host: {host}")),
        Error::Connect(Failed::At(_, Errno::ETIMEDOUT)) => Failure(
            28,
            format!("Connection timed out after {took} milliseconds"),
        ),
        Error::Connect(Failed::At(..)) => Failure(
            7,
            format!(
                "Failed to connect to {host} port {port} after {took} ms: Could not connect to server"
            ),
        ),
        Error::Empty => Failure::new(52, "Empty reply from server"),
        Error::NoHttp => Failure::new(1, "Received HTTP/0.9 when not allowed"),
        Error::Io(error) if error.kind() == ErrorKind::TimedOut => Failure(
            28,
            format!("Operation timed out after {took} milliseconds with 0 bytes received"),
        ),
        Error::Io(error) => Failure(56, format!("Recv failure: {}", words(error))),
    }
}
