//! Takes out of an answer what differs from run to run: identifiers, times, addresses of the engine.

use regex::Regex;

/// Replaces what is not comparable by a word for it.
pub fn normalise(text: &str) -> String {
    let rules = [
        (r"sha256:[0-9a-f]{64}", "sha256:ID"),
        (r"\b[0-9a-f]{64}\b", "ID64"),
        (r"\b[0-9a-f]{12}\b", "ID12"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
        (r"unix://\S+?\.sock", "unix://SOCKET"),
        (
            r"(\d+|a|an|Less than a|About an?) (second|minute|hour)s?",
            "SOME TIME",
        ),
        // A slip of 28.2's client, which 28.5 has no more.
        (r"\bSRun ", "Run "),
        (r"[^\s:]*/k_(env|cid|nosuch|imp)", "/tmp/k_$1"),
    ];
    let mut text = text.to_owned();
    for (pattern, word) in rules {
        text = Regex::new(pattern)
            .expect("a pattern")
            .replace_all(&text, word)
            .into_owned();
    }
    text
}

#[test]
fn what_differs_from_run_to_run_is_gone() {
    let id = "0123456789abcdef".repeat(4);
    assert_eq!(
        normalise(&format!("{id} up 3 seconds")),
        "ID64 up SOME TIME"
    );
    assert_eq!(
        normalise("0123456789ab 2026-01-02T03:04:05.6Z"),
        "ID12 TIME"
    );
}
