//! `expr`.

use applet::out;
use applet::regex::{Regex, Syntax};

struct Parser<'a> {
    words: &'a [String],
    at: usize,
}

type Value = Result<String, String>;

fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "non-integer argument".to_string())
}

fn truth(text: &str) -> bool {
    !text.is_empty()
        && !(text
            .trim_start_matches('-')
            .bytes()
            .all(|byte| byte == b'0')
            && text != "-")
}

fn matched(text: &str, pattern: &str) -> Value {
    let regex = Regex::new(
        &format!("^{}", pattern.strip_prefix('^').unwrap_or(pattern)),
        Syntax::Basic,
        false,
    )?;
    let found = regex.find_at(text.as_bytes(), 0);
    Ok(match found {
        None if regex.groups() > 0 => String::new(),
        None => "0".into(),
        Some(groups) if groups.len() > 1 && regex.groups() > 0 => {
            groups[1].map_or(String::new(), |(from, to)| text[from..to].to_string())
        }
        Some(groups) => groups[0]
            .map_or(0, |(from, to)| text[from..to].chars().count())
            .to_string(),
    })
}

impl Parser<'_> {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn next(&mut self) -> Value {
        self.at += 1;
        self.words
            .get(self.at - 1)
            .cloned()
            .ok_or_else(|| "syntax error".into())
    }

    fn level(&mut self, level: usize) -> Value {
        const LEVELS: [&[&str]; 6] = [
            &["|"],
            &["&"],
            &["<", "<=", "=", "==", "!=", ">=", ">"],
            &["+", "-"],
            &["*", "/", "%"],
            &[":"],
        ];
        let Some(operators) = LEVELS.get(level) else {
            return self.primary();
        };
        let mut left = self.level(level + 1)?;
        while let Some(operator) = self
            .peek()
            .filter(|word| operators.contains(word))
            .map(str::to_string)
        {
            self.at += 1;
            let right = self.level(level + 1)?;
            left = apply(&operator, left, &right)?;
        }
        Ok(left)
    }

    fn primary(&mut self) -> Value {
        let word = self.next()?;
        match word.as_str() {
            "(" => {
                let value = self.level(0)?;
                if self.next()? != ")" {
                    return Err("syntax error: expecting ')'".into());
                }
                Ok(value)
            }
            "+" if self.peek().is_some() => self.next(),
            "length" if self.peek().is_some() => Ok(self.primary()?.chars().count().to_string()),
            "match" if self.peek().is_some() => {
                let text = self.primary()?;
                matched(&text, &self.primary()?)
            }
            "substr" if self.peek().is_some() => {
                let text = self.primary()?;
                let (from, len) = (number(&self.primary()?)?, number(&self.primary()?)?);
                Ok(if from < 1 {
                    String::new()
                } else {
                    text.chars()
                        .skip(from as usize - 1)
                        .take(len.max(0) as usize)
                        .collect()
                })
            }
            "index" if self.peek().is_some() => {
                let text = self.primary()?;
                let set = self.primary()?;
                Ok(text
                    .chars()
                    .position(|c| set.contains(c))
                    .map_or(0, |at| at + 1)
                    .to_string())
            }
            _ => Ok(word),
        }
    }
}

fn apply(operator: &str, left: String, right: &str) -> Value {
    let compare = || match (left.parse::<i64>(), right.parse::<i64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => left.as_str().cmp(right),
    };
    let flag = |value: bool| Ok(i32::from(value).to_string());
    match operator {
        "|" => Ok(if truth(&left) {
            left
        } else if truth(right) {
            right.to_string()
        } else {
            "0".into()
        }),
        "&" => Ok(if truth(&left) && truth(right) {
            left
        } else {
            "0".into()
        }),
        "<" => flag(compare().is_lt()),
        "<=" => flag(compare().is_le()),
        "=" | "==" => flag(compare().is_eq()),
        "!=" => flag(compare().is_ne()),
        ">=" => flag(compare().is_ge()),
        ">" => flag(compare().is_gt()),
        ":" => matched(&left, right),
        _ => {
            let (a, b) = (number(&left)?, number(right)?);
            if b == 0 && matches!(operator, "/" | "%") {
                return Err("division by zero".into());
            }
            let value = match operator {
                "+" => a.checked_add(b),
                "-" => a.checked_sub(b),
                "*" => a.checked_mul(b),
                "/" => a.checked_div(b),
                _ => a.checked_rem(b),
            };
            value
                .map(|value| value.to_string())
                .ok_or_else(|| "integer overflow".into())
        }
    }
}

/// `expr`.
pub fn main(argv: &[String]) -> i32 {
    let words = if argv.get(1).is_some_and(|word| word == "--") {
        &argv[2..]
    } else {
        &argv[1..]
    };
    if words.is_empty() {
        applet::warn(if applet::busybox() {
            "too few arguments"
        } else {
            "missing operand"
        });
        return 2;
    }
    let mut parser = Parser { words, at: 0 };
    let answer = parser.level(0).and_then(|value| {
        if parser.at < words.len() {
            Err(format!(
                "syntax error: unexpected argument '{}'",
                words[parser.at]
            ))
        } else {
            Ok(value)
        }
    });
    match answer {
        Ok(value) => {
            writeln!(out(), "{value}");
            i32::from(!truth(&value))
        }
        Err(problem) => {
            applet::warn(
                if applet::busybox() && problem.starts_with("syntax error") {
                    "syntax error".to_string()
                } else {
                    problem
                },
            );
            2
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> String {
        let words: Vec<String> = line.split(' ').map(str::to_string).collect();
        Parser {
            words: &words,
            at: 0,
        }
        .level(0)
        .unwrap_or_else(|problem| problem)
    }

    #[test]
    fn sums_and_matches() {
        assert_eq!(value("1 + 2 * 3"), "7");
        assert_eq!(value("( 1 + 2 ) * 3"), "9");
        assert_eq!(value("abc : a\\(.\\)"), "b");
        assert_eq!(value("abc : ab"), "2");
        assert_eq!(value("3 > 10"), "0");
        assert_eq!(value("length hello"), "5");
        assert_eq!(value("1 / 0"), "division by zero");
    }
}
