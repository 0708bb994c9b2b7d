//! The client's half of HTTP/1.1: an address, a request, a response whose body is a reader. Each request has its own connection.

use applet::stream::{Failed, Stream};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::time::Duration;

/// Headers of a response that are taken in.
const HEADERS: usize = 100;
/// Bytes of a response's head.
const LONGEST_HEAD: usize = 64 << 10;

/// The parts of `http://[user:password@]host[:port]/path`.
#[derive(Clone, Debug)]
pub struct Url {
    pub host: String,
    pub port: u16,
    /// Begins with a slash.
    pub path: String,
    pub user: Option<String>,
}

/// Why an address cannot be fetched from.
pub enum BadUrl {
    /// TLS, which these programs do not speak, or something else.
    Scheme(String),
    Malformed,
}

impl Url {
    pub fn parse(text: &str) -> Result<Url, BadUrl> {
        let rest = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some((scheme, _)) => return Err(BadUrl::Scheme(scheme.to_ascii_lowercase())),
            None => text,
        };
        let cut = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(cut);
        let path = path.split('#').next().unwrap_or("");
        let (user, authority) = match authority.rsplit_once('@') {
            Some((user, rest)) => (Some(user.to_owned()), rest),
            None => (None, authority),
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| BadUrl::Malformed)?)
            }
            _ => (authority, 80),
        };
        if host.is_empty() {
            return Err(BadUrl::Malformed);
        }
        let path = match path.starts_with('/') {
            true => path.to_owned(),
            false => format!("/{path}"),
        };
        Ok(Url {
            host: host.to_owned(),
            port,
            path,
            user,
        })
    }

    /// As a `Host` header has it.
    pub fn authority(&self) -> String {
        match self.port {
            80 => self.host.clone(),
            port => format!("{}:{port}", self.host),
        }
    }

    /// Where a `Location` header leads from here.
    pub fn join(&self, location: &str) -> Result<Url, BadUrl> {
        if location.contains("://") {
            return Url::parse(location);
        }
        let path = match location.starts_with('/') {
            true => location.to_owned(),
            false => {
                let folder = self.path.split('?').next().unwrap_or("/");
                let end = folder.rfind('/').map_or(0, |at| at + 1);
                format!("{}{location}", &folder[..end])
            }
        };
        Ok(Url {
            path,
            ..self.clone()
        })
    }

    /// The last part of the path, if it has a name.
    pub fn file_name(&self) -> Option<&str> {
        let path = self.path.split('?').next()?;
        path.rsplit('/').next().filter(|name| !name.is_empty())
    }
}

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    /// In their order; those without a value are not sent.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn has(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// Adds a header unless the user gave one of the name.
    pub fn unless_given(&mut self, name: &str, value: &str) {
        if !self.has(name) {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Adds a header that the user wrote as `Name: value`.
    pub fn given(&mut self, header: &str) {
        let (name, value) = header.split_once(':').unwrap_or((header, ""));
        self.headers
            .push((name.trim().to_owned(), value.trim().to_owned()));
    }

    /// `name:password` for basic authentication.
    pub fn user(&mut self, user: &str) {
        self.unless_given(
            "Authorization",
            &format!("Basic {}", base64(user.as_bytes())),
        );
    }

    /// The head as it is sent.
    pub fn head(&self, url: &Url) -> String {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, url.path);
        for (name, value) in self.headers.iter().filter(|(_, value)| !value.is_empty()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head + "\r\n"
    }
}

/// What was answered; reads as its body.
pub struct Response {
    pub status: u16,
    /// `HTTP/1.1 404 Not Found`.
    pub line: String,
    /// As they came.
    pub headers: Vec<(String, String)>,
    body: Body,
    pub stream: BufReader<Stream>,
}

enum Body {
    /// So many bytes are left.
    Length(u64),
    /// So many bytes of a chunk are left; `None` before a chunk's head.
    Chunks(Option<u64>),
    ToTheEnd,
}

/// What went wrong on the way.
pub enum Error {
    Connect(Failed),
    Io(io::Error),
    /// The other side closed without a word.
    Empty,
    NoHttp,
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Error {
        Error::Io(error)
    }
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        let found = all.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(found.1.trim())
    }

    /// The body's length, if it was told.
    pub fn length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// Where a redirection leads.
    pub fn moved(&self) -> Option<&str> {
        match self.status {
            301 | 302 | 303 | 307 | 308 => self.header("location"),
            _ => None,
        }
    }
}

/// Connects and asks; `connected` is told of the connection before anything is sent.
pub fn send(
    url: &Url,
    request: &Request,
    patience: Option<Duration>,
    connected: impl FnOnce(&Stream),
) -> Result<Response, Error> {
    let mut stream = Stream::connect(&url.host, url.port, patience).map_err(Error::Connect)?;
    connected(&stream);
    stream.write_all(request.head(url).as_bytes())?;
    stream.write_all(&request.body)?;
    let mut stream = BufReader::with_capacity(32 << 10, stream);
    let (status, line, headers) = loop {
        let head = read_head(&mut stream)?;
        if !(100..200).contains(&head.0) {
            break head;
        }
    };
    let mut response = Response {
        status,
        line,
        headers,
        body: Body::ToTheEnd,
        stream,
    };
    let chunked = response
        .header("transfer-encoding")
        .is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    response.body = match response.length() {
        _ if request.method == "HEAD" || matches!(status, 204 | 304) => Body::Length(0),
        _ if chunked => Body::Chunks(None),
        Some(length) => Body::Length(length),
        None => Body::ToTheEnd,
    };
    Ok(response)
}

type Head = (u16, String, Vec<(String, String)>);

fn read_head(stream: &mut BufReader<Stream>) -> Result<Head, Error> {
    let mut raw = Vec::new();
    while !raw.ends_with(b"\r\n\r\n") && !raw.ends_with(b"\n\n") {
        let before = raw.len();
        let room = (LONGEST_HEAD - before) as u64;
        stream.by_ref().take(room).read_until(b'\n', &mut raw)?;
        if raw.len() == before && before == 0 {
            return Err(Error::Empty);
        }
        if raw.len() == before || !raw.starts_with(b"HTTP/") {
            return Err(Error::NoHttp);
        }
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut parsed = httparse::Response::new(&mut headers);
    if !matches!(parsed.parse(&raw), Ok(httparse::Status::Complete(_))) {
        return Err(Error::NoHttp);
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let line = raw.split(|byte| *byte == b'\n').next().unwrap_or(&[]);
    let headers = parsed.headers.iter();
    Ok((
        parsed.code.unwrap_or(0),
        text(line).trim_end().to_owned(),
        headers
            .map(|h| (h.name.to_owned(), text(h.value)))
            .collect(),
    ))
}

impl Read for Response {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
        loop {
            let left = match &mut self.body {
                Body::ToTheEnd => return self.stream.read(buffer),
                Body::Length(left) | Body::Chunks(Some(left)) => left,
                Body::Chunks(None) => {
                    let mut line = String::new();
                    self.stream.read_line(&mut line)?;
                    let size = line.split(';').next().unwrap_or("").trim();
                    self.body = match u64::from_str_radix(size, 16).map_err(|_| cut())? {
                        // Trailers are not looked at; the connection ends here.
                        0 => Body::Length(0),
                        size => Body::Chunks(Some(size)),
                    };
                    continue;
                }
            };
            if *left == 0 {
                if matches!(self.body, Body::Length(_)) {
                    return Ok(0);
                }
                self.stream.read_line(&mut String::new())?;
                self.body = Body::Chunks(None);
                continue;
            }
            let room = usize::try_from(*left).map_or(buffer.len(), |left| left.min(buffer.len()));
            let count = self.stream.read(&mut buffer[..room])?;
            if count == 0 && room > 0 {
                return Err(cut());
            }
            *left -= count as u64;
            return Ok(count);
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let at = |n: usize| u32::from(three.get(n).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            out.push(match place <= three.len() {
                true => DIGITS[(bits >> (18 - 6 * place) & 63) as usize] as char,
                false => '=',
            });
        }
    }
    out
}
