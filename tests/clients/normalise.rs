//! Takes out of an answer what differs from run to run: identifiers, times, addresses of the engine, scratch folders.

use crate::transcript::Answer;
use regex::Regex;
use std::sync::LazyLock;

/// What is looked for, and the word for it. In this order.
const RULES: &[(&str, &str)] = &[
    (r"sha256:[0-9a-f]{64}", "sha256:ID"),
    (r"\b[0-9a-f]{64}\b", "ID64"),
    (r"\b[0-9a-f]{12}\b", "ID12"),
    (
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
        "TIME",
    ),
    (
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} UTC",
        "TIME",
    ),
    (r#""time":\d+,"timeNano":\d+"#, r#""time":N,"timeNano":N"#),
    (r"unix://[^\s.]*/\S+?\.sock", "unix://SOCKET"),
    // A slip of 28.2's client, which later ones have no more.
    (r"\bSRun ", "Run "),
    // Debian's client is built with an older library for ports.
    (
        r"\bInvalid (containerPort|hostPort|proto|ranges)",
        "invalid $1",
    ),
    (r"\bInvalid ip address:", "invalid IP address:"),
    (r"\bNo port specified:", "no port specified:"),
    (
        r"\bInvalid range specified for the Port:",
        "invalid range specified for port:",
    ),
];

/// A time that has passed; the width of a table's column depends on it.
const AGES: &str = r"\b(\d+|[Aa]|[Aa]n|Less than a|About an?) (second|minute|hour|day)s?\b";

static COMPILED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let compile =
        |(pattern, word): &(&str, &'static str)| (Regex::new(pattern).expect("a pattern"), *word);
    RULES.iter().map(compile).collect()
});
static AGE: LazyLock<Regex> = LazyLock::new(|| Regex::new(AGES).expect("a pattern"));
static GAP: LazyLock<Regex> = LazyLock::new(|| Regex::new(" {3,}").expect("a pattern"));

/// Replaces what is not comparable by a word for it; `folder` is where the command ran.
pub fn normalise(answer: &mut Answer, folder: &str) {
    let aged = answer.out.iter().any(|line| AGE.is_match(line));
    for line in &mut answer.err {
        line.truncate(line.trim_end().len());
    }
    for lines in [&mut answer.out, &mut answer.err] {
        for line in lines {
            let mut text = line.replace(folder, "$PWD");
            for (pattern, word) in COMPILED.iter() {
                text = pattern.replace_all(&text, *word).into_owned();
            }
            text = AGE.replace_all(&text, "SOME TIME").into_owned();
            if aged {
                text = GAP.replace_all(&text, "   ").into_owned();
            }
            *line = text;
        }
    }
}

#[test]
fn what_differs_from_run_to_run_is_gone() {
    let id = "0123456789abcdef".repeat(4);
    let mut answer = Answer {
        out: vec![
            format!("{id}     up 3 seconds"),
            "NAME      STATUS".into(),
            "/tmp/k_x/y 0123456789ab 2026-01-02T03:04:05.6Z".into(),
        ],
        ..Answer::default()
    };
    normalise(&mut answer, "/tmp/k_x");
    assert_eq!(
        answer.out,
        ["ID64   up SOME TIME", "NAME   STATUS", "$PWD/y ID12 TIME"]
    );
}
