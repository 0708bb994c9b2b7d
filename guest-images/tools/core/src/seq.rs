//! `seq`.

use applet::{die, getopt, opts, out};

fn decimals(text: &str) -> usize {
    text.split_once('.')
        .map_or(0, |(_, fraction)| fraction.len())
}

/// `seq`.
pub fn main(argv: &[String]) -> i32 {
    let usage = "seq [-w] [-s SEP] [FIRST [INC]] LAST";
    // Negative numbers are operands, not options.
    let operand = |word: &String| {
        let negative = word
            .strip_prefix('-')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '.'));
        negative || !word.starts_with('-')
    };
    let mut words = argv.to_vec();
    let negative = words
        .iter()
        .skip(1)
        .any(|word| word.starts_with('-') && operand(word));
    let takes = |word: &str| matches!(word, "-s" | "-f" | "--separator" | "--format");
    let first = (1..words.len()).find(|at| operand(&words[*at]) && !takes(&words[at - 1]));
    if let (true, Some(at)) = (negative, first) {
        words.insert(at, "--".into());
    }
    let args = getopt(
        &words,
        "+ws:f:",
        &[("equal-width", 'w'), ("separator", 's'), ("format", 'f')],
        usage,
    );
    let numbers: Vec<f64> = args
        .rest
        .iter()
        .map(|word| match word.parse::<f64>() {
            Ok(value) => value,
            Err(_) if applet::busybox() => die(format_args!("invalid number '{word}'")),
            Err(_) => opts::complain(&format!("invalid floating point argument: '{word}'"), usage),
        })
        .collect();
    let (start, step, last) = match numbers[..] {
        [last] => (1.0, 1.0, last),
        [start, last] => (start, 1.0, last),
        [start, step, last] => (start, step, last),
        [] => opts::complain("missing operand", usage),
        _ => opts::complain(&format!("extra operand '{}'", args.rest[3]), usage),
    };
    if step == 0.0 {
        die("invalid Zero increment value: '0'");
    }
    let places = args.rest[..args.rest.len() - 1]
        .iter()
        .map(|word| decimals(word))
        .max()
        .unwrap_or(0);
    let text = |value: f64| match args.value('f') {
        Some(format) => formatted(format, value),
        None => format!("{value:.places$}"),
    };
    let width = if args.has('w') {
        text(start)
            .len()
            .max(text(start + ((last - start) / step).floor() * step).len())
    } else {
        0
    };
    let separator = applet::format::unescape(args.value('s').unwrap_or("\n"), false).0;
    let o = out();
    let count = ((last - start) / step + 1e-9).floor();
    let mut index = 0.0;
    while index <= count {
        if index > 0.0 {
            o.bytes(&separator);
        }
        let shown = text(start + index * step);
        match shown.strip_prefix('-').filter(|_| shown.len() < width) {
            Some(digits) => o.text(&format!("-{digits:0>w$}", w = width - 1)),
            None => o.text(&format!("{shown:0>width$}")),
        }
        index += 1.0;
    }
    if index > 0.0 {
        o.text("\n");
    }
    0
}

/// `%g`, `%03.0f` and the like, with text around it.
fn formatted(format: &str, value: f64) -> String {
    let Some(at) = format.find('%') else {
        return format.to_string();
    };
    let rest = &format[at + 1..];
    let Some(end) = rest.find(|c| "eEfFgG".contains(c)) else {
        return format.to_string();
    };
    let letter = rest.as_bytes()[end] as char;
    let (size, precision) = match rest[..end].split_once('.') {
        Some((size, precision)) => (size, precision.parse().ok()),
        None => (&rest[..end], None),
    };
    let body = applet::format::float(value, letter, precision);
    let width = size.trim_start_matches('0').parse::<usize>().unwrap_or(0);
    let body = if size.starts_with('0') {
        format!("{body:0>width$}")
    } else {
        format!("{body:>width$}")
    };
    format!("{}{body}{}", &format[..at], &rest[end + 1..])
}
