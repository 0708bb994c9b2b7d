//! `test` and `[`.

use applet::{mode, os};

/// `[`.
pub fn bracket(argv: &[String]) -> i32 {
    match argv.split_last() {
        Some((last, rest)) if last == "]" && !rest.is_empty() => test(rest),
        _ => {
            eprintln!("[: missing ]");
            2
        }
    }
}

/// `test`.
pub fn test(argv: &[String]) -> i32 {
    let words: Vec<&str> = argv[1..].iter().map(String::as_str).collect();
    let mut parser = Parser {
        words: &words,
        at: 0,
    };
    let answer = match words.len() {
        0 => Ok(false),
        _ => parser.either().and_then(|value| {
            if parser.at == words.len() {
                Ok(value)
            } else {
                Err(format!("{}: unexpected operator", words[parser.at]))
            }
        }),
    };
    match answer {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(problem) => {
            eprintln!("{}: {problem}", applet::name());
            2
        }
    }
}

struct Parser<'a> {
    words: &'a [&'a str],
    at: usize,
}

type Answer = Result<bool, String>;

impl Parser<'_> {
    fn left(&self) -> usize {
        self.words.len() - self.at
    }

    fn is(&self, word: &str) -> bool {
        self.words.get(self.at) == Some(&word)
    }

    fn either(&mut self) -> Answer {
        let mut value = self.both()?;
        while self.is("-o") {
            self.at += 1;
            value |= self.both()?;
        }
        Ok(value)
    }

    fn both(&mut self) -> Answer {
        let mut value = self.not()?;
        while self.is("-a") {
            self.at += 1;
            value &= self.not()?;
        }
        Ok(value)
    }

    fn not(&mut self) -> Answer {
        // `! = x` compares, `!` alone is a string.
        if self.is("!") && self.left() > 1 && !(self.left() >= 3 && binary(self.words[self.at + 1]))
        {
            self.at += 1;
            return Ok(!self.not()?);
        }
        self.primary()
    }

    fn primary(&mut self) -> Answer {
        if self.left() == 0 {
            return Err("argument expected".into());
        }
        if self.left() >= 3 && binary(self.words[self.at + 1]) {
            let (a, operator, b) = (
                self.words[self.at],
                self.words[self.at + 1],
                self.words[self.at + 2],
            );
            self.at += 3;
            return compare(a, operator, b);
        }
        let word = self.words[self.at];
        if word == "(" && self.left() > 2 {
            self.at += 1;
            let value = self.either()?;
            if !self.is(")") {
                return Err("closing paren expected".into());
            }
            self.at += 1;
            return Ok(value);
        }
        if self.left() >= 2
            && word.len() == 2
            && word.starts_with('-')
            && "bcdefghkLnoprsStuwxzGON".contains(&word[1..])
        {
            let operand = self.words[self.at + 1];
            self.at += 2;
            return Ok(unary(word.as_bytes()[1], operand));
        }
        self.at += 1;
        Ok(!word.is_empty())
    }
}

fn binary(word: &str) -> bool {
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
    )
}

fn compare(a: &str, operator: &str, b: &str) -> Answer {
    let number = |text: &str| {
        text.trim().parse::<i64>().map_err(|_| {
            if applet::busybox() {
                format!("{text}: bad number")
            } else {
                format!("{text}: integer expression expected")
            }
        })
    };
    let modified = |path: &str| os::stat(path).ok().map(|stat| stat.mtime);
    Ok(match operator {
        "=" | "==" => a == b,
        "!=" => a != b,
        "<" => a < b,
        ">" => a > b,
        "-eq" => number(a)? == number(b)?,
        "-ne" => number(a)? != number(b)?,
        "-lt" => number(a)? < number(b)?,
        "-le" => number(a)? <= number(b)?,
        "-gt" => number(a)? > number(b)?,
        "-ge" => number(a)? >= number(b)?,
        "-nt" => modified(a) > modified(b),
        "-ot" => modified(a) < modified(b),
        _ => {
            matches!((os::stat(a), os::stat(b)), (Ok(a), Ok(b)) if (a.dev, a.ino) == (b.dev, b.ino))
        }
    })
}

fn unary(letter: u8, operand: &str) -> bool {
    let kind = |wanted: u32| os::stat(operand).is_ok_and(|stat| stat.mode & mode::S_IFMT == wanted);
    let bit = |wanted: u32| os::stat(operand).is_ok_and(|stat| stat.mode & wanted != 0);
    match letter {
        b'n' => !operand.is_empty(),
        b'z' => operand.is_empty(),
        b'e' => os::stat(operand).is_ok(),
        b'f' => kind(mode::S_IFREG),
        b'd' => kind(mode::S_IFDIR),
        b'b' => kind(mode::S_IFBLK),
        b'c' => kind(mode::S_IFCHR),
        b'p' => kind(mode::S_IFIFO),
        b'S' => kind(mode::S_IFSOCK),
        b'h' | b'L' => os::lstat(operand).is_ok_and(|stat| stat.is_link()),
        b's' => os::stat(operand).is_ok_and(|stat| stat.size > 0),
        b'r' => os::access(operand, 4),
        b'w' => os::access(operand, 2),
        b'x' => os::access(operand, 1),
        b'u' => bit(0o4000),
        b'g' => bit(0o2000),
        b'k' => bit(0o1000),
        b't' => operand.parse().is_ok_and(os::is_terminal),
        b'O' => os::stat(operand).is_ok_and(|stat| stat.uid == os::euid()),
        b'G' => os::stat(operand).is_ok_and(|stat| stat.gid == os::egid()),
        b'N' => os::stat(operand).is_ok_and(|stat| stat.mtime > stat.atime),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    fn run(line: &str) -> i32 {
        let argv: Vec<String> = line.split(' ').map(str::to_string).collect();
        super::test(&argv)
    }

    #[test]
    fn expressions() {
        for (line, code) in [
            ("test a = a", 0),
            ("test a = b", 1),
            ("test ! a = b", 0),
            ("test 2 -lt 10 -a -d /", 0),
            ("test ( x = y ) -o x = x", 0),
            ("test -f /", 1),
            ("test -n x", 0),
            ("test -n", 0),
            ("test 1 -eq x", 2),
            ("test !", 0),
        ] {
            assert_eq!(run(line), code, "{line}");
        }
    }
}
