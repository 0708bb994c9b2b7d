//! What each rule answers: a table, held against Linux itself where the test runs there as root.

use crate::op::{Outcome, Subject, Value};
use crate::ours::Ours;
use crate::script::parse;

/// A script, and what its last operation answers: an errno's name or `ok`.
const CASES: &[(&str, &str)] = &[
    // Lookup.
    ("stat nothing", "ENOENT"),
    ("create f 644; stat f/x", "ENOTDIR"),
    ("create f 644; stat f/", "ENOTDIR"),
    ("create f 644; stat f/.", "ENOTDIR"),
    ("create f 644; stat f/..", "ENOTDIR"),
    ("mkdir d 755; stat d/", "ok"),
    ("mkdir d 755; stat d/.", "ok"),
    ("mkdir d 755; mkdir d/e 755; stat d/e/../e/./..", "ok"),
    ("stat @255", "ENOENT"),
    ("stat @256", "ENAMETOOLONG"),
    ("create @256 644", "ENAMETOOLONG"),
    ("mkdir @256 755", "ENAMETOOLONG"),
    ("create f 644; rename f @256", "ENAMETOOLONG"),
    ("create @255 644", "ok"),
    ("stat @4096", "ENAMETOOLONG"),
    ("stat @4094", "ENOENT"),
    ("mkdir d 0; as 1000; stat d/x", "EACCES"),
    ("mkdir d 711; create d/f 644; as 1000; stat d/f", "ok"),
    ("mkdir d 711; as 1000; list d", "EACCES"),
    ("mkdir d 744; create d/f 644; as 1000; list d", "ok"),
    ("mkdir d 744; create d/f 644; as 1000; stat d/f", "EACCES"),
    // Symlinks.
    ("symlink f l; stat l", "ENOENT"),
    ("symlink f l; lstat l", "ok"),
    ("symlink l l; stat l", "ELOOP"),
    ("symlink l/x l; stat l", "ELOOP"),
    ("create f 644; symlink f l; stat l/", "ENOTDIR"),
    ("mkdir d 755; symlink d l; lstat l", "ok"),
    ("mkdir d 755; symlink d l; lstat l/", "ok"),
    ("mkdir d 755; symlink d l; unlink l/", "ENOTDIR"),
    ("mkdir d 755; symlink d l; rmdir l", "ENOTDIR"),
    ("mkdir d 755; symlink d l; rmdir l/", "ENOTDIR"),
    ("mkdir d 755; symlink d l; rename l/ m", "ENOTDIR"),
    ("create f 644; readlink f", "EINVAL"),
    ("symlink f l; readlink l", "ok"),
    ("symlink f l; symlink g l", "EEXIST"),
    ("symlink f l/", "ENOENT"),
    ("symlink f l; create l 644; stat f", "ok"),
    ("symlink d/f l; create l 644", "ENOENT"),
    ("symlink f l; open l wcx", "EEXIST"),
    ("create f 644; symlink f l; open l rn", "ELOOP"),
    ("create f 644; symlink f l; open l wcn", "ELOOP"),
    ("mkdir d 755; symlink d l; open l rdn", "ENOTDIR"),
    // Open.
    ("open nothing r", "ENOENT"),
    ("mkdir d 755; open d r", "ok"),
    ("mkdir d 755; open d w", "EISDIR"),
    ("mkdir d 755; open d rc", "EISDIR"),
    ("mkdir d 755; open d rcx", "EEXIST"),
    ("mkdir d 755; open d/ wc", "EISDIR"),
    ("open f/ wc", "EISDIR"),
    ("create f 644; open f rd", "ENOTDIR"),
    ("create f 644; open f wcx", "EEXIST"),
    ("open . rc", "EISDIR"),
    ("mkdir d 755; read d", "EISDIR"),
    ("create f 444; as 1000; open f w", "EACCES"),
    ("create f 400; as 1000; open f r", "EACCES"),
    ("create f 444; as 1000; open f rt", "EACCES"),
    ("create f 0; open f rw", "ok"),
    ("mkdir d 777; as 1000; open d/f wcx; create d/g 0", "ok"),
    ("mkdir d 777; as 1000; create d/g 0; open d/g r", "EACCES"),
    ("mkdir d 755; as 1000; create d/f 644", "EACCES"),
    ("create f 640; chown f - 50; in 7 50; open f r", "ok"),
    ("create f 604; chown f - 50; in 7 50; open f r", "EACCES"),
    ("create f 66; chown f 7 -; in 7 50; open f r", "EACCES"),
    ("create f 644; write f hello; open f rt; stat f", "ok"),
    // Making.
    ("mkdir d 755; mkdir d 755", "EEXIST"),
    ("mkdir d/ 755", "ok"),
    ("mkdir d/e 755", "ENOENT"),
    ("create f 644; mkdir f/d 755", "ENOTDIR"),
    ("mkdir . 755", "EEXIST"),
    ("mkdir d 755; mkdir d/.. 755", "EEXIST"),
    ("mkdir d 7777; stat d", "ok"),
    ("mkfifo p; stat p", "ok"),
    ("mkfifo p; mkfifo p", "EEXIST"),
    (
        "mkdir d 755; chown d - 50; chmod d 2755; create d/f 644; stat d/f",
        "ok",
    ),
    (
        "mkdir d 755; chown d - 50; chmod d 2755; mkdir d/e 755; stat d/e",
        "ok",
    ),
    (
        "mkdir d 777; chown d - 50; chmod d 2777; as 9; open d/f wc; create d/g 2775; stat d/g",
        "ok",
    ),
    // Removing.
    ("unlink nothing", "ENOENT"),
    ("rmdir nothing", "ENOENT"),
    ("mkdir d 755; unlink d", "EISDIR"),
    ("mkdir d 755; unlink d/", "EISDIR"),
    ("create f 644; unlink f/", "ENOTDIR"),
    ("create f 644; rmdir f", "ENOTDIR"),
    ("mkdir d 755; create d/f 644; rmdir d", "ENOTEMPTY"),
    ("mkdir d 755; rmdir d/.", "EINVAL"),
    ("mkdir d 755; rmdir d/..", "ENOTEMPTY"),
    ("mkdir d 755; unlink d/..", "EISDIR"),
    ("mkdir d 755; create d/f 644; as 1000; unlink d/f", "EACCES"),
    ("mkdir d 777; create d/f 644; as 1000; unlink d/f", "ok"),
    ("mkdir d 1777; create d/f 644; as 1000; unlink d/f", "EPERM"),
    (
        "mkdir d 1777; create d/f 644; chown d/f 1000 -; as 1000; unlink d/f",
        "ok",
    ),
    (
        "mkdir d 1777; chown d 1000 -; create d/f 644; as 1000; unlink d/f",
        "ok",
    ),
    ("mkdir d 1777; mkdir d/e 777; as 1000; rmdir d/e", "EPERM"),
    // Renaming.
    ("rename nothing f", "ENOENT"),
    ("create f 644; rename f d/g", "ENOENT"),
    ("create f 644; create g 644; rename f g; stat f", "ENOENT"),
    ("create f 644; create g 644; rename! f g", "EEXIST"),
    ("create f 644; mkdir d 755; rename f d", "EISDIR"),
    ("create f 644; mkdir d 755; rename d f", "ENOTDIR"),
    ("mkdir d 755; mkdir e 755; rename d e", "ok"),
    (
        "mkdir d 755; mkdir e 755; create e/f 644; rename d e",
        "ENOTEMPTY",
    ),
    ("mkdir d 755; rename d d/e", "EINVAL"),
    ("mkdir d 755; mkdir d/e 755; rename d d/e/f", "EINVAL"),
    ("mkdir d 755; mkdir d/e 755; rename d/e d", "ENOTEMPTY"),
    ("mkdir d 755; rename d d", "ok"),
    ("create f 644; rename f f", "ok"),
    ("create f 644; link f g; rename f g; stat f", "ok"),
    ("create f 644; rename f g/", "ENOTDIR"),
    ("create f 644; rename f/ g", "ENOTDIR"),
    ("mkdir d 755; rename d/ e/", "ok"),
    ("mkdir d 755; rename d/. e", "EBUSY"),
    ("mkdir d 755; create f 644; rename f d/..", "EBUSY"),
    ("mkdir d 755; create f 644; rename! f d/..", "EEXIST"),
    (
        "mkdir d 1777; create d/f 644; mkdir e 777; as 1000; rename d/f e/f",
        "EPERM",
    ),
    (
        "mkdir a 777; mkdir b 777; mkdir a/d 755; as 1000; rename a/d b/d",
        "EACCES",
    ),
    ("mkdir a 777; mkdir a/d 755; as 1000; rename a/d a/e", "ok"),
    (
        "mkdir d 755; create d/f 644; as 1000; rename d/f d/g",
        "EACCES",
    ),
    // Linking.
    ("create f 644; link f g; stat g", "ok"),
    ("mkdir d 755; link d e", "EPERM"),
    ("create f 644; link f f", "EEXIST"),
    ("link nothing g", "ENOENT"),
    ("create f 644; link f g/", "ENOENT"),
    ("symlink f l; link l m; lstat m", "ok"),
    ("create f 644; symlink f l; linkf l m; lstat m", "ok"),
    ("symlink f l; linkf l m", "ENOENT"),
    // Attributes.
    ("create f 644; as 1000; chmod f 600", "EPERM"),
    ("create f 644; as 1000; chown f 1000 -", "EPERM"),
    (
        "create f 644; chown f 1000 1000; as 1000; chown f 1000 1000",
        "ok",
    ),
    (
        "create f 644; chown f 1000 1000; as 1000; chown f 0 -",
        "EPERM",
    ),
    (
        "create f 644; chown f 1000 1000; as 1000; chown f - 5",
        "EPERM",
    ),
    ("create f 644; chown f 1000 5; in 1000 5; chown f - 5", "ok"),
    (
        "create f 644; chown f 1000 5; as 1000; chmod f 2755; stat f",
        "ok",
    ),
    ("create f 644; chmod f 6755; chown f 1 1; stat f", "ok"),
    ("create f 644; chmod f 6744; chown f 1 1; stat f", "ok"),
    (
        "create f 644; chmod f 6777; as 1000; write f x; stat f",
        "ok",
    ),
    (
        "create f 644; chmod f 6767; as 1000; write f x; stat f",
        "ok",
    ),
    (
        "create f 644; chmod f 6777; as 1000; truncate f 0; stat f",
        "ok",
    ),
    ("symlink f l; lchown l 5 6; lstat l", "ok"),
    ("symlink f l; chmod l 600", "ENOENT"),
    ("create f 644; times f", "ok"),
    ("create f 666; as 1000; now f", "ok"),
    ("create f 644; as 1000; now f", "EACCES"),
    ("create f 666; as 1000; times f", "EPERM"),
    ("mkdir d 755; truncate d 0", "EISDIR"),
    ("mkfifo p; truncate p 0", "EINVAL"),
    ("create f 644; as 1000; truncate f 0", "EACCES"),
    ("create f 644; write f hello; truncate f 2; read f", "ok"),
    ("create f 644; write f hello; truncate f 9; read f", "ok"),
    ("create f 644; access f 1", "EACCES"),
    ("create f 645; access f 1", "ok"),
    ("create f 600; access f 6", "ok"),
    ("mkdir d 0; access d 7", "ok"),
    ("create f 640; as 1000; access f 4", "EACCES"),
    ("create f 640; as 1000; access f 0", "ok"),
];

fn last(subject: &mut dyn Subject, script: &str) -> Outcome {
    let mut outcome = Ok(Value::Done);
    for op in parse(script) {
        outcome = subject.run(&op);
    }
    outcome
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Ok(_) => "ok",
        Err(errno) => errno.name(),
    }
}

#[test]
fn every_case_answers_as_the_table_says() {
    let wrong: Vec<String> = CASES
        .iter()
        .filter_map(|(script, expected)| {
            let got = last(&mut Ours::empty(), script);
            let word = word(&got);
            (word != *expected).then(|| format!("{script}: {expected} expected, {word} found"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A folder of the host answers the same, whether owners are real or remembered.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_of_the_host_answers_the_same() {
    use crate::hostdir::{folder, rules};
    use schooner::vfs::hostdir::HostDir;
    let mut wrong = Vec::new();
    for owners in rules() {
        for (script, expected) in CASES {
            let folder = folder();
            let host = HostDir::with_owners(folder.path(), owners).expect("opens");
            let got = last(&mut Ours::over(std::sync::Arc::new(host)), script);
            if word(&got) != *expected {
                wrong.push(format!(
                    "{owners:?}: {script}: {expected} expected, {got:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn linux_answers_the_same() {
    use crate::linux::Linux;
    let mut wrong = Vec::new();
    for (script, expected) in CASES {
        let Some(mut linux) = Linux::new() else {
            eprintln!("skipped: needs root");
            return;
        };
        let real = last(&mut linux, script);
        drop(linux);
        let ours = last(&mut Ours::empty(), script);
        if word(&real) != *expected || real != ours {
            wrong.push(format!(
                "{script}: {expected} expected\n  linux {real:?}\n  ours  {ours:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
