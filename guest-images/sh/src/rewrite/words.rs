//! Words of the shell language as raw text: where they end, what they mean without quotes.

/// Where the word that begins at `at` ends.
pub fn raw_word(chars: &[char], mut at: usize) -> usize {
    while let Some(&c) = chars.get(at) {
        match c {
            ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => return at,
            _ => at = skip(chars, at),
        }
    }
    at.min(chars.len())
}

/// The place after the character, quoted text or expansion at `at`.
pub fn skip(chars: &[char], at: usize) -> usize {
    let find = |from: usize, c: char| {
        chars[from..]
            .iter()
            .position(|own| *own == c)
            .map_or(chars.len(), |n| from + n + 1)
    };
    match (chars[at], chars.get(at + 1)) {
        ('\\', _) => at + 2,
        ('\'', _) => find(at + 1, '\''),
        ('"', _) => {
            let mut end = at + 1;
            while end < chars.len() && chars[end] != '"' {
                end = if chars[end] == '\'' {
                    end + 1
                } else {
                    skip(chars, end)
                };
            }
            (end + 1).min(chars.len())
        }
        ('`', _) => find(at + 1, '`'),
        ('$', Some('{')) => brace_end(chars, at + 2).map_or(chars.len(), |end| end + 1),
        ('$', Some('(')) => {
            let mut end = at + 2;
            let mut depth = 1;
            while end < chars.len() && depth > 0 {
                match chars[end] {
                    '(' => (depth, end) = (depth + 1, end + 1),
                    ')' => (depth, end) = (depth - 1, end + 1),
                    _ => end = skip(chars, end),
                }
            }
            end.min(chars.len())
        }
        _ => at + 1,
    }
}

/// Where the `}` is that ends the `${` whose text begins at `at`.
pub fn brace_end(chars: &[char], mut at: usize) -> Option<usize> {
    while *chars.get(at)? != '}' {
        at = skip(chars, at);
    }
    Some(at)
}

/// A word without its quotes.
pub fn unquote(word: &[char]) -> String {
    let mut out = String::new();
    let mut quote = None;
    let mut chars = word.iter().copied();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(own), c) if own == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None | Some('"'), '\\') => out.extend(chars.next()),
            (_, c) => out.push(c),
        }
    }
    out
}

/// A word such that it stays one word: expansions outside quotes get quotes.
pub fn one_word(word: &[char]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < word.len() {
        let end = skip(word, at).min(word.len());
        let part: String = word[at..end].iter().collect();
        if matches!(word[at], '$' | '`') && end == at + 1 {
            // `$x`: the name belongs to it.
            let name = word[end..]
                .iter()
                .position(|c| !c.is_alphanumeric() && *c != '_')
                .unwrap_or(word.len() - end);
            // `$1`, `$?`, `$#` and such have one character.
            let special = word
                .get(end)
                .is_some_and(|c| !c.is_alphabetic() && *c != '_');
            let end = if special { end + 1 } else { end + name };
            let text: String = word[at..end.min(word.len())].iter().collect();
            out += &format!("\"{text}\"");
            at = end;
            continue;
        }
        match word[at] {
            '$' | '`' => out += &format!("\"{part}\""),
            // No pattern here.
            '*' | '?' | '[' | '~' => out += &format!("\\{part}"),
            _ => out += &part,
        }
        at = end;
    }
    out
}

/// A word as the body of a here-document.
pub fn document_body(word: &[char]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < word.len() {
        let end = skip(word, at).min(word.len());
        let inner = |word: &[char]| {
            word[at + 1..(end - 1).max(at + 1)]
                .iter()
                .collect::<String>()
        };
        match word[at] {
            '\'' => {
                for c in inner(word).chars() {
                    if matches!(c, '$' | '`' | '\\') {
                        out.push('\\');
                    }
                    out.push(c);
                }
            }
            '"' => out += &inner(word).replace("\\\"", "\""),
            '\\' => {
                let c = word.get(at + 1).copied().unwrap_or('\\');
                if matches!(c, '$' | '`' | '\\') {
                    out.push('\\');
                }
                out.push(c);
            }
            _ => out.extend(&word[at..end]),
        }
        at = end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn ends_and_quotes() {
        assert_eq!(raw_word(&chars("a\"b c\"$(d e)${f:-g h} i"), 0), 21);
        assert_eq!(unquote(&chars("'E O'F")), "E OF");
        assert_eq!(one_word(&chars("$a.txt")), "\"$a\".txt");
        assert_eq!(one_word(&chars("a$(b)\"c\"")), "a\"$(b)\"\"c\"");
        assert_eq!(one_word(&chars("$1x")), "\"$1\"x");
        assert_eq!(document_body(&chars("'$a'\"$b\"c")), "\\$a$bc");
    }
}
