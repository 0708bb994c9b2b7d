//! Files and folders as answers: what stands behind a path, its type, its part that was asked for, the list of a folder.

use crate::log::http_date;
use crate::respond::{Answer, Asked, Body, escape};
use crate::sites::{Rules, Sites};
use applet::os;
use std::fs;

/// The path in the tree that a request's path means; `None` for one that would leave its root.
pub fn place(rules: &Rules, path: &str) -> Option<String> {
    if path.split('/').any(|part| part == "..") || path.contains('\0') {
        return None;
    }
    Some(match &rules.alias {
        Some(alias) => format!(
            "{alias}{}",
            path.strip_prefix(rules.prefix.as_str()).unwrap_or("")
        ),
        None => format!("{}{path}", rules.root),
    })
}

/// A file's answer; an error is a status.
pub fn serve(sites: &Sites, rules: &Rules, asked: &Asked, path: &str) -> Result<Answer, u16> {
    if !matches!(asked.method.as_str(), "GET" | "HEAD") {
        return Err(405);
    }
    let at = place(rules, path).ok_or(400u16)?;
    let stat = os::stat(&at).map_err(status)?;
    if !stat.is_dir() {
        return file(sites, rules, asked, &at, &stat);
    }
    if !path.ends_with('/') {
        return Ok(Answer::redirect(301, &format!("{path}/")));
    }
    for name in &rules.index {
        let inner = format!("{}/{name}", at.trim_end_matches('/'));
        match os::stat(&inner) {
            Ok(stat) if !stat.is_dir() => return file(sites, rules, asked, &inner, &stat),
            _ => {}
        }
    }
    match rules.autoindex {
        true => list(&at, path),
        false => Err(403),
    }
}

/// Whether something stands behind a path of `try_files`; one that ends with a slash must be a folder.
pub fn exists(rules: &Rules, path: &str) -> bool {
    let stat = place(rules, path).and_then(|at| os::stat(&at).ok());
    stat.is_some_and(|stat| stat.is_dir() == path.ends_with('/'))
}

fn status(error: std::io::Error) -> u16 {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => 403,
        _ => 404,
    }
}

fn file(
    sites: &Sites,
    rules: &Rules,
    asked: &Asked,
    at: &str,
    stat: &os::Stat,
) -> Result<Answer, u16> {
    let fd =
        schooner_sys::open(at, schooner_sys::O_RDONLY, 0).map_err(|errno| status(errno.into()))?;
    let ending = at
        .rsplit('/')
        .next()
        .and_then(|name| name.rsplit_once('.'))
        .map_or("", |(_, e)| e);
    let kind = sites
        .types
        .get(&ending.to_ascii_lowercase())
        .unwrap_or(&rules.default_type);
    let (modified, tag) = (
        http_date(stat.mtime),
        format!("\"{:x}-{:x}\"", stat.mtime / 1_000_000_000, stat.size),
    );
    let mut answer = Answer::new(200);
    answer.header("Last-Modified", &modified);
    answer.header("ETag", &tag);
    let fresh = match asked.header("if-none-match") {
        Some(tags) => tags
            .split(',')
            .any(|one| one.trim() == tag || one.trim() == "*"),
        None => asked.header("if-modified-since") == Some(modified.as_str()),
    };
    let mut body = crate::respond::File {
        fd,
        left: stat.size,
    };
    if fresh {
        answer.status = 304;
        return Ok(answer);
    }
    answer.header("Accept-Ranges", "bytes");
    answer.kind = kind.clone();
    if let Some(range) = asked
        .header("range")
        .and_then(|text| text.strip_prefix("bytes="))
    {
        match part(range, stat.size) {
            Some(Some((first, last))) => {
                body.skip(first);
                body.left = last - first + 1;
                answer.status = 206;
                answer.header(
                    "Content-Range",
                    &format!("bytes {first}-{last}/{}", stat.size),
                );
            }
            Some(None) => {
                let mut refused = Answer::page(416, sites);
                refused.header("Content-Range", &format!("bytes */{}", stat.size));
                return Ok(refused);
            }
            None => {}
        }
    }
    answer.body = Body::File(body);
    Ok(answer)
}

/// The one part that a `Range` means, first and last byte; `Some(None)` if it lies outside. Several parts are answered whole.
fn part(range: &str, size: u64) -> Option<Option<(u64, u64)>> {
    let (first, last) = range.split_once('-')?;
    if range.contains(',') {
        return None;
    }
    let (first, last) = match (first.parse::<u64>().ok(), last.parse::<u64>().ok()) {
        (Some(first), Some(last)) => (first, last.min(size.saturating_sub(1))),
        (Some(first), None) if last.is_empty() => (first, size.saturating_sub(1)),
        (None, Some(count)) if first.is_empty() => {
            (size.saturating_sub(count), size.saturating_sub(1))
        }
        _ => return None,
    };
    Some((first <= last && first < size).then_some((first, last)))
}

/// `autoindex`.
fn list(at: &str, path: &str) -> Result<Answer, u16> {
    let mut entries: Vec<(bool, String, os::Stat)> = fs::read_dir(at)
        .map_err(status)?
        .flatten()
        .filter_map(|entry| {
            let name = entry
                .file_name()
                .into_string()
                .ok()
                .filter(|name| !name.starts_with('.'))?;
            let stat = os::stat(&format!("{at}/{name}")).ok()?;
            Some((!stat.is_dir(), name, stat))
        })
        .collect();
    entries.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let title = format!("Index of {}", escape(path));
    let mut page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<h1>{title}</h1><hr><pre><a href=\"../\">../</a>\r\n"
    );
    for (is_file, name, stat) in entries {
        let name = match is_file {
            true => name,
            false => format!("{name}/"),
        };
        let when = applet::time::format(
            "%d-%b-%Y %H:%M",
            &applet::time::civil_in(stat.mtime, 0, "GMT"),
        );
        let size = match is_file {
            true => stat.size.to_string(),
            false => "-".to_owned(),
        };
        let room = 51usize.saturating_sub(name.chars().count());
        let shown = escape(&name);
        page.push_str(&format!(
            "<a href=\"{shown}\">{shown}</a>{:room$}{when} {size:>19}\r\n",
            ""
        ));
    }
    page.push_str("</pre><hr></body>\r\n</html>\r\n");
    Ok(Answer::text(200, "text/html", page))
}
