//! The log: `1:M 28 Nov 2025 10:00:00.123 * Ready to accept connections tcp`.

use std::io::Write;

/// A line by the server itself; `level` is `.`, `-`, `*` or `#`.
pub fn log(level: char, words: impl std::fmt::Display) {
    log_as('M', level, words);
}

/// A line by another role: `C` is a child, or the server before it is one.
pub fn log_as(role: char, level: char, words: impl std::fmt::Display) {
    let now = applet::time::now();
    let moment = applet::time::format("%d %b %Y %H:%M:%S", &applet::time::civil(now));
    let thousandth = now / 1_000_000 % 1000;
    let line = format!(
        "{}:{role} {moment}.{thousandth:03} {level} {words}\n",
        applet::os::pid()
    );
    raw(&line);
}

/// Text as it is.
pub fn raw(text: &str) {
    // A log that nobody reads is no reason to stop.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let _ = std::io::stdout().flush();
}
