//! The command line: `sh [-options] [-c command [name]] | [file] [arguments]`.
//!
//! Pure; ash's and bash's options that make no difference here are accepted and forgotten.

use yash_env::option::{Option as ShellOption, State};

/// Where commands come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    Stdin,
    Command(String),
    File(String),
}

/// A parsed command line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Args {
    pub bash: bool,
    pub login: bool,
    pub interactive: bool,
    /// bash's `--norc`.
    pub no_rc: bool,
    /// bash's `--noprofile`.
    pub no_profile: bool,
    /// `$0`
    pub name: String,
    pub source: Source,
    pub parameters: Vec<String>,
    pub options: Vec<(ShellOption, State)>,
}

/// What else a command line may ask for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Parsed {
    Run(Args),
    Version,
    Help,
    /// A message without the name that begins it.
    Error(String),
}

/// The option of `-o name`.
pub fn long_option(name: &str) -> Option<(ShellOption, State)> {
    // ash and bash name the opposite of some of yash's options.
    Some(match name {
        "noclobber" => (ShellOption::Clobber, State::Off),
        "noexec" => (ShellOption::Exec, State::Off),
        "noglob" => (ShellOption::Glob, State::Off),
        "nounset" => (ShellOption::Unset, State::Off),
        "nolog" => (ShellOption::Log, State::Off),
        "posix" => (ShellOption::PosixlyCorrect, State::On),
        other => (other.parse().ok()?, State::On),
    })
}

fn short_option(letter: char) -> Option<(ShellOption, State)> {
    use ShellOption::*;
    Some(match letter {
        'a' => (AllExport, State::On),
        'b' => (Notify, State::On),
        'C' => (Clobber, State::Off),
        'e' => (ErrExit, State::On),
        'f' => (Glob, State::Off),
        'h' => (HashOnDefinition, State::On),
        'm' => (Monitor, State::On),
        'n' => (Exec, State::Off),
        'u' => (Unset, State::Off),
        'v' => (Verbose, State::On),
        'x' => (XTrace, State::On),
        _ => return None,
    })
}

/// Parses the arguments, `argv[0]` included.
pub fn parse(argv: Vec<String>) -> Parsed {
    let mut argv = argv.into_iter();
    let zero = argv.next().unwrap_or_else(|| "sh".to_owned());
    let base = zero.rsplit('/').next().unwrap_or("sh");
    let mut run = Args {
        bash: base.trim_start_matches('-') == "bash",
        login: base.starts_with('-'),
        interactive: false,
        no_rc: false,
        no_profile: false,
        name: zero.clone(),
        source: Source::Stdin,
        parameters: Vec::new(),
        options: Vec::new(),
    };
    let (mut command, mut stdin) = (false, false);
    let mut rest: Vec<String> = argv.collect();
    rest.reverse();
    while let Some(word) = rest.pop() {
        let on = match word.as_bytes().first() {
            _ if word == "-" || word == "--" => break,
            Some(b'-') => true,
            Some(b'+') if word.len() > 1 => false,
            _ => {
                rest.push(word);
                break;
            }
        };
        match word.as_str() {
            "--version" => return Parsed::Version,
            "--help" => return Parsed::Help,
            "--login" => run.login = true,
            "--norc" => run.no_rc = true,
            "--noprofile" => run.no_profile = true,
            "--posix" | "--noediting" | "--verbose" | "--restricted" => {}
            "--rcfile" | "--init-file" => drop(rest.pop()),
            long if long.starts_with("--") => {
                return Parsed::Error(format!("illegal option {long}"));
            }
            letters => {
                for letter in letters[1..].chars() {
                    let flip =
                        |(option, state): (_, State)| (option, if on { state } else { !state });
                    match letter {
                        'c' => command = on,
                        'i' => run.interactive = on,
                        'l' => run.login = on,
                        's' => stdin = on,
                        // bash: shell options, braces, physical cd; no difference here.
                        'B' | 'P' | 'E' | 'T' | 'H' => {}
                        'O' => drop(rest.pop()),
                        'o' => match rest.pop() {
                            Some(name) => match long_option(&name) {
                                Some(option) => run.options.push(flip(option)),
                                None => return Parsed::Error(format!("illegal option -o {name}")),
                            },
                            None => return Parsed::Error("-o requires an argument".to_owned()),
                        },
                        letter => match short_option(letter) {
                            Some(option) => run.options.push(flip(option)),
                            None => {
                                let sign = if on { '-' } else { '+' };
                                return Parsed::Error(format!("illegal option {sign}{letter}"));
                            }
                        },
                    }
                }
            }
        }
    }
    rest.reverse();
    let mut rest = rest.into_iter();
    if command {
        match rest.next() {
            Some(text) => run.source = Source::Command(text),
            None => return Parsed::Error("-c requires an argument".to_owned()),
        }
        if let Some(name) = rest.next() {
            run.name = name;
        }
    } else if !stdin && let Some(file) = rest.next() {
        run.name.clone_from(&file);
        run.source = Source::File(file);
    }
    run.parameters = rest.collect();
    Parsed::Run(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(words: &[&str]) -> Args {
        match parse(words.iter().map(|word| word.to_string()).collect()) {
            Parsed::Run(args) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn commands_files_and_stdin() {
        let args = run(&["/bin/sh", "-c", "echo $0 $1", "name", "one"]);
        assert_eq!(args.source, Source::Command("echo $0 $1".to_owned()));
        assert_eq!((args.name.as_str(), args.parameters.len()), ("name", 1));
        let args = run(&["sh", "x.sh", "-c", "a"]);
        assert_eq!(args.source, Source::File("x.sh".to_owned()));
        assert_eq!(args.parameters, ["-c", "a"]);
        let args = run(&["sh", "-s", "a", "b"]);
        assert_eq!((args.source, args.parameters.len()), (Source::Stdin, 2));
        assert_eq!(
            run(&["sh", "--", "-x"]).source,
            Source::File("-x".to_owned())
        );
    }

    #[test]
    fn options() {
        let args = run(&["-sh"]);
        assert!(args.login && !args.bash);
        let args = run(&["/bin/bash", "-lc", "x"]);
        assert!(args.login && args.bash);
        let args = run(&["sh", "-eu", "-o", "pipefail", "+x", "-ic", "x"]);
        assert!(args.interactive);
        assert_eq!(
            args.options,
            [
                (ShellOption::ErrExit, State::On),
                (ShellOption::Unset, State::Off),
                (ShellOption::PipeFail, State::On),
                (ShellOption::XTrace, State::Off)
            ]
        );
        let bad = |words: &[&str]| parse(words.iter().map(|word| word.to_string()).collect());
        assert_eq!(
            bad(&["sh", "-Q"]),
            Parsed::Error("illegal option -Q".to_owned())
        );
        assert_eq!(
            bad(&["sh", "-c"]),
            Parsed::Error("-c requires an argument".to_owned())
        );
        assert_eq!(bad(&["bash", "--version"]), Parsed::Version);
    }
}
