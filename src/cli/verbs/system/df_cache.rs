//! The build cache in `system df`.

use crate::base::{duration, size, time};
use crate::cli::print::listing::Listing;
use crate::cli::template::Record;
use crate::wire::BuildCache;

/// Digits of an id in a table.
const SHORT: usize = 12;

/// The table of `-v`.
pub const LISTING: Listing = Listing {
    table: "{{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}",
    raw: "",
    headers: &[
        ("ID", "CACHE ID"),
        ("CacheType", "CACHE TYPE"),
        ("Size", "SIZE"),
        ("CreatedSince", "CREATED"),
        ("LastUsedSince", "LAST USED"),
        ("UsageCount", "USAGE"),
        ("Shared", "SHARED"),
    ],
    parse_error: "template parsing error",
    execute_error: "template parsing error",
};

/// Bytes of all; what is shared with an image is counted there.
pub fn bytes(all: &[BuildCache]) -> i64 {
    all.iter().filter(|c| !c.shared).map(|c| c.size).sum()
}

/// One cache, with its whole id or the beginning of it; `now` in nanoseconds since 1970.
pub fn row(cache: &BuildCache, full: bool, now: i64) -> Record {
    let ago = |text: &str| {
        let since = time::parse_rfc3339(text).map(|then| duration::human(now - then));
        since.map_or(String::new(), |age| format!("{age} ago"))
    };
    // Go's way to write a time of UTC.
    let at = |text: &str| text.replacen('T', " ", 1).replacen('Z', " +0000 UTC", 1);
    let last = cache.last_used_at.as_deref().unwrap_or_default();
    let id: String = match full {
        true => cache.id.clone(),
        false => cache.id.chars().take(SHORT).collect(),
    };
    let fields = vec![
        ("CacheType", cache.kind.as_str().into()),
        ("CreatedAt", at(&cache.created_at).into()),
        ("CreatedSince", ago(&cache.created_at).into()),
        ("Description", cache.description.as_str().into()),
        ("ID", id.into()),
        ("InUse", cache.in_use.to_string().into()),
        ("LastUsedAt", at(last).into()),
        ("LastUsedSince", ago(last).into()),
        ("Parent", "".into()),
        ("Shared", cache.shared.to_string().into()),
        ("Size", size::decimal(cache.size as f64).into()),
        ("UsageCount", cache.usage_count.to_string().into()),
    ];
    Record::context("*formatter.buildCacheContext", fields)
}
