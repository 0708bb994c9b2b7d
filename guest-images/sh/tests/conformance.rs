//! The shell, run natively, does what busybox's ash does: standard output and status of each snippet in `snippets.txt`.
//!
//! The file holds what ash gave, so that no other shell is needed here and the same snippets can run inside a container.
#![cfg(unix)]

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

struct Snippet {
    name: String,
    script: String,
    status: i32,
    out: String,
}

fn snippets(text: &str) -> Vec<Snippet> {
    text.split("\n### ")
        .skip(1)
        .map(|part| {
            let (name, rest) = part.split_once('\n').expect("a name");
            let (script, result) = rest.split_once("\n--- ").expect("a status");
            let (status, out) = result.split_once('\n').unwrap_or((result, ""));
            let out = match out.strip_suffix("\n%") {
                Some(out) => out.to_owned(),
                None if out.is_empty() => String::new(),
                None => format!("{}\n", out.trim_end_matches('\n')),
            };
            Snippet {
                name: name.to_owned(),
                script: script.to_owned(),
                status: status.trim().parse().expect("a number"),
                out,
            }
        })
        .collect()
}

/// Runs one snippet in a folder of its own; gives status, output and messages.
fn run(script: &str, folder: &Path) -> (i32, String, String) {
    let shell = env!("CARGO_BIN_EXE_sh");
    let bin = folder.join("bin");
    let work = folder.join("work");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::create_dir_all(&work).unwrap();
    std::os::unix::fs::symlink(shell, bin.join("sh")).unwrap();
    let mut child = Command::new(bin.join("sh"))
        .args(["-c", script])
        .current_dir(&work)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .env("HOME", "/root")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut err = child.stderr.take().unwrap();
    let messages = std::thread::spawn(move || {
        let mut text = Vec::new();
        err.read_to_end(&mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    });
    let mut out = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut out).unwrap();
    let status = child.wait().unwrap();
    (
        status.code().unwrap_or(-1),
        String::from_utf8_lossy(&out).into_owned(),
        messages.join().unwrap(),
    )
}

#[test]
fn snippets_do_what_ash_does() {
    let list = snippets(include_str!("snippets.txt"));
    assert!(list.len() >= 120, "{} snippets", list.len());
    let only = std::env::var("SNIPPET").ok();
    let base = std::env::temp_dir().join(format!("schooner-sh-{}", std::process::id()));
    let mut failures = Vec::new();
    for (at, snippet) in list.iter().enumerate() {
        if only
            .as_ref()
            .is_some_and(|only| !snippet.name.contains(only))
        {
            continue;
        }
        let folder = base.join(at.to_string());
        let (status, out, messages) = run(&snippet.script, &folder);
        if (status, &out) != (snippet.status, &snippet.out) {
            failures.push(format!(
                "{}:\n{}\n  expected {} {:?}\n  got      {status} {out:?}\n  {messages}",
                snippet.name, snippet.script, snippet.status, snippet.out
            ));
        }
    }
    let _ = std::fs::remove_dir_all(&base);
    assert!(
        failures.is_empty(),
        "{} differ\n\n{}",
        failures.len(),
        failures.join("\n")
    );
}
