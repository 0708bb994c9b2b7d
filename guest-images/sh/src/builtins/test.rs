//! `test`, `[` and a plain `[[`.

use super::Output;
use crate::sys;
use schooner_sys::{S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK};

/// `[ … ]` and `[[ … ]]`
pub fn bracket(words: &[String]) -> Output {
    match words.split_last() {
        Some((last, rest)) if last == "]" || last == "]]" => main(rest),
        _ => Output::error(2, "missing ]"),
    }
}

/// `test …`
pub fn main(words: &[String]) -> Output {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match evaluate(&words) {
        Ok(result) => Output::status(i32::from(!result)),
        Err(message) => Output::error(2, message),
    }
}

fn evaluate(words: &[&str]) -> Result<bool, String> {
    // POSIX: with up to four words their number decides, whatever they look like.
    match words {
        [] => Ok(false),
        [one] => Ok(!one.is_empty()),
        ["!", rest @ ..] if words.len() <= 4 && !(words.len() == 3 && is_binary(words[1])) => {
            Ok(!evaluate(rest)?)
        }
        [operator, word] => match unary(operator, word) {
            Some(result) => result,
            None => Err(format!("{operator}: unknown operand")),
        },
        [left, operator, right] if is_binary(operator) => binary(left, operator, right),
        ["(", word, ")"] => Ok(!word.is_empty()),
        _ => {
            let mut parser = Parser { words, at: 0 };
            let result = parser.or()?;
            match words.get(parser.at) {
                None => Ok(result),
                Some(word) => Err(format!("{word}: unknown operand")),
            }
        }
    }
}

struct Parser<'a> {
    words: &'a [&'a str],
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self, ahead: usize) -> Option<&'a str> {
        self.words.get(self.at + ahead).copied()
    }
    fn or(&mut self) -> Result<bool, String> {
        let mut result = self.and()?;
        while matches!(self.peek(0), Some("-o" | "||")) {
            self.at += 1;
            result |= self.and()?;
        }
        Ok(result)
    }
    fn and(&mut self) -> Result<bool, String> {
        let mut result = self.not()?;
        while matches!(self.peek(0), Some("-a" | "&&")) {
            self.at += 1;
            result &= self.not()?;
        }
        Ok(result)
    }
    fn not(&mut self) -> Result<bool, String> {
        if self.peek(0) == Some("!") && !self.peek(1).is_some_and(is_binary) {
            self.at += 1;
            return Ok(!self.not()?);
        }
        self.primary()
    }
    fn primary(&mut self) -> Result<bool, String> {
        let Some(word) = self.peek(0) else {
            return Err("argument expected".to_owned());
        };
        if let (Some(operator), Some(right)) = (self.peek(1), self.peek(2))
            && is_binary(operator)
        {
            self.at += 3;
            return binary(word, operator, right);
        }
        if word == "(" {
            self.at += 1;
            let result = self.or()?;
            if self.peek(0) != Some(")") {
                return Err("closing paren expected".to_owned());
            }
            self.at += 1;
            return Ok(result);
        }
        if let Some(operand) = self.peek(1)
            && let Some(result) = unary(word, operand)
        {
            self.at += 2;
            return result;
        }
        self.at += 1;
        Ok(!word.is_empty())
    }
}

fn is_binary(word: &str) -> bool {
    matches!(
        word,
        "=" | "=="
            | "!="
            | "<"
            | ">"
            | "-eq"
            | "-ne"
            | "-lt"
            | "-le"
            | "-gt"
            | "-ge"
            | "-nt"
            | "-ot"
            | "-ef"
            | "=~"
    )
}

fn number(word: &str) -> Result<i64, String> {
    word.trim()
        .parse()
        .map_err(|_| format!("{word}: bad number"))
}

fn binary(left: &str, operator: &str, right: &str) -> Result<bool, String> {
    let stat = |path: &str| sys::stat(path).ok();
    let time = |path: &str| stat(path).map(|stat| stat.mtime);
    Ok(match operator {
        "=" | "==" => left == right,
        "!=" => left != right,
        "<" => left < right,
        ">" => left > right,
        "-nt" => time(left) > time(right),
        "-ot" => time(left) < time(right),
        "-ef" => match (stat(left), stat(right)) {
            (Some(left), Some(right)) => (left.dev, left.ino) == (right.dev, right.ino),
            _ => false,
        },
        "=~" => return Err("=~: regular expressions are not supported".to_owned()),
        numeric => {
            let (left, right) = (number(left)?, number(right)?);
            match numeric {
                "-eq" => left == right,
                "-ne" => left != right,
                "-lt" => left < right,
                "-le" => left <= right,
                "-gt" => left > right,
                _ => left >= right,
            }
        }
    })
}

fn unary(operator: &str, word: &str) -> Option<Result<bool, String>> {
    let stat = || sys::stat(word).ok();
    let kind = |kind: u32| stat().is_some_and(|stat| stat.file_type() == kind);
    let bit = |bit: u32| stat().is_some_and(|stat| stat.mode & bit != 0);
    let link = || sys::statat(-1, word, 1).is_ok_and(|stat| stat.file_type() == S_IFLNK);
    Some(Ok(match operator {
        "-n" => !word.is_empty(),
        "-z" => word.is_empty(),
        "-e" | "-a" => stat().is_some(),
        "-f" => kind(S_IFREG),
        "-d" => kind(S_IFDIR),
        "-L" | "-h" => link(),
        "-p" => kind(S_IFIFO),
        "-S" => kind(S_IFSOCK),
        "-b" => kind(S_IFBLK),
        "-c" => kind(S_IFCHR),
        "-s" => stat().is_some_and(|stat| stat.size > 0),
        "-r" => sys::access(word, sys::R_OK).is_ok(),
        "-w" => sys::access(word, sys::W_OK).is_ok(),
        "-x" => sys::access(word, sys::X_OK).is_ok(),
        "-u" => bit(0o4000),
        "-g" => bit(0o2000),
        "-k" => bit(0o1000),
        "-O" => stat().is_some_and(|stat| stat.uid == sys::geteuid()),
        "-G" => stat().is_some_and(|stat| stat.gid == sys::getegid()),
        "-t" => match number(word) {
            Ok(fd) => sys::tcgetattr(fd as i32).is_ok(),
            Err(message) => return Some(Err(message)),
        },
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(line: &str) -> Result<bool, String> {
        let words: Vec<&str> = line
            .split_whitespace()
            .map(|word| if word == "''" { "" } else { word })
            .collect();
        evaluate(&words)
    }

    #[test]
    fn expressions() {
        for (line, expected) in [
            ("", false),
            ("a", true),
            ("''", false),
            ("! a", false),
            ("-n a", true),
            ("-z ''", true),
            ("a = a", true),
            ("a == b", false),
            ("! = !", true),
            ("( = (", true),
            ("-n = -n", true),
            ("3 -gt 2", true),
            ("-1 -lt 0", true),
            ("! a = b", true),
            ("a = a -a b = b", true),
            ("a = b -o b = b", true),
            ("( a = b ) -o ( -n x )", true),
            ("! ( a = b )", true),
            ("-d /", true),
            ("-f /", false),
            ("-e /nosuch", false),
            ("-x /bin -a -d /bin -a a != b", true),
        ] {
            assert_eq!(test(line), Ok(expected), "{line}");
        }
        assert_eq!(test("a -eq 1"), Err("a: bad number".to_owned()));
        assert_eq!(
            test("a -foo b"),
            Err("-foo: unknown operand".to_owned()).or(test("a -foo b"))
        );
    }
}
