//! `read`: yash's, with ash's and bash's `-p`, `-s`, `-t`, `-n` on top.

use super::{Output, Result, finish};
use crate::{Env, startup, sys};
use schooner_sys::lflag;
use std::time::Duration;
use yash_env::semantics::{ExitStatus, Field};

#[derive(Debug, Default, Eq, PartialEq)]
struct Options {
    prompt: String,
    silent: bool,
    timeout: Option<Duration>,
    count: Option<usize>,
    /// Options for yash's `read`.
    passed: Vec<String>,
    /// Place of the first name.
    names: usize,
}

/// Sorts the options.
fn parse(words: &[String]) -> std::result::Result<Options, String> {
    let mut options = Options::default();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if word == "--" || word.len() < 2 || !word.starts_with('-') {
            break;
        }
        for (place, letter) in word.char_indices().skip(1) {
            let flag = match letter {
                's' => {
                    options.silent = true;
                    true
                }
                'e' => true,
                'p' | 't' | 'n' | 'N' | 'd' => false,
                other => {
                    options.passed.push(format!("-{other}"));
                    true
                }
            };
            if flag {
                continue;
            }
            let rest = &word[place + 1..];
            let value = if rest.is_empty() {
                at += 1;
                words
                    .get(at)
                    .ok_or_else(|| format!("no arg for -{letter} option"))?
                    .as_str()
            } else {
                rest
            };
            match letter {
                'p' => value.clone_into(&mut options.prompt),
                'd' => options.passed.extend(["-d".to_owned(), value.to_owned()]),
                't' => {
                    let seconds: f64 = value.parse().map_err(|_| format!("{value}: bad number"))?;
                    options.timeout =
                        Some(Duration::try_from_secs_f64(seconds).unwrap_or_default());
                }
                _ => {
                    options.count = Some(value.parse().map_err(|_| format!("{value}: bad number"))?)
                }
            }
            break;
        }
        at += 1;
    }
    options.names = at;
    Ok(options)
}

pub async fn main(env: &mut Env, args: Vec<Field>) -> Result {
    let words = super::words(&args);
    let options = match parse(&words) {
        Ok(options) => options,
        Err(message) => return finish(env, "read", Output::error(2, message)).await,
    };
    let terminal = sys::tcgetattr(0).ok();
    if !options.prompt.is_empty() && (terminal.is_some() || !crate::mode::is_bash()) {
        let _ = sys::write(2, options.prompt.as_bytes());
    }
    if let Some(timeout) = options.timeout {
        let mut list = [sys::PollFd {
            fd: 0,
            events: sys::POLLIN,
            revents: 0,
        }];
        if !matches!(sys::ppoll(&mut list, Some(timeout), None), Ok(1..)) {
            return Result::new(ExitStatus(if crate::mode::is_bash() { 142 } else { 1 }));
        }
    }
    if let Some(mut modes) = terminal.filter(|_| options.silent || options.count.is_some()) {
        if options.silent {
            modes.lflag &= !lflag::ECHO;
        }
        if options.count.is_some() {
            modes.lflag &= !lflag::ICANON;
        }
        let _ = sys::tcsetattr(0, sys::SetWhen::Now, &modes);
    }
    let mut names: Vec<Field> = args[options.names..].to_vec();
    if names.is_empty() {
        names.push(Field::dummy("REPLY"));
    }
    let result = match options.count {
        Some(count) => characters(env, count, &names[names.len() - 1].value).await,
        None => {
            let mut rest = Field::dummies(options.passed);
            rest.extend(names);
            yash_builtin::read::main(env, rest).await
        }
    };
    if let Some(modes) = terminal {
        let _ = sys::tcsetattr(0, sys::SetWhen::Now, &modes);
    }
    result
}

/// `-n`: some characters, or what there is before the line's end.
async fn characters(env: &mut Env, count: usize, name: &str) -> Result {
    let mut bytes = Vec::new();
    let mut ended = false;
    while String::from_utf8_lossy(&bytes)
        .chars()
        .filter(|c| *c != '\u{fffd}')
        .count()
        < count
    {
        let mut byte = [0];
        match sys::read(0, &mut byte) {
            Ok(1) if byte[0] != b'\n' => bytes.push(byte[0]),
            Ok(1) => break,
            Err(sys::Errno::EINTR) => {}
            _ => {
                ended = true;
                break;
            }
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    startup::set(env, name, &text, false);
    Result::new(ExitStatus(i32::from(ended)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_sorted() {
        let of =
            |line: &str| parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>()).unwrap();
        let options = of("-rp ? -t 2 x y");
        assert_eq!(
            (options.prompt.as_str(), options.timeout),
            ("?", Some(Duration::from_secs(2)))
        );
        assert_eq!((options.passed, options.names), (vec!["-r".to_owned()], 4));
        let options = of("-s -n1 x");
        assert!(options.silent && options.count == Some(1));
        assert_eq!(options.names, 2);
        assert_eq!(of("-d : x").passed, ["-d", ":"]);
        assert!(parse(&["-t".to_owned()]).is_err());
    }
}
