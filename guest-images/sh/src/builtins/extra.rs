//! What `rewrite` turns ash's and bash's expansions into: `__substring`, `__replace`, `__case`, `__random`, `__matches`.

use super::Output;
use yash_fnmatch::{Config, Pattern, PatternChar};

/// `__substring value offset [length]`
pub fn substring(words: &[String]) -> Output {
    let value: Vec<char> = words
        .first()
        .map_or(Vec::new(), |value| value.chars().collect());
    let len = value.len() as i64;
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<i64>().ok());
    let offset = number(1).unwrap_or(0);
    let start = if offset < 0 { len + offset } else { offset };
    if start < 0 || start > len {
        return Output::default();
    }
    let end = match number(2) {
        None => len,
        Some(length) if length < 0 => (len + length).max(start),
        Some(length) => (start + length).min(len),
    };
    let text: String = value[start as usize..end as usize].iter().collect();
    Output::text(text)
}

fn parse(pattern: &str, config: Config) -> Option<Pattern> {
    let mut chars = pattern.chars();
    let mut list = Vec::new();
    while let Some(c) = chars.next() {
        list.push(match c {
            '\\' => PatternChar::Literal(chars.next().unwrap_or('\\')),
            c => PatternChar::Normal(c),
        });
    }
    Pattern::parse_with_config(list, config).ok()
}

/// `__replace mode value pattern replacement`; mode: `1` first, `/` all, `#` at the beginning, `%` at the end.
pub fn replace(words: &[String]) -> Output {
    let [mode, value, pattern, replacement] = words else {
        return Output::status(2);
    };
    let config = Config {
        anchor_begin: mode == "#",
        anchor_end: mode == "%",
        ..Config::default()
    };
    let Some(parsed) = parse(pattern, config).filter(|_| !pattern.is_empty()) else {
        return Output::text(value.as_str());
    };
    let mut out = String::new();
    let mut rest = value.as_str();
    while let Some(range) = parsed.find(rest) {
        out += &rest[..range.start];
        if range.is_empty() && mode != "#" && mode != "%" {
            break;
        }
        out += replacement;
        rest = &rest[range.end..];
        if mode != "/" || rest.is_empty() {
            break;
        }
    }
    Output::text(out + rest)
}

/// `__case operator value`
pub fn case(words: &[String]) -> Output {
    let [operator, value] = words else {
        return Output::status(2);
    };
    let upper = operator.starts_with('^');
    let change = |text: &str| {
        if upper {
            text.to_uppercase()
        } else {
            text.to_lowercase()
        }
    };
    if operator.len() > 1 {
        return Output::text(change(value));
    }
    let first = value.chars().next().map_or(0, char::len_utf8);
    Output::text(change(&value[..first]) + &value[first..])
}

/// `__random`: 0 to 32767.
pub fn random(_words: &[String]) -> Output {
    use std::io::Read as _;
    let mut bytes = [0; 2];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    if read.is_err() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        bytes = (now.map_or(0, |now| now.subsec_nanos() / 1000) as u16).to_le_bytes();
    }
    Output::text((u16::from_le_bytes(bytes) & 0x7fff).to_string())
}

/// `__matches text regex`: POSIX extended expressions.
pub fn matches(words: &[String]) -> Output {
    let [text, regex] = words else {
        return Output::status(2);
    };
    match super::regex::search(regex, text) {
        Some(found) => Output::status(i32::from(!found)),
        None => Output::error(2, format!("{regex}: bad regular expression")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(function: fn(&[String]) -> Output, words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
        String::from_utf8(function(&words).out).unwrap()
    }

    #[test]
    fn expansions() {
        assert_eq!(out(substring, &["hello", "1", "3"]), "ell");
        assert_eq!(out(substring, &["hello", "-2"]), "lo");
        assert_eq!(out(substring, &["hello", "1", "-1"]), "ell");
        assert_eq!(out(substring, &["hello", "9"]), "");
        assert_eq!(out(replace, &["1", "a.b.c", ".", "-"]), "a-b.c");
        assert_eq!(out(replace, &["/", "a.b.c", ".", "-"]), "a-b-c");
        assert_eq!(out(replace, &["#", "aaa", "a", "b"]), "baa");
        assert_eq!(out(replace, &["%", "x.tar.gz", ".*", "!"]), "x!");
        assert_eq!(out(replace, &["/", "aXbX", "X", ""]), "ab");
        assert_eq!(out(case, &["^^", "abc"]), "ABC");
        assert_eq!(out(case, &["^", "abc"]), "Abc");
        assert!(out(random, &[]).parse::<u16>().unwrap() < 32768);
    }
}
