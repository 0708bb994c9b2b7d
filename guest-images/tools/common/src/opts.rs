//! Options in the manner of `getopt_long`: clustered letters, `--long`, `--long=value`, `--`, options after operands.
//!
//! The specification is getopt's: `ab:c::` — `b` takes a value, `c` may have one attached. A leading `+` stops at the first operand.
//! Long names map to a letter; names without a letter of their own use any character that is not ASCII.

use crate::out::{flush, out};
use std::io::Write;

/// What was found: options in their order, and the operands.
#[derive(Debug, Default)]
pub struct Args {
    pub options: Vec<(char, Option<String>)>,
    pub rest: Vec<String>,
}

impl Args {
    /// Whether the option was given.
    pub fn has(&self, letter: char) -> bool {
        self.options.iter().any(|(found, _)| *found == letter)
    }

    /// How often it was given.
    pub fn count(&self, letter: char) -> usize {
        self.options
            .iter()
            .filter(|(found, _)| *found == letter)
            .count()
    }

    /// Its value; the last one counts.
    pub fn value(&self, letter: char) -> Option<&str> {
        self.options
            .iter()
            .rev()
            .find(|(found, _)| *found == letter)
            .and_then(|(_, value)| value.as_deref())
    }

    /// All its values, in order.
    pub fn values(&self, letter: char) -> impl Iterator<Item = &str> {
        self.options
            .iter()
            .filter(move |(found, _)| *found == letter)
            .filter_map(|(_, value)| value.as_deref())
    }

    /// Which of these letters came last.
    pub fn last_of(&self, letters: &str) -> Option<char> {
        self.options
            .iter()
            .rev()
            .find(|(found, _)| letters.contains(*found))
            .map(|(found, _)| *found)
    }

    /// The operands, or `-` when there are none.
    pub fn files(&self) -> Vec<String> {
        if self.rest.is_empty() {
            vec!["-".into()]
        } else {
            self.rest.clone()
        }
    }
}

fn takes(spec: &str, letter: char) -> Option<u8> {
    let mut rest = spec.chars();
    while let Some(found) = rest.next() {
        if found == letter && found != ':' {
            return Some(
                rest.as_str()
                    .bytes()
                    .take_while(|byte| *byte == b':')
                    .count()
                    .min(2) as u8,
            );
        }
    }
    None
}

/// Parses `argv` (its first element is the name). Prints help or a complaint and exits when it must.
pub fn getopt(argv: &[String], spec: &str, long: &[(&str, char)], usage: &str) -> Args {
    match parse(argv, spec, long) {
        Ok(args) => args,
        Err(problem) => {
            if problem == "help" {
                help(usage);
            }
            complain(&problem, usage)
        }
    }
}

/// Prints the usage text and ends well.
pub fn help(usage: &str) -> ! {
    let mut o = out();
    writeln!(o, "Usage: {usage}");
    flush();
    std::process::exit(0)
}

/// Says what is wrong with the command line, and ends.
pub fn complain(problem: &str, usage: &str) -> ! {
    flush();
    let mut err = std::io::stderr();
    let name = crate::name();
    let _ = writeln!(err, "{name}: {problem}");
    if crate::busybox() {
        let _ = writeln!(err, "\nUsage: {usage}");
    } else {
        let _ = writeln!(err, "Try '{name} --help' for more information.");
    }
    std::process::exit(if matches!(name, "ls" | "grep" | "sort" | "diff" | "cmp") {
        2
    } else {
        1
    })
}

/// The parser itself; an error is a message, or `help`.
pub fn parse(argv: &[String], spec: &str, long: &[(&str, char)]) -> Result<Args, String> {
    let (stop, spec) = match spec.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, spec),
    };
    let mut args = Args::default();
    let mut words = argv.iter().skip(1);
    while let Some(word) = words.next() {
        if word == "--" {
            args.rest.extend(words.cloned());
            break;
        }
        if let Some(body) = word.strip_prefix("--") {
            let (name, value) = match body.split_once('=') {
                Some((name, value)) => (name, Some(value.to_string())),
                None => (body, None),
            };
            let exact = long.iter().find(|(known, _)| *known == name);
            let mut near = long.iter().filter(|(known, _)| known.starts_with(name));
            let chosen = match (exact, near.next()) {
                (Some(found), _) => found,
                (None, _) if name == "help" => return Err("help".into()),
                (None, Some(found)) if near.all(|(_, letter)| *letter == found.1) => found,
                (None, Some(_)) => return Err(format!("option '--{name}' is ambiguous")),
                (None, None) if crate::busybox() => {
                    return Err(format!("unrecognized option: {name}"));
                }
                (None, None) => return Err(format!("unrecognized option '--{name}'")),
            };
            let value = match (takes(spec, chosen.1).unwrap_or(0), value) {
                (0, Some(_)) => {
                    return Err(format!("option '--{}' doesn't allow an argument", chosen.0));
                }
                (1, None) => match words.next() {
                    Some(next) => Some(next.clone()),
                    None => return Err(format!("option '--{}' requires an argument", chosen.0)),
                },
                (_, value) => value,
            };
            args.options.push((chosen.1, value));
        } else if word.len() > 1 && word.starts_with('-') {
            let mut letters = word[1..].chars();
            while let Some(letter) = letters.next() {
                match takes(spec, letter) {
                    Some(0) => args.options.push((letter, None)),
                    Some(kind) => {
                        let attached = letters.as_str();
                        let value = match (attached.is_empty(), kind) {
                            (false, _) => Some(attached.to_string()),
                            (true, 2) => None,
                            (true, _) => match words.next() {
                                Some(next) => Some(next.clone()),
                                None if crate::busybox() => {
                                    return Err(format!("option requires an argument: {letter}"));
                                }
                                None => {
                                    return Err(format!(
                                        "option requires an argument -- '{letter}'"
                                    ));
                                }
                            },
                        };
                        args.options.push((letter, value));
                        break;
                    }
                    None if crate::busybox() => {
                        return Err(format!("unrecognized option: {letter}"));
                    }
                    None => return Err(format!("invalid option -- '{letter}'")),
                }
            }
        } else {
            args.rest.push(word.clone());
            if stop {
                args.rest.extend(words.cloned());
                break;
            }
        }
    }
    Ok(args)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_string).collect()
    }

    #[test]
    fn clusters_values_and_permutation() {
        let args = parse(
            &words("x -ab3 file -c --size=7 -- -z"),
            "ab:cs:",
            &[("size", 's')],
        )
        .unwrap();
        assert!(args.has('a') && args.has('c'));
        assert_eq!(args.value('b'), Some("3"));
        assert_eq!(args.value('s'), Some("7"));
        assert_eq!(args.rest, ["file", "-z"]);
    }

    #[test]
    fn plus_stops_at_the_first_operand() {
        let args = parse(&words("env -i ls -l"), "+i", &[]).unwrap();
        assert_eq!(args.rest, ["ls", "-l"]);
    }

    #[test]
    fn a_dash_is_an_operand_and_unknown_letters_are_refused() {
        assert_eq!(parse(&words("cat -"), "n", &[]).unwrap().rest, ["-"]);
        assert!(parse(&words("cat -q"), "n", &[]).is_err());
    }
}
