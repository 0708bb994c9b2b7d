//! The two logs of the real registry: what was asked, on standard output, and what happened, with fields, on standard error.
//! Lines of one round of the loop are written together.

use crate::cli::VERSION;
use crate::http::{Answer, Request, reason};
use crate::settings::Settings;
use applet::time;

/// Levels by their weight.
const LEVELS: [&str; 4] = ["error", "warning", "info", "debug"];

/// Lines that wait.
pub struct Log {
    output: Vec<u8>,
    error: Vec<u8>,
    /// The last level that is told.
    level: usize,
    asks: bool,
    instance: String,
    service: String,
}

type Fields<'a> = Vec<(&'a str, String)>;

impl Log {
    /// The logs that the configuration wants; `instance` tells this process from others.
    pub fn new(settings: &Settings, instance: String) -> Log {
        let wanted = settings.get("log.level").unwrap_or("info");
        let wanted = if wanted == "warn" { "warning" } else { wanted };
        let level = LEVELS.iter().position(|level| *level == wanted);
        Log {
            output: Vec::new(),
            error: Vec::new(),
            level: level.unwrap_or(2),
            asks: !settings.is_on("log.accesslog.disabled"),
            instance,
            service: settings
                .get("log.fields.service")
                .unwrap_or("registry")
                .to_owned(),
        }
    }

    /// Tells of the registry as a whole.
    pub fn own(&mut self, level: &str, words: &str) {
        let fields = vec![
            ("instance.id", self.instance.clone()),
            ("service", self.service.clone()),
            ("version", VERSION.to_owned()),
        ];
        self.line(level, words, fields);
    }

    /// Tells how a request was answered.
    pub fn answered(&mut self, request: &Request, answer: &Answer, written: u64) {
        let header = |name: &str| request.header(name).unwrap_or("").to_owned();
        if self.asks {
            let now = time::civil(request.began);
            let at = time::format("%d/%b/%Y:%H:%M:%S %z", &now);
            let line = format!(
                "{} - - [{at}] \"{} {} HTTP/1.{}\" {} {written} \"{}\" \"{}\"\n",
                request.peer.ip(),
                request.method,
                request.target,
                request.minor,
                answer.status,
                plain(&header("referer")),
                plain(&header("user-agent")),
            );
            self.output.extend_from_slice(line.as_bytes());
        }
        let mut fields: Fields = Vec::new();
        if let Some((code, message, detail)) = &answer.error {
            fields.push(("err.code", code.to_lowercase().replace('_', " ")));
            if !detail.is_empty() {
                fields.push(("err.detail", detail.clone()));
            }
            fields.push(("err.message", (*message).to_owned()));
        }
        if request.header("content-type").is_some() {
            fields.push(("http.request.contenttype", header("content-type")));
        }
        let kind = answer
            .headers
            .iter()
            .find(|(name, _)| *name == "Content-Type");
        fields.extend([
            ("http.request.host", header("host")),
            ("http.request.method", request.method.clone()),
            ("http.request.remoteaddr", request.peer.to_string()),
            ("http.request.uri", request.target.clone()),
            ("http.request.useragent", header("user-agent")),
        ]);
        if let Some((_, kind)) = kind {
            fields.push(("http.response.contenttype", kind.clone()));
        }
        let took = (time::now() - request.began).max(0) as f64 / 1e6;
        fields.extend([
            ("http.response.duration", format!("{took:.3}ms")),
            ("http.response.status", answer.status.to_string()),
            ("http.response.written", written.to_string()),
        ]);
        match answer.error {
            Some(_) => self.line("error", "response completed with error", fields),
            None => self.line("info", "response completed", fields),
        }
    }

    /// A request that could not even be read. Clients try TLS first, so this is nothing special.
    pub fn unread(&mut self, peer: std::net::SocketAddr, status: u16) {
        let fields = vec![("http.request.remoteaddr", peer.to_string())];
        self.line("debug", reason(status), fields);
    }

    fn line(&mut self, level: &str, words: &str, fields: Fields<'_>) {
        if LEVELS.iter().position(|known| *known == level) > Some(self.level) {
            return;
        }
        let now = time::civil_in(time::now(), 0, "UTC");
        let at = time::format("%Y-%m-%dT%H:%M:%S.%NZ", &now);
        let mut line = format!("time=\"{at}\" level={level} msg={}", quoted(words));
        for (name, value) in fields {
            line.push_str(&format!(" {name}={}", quoted(&value)));
        }
        line.push('\n');
        self.error.extend_from_slice(line.as_bytes());
    }

    /// Writes what waits.
    pub fn flush(&mut self) {
        for (fd, waiting) in [(1, &mut self.output), (2, &mut self.error)] {
            if !waiting.is_empty() {
                // Nobody is left to tell of a log that cannot be written.
                let _ = schooner_sys::write_all(fd, waiting);
                waiting.clear();
            }
        }
    }
}

/// A header's value where a quote would end it.
fn plain(value: &str) -> String {
    value.replace('"', "\\\"")
}

/// A value in quotes, unless it is one plain word.
fn quoted(value: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._/@^+".contains(letter);
    match value.chars().all(is_plain) {
        true => value.to_owned(),
        false => format!("{value:?}"),
    }
}
