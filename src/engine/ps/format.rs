//! Which columns: the formats that options stand for, and those that users write with `-o`.

use super::Wrong;
use super::columns::{self, Cell};

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub header: String,
    pub cell: Cell,
}

/// Reads `pid,comm` and `pid=NUMBER`; after `=` everything to the end of the text is the header.
pub fn user_defined(text: &str) -> Result<Vec<Field>, Wrong> {
    let blank = |c: char| matches!(c, ' ' | ',' | '\t' | '\n');
    let (counted, header) = match text.split_once('=') {
        Some((before, header)) => (before, Some(header)),
        None => (text, None),
    };
    let mut names: Vec<&str> = counted.split(blank).collect();
    if header.is_none() && names.len() > 1 && names.last() == Some(&"") {
        // ps takes one separator at the end.
        names.pop();
    }
    if names.contains(&"") {
        return Err(Wrong::words("improper format list"));
    }
    let mut fields = Vec::new();
    for name in &names {
        let (name, width) = name.split_once(':').unwrap_or((name, "1"));
        if !width.parse::<u32>().is_ok_and(|w| w > 0) {
            return Err(Wrong::words(
                "column widths must be unsigned decimal numbers",
            ));
        }
        let Some((header, cell)) = known(name) else {
            return Err(Wrong::words(format!(
                "unknown user-defined format specifier \"{name}\""
            )));
        };
        let header = header.to_owned();
        fields.push(Field { header, cell });
    }
    if let (Some(header), Some(last)) = (header, fields.last_mut()) {
        header.clone_into(&mut last.header);
    }
    Ok(fields)
}

/// The column of a specifier, to be sorted by.
pub fn sort_key(name: &str) -> Result<Cell, Wrong> {
    match known(name) {
        Some((_, cell)) => Ok(cell),
        None => Err(Wrong::words("unknown sort specifier")),
    }
}

/// Names with an underscore in front are those of this page alone.
fn known(name: &str) -> Option<(&'static str, Cell)> {
    columns::find(name).filter(|_| !name.starts_with('_'))
}

/// The columns of a list of our own.
fn of(names: &str) -> Vec<Field> {
    names
        .split(' ')
        .filter_map(columns::find)
        .map(|(header, cell)| Field {
            header: header.to_owned(),
            cell,
        })
        .collect()
}

/// The format of a BSD option letter.
pub fn bsd(letter: char) -> Vec<Field> {
    of(match letter {
        'u' => "user pid %cpu %mem vsz rss tname stat start_time bsdtime args",
        'l' => "f uid pid ppid priority ni vsz rss wchan stat tname bsdtime args",
        'j' => "ppid pid pgid sid tname tpgid stat uid bsdtime args",
        's' => "uid pid pending blocked ignored caught stat tname bsdtime args",
        'v' => "pid tname stat bsdtime majflt trs drs rss %mem args",
        'X' => "pid stackp esp eip _tmout _alarm stat tname bsdtime args",
        _ => "pid tname stat bsdtime args",
    })
}

/// The format of System V options: `f F l j`, and the modifiers `y c L T P M`.
pub fn unix(has: impl Fn(char) -> bool) -> Vec<Field> {
    let full = has('f') || has('F');
    let (long, jobs, extra) = (has('l'), has('j'), has('F'));
    let mut names: Vec<&str> = Vec::new();
    let mut add = |wanted: bool, more: &'static str| {
        if wanted {
            names.extend(more.split(' '));
        }
    };
    add(has('M'), "label");
    add(long && !has('y'), "f");
    add(long, "s");
    add(full, "uid_hack");
    add(long && !full, "uid");
    add(true, "pid");
    add(has('T'), "spid");
    add(full || long, "ppid");
    add(jobs, "pgid sid");
    add(has('L'), "lwp");
    add(has('P'), "psr");
    match has('c') {
        true => add(true, "cls pri"),
        false => {
            add(full || long, "c");
            add(full && has('L'), "nlwp");
            add(long, "opri ni");
        }
    }
    match (long, has('y')) {
        (true, true) => add(true, "rss sz wchan"),
        (true, false) => add(true, "_addr sz wchan"),
        (false, _) => add(extra, "sz rss"),
    }
    add(long && extra && !has('y'), "rss");
    add(extra, "psr");
    add(full, "stime");
    add(true, "tname time");
    add(true, if full { "cmd" } else { "ucmd" });
    of(&names.join(" "))
}

/// `-O`: columns of the user's within the usual ones.
pub fn within(fields: Vec<Field>) -> Vec<Field> {
    let mut all = of("pid");
    all.extend(fields);
    all.extend(of("s tname time args"));
    all
}
