//! Reads arguments as Docker's flag parser does: clustered shorts, `--flag=false`, `-eA=b`, `--`, flags behind arguments.

use super::check::check;
use super::{Flag, Kind};

/// What was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// Flags with their values, in order.
    pub values: Vec<(&'static str, String)>,
    /// Everything else.
    pub args: Vec<String>,
    /// `--help` was among them.
    pub help: bool,
    /// `-h` was meant as help where it is no flag of its own.
    pub short_help: bool,
}

/// Reads the arguments; the error is the parser's line without the usage behind it.
///
/// With `options_first` the first argument ends the flags.
pub fn walk(flags: &[Flag], args: &[String], options_first: bool) -> Result<Walked, String> {
    let mut walked = Walked::default();
    let mut rest = args
        .iter()
        .cloned()
        .collect::<std::collections::VecDeque<_>>();
    while let Some(arg) = rest.pop_front() {
        if arg == "--" {
            walked.args.extend(rest.drain(..));
        } else if let Some(long) = arg.strip_prefix("--") {
            read_long(flags, long, &mut rest, &mut walked)?;
        } else if arg.len() > 1 && arg.starts_with('-') {
            read_shorts(flags, &arg, &mut rest, &mut walked)?;
        } else {
            walked.args.push(arg);
            if options_first {
                walked.args.extend(rest.drain(..));
            }
        }
        if walked.help {
            break;
        }
    }
    Ok(walked)
}

type Rest = std::collections::VecDeque<String>;

fn read_long(
    flags: &[Flag],
    body: &str,
    rest: &mut Rest,
    walked: &mut Walked,
) -> Result<(), String> {
    let (name, value) = match body.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (body, None),
    };
    if name.is_empty() || name.starts_with('-') {
        return Err(format!("bad flag syntax: --{body}"));
    }
    if name == "help" {
        let value = value.unwrap_or_else(|| "true".into());
        walked.help = super::parse_bool(&value)
            .map_err(|e| format!("invalid argument {value:?} for \"--help\" flag: {e}"))?;
        return Ok(());
    }
    let flag = flags
        .iter()
        .find(|f| f.long == name)
        .ok_or_else(|| format!("unknown flag: --{name}"))?;
    let value = match value {
        Some(value) => value,
        None if matches!(flag.kind, Kind::Bool) => "true".into(),
        None => rest
            .pop_front()
            .ok_or_else(|| format!("flag needs an argument: --{name}"))?,
    };
    set(flag, value, walked)
}

fn read_shorts(
    flags: &[Flag],
    arg: &str,
    rest: &mut Rest,
    walked: &mut Walked,
) -> Result<(), String> {
    let mut letters = &arg[1..];
    while let Some(letter) = letters.chars().next() {
        let tail = &letters[letter.len_utf8()..];
        let Some(flag) = flags.iter().find(|f| f.short == Some(letter)) else {
            if letter == 'h' {
                walked.help = true;
                walked.short_help = true;
                return Ok(());
            }
            return Err(format!("unknown shorthand flag: {letter:?} in -{letters}"));
        };
        // `-e=A` and `-eA` are both the value `A`.
        if let Some(value) = tail.strip_prefix('=').filter(|v| !v.is_empty()) {
            return set(flag, value.to_owned(), walked);
        }
        if matches!(flag.kind, Kind::Bool) {
            set(flag, "true".into(), walked)?;
            letters = tail;
            continue;
        }
        let value = match tail {
            "" => rest
                .pop_front()
                .ok_or_else(|| format!("flag needs an argument: {letter:?} in -{letters}"))?,
            tail => tail.to_owned(),
        };
        return set(flag, value, walked);
    }
    Ok(())
}

fn set(flag: &Flag, value: String, walked: &mut Walked) -> Result<(), String> {
    if let Err(words) = check(flag.kind, &value) {
        let name = match flag.short {
            Some(short) => format!("-{short}, --{}", flag.long),
            None => format!("--{}", flag.long),
        };
        return Err(format!(
            "invalid argument {value:?} for {name:?} flag: {words}"
        ));
    }
    walked.values.push((flag.long, value));
    Ok(())
}
