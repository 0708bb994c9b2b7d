//! `fold`, `fmt`, `expand`, `unexpand`, `column`.

use applet::{Args, Lines, getopt, os, out, warn, words};

fn each_line(args: &Args, mut each: impl FnMut(&str, bool)) -> i32 {
    let mut code = 0;
    for path in args.files() {
        match Lines::open(&path) {
            Ok(mut lines) => {
                while let Some(line) = lines.next_line() {
                    each(&String::from_utf8_lossy(&line), lines.terminated);
                }
            }
            Err(error) => {
                warn(format_args!("{path}: {}", words(&error)));
                code = 1;
            }
        }
    }
    code
}

fn number(args: &Args, letter: char, default: usize) -> usize {
    args.value(letter)
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
        .max(1)
}

/// `fold -80` and `fmt -72` are short for `-w`.
fn modern(argv: &[String]) -> Vec<String> {
    let mut argv = argv.to_vec();
    if let Some(digits) = argv
        .get(1)
        .and_then(|word| word.strip_prefix('-'))
        .filter(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    {
        argv[1] = format!("-w{digits}");
    }
    argv
}

/// `fold`.
pub fn fold(argv: &[String]) -> i32 {
    let args = getopt(
        &modern(argv),
        "bsw:",
        &[("bytes", 'b'), ("spaces", 's'), ("width", 'w')],
        "fold [-bs] [-w WIDTH] [FILE]...",
    );
    let width = number(&args, 'w', 80);
    each_line(&args, |line, terminated| {
        let mut chars: Vec<char> = line.chars().collect();
        while chars.len() > width {
            let mut cut = width;
            if args.has('s') {
                if let Some(space) = chars[..width].iter().rposition(|c| c.is_whitespace()) {
                    cut = space + 1;
                }
            }
            let rest = chars.split_off(cut);
            writeln!(out(), "{}", chars.iter().collect::<String>());
            chars = rest;
        }
        out().text(&chars.iter().collect::<String>());
        if terminated {
            out().text("\n");
        }
    })
}

/// `fmt`: fills paragraphs.
pub fn fmt(argv: &[String]) -> i32 {
    let args = getopt(
        &modern(argv),
        "w:su",
        &[
            ("width", 'w'),
            ("split-only", 's'),
            ("uniform-spacing", 'u'),
        ],
        "fmt [-w WIDTH] [FILE]...",
    );
    let width = number(&args, 'w', 75);
    let mut line = String::new();
    let mut indent = String::new();
    let code = each_line(&args, |text, _| {
        let lead: String = text.chars().take_while(|c| c.is_whitespace()).collect();
        if text.trim().is_empty() || (!line.is_empty() && (lead != indent || args.has('s'))) {
            if !line.is_empty() {
                writeln!(out(), "{line}");
                line.clear();
            }
            if text.trim().is_empty() {
                out().text("\n");
                return;
            }
        }
        indent = lead;
        for word in text.split_whitespace() {
            if line.trim().is_empty() {
                line = format!("{indent}{word}");
            } else if line.chars().count() + 1 + word.chars().count() <= width {
                line.push(' ');
                line.push_str(word);
            } else {
                writeln!(out(), "{line}");
                line = format!("{indent}{word}");
            }
        }
    });
    if !line.is_empty() {
        writeln!(out(), "{line}");
    }
    code
}

/// `expand`.
pub fn expand(argv: &[String]) -> i32 {
    let args = getopt(
        argv,
        "it:",
        &[("initial", 'i'), ("tabs", 't')],
        "expand [-i] [-t N] [FILE]...",
    );
    let tab = number(&args, 't', 8);
    each_line(&args, |line, terminated| {
        let (mut text, mut column, mut leading) = (String::new(), 0, true);
        for c in line.chars() {
            if c == '\t' && (leading || !args.has('i')) {
                let gap = tab - column % tab;
                text.extend(std::iter::repeat_n(' ', gap));
                column += gap;
            } else {
                leading &= c == ' ';
                text.push(c);
                column += 1;
            }
        }
        write!(out(), "{text}{}", if terminated { "\n" } else { "" });
    })
}

/// `unexpand`.
pub fn unexpand(argv: &[String]) -> i32 {
    let args = getopt(
        argv,
        "at:φ",
        &[("all", 'a'), ("tabs", 't'), ("first-only", 'φ')],
        "unexpand [-a] [-t N] [FILE]...",
    );
    let tab = number(&args, 't', 8);
    let all = (args.has('a') || args.has('t')) && !args.has('φ');
    each_line(&args, |line, terminated| {
        let (mut text, mut column, mut blanks, mut leading) = (String::new(), 0, 0usize, true);
        for c in line.chars() {
            match c {
                ' ' | '\t' if leading || all => {
                    let next = if c == '\t' {
                        (column / tab + 1) * tab
                    } else {
                        column + 1
                    };
                    blanks += next - column;
                    column = next;
                    // A run that reaches a tab stop becomes a tab; a single blank stays one.
                    if column % tab == 0 && (blanks > 1 || c == '\t') {
                        text.push('\t');
                        blanks = 0;
                    }
                }
                c => {
                    text.extend(std::iter::repeat_n(' ', std::mem::take(&mut blanks)));
                    leading = false;
                    text.push(c);
                    column += 1;
                }
            }
        }
        text.extend(std::iter::repeat_n(' ', blanks));
        write!(out(), "{text}{}", if terminated { "\n" } else { "" });
    })
}

/// `column`: `-t` makes a table, otherwise columns down the page.
pub fn column(argv: &[String]) -> i32 {
    let args = getopt(
        argv,
        "ts:o:c:xn",
        &[
            ("table", 't'),
            ("separator", 's'),
            ("output-separator", 'o'),
            ("output-width", 'c'),
        ],
        "column [-t] [-s SEP] [-o SEP] [FILE]...",
    );
    let mut lines: Vec<String> = Vec::new();
    let code = each_line(&args, |line, _| lines.push(line.to_string()));
    lines.retain(|line| !line.trim().is_empty());
    let mut o = out();
    if args.has('t') {
        let rows: Vec<Vec<String>> = lines
            .iter()
            .map(|line| match args.value('s') {
                Some(marks) => line
                    .split(|c| marks.contains(c))
                    .map(str::to_string)
                    .collect(),
                None => line.split_whitespace().map(str::to_string).collect(),
            })
            .collect();
        let count = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..count)
            .map(|at| {
                rows.iter()
                    .filter_map(|row| row.get(at))
                    .map(|cell| cell.chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let glue = args.value('o').unwrap_or("  ");
        for row in rows {
            let cells: Vec<String> = row
                .iter()
                .enumerate()
                .map(|(at, cell)| {
                    if at + 1 == row.len() {
                        cell.clone()
                    } else {
                        format!("{cell:<w$}", w = widths[at])
                    }
                })
                .collect();
            writeln!(o, "{}", cells.join(glue));
        }
        return code;
    }
    let width = (lines
        .iter()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0)
        / 8
        + 1)
        * 8;
    let per_row = (number(&args, 'c', os::columns()) / width).max(1);
    let rows = lines.len().div_ceil(per_row);
    for row in 0..rows {
        let cells: Vec<&String> = (0..per_row)
            .filter_map(|column| lines.get(column * rows + row))
            .collect();
        let text: String = cells.iter().map(|cell| format!("{cell:<width$}")).collect();
        writeln!(o, "{}", text.trim_end());
    }
    code
}
