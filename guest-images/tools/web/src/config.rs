//! From directives to what they mean. Directives of nginx that change nothing here are taken in silence; others are refused
//! by name, as nginx refuses what it does not know.

use crate::directives::{self, Directive};
use crate::sites::{Location, Matcher, Proxy, Rules, Site, Sites};
use applet::regex::{Regex, Syntax};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;

/// Known and without effect: there is one process, and nothing here needs the tuning.
const WITHOUT_EFFECT: &str = "user worker_processes worker_rlimit_nofile worker_priority pid daemon master_process use \
    multi_accept accept_mutex sendfile tcp_nopush tcp_nodelay types_hash_max_size types_hash_bucket_size \
    server_names_hash_bucket_size server_names_hash_max_size variables_hash_max_size gzip gzip_types gzip_vary gzip_proxied \
    gzip_comp_level gzip_min_length gzip_disable gzip_http_version gzip_buffers charset etag if_modified_since expires \
    client_body_timeout client_header_timeout client_body_buffer_size client_header_buffer_size large_client_header_buffers \
    send_timeout reset_timedout_connection proxy_http_version proxy_buffering proxy_buffers proxy_buffer_size \
    proxy_busy_buffers_size proxy_connect_timeout proxy_read_timeout proxy_send_timeout proxy_redirect \
    proxy_request_buffering proxy_cache_bypass proxy_intercept_errors keepalive_requests open_file_cache \
    open_file_cache_valid open_file_cache_errors log_not_found port_in_redirect server_name_in_redirect absolute_redirect \
    merge_slashes recursive_error_pages resolver resolver_timeout underscores_in_headers ignore_invalid_headers \
    lingering_close output_buffers postpone_output pcre_jit env";

fn is_without_effect(name: &str) -> bool {
    WITHOUT_EFFECT.split_whitespace().any(|known| known == name)
}

/// Reads the configuration at a path, and directives given on the command line.
pub fn load(path: &str, extra: &str) -> Result<Sites, String> {
    let mut all = directives::parse(extra, "command line", 0)?;
    all.extend(directives::read(path)?);
    let mut sites = Sites {
        error_log: "/var/log/nginx/error.log".to_owned(),
        connections: 512,
        tokens: true,
        ..Sites::default()
    };
    for directive in &all {
        match directive.name.as_str() {
            "events" => {
                for inner in directive.inner()? {
                    match inner.name.as_str() {
                        "worker_connections" => sites.connections = quantity(inner)? as usize,
                        name if is_without_effect(name) => {}
                        _ => return Err(unknown(inner)),
                    }
                }
            }
            "http" => http(&mut sites, directive.inner()?)?,
            "error_log" => sites.error_log = directive.first()?.to_owned(),
            name if is_without_effect(name) => {}
            _ => return Err(unknown(directive)),
        }
    }
    Ok(sites)
}

fn unknown(directive: &Directive) -> String {
    directive.wrong(&format!("unknown directive \"{}\"", directive.name))
}

/// A number, with a unit of bytes (`1m` of a body) or of time (`30s`, `5m`).
fn quantity(directive: &Directive) -> Result<u64, String> {
    let word = directive.first()?;
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let bytes = directive.name.ends_with("body_size");
    let unit = match (&word[digits.len()..], bytes) {
        ("" | "s", _) => Some(1),
        ("k" | "K", true) => Some(1 << 10),
        ("m" | "M", true) => Some(1 << 20),
        ("g" | "G", true) => Some(1 << 30),
        ("m", false) => Some(60),
        ("h", false) => Some(3600),
        _ => None,
    };
    let value = digits.parse::<u64>().ok().zip(unit);
    value
        .map(|(number, unit)| number.saturating_mul(unit))
        .ok_or_else(|| directive.wrong(&format!("\"{}\" directive invalid value", directive.name)))
}

fn on(directive: &Directive) -> Result<bool, String> {
    match directive.one()? {
        "on" => Ok(true),
        "off" => Ok(false),
        word => Err(directive.wrong(&format!(
            "invalid value \"{word}\" in \"{}\" directive, it must be \"on\" or \"off\"",
            directive.name
        ))),
    }
}

fn http(sites: &mut Sites, all: &[Directive]) -> Result<(), String> {
    let log = ("/var/log/nginx/access.log", "combined");
    let mut rules = Rules {
        root: "/etc/nginx/html".to_owned(),
        index: vec!["index.html".to_owned()],
        access_log: Some((log.0.to_owned(), log.1.to_owned())),
        default_type: "text/plain".to_owned(),
        largest_body: 1 << 20,
        keepalive: 75,
        ..Rules::default()
    };
    for directive in all {
        match directive.name.as_str() {
            "server" => {}
            "types" => {
                for kind in directive.inner()? {
                    let endings = kind.words.iter().cloned();
                    sites
                        .types
                        .extend(endings.map(|ending| (ending, kind.name.clone())));
                }
            }
            "log_format" => {
                let parts = directive.words.iter().skip(1);
                let format = parts.filter(|word| !word.starts_with("escape=")).cloned();
                let name = directive.first()?.to_owned();
                sites.formats.insert(name, format.collect());
            }
            "upstream" => {
                let servers = directive.inner()?.iter().filter(|d| d.name == "server");
                let servers = servers.map(|server| server.first().map(str::to_owned));
                let name = directive.first()?.to_owned();
                sites
                    .upstreams
                    .insert(name, servers.collect::<Result<_, _>>()?);
            }
            "error_log" => sites.error_log = directive.first()?.to_owned(),
            "server_tokens" => sites.tokens = on(directive)?,
            _ => rule(&mut rules, directive)?,
        }
    }
    for directive in all.iter().filter(|directive| directive.name == "server") {
        sites.servers.push(site(&rules, directive)?);
    }
    Ok(())
}

fn site(outer: &Rules, server: &Directive) -> Result<Site, String> {
    let mut rules = outer.clone();
    let (mut listens, mut default, mut names, mut found) =
        (Vec::new(), false, Vec::new(), Vec::new());
    let all = server.inner()?;
    for directive in all {
        match directive.name.as_str() {
            "listen" => {
                listens.push(listen(directive)?);
                default |= directive
                    .words
                    .iter()
                    .any(|word| word.starts_with("default"));
            }
            "server_name" => names.extend(directive.words.iter().cloned()),
            "location" | "error_log" | "server_tokens" => {}
            _ => rule(&mut rules, directive)?,
        }
    }
    if listens.is_empty() {
        listens.push(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 80));
    }
    for directive in all.iter().filter(|directive| directive.name == "location") {
        location(&mut found, &rules, directive)?;
    }
    Ok(Site {
        listen: listens,
        default,
        names,
        rules: Rc::new(rules),
        locations: found,
    })
}

/// `80`, `*:80`, `127.0.0.1:80`, `[::]:80`, `localhost:80`.
fn listen(directive: &Directive) -> Result<SocketAddr, String> {
    let word = directive.first()?;
    if directive
        .words
        .iter()
        .any(|word| word == "ssl" || word == "quic")
    {
        return Err(directive.wrong("this server speaks no TLS: \"listen ... ssl\" cannot be had"));
    }
    let any = Ipv4Addr::UNSPECIFIED.into();
    if let Ok(port) = word.parse() {
        return Ok(SocketAddr::new(any, port));
    }
    let text = word
        .replace("*:", "0.0.0.0:")
        .replace("localhost", "127.0.0.1");
    let alone = || text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 80));
    text.parse().or_else(|_| alone()).map_err(|_| {
        directive.wrong(&format!(
            "host not found in \"{word}\" of the \"listen\" directive"
        ))
    })
}

fn location(all: &mut Vec<Location>, outer: &Rules, location: &Directive) -> Result<(), String> {
    let words: Vec<&str> = location.words.iter().map(String::as_str).collect();
    let pattern = |pattern: &str, fold| {
        let regex = Regex::new(pattern, Syntax::Perl, fold);
        regex.map_err(|error| location.wrong(&format!("pattern \"{pattern}\": {error}")))
    };
    let matcher = match words.as_slice() {
        ["=", path] => Matcher::Exact((*path).to_owned()),
        ["^~", path] => Matcher::Prefix((*path).to_owned(), true),
        ["~", text] => Matcher::Pattern(pattern(text, false)?),
        ["~*", text] => Matcher::Pattern(pattern(text, true)?),
        [path] => Matcher::Prefix((*path).to_owned(), false),
        _ => return Err(location.wrong("invalid number of arguments in \"location\" directive")),
    };
    let prefix = match &matcher {
        Matcher::Exact(path) | Matcher::Prefix(path, _) => path.clone(),
        Matcher::Pattern(_) => String::new(),
    };
    // What the outer place itself does does not hold here.
    let mut rules = Rules {
        answer: None,
        proxy: None,
        alias: None,
        try_files: Vec::new(),
        prefix,
        ..outer.clone()
    };
    for directive in location.inner()? {
        match directive.name.as_str() {
            "location" => {}
            "internal" => rules.internal = true,
            _ => rule(&mut rules, directive)?,
        }
    }
    for inner in location
        .inner()?
        .iter()
        .filter(|inner| inner.name == "location")
    {
        self::location(all, &rules, inner)?;
    }
    all.push(Location {
        matcher,
        rules: Rc::new(rules),
    });
    Ok(())
}

fn rule(rules: &mut Rules, directive: &Directive) -> Result<(), String> {
    let words = &directive.words;
    match directive.name.as_str() {
        "root" => rules.root = directive.one()?.trim_end_matches('/').to_owned(),
        "alias" => rules.alias = Some(directive.one()?.to_owned()),
        "index" => rules.index.clone_from(words),
        "autoindex" => rules.autoindex = on(directive)?,
        "try_files" => rules.try_files.clone_from(words),
        "default_type" => rules.default_type = directive.one()?.to_owned(),
        "client_max_body_size" => rules.largest_body = quantity(directive)?,
        "keepalive_timeout" => rules.keepalive = quantity(directive)?,
        "allow" => rules.denied &= directive.one()? != "all",
        "deny" => rules.denied |= directive.one()? == "all",
        "add_header" => {
            let (name, value) = directive.pair()?;
            let always = words.get(2).is_some_and(|word| word == "always");
            rules
                .headers
                .push((name.to_owned(), value.to_owned(), always));
        }
        "proxy_set_header" => {
            let (name, value) = directive.pair()?;
            rules
                .proxy_headers
                .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            rules
                .proxy_headers
                .push((name.to_owned(), value.to_owned()));
        }
        "access_log" => {
            let format = words.get(1).map_or("combined", String::as_str);
            rules.access_log = match directive.first()? {
                "off" => None,
                path => Some((path.to_owned(), format.to_owned())),
            };
        }
        "error_page" => {
            let (_, _) = directive.pair()?;
            let (page, codes) = words
                .split_last()
                .map_or(("", &[][..]), |(p, c)| (p.as_str(), c));
            for code in codes.iter().filter(|code| !code.starts_with('=')) {
                let code = code.parse();
                let code = code.map_err(|_| directive.wrong("invalid value in \"error_page\""))?;
                rules.error_pages.retain(|(known, _)| *known != code);
                rules.error_pages.push((code, page.to_owned()));
            }
        }
        "return" => {
            let word = directive.first()?;
            rules.answer = Some(match word.parse() {
                Ok(code) => (code, words.get(1).cloned().unwrap_or_default()),
                Err(_) => (302, word.to_owned()),
            });
        }
        "proxy_pass" => {
            let word = directive.one()?;
            let rest = word.strip_prefix("http://").ok_or_else(|| {
                directive.wrong(&format!(
                    "invalid URL prefix in \"{word}\": only http:// can be had"
                ))
            })?;
            let cut = rest.find('/').unwrap_or(rest.len());
            let (to, path) = rest.split_at(cut);
            rules.proxy = Some(Proxy {
                to: to.to_owned(),
                path: (!path.is_empty()).then(|| path.to_owned()),
            });
        }
        name if is_without_effect(name) => {}
        _ => return Err(unknown(directive)),
    }
    Ok(())
}
