//! The catalogue of repositories and the tags of one.

use crate::http::{Answer, Code, Request};
use crate::store::Store;
use serde_json::json;

/// As many repositories as one answer may list.
const MOST: usize = 1000;
/// As many as it lists when nobody says how many.
const USUAL: usize = 100;

/// `/v2` means `/v2/`.
pub fn moved() -> Answer {
    let mut answer = Answer::text(301, "<a href=\"/v2/\">Moved Permanently</a>.\n");
    answer.headers.clear();
    answer
        .with("Content-Type", "text/html; charset=utf-8")
        .with("Location", "/v2/")
}

/// The repositories after `last`, `n` of them, with a link to the rest.
pub fn catalog(store: &Store, request: &Request) -> Answer {
    let wanted = request.parameter("n").and_then(|n| n.parse::<i64>().ok());
    let most = match wanted {
        None => USUAL,
        Some(n) => match usize::try_from(n) {
            Ok(n) if n <= MOST => n,
            _ => return Code::PaginationNumberInvalid.detail(json!({ "n": n })),
        },
    };
    let last = request.parameter("last").unwrap_or("");
    let all = store.repositories();
    let rest: Vec<&String> = all.iter().filter(|name| name.as_str() > last).collect();
    let shown = &rest[..most.min(rest.len())];
    let answer = Answer::json(200, &json!({ "repositories": shown }));
    match shown.last() {
        Some(last) if shown.len() < rest.len() => {
            let last = last.replace('/', "%2F");
            answer.with(
                "Link",
                format!("</v2/_catalog?last={last}&n={most}>; rel=\"next\""),
            )
        }
        _ => answer,
    }
}

/// The tags of a repository.
pub fn tags(store: &Store, name: &str) -> Answer {
    match store.tags(name) {
        Some(tags) => Answer::json(200, &json!({ "name": name, "tags": tags })),
        None => Code::NameUnknown.detail(json!({ "name": name })),
    }
}
