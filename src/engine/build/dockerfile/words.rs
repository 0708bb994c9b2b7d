//! Splitting a line into its keyword, its flags and words. Quotes and escapes stay where they are: expansion takes them away.

/// What separates words inside an instruction.
const BLANKS: [char; 5] = [' ', '\t', '\u{b}', '\u{c}', '\r'];

/// A line taken apart.
pub struct Split {
    pub keyword: String,
    pub flags: Vec<String>,
    /// The arguments as they stand.
    pub rest: String,
}

/// The first word and what follows the blanks behind it.
pub fn cut(text: &str) -> (&str, &str) {
    match text.find(BLANKS) {
        Some(at) => (&text[..at], text[at..].trim_start_matches(BLANKS)),
        None => (text, ""),
    }
}

/// Takes the keyword and the flags off a line.
pub fn split(line: &str) -> Split {
    let (keyword, rest) = cut(line.trim());
    let (flags, rest) = flags(rest);
    Split {
        keyword: keyword.to_owned(),
        flags,
        rest: rest.trim().to_owned(),
    }
}

/// Words at blanks, as the simplest instructions have them.
pub fn plain(text: &str) -> Vec<String> {
    text.split(BLANKS)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The words that begin with `--`, without quotes and escapes, and what stands behind them. A lone `--` ends them.
fn flags(text: &str) -> (Vec<String>, &str) {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if !rest.starts_with("--") {
            return (found, rest);
        }
        let (word, after) = flag(rest);
        rest = after;
        if word == "--" {
            return (found, rest);
        }
        found.push(word);
    }
}

fn flag(text: &str) -> (String, &str) {
    let (mut word, mut quote) = (String::new(), None);
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (c, quote) {
            (c, None) if c.is_whitespace() => return (word, &text[at..]),
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('\\', _) => word.extend(chars.next().map(|(_, c)| c)),
            (c, _) => word.push(c),
        }
    }
    (word, "")
}

/// Words at blanks outside of quotes; quotes and escapes are kept.
pub fn quoted(text: &str, escape: char) -> Vec<String> {
    let (mut words, mut word, mut quote, mut some) = (Vec::new(), String::new(), None, false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match quote {
            None if c.is_whitespace() => {
                if some || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                some = false;
            }
            // Nothing is escaped in single quotes.
            _ if c == escape && quote != Some('\'') => {
                if let Some(next) = chars.next() {
                    word.extend([c, next]);
                }
            }
            None if matches!(c, '\'' | '"') => {
                (quote, some) = (Some(c), true);
                word.push(c);
            }
            open => {
                if open == Some(c) {
                    quote = None;
                }
                word.push(c);
            }
        }
    }
    if some || !word.is_empty() {
        words.push(word);
    }
    words
}
