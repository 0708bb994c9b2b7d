//! From a request to an answer: which server and place it is for, what holds there, and the pages of errors.

use crate::files;
use crate::sites::{Rules, Site, Sites};
use schooner_sys::Fd;
use std::net::SocketAddr;
use std::rc::Rc;

pub const VERSION: &str = "nginx/1.29.1";
/// Inner redirections of one request.
const HOPS: usize = 10;

/// A request, read whole.
#[derive(Default)]
pub struct Asked {
    pub method: String,
    /// As it came, with what stands behind the question mark.
    pub target: String,
    /// Decoded, without the question mark's part.
    pub path: String,
    pub minor: u8,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        let found = all.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    pub fn host(&self) -> &str {
        self.header("host").unwrap_or("")
    }

    /// Whether the connection stays for another request.
    pub fn stays(&self) -> bool {
        match self.header("connection") {
            Some(word) if word.eq_ignore_ascii_case("close") => false,
            Some(word) if word.eq_ignore_ascii_case("keep-alive") => true,
            _ => self.minor >= 1,
        }
    }
}

/// An open file, or what is left of it; closed when dropped.
pub struct File {
    pub fd: Fd,
    pub left: u64,
}

impl File {
    /// Leaves bytes out.
    pub fn skip(&mut self, mut count: u64) {
        let mut buffer = [0; 8192];
        while count > 0 {
            let room = count.min(buffer.len() as u64) as usize;
            match schooner_sys::read(self.fd, &mut buffer[..room]) {
                Ok(0) | Err(_) => return,
                Ok(done) => count -= done as u64,
            }
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // Nothing is left to be done about a failure.
        let _ = schooner_sys::close(self.fd);
    }
}

/// What follows the head.
pub enum Body {
    Bytes(Vec<u8>),
    File(File),
    /// The answer of another server, from its `upstream` address with the path to ask for.
    Proxy(String, String),
}

/// An answer without those headers that every one has.
pub struct Answer {
    pub status: u16,
    /// `Content-Type`; empty for none.
    pub kind: String,
    pub headers: Vec<(String, String)>,
    pub body: Body,
}

impl Answer {
    pub fn new(status: u16) -> Answer {
        Answer {
            status,
            kind: String::new(),
            headers: Vec::new(),
            body: Body::Bytes(Vec::new()),
        }
    }

    pub fn text(status: u16, kind: &str, text: String) -> Answer {
        Answer {
            kind: kind.to_owned(),
            body: Body::Bytes(text.into_bytes()),
            ..Answer::new(status)
        }
    }

    pub fn header(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// The page of a status.
    pub fn page(status: u16, sites: &Sites) -> Answer {
        let title = format!("{status} {}", reason(status));
        let name = if sites.tokens { VERSION } else { "nginx" };
        Answer::text(
            status,
            "text/html",
            format!(
                "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>{name}</center>\r\n</body>\r\n</html>\r\n"
            ),
        )
    }

    /// Leads to another place; the page is filled in with the rest.
    pub fn redirect(status: u16, to: &str) -> Answer {
        let mut answer = Answer::new(status);
        answer.header("Location", to);
        answer
    }
}

/// An answer with the rules of the place it comes from.
pub struct Decided {
    pub answer: Answer,
    pub rules: Rc<Rules>,
}

/// Decides what is answered.
pub fn respond(sites: &Sites, site: &Site, asked: &Asked, peer: SocketAddr) -> Decided {
    let mut path = asked.path.clone();
    // Once an error page is looked for, its status stays that of the error.
    let mut kept: Option<u16> = None;
    for hop in 0..HOPS {
        let rules = site.rules(&path);
        let outcome = match rules.internal && hop == 0 {
            true => Err(404),
            false => inside(sites, &rules, asked, &path, peer),
        };
        let status = match outcome {
            Ok(Step::Answer(mut answer)) => {
                if matches!(&answer.body, Body::Bytes(bytes) if bytes.is_empty())
                    && answer.status >= 300
                    && answer.status != 304
                {
                    let page = Answer::page(answer.status, sites);
                    (answer.kind, answer.body) = (page.kind, page.body);
                }
                answer.status = kept.unwrap_or(answer.status);
                return Decided { answer, rules };
            }
            Ok(Step::Elsewhere(other)) => {
                path = other;
                continue;
            }
            Err(status) => status,
        };
        let page = rules.error_pages.iter().find(|(code, _)| *code == status);
        match page.filter(|_| kept.is_none()) {
            Some((_, page)) if page.starts_with('/') => {
                (kept, path) = (Some(status), page.clone());
            }
            Some((_, page)) => {
                let answer = Answer::redirect(302, page);
                return Decided { answer, rules };
            }
            None => {
                let answer = Answer::page(kept.unwrap_or(status), sites);
                return Decided { answer, rules };
            }
        }
    }
    Decided {
        answer: Answer::page(500, sites),
        rules: site.rules.clone(),
    }
}

enum Step {
    Answer(Answer),
    /// Another path of this server is meant.
    Elsewhere(String),
}

fn inside(
    sites: &Sites,
    rules: &Rules,
    asked: &Asked,
    path: &str,
    peer: SocketAddr,
) -> Result<Step, u16> {
    if let Some((status, text)) = &rules.answer {
        let text = expand(text, asked, path, peer);
        return Ok(Step::Answer(match status {
            301 | 302 | 303 | 307 | 308 => Answer::redirect(*status, &text),
            status if *status >= 400 && text.is_empty() => return Err(*status),
            status => Answer::text(*status, &rules.default_type, text),
        }));
    }
    if rules.denied {
        return Err(403);
    }
    if let Some(proxy) = &rules.proxy {
        let target = match &proxy.path {
            None if path == asked.path => asked.target.clone(),
            None => path.to_owned(),
            Some(own) => {
                let rest = path.strip_prefix(rules.prefix.as_str()).unwrap_or("");
                let mark = if asked.query().is_empty() { "" } else { "?" };
                format!("{own}{rest}{mark}{}", asked.query())
            }
        };
        let mut answer = Answer::new(200);
        answer.body = Body::Proxy(proxy.to.clone(), target);
        return Ok(Step::Answer(answer));
    }
    let Some((last, tries)) = rules.try_files.split_last() else {
        return files::serve(sites, rules, asked, path).map(Step::Answer);
    };
    for one in tries {
        let one = expand(one, asked, path, peer);
        if files::exists(rules, &one) {
            return files::serve(sites, rules, asked, &one).map(Step::Answer);
        }
    }
    match last.strip_prefix('=') {
        Some(code) => Err(code.parse().unwrap_or(404)),
        None => {
            let target = expand(last, asked, path, peer);
            Ok(Step::Elsewhere(
                target.split('?').next().unwrap_or("/").to_owned(),
            ))
        }
    }
}

/// A text with the variables of a request.
pub fn expand(text: &str, asked: &Asked, path: &str, peer: SocketAddr) -> String {
    fill(text, |name| variable(name, asked, path, peer))
}

/// A text whose `$name` and `${name}` are looked up.
pub fn fill(text: &str, value: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let braced = rest
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'));
        let (name, after) = braced.unwrap_or_else(|| {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()))
        });
        out.push_str(&value(name));
        rest = after;
    }
    out + rest
}

pub fn variable(name: &str, asked: &Asked, path: &str, peer: SocketAddr) -> String {
    match name {
        "host" | "server_name" => asked.host().split(':').next().unwrap_or("").to_owned(),
        "http_host" => asked.host().to_owned(),
        "uri" | "document_uri" => path.to_owned(),
        "request_uri" => asked.target.clone(),
        "args" | "query_string" => asked.query().to_owned(),
        "is_args" => if asked.query().is_empty() { "" } else { "?" }.to_owned(),
        "request_method" => asked.method.clone(),
        "scheme" => "http".to_owned(),
        "remote_addr" => peer.ip().to_string(),
        "remote_port" => peer.port().to_string(),
        "hostname" => applet::os::uname().nodename,
        "server_protocol" => format!("HTTP/1.{}", asked.minor),
        "nginx_version" => VERSION.trim_start_matches("nginx/").to_owned(),
        "proxy_add_x_forwarded_for" => match asked.header("x-forwarded-for") {
            Some(before) => format!("{before}, {}", peer.ip()),
            None => peer.ip().to_string(),
        },
        name => {
            let header = name
                .strip_prefix("http_")
                .map(|rest| rest.replace('_', "-"));
            header
                .and_then(|header| asked.header(&header))
                .unwrap_or("")
                .to_owned()
        }
    }
}

/// Text for a page of HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The words of a status.
pub fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Moved Temporarily",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Not Allowed",
        411 => "Length Required",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Large",
        416 => "Requested Range Not Satisfiable",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}
