//! What a configuration means: servers, locations, and the rules that hold in each.

use applet::regex::Regex;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;

/// Everything that is served.
#[derive(Default)]
pub struct Sites {
    pub servers: Vec<Site>,
    /// Content types by the ending of a name.
    pub types: BTreeMap<String, String>,
    /// `log_format` by name.
    pub formats: BTreeMap<String, String>,
    /// `upstream` by name: addresses with ports.
    pub upstreams: BTreeMap<String, Vec<String>>,
    pub error_log: String,
    /// Connections at once.
    pub connections: usize,
    /// Whether answers tell the version.
    pub tokens: bool,
}

/// A `server` block.
pub struct Site {
    pub listen: Vec<SocketAddr>,
    /// Answers those that name no server of this address.
    pub default: bool,
    pub names: Vec<String>,
    pub rules: Rc<Rules>,
    pub locations: Vec<Location>,
}

/// Which paths a location is for.
pub enum Matcher {
    Exact(String),
    /// Any path that begins so; `true` keeps patterns from being tried.
    Prefix(String, bool),
    Pattern(Regex),
}

/// A `location` block.
pub struct Location {
    pub matcher: Matcher,
    pub rules: Rc<Rules>,
}

/// `proxy_pass`: where to, and what stands for the location's own path.
#[derive(Clone)]
pub struct Proxy {
    /// A name with or without a port, or that of an `upstream`.
    pub to: String,
    pub path: Option<String>,
}

/// What holds in a place of the configuration, with what is inherited.
#[derive(Clone, Default)]
pub struct Rules {
    pub root: String,
    /// Stands for the location's own path.
    pub alias: Option<String>,
    /// The location's own path.
    pub prefix: String,
    pub index: Vec<String>,
    pub autoindex: bool,
    pub answer: Option<(u16, String)>,
    pub proxy: Option<Proxy>,
    pub proxy_headers: Vec<(String, String)>,
    pub try_files: Vec<String>,
    pub error_pages: Vec<(u16, String)>,
    /// Name, value, and whether errors have it too.
    pub headers: Vec<(String, String, bool)>,
    /// Path and format; `None` for no log.
    pub access_log: Option<(String, String)>,
    pub default_type: String,
    pub denied: bool,
    /// For inner redirections alone.
    pub internal: bool,
    /// Bytes of a body; 0 is any number.
    pub largest_body: u64,
    /// Seconds.
    pub keepalive: u64,
}

impl Sites {
    /// The server for an address and a `Host` header.
    pub fn find(&self, at: SocketAddr, host: &str) -> Option<&Site> {
        let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let name = match host.rsplit_once(':') {
            Some((name, port)) if is_port(port) => name,
            _ => host,
        };
        let listens = |own: &SocketAddr| {
            own.port() == at.port() && (own.ip().is_unspecified() || own.ip() == at.ip())
        };
        let here = || {
            self.servers
                .iter()
                .filter(|site| site.listen.iter().any(listens))
        };
        let by = |fits: fn(&str, &str) -> bool| {
            here().find(|site| site.names.iter().any(|own| fits(own, name)))
        };
        by(str::eq_ignore_ascii_case)
            .or_else(|| by(wild))
            .or_else(|| here().find(|site| site.default))
            .or_else(|| here().next())
    }
}

/// `*.example.com`.
fn wild(pattern: &str, name: &str) -> bool {
    let suffix = pattern
        .strip_prefix('*')
        .filter(|suffix| !suffix.is_empty());
    suffix.is_some_and(|suffix| name.to_ascii_lowercase().ends_with(suffix))
}

impl Site {
    /// The rules for a path, in nginx's order: exact, patterns unless the longest beginning forbids them, that beginning.
    pub fn rules(&self, path: &str) -> Rc<Rules> {
        let mut best: Option<(&Location, usize, bool)> = None;
        for location in &self.locations {
            match &location.matcher {
                Matcher::Exact(exact) if exact == path => return location.rules.clone(),
                Matcher::Prefix(prefix, last) if path.starts_with(prefix.as_str()) => {
                    if best.is_none_or(|(_, length, _)| prefix.len() > length) {
                        best = Some((location, prefix.len(), *last));
                    }
                }
                _ => {}
            }
        }
        let fits = |location: &&Location| match &location.matcher {
            Matcher::Pattern(regex) => regex.is_match(path.as_bytes()),
            _ => false,
        };
        let pattern = match best {
            Some((.., true)) => None,
            _ => self.locations.iter().find(fits),
        };
        let chosen = pattern.or(best.map(|(location, ..)| location));
        chosen
            .map_or(&self.rules, |location| &location.rules)
            .clone()
    }
}
