//! The plain progress of buildx without what differs from run to run: the numbers of steps, which depend on what was quicker, times,
//! counts of bytes, and the steps that BuildKit makes for itself. What belongs to a step stands together.

use regex::Regex;
use std::sync::LazyLock;

static STEP: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^#(\d+) (.*)$").expect("a pattern"));
/// Seconds before what a step wrote.
static SECONDS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\d+\.\d+ ").expect("a pattern"));
/// Builds that run at once share the step, under the name that the first of them gave it.
static FROM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^# \[[^]]*\] FROM ").expect("a pattern"));
/// The name that a place of files gets anew in every build.
static REFERENCE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"ref [0-9a-z-]+::[0-9a-z]+").expect("a pattern"));

/// How lines begin that say how far a step is.
const PARTS: [&str; 12] = [
    "DONE",
    "...",
    "transferring ",
    "exporting layers",
    "writing image",
    "naming to ",
    "copying files",
    "sending tarball",
    "resolving ",
    "sha256:",
    "extracting ",
    "pushing ",
];

/// Leaves other lines as they are.
pub fn settle(lines: &mut Vec<String>) {
    for line in lines.iter_mut() {
        *line = REFERENCE.replace_all(line, "ref REF").into_owned();
    }
    if !lines
        .iter()
        .any(|line| line.starts_with("#0 building with "))
    {
        return;
    }
    // What belongs to a step, by its number: steps that run at once take turns.
    let mut steps: Vec<(String, Vec<String>)> = Vec::new();
    let mut rest: Vec<String> = Vec::new();
    for line in lines.drain(..).filter(|line| !line.is_empty()) {
        let Some(parts) = STEP.captures(&line) else {
            rest.push(SECONDS.replace(&line, "").into_owned());
            continue;
        };
        let (number, text) = (&parts[1], &parts[2]);
        let at = steps.iter().position(|(known, _)| known == number);
        let at = at.unwrap_or_else(|| {
            steps.push((number.to_owned(), Vec::new()));
            steps.len() - 1
        });
        let text = format!("# {}", SECONDS.replace(text, ""));
        let part = PARTS.iter().any(|part| text[2..].starts_with(part));
        // A step that others came between is named again.
        let again = text.starts_with("# [") && steps[at].1.contains(&text);
        if !part && !again {
            steps[at].1.push(text);
        }
    }
    let own = |step: &Vec<String>| {
        let first = step.first().map_or("", String::as_str);
        let own = ["# building with", "# [internal]", "# [context "];
        own.iter().any(|begin| first.starts_with(begin)) || FROM.is_match(first)
    };
    let shown = steps.into_iter().map(|(_, step)| step);
    let mut all: Vec<String> = shown.filter(|step| !own(step)).flatten().collect();
    all.extend(rest);
    *lines = all;
}

#[test]
fn what_steps_do_and_write_is_left() {
    let text = "#0 building with \"default\" instance using docker driver\n\n#1 [internal] load build definition from Dockerfile\n\
        #1 transferring dockerfile: 2B done\n#2 [1/2] FROM alpine\n#2 CACHED\n\n#3 [2/2] RUN x\n#3 0.244 out 0.1\n#2 [1/2] FROM alpine\n#3 DONE 0.3s\n\
        #4 exporting to image\n#4 writing image sha256:0 done\n0.1 again\n";
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    settle(&mut lines);
    assert_eq!(
        lines,
        [
            "# [2/2] RUN x",
            "# out 0.1",
            "# exporting to image",
            "again"
        ]
    );
    let mut other = vec!["#1 0.1 x".to_owned(), String::new()];
    settle(&mut other);
    assert_eq!(other, ["#1 0.1 x", ""]);
}
