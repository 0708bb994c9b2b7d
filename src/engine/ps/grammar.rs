//! The options of `ps`, in its three dialects: `-ef` of System V, `aux` of BSD, `--forest` of GNU.
//!
//! As procps does, everything is read a second time as BSD options when the first reading fails, and the first error counts.
//! Options about widths and lines have no effect, since clients get fields and not lines.

use super::Wrong;
use super::columns::Cell;
use super::format::{self, Field};

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    pub fields: Vec<Field>,
    pub no_header: bool,
    /// Processes of other users and terminals too.
    pub everything: bool,
    /// Any of these; empty: no such option was given.
    pub choices: Vec<Choice>,
    pub negated: bool,
    /// Keys, and whether the order is reversed.
    pub sort: Vec<(Cell, bool)>,
    pub forest: bool,
}

/// A list of what to select by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub by: Cell,
    pub values: Vec<String>,
}

/// Reads the options.
pub fn parse(args: &[&str]) -> Result<Request, Wrong> {
    let read = |bsd_only| {
        let mut reader = Reader {
            args,
            bsd_only,
            ..Reader::default()
        };
        reader.read().and_then(|()| reader.finish())
    };
    read(false).or_else(|first| read(true).map_err(|_| first))
}

#[derive(Default)]
struct Reader<'a> {
    args: &'a [&'a str],
    next: usize,
    bsd_only: bool,
    out: Request,
    /// Letters of System V formats and modifiers.
    unix: String,
    /// Letters of BSD formats.
    bsd: String,
    /// Somebody spoke BSD, which has a default format of its own.
    bsd_spoken: bool,
    own: Vec<Field>,
    within: Vec<Field>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) -> Result<(), Wrong> {
        while let Some(arg) = self.args.get(self.next).copied() {
            self.next += 1;
            let first = arg.chars().next().unwrap_or(' ');
            match arg.strip_prefix('-') {
                Some(rest) if rest.starts_with('-') && rest.len() > 1 => self.gnu(&rest[1..])?,
                Some("" | "-") => return Err(Wrong::words("garbage option")),
                Some(rest) if self.bsd_only => self.bsd(rest)?,
                Some(rest) => self.unix(rest)?,
                None if first.is_ascii_alphabetic() => self.bsd(arg)?,
                None if first.is_ascii_digit() => self.choose(Cell::Pid, arg)?,
                None => return Err(Wrong::words("garbage option")),
            }
        }
        Ok(())
    }

    /// The value of an option: the rest of the word, or the next word.
    fn value(&mut self, rest: &'a str, what: &str, option: &str) -> Result<&'a str, Wrong> {
        if !rest.is_empty() {
            return Ok(rest);
        }
        let value = self.args.get(self.next).copied();
        self.next += 1;
        value.ok_or_else(|| Wrong::words(format!("{what} must follow {option}")))
    }

    fn unix(&mut self, word: &'a str) -> Result<(), Wrong> {
        for (at, letter) in word.char_indices() {
            let rest = &word[at + letter.len_utf8()..];
            let option = format!("-{letter}");
            match letter {
                'e' | 'A' => self.out.everything = true,
                // What `-H` indents is gone when the line has been split.
                'a' | 'd' | 'n' | 'w' | 'm' | 'H' => {}
                'N' => self.out.negated = true,
                'f' | 'F' | 'l' | 'j' | 'y' | 'c' | 'L' | 'T' | 'P' | 'M' => self.unix.push(letter),
                'Z' => self.unix.push('M'),
                'V' => return Err(Wrong::words("the option is exclusive: -V")),
                _ => {
                    let Some((what, taken)) = unix_list(letter) else {
                        return Err(Wrong::words("unsupported SysV option"));
                    };
                    let value = self.value(rest, what, &option)?;
                    return self.take(taken, value);
                }
            }
        }
        Ok(())
    }

    fn bsd(&mut self, word: &'a str) -> Result<(), Wrong> {
        self.bsd_spoken = true;
        let (mut all, mut detached) = (false, false);
        for (at, letter) in word.char_indices() {
            let rest = &word[at + letter.len_utf8()..];
            let option = letter.to_string();
            match letter {
                'a' => all = true,
                'x' => detached = true,
                'A' => (all, detached) = (true, true),
                'r' | 'T' | 'e' | 'w' | 'n' | 'S' | 'c' | 'C' | 'm' => {}
                // Behind a minus it was meant for a list.
                'g' if !self.bsd_only => {}
                'H' | 'L' if word.len() > 1 => {}
                'f' => self.out.forest = true,
                'h' => self.out.no_header = true,
                'u' | 'l' | 'j' | 's' | 'v' | 'X' => self.bsd.push(letter),
                'Z' | 'M' => self.unix.push('M'),
                'W' => {
                    return Err(Wrong::words(
                        "obsolete W option not supported (you have a /dev/drum?)",
                    ));
                }
                _ => {
                    let Some((what, taken)) = bsd_list(letter) else {
                        return Err(Wrong::words("unsupported option (BSD syntax)"));
                    };
                    let value = self.value(rest, what, &option)?;
                    return self.take(taken, value);
                }
            }
        }
        self.out.everything |= all || detached;
        Ok(())
    }

    fn gnu(&mut self, word: &'a str) -> Result<(), Wrong> {
        let (name, given) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let flag = match name {
            "forest" => {
                self.out.forest = true;
                true
            }
            "deselect" => {
                self.out.negated = true;
                true
            }
            "no-headers" | "no-heading" | "noheaders" | "noheading" => {
                self.out.no_header = true;
                true
            }
            "context" => {
                self.unix.push('M');
                true
            }
            "headers" | "heading" | "cumulative" => true,
            "cols" | "columns" | "width" | "lines" | "rows" => {
                let option = format!("--{name}");
                self.value(given.unwrap_or_default(), "a number", &option)?;
                return Ok(());
            }
            _ => false,
        };
        if flag {
            return match given {
                Some(_) => Err(Wrong::words(format!(
                    "option --{name} does not take an argument"
                ))),
                None => Ok(()),
            };
        }
        let Some((what, taken)) = gnu_list(name) else {
            return Err(Wrong::words("unknown gnu long option"));
        };
        let option = format!("--{name}");
        let value = self.value(given.unwrap_or_default(), what, &option)?;
        self.take(taken, value)
    }

    fn take(&mut self, taken: Taken, value: &str) -> Result<(), Wrong> {
        match taken {
            Taken::Choice(by) => self.choose(by, value),
            Taken::Own => {
                self.own.extend(format::user_defined(value)?);
                Ok(())
            }
            Taken::Within => {
                self.within.extend(format::user_defined(value)?);
                Ok(())
            }
            Taken::Sort => {
                for key in value.split(',') {
                    let reversed = key.starts_with('-');
                    let cell = format::sort_key(key.trim_start_matches(['-', '+']))?;
                    self.out.sort.push((cell, reversed));
                }
                Ok(())
            }
        }
    }

    fn choose(&mut self, by: Cell, value: &str) -> Result<(), Wrong> {
        let values: Vec<&str> = value.split([',', ' ']).collect();
        if values.contains(&"") {
            return Err(Wrong::words("improper list"));
        }
        let number = |text: &&str| text.parse::<u32>().is_ok();
        let words = match by {
            Cell::Pid | Cell::Ppid if !values.iter().all(number) => "process ID list syntax error",
            Cell::User if !values.iter().all(|v| number(v) || *v == "root") => {
                "user name does not exist"
            }
            Cell::GroupName if !values.iter().all(|v| number(v) || *v == "root") => {
                "group name does not exist"
            }
            Cell::Session if !values.iter().all(number) => {
                "list of session leaders OR effective group IDs was invalid"
            }
            _ => "",
        };
        if !words.is_empty() {
            return Err(Wrong::words(words));
        }
        let values = values.into_iter().map(str::to_owned).collect();
        self.out.choices.push(Choice { by, values });
        Ok(())
    }

    fn finish(mut self) -> Result<Request, Wrong> {
        let formats = self.unix.contains(['f', 'F', 'l', 'j']);
        let several = self.bsd.chars().any(|c| !self.bsd.starts_with(c));
        let own = !self.own.is_empty() && self.within.is_empty();
        if several || !self.bsd.is_empty() && (formats || own) {
            return Err(Wrong::words("conflicting format options"));
        }
        if formats && own {
            // ps shows no process then, and fails without a word.
            return Err(Wrong::Silent);
        }
        if self.unix.contains('y') && !self.unix.contains('l') {
            return Err(Wrong::words("modifier -y without format -l makes no sense"));
        }
        self.out.fields = match self.bsd.chars().next() {
            _ if !self.within.is_empty() => format::within(self.within),
            _ if !self.own.is_empty() => self.own,
            Some(letter) => format::bsd(letter),
            None if self.bsd_spoken && !formats => format::bsd(' '),
            None => format::unix(|c| self.unix.contains(c)),
        };
        Ok(self.out)
    }
}

/// What the value of an option is for.
enum Taken {
    Choice(Cell),
    Own,
    Within,
    Sort,
}

const PIDS: &str = "list of process IDs";

fn unix_list(letter: char) -> Option<(&'static str, Taken)> {
    Some(match letter {
        'p' => (PIDS, Taken::Choice(Cell::Pid)),
        'q' => ("List of process IDs", Taken::Choice(Cell::Pid)),
        'C' => ("list of command names", Taken::Choice(Cell::Name)),
        'u' => ("list of users", Taken::Choice(Cell::User)),
        'U' => ("list of real users", Taken::Choice(Cell::User)),
        'G' => ("list of real groups", Taken::Choice(Cell::GroupName)),
        'g' => (
            "list of session leaders OR effective group names",
            Taken::Choice(Cell::Session),
        ),
        's' => ("list of session IDs", Taken::Choice(Cell::Session)),
        't' => (
            "list of terminals (pty, tty...)",
            Taken::Choice(Cell::Terminal),
        ),
        'o' => ("format specification", Taken::Own),
        'O' => ("format or sort specification", Taken::Within),
        _ => return None,
    })
}

fn bsd_list(letter: char) -> Option<(&'static str, Taken)> {
    Some(match letter {
        'p' | 'q' => (PIDS, Taken::Choice(Cell::Pid)),
        'U' => ("list of users", Taken::Choice(Cell::User)),
        't' => (
            "list of terminals (pty, tty...)",
            Taken::Choice(Cell::Terminal),
        ),
        'o' => ("format specification", Taken::Own),
        'O' => ("format or sort specification", Taken::Within),
        'k' => ("long sort specification", Taken::Sort),
        _ => return None,
    })
}

fn gnu_list(name: &str) -> Option<(&'static str, Taken)> {
    Some(match name {
        "pid" | "quick-pid" => (PIDS, Taken::Choice(Cell::Pid)),
        "ppid" => (PIDS, Taken::Choice(Cell::Ppid)),
        "sid" => ("list of session IDs", Taken::Choice(Cell::Session)),
        "tty" => ("list of terminals", Taken::Choice(Cell::Terminal)),
        "user" => ("list of effective users", Taken::Choice(Cell::User)),
        "User" => ("list of real users", Taken::Choice(Cell::User)),
        "group" => ("list of effective groups", Taken::Choice(Cell::GroupName)),
        "Group" => ("list of real groups", Taken::Choice(Cell::GroupName)),
        "format" => ("format specification", Taken::Own),
        "sort" => ("long sort specification", Taken::Sort),
        _ => return None,
    })
}
