//! The error messages: yash's, said the way busybox's ash (or bash) says them, one line each.
//!
//! yash gives a title, a label and the source text around the error; [`format`] recognises what learners meet and passes the
//! rest on as "title: label".

use crate::{mode, system::errno};
use annotate_snippets::Parts;
use yash_env::system::Errno;

/// Makes one line of a message, without the newline. Installed into the message crate at the start.
pub fn format(parts: &Parts) -> String {
    let builtin = parts.context.iter().find_map(|label| match label.as_str() {
        "command passed to the eval built-in here" => Some("eval"),
        label => label
            .strip_prefix("while executing the ")?
            .strip_suffix(" built-in"),
    });
    let body = if mode::is_bash() {
        bash(parts, builtin)
    } else {
        ash(parts, builtin)
    };
    if let Some(whole) = body.strip_prefix('\0') {
        return whole.to_owned();
    }
    let mut text = prefix(builtin.filter(|_| !mode::is_bash()), Some(parts));
    if let (true, Some(name)) = (mode::is_bash(), builtin) {
        text += name;
        text += ": ";
    }
    text + &body
}

/// A message of one of our own builtins: `sh: test: …`.
pub fn own(builtin: &str, body: &str) -> String {
    let builtin = (!builtin.is_empty()).then_some(builtin);
    format!("{}{body}\n", prefix(builtin, None))
}

fn prefix(builtin: Option<&str>, parts: Option<&Parts>) -> String {
    let mut text = format!("{}: ", mode::name());
    let line = parts.map_or(0, |parts| parts.line);
    let path = parts.map_or("", |parts| parts.path.as_str());
    let script = !path.is_empty() && !path.starts_with('<') && path != "sh";
    if script && path != mode::name() && !mode::is_interactive() {
        text += &format!("{path}: ");
    }
    if let Some(builtin) = builtin {
        text += &format!("{builtin}: ");
    }
    // As in ash: a script's line, or 0 where there is no script; nothing at the prompt.
    if mode::is_interactive() {
    } else if script {
        text += &format!("line {line}: ");
    } else if builtin.is_some() {
        text += "line 0: ";
    }
    text
}

/// The part between the first pair of the given characters.
fn between(text: &str, open: char, close: char) -> Option<&str> {
    let (_, rest) = text.split_once(open)?;
    Some(rest.rsplit_once(close)?.0)
}

fn syntax(parts: &Parts) -> Option<String> {
    let title = parts.title.as_str();
    let label = parts.label.as_str();
    if matches!(
        title,
        "the single quote is not closed" | "the double quote is not closed"
    ) {
        return Some("unterminated quoted string".to_owned());
    }
    if title.starts_with("the parameter") {
        let ended = matches!(token(&parts.text), None | Some("newline"));
        return Some(
            if ended {
                "missing '}'"
            } else {
                "bad substitution"
            }
            .to_owned(),
        );
    }
    let known = label.starts_with("expected ")
        || label.starts_with("not in a")
        || (label.starts_with("no ") && label.ends_with(" to close"))
        || matches!(
            label,
            "does not begin a valid command"
                | "unexpected token"
                | "cannot be used as a command name"
                | "missing delimiter"
                | "not a valid variable name"
                | "only one `!` allowed"
                | "`!` not allowed here"
        )
        || title == "unsupported syntax";
    if !known {
        return None;
    }
    let expecting = match title {
        "the subshell is not closed"
        | "the parenthesis is not closed"
        | "the command substitution is not closed" => ")",
        "the grouping is not closed" => "}",
        "the `do` clause is missing its closing `done`" => "done",
        "the `if` command is missing its closing `fi`" => "fi",
        "the `if` command is missing the `then` clause"
        | "the `elif` clause is missing the `then` clause" => "then",
        "the `while` loop is missing its `do` clause"
        | "the `until` loop is missing its `do` clause" => "do",
        "the `case` command is missing its closing `esac`" => "esac",
        // Empty bodies: what is missing is their end.
        "the `if` command is missing its body"
        | "the `else` clause is missing its content"
        | "the `elif` clause is missing its body" => "fi",
        "the `do` clause is missing its content" => "done",
        "the grouping is missing its content" => "}",
        "the subshell is missing its content" => ")",
        _ => "",
    };
    let token = token(&parts.text).filter(|token| {
        *token != "newline" || !expecting.is_empty() || !parts.text.trim().is_empty()
    });
    let expecting = if label == "expected a command" && token.is_some() {
        ""
    } else {
        expecting
    };
    Some(match (mode::is_bash(), token) {
        (true, Some(token)) => format!("near unexpected token `{token}'"),
        (true, None) => "unexpected end of file".to_owned(),
        (false, token) => {
            let mut text = match token {
                Some("newline") => "unexpected newline".to_owned(),
                Some(token) => format!("unexpected \"{token}\""),
                None => "unexpected end of file".to_owned(),
            };
            if !expecting.is_empty() {
                text += &format!(" (expecting \"{expecting}\")");
            }
            text
        }
    })
}

/// The first token of a text; `None` at its end.
fn token(text: &str) -> Option<&str> {
    let text = text.trim_start_matches([' ', '\t']);
    let first = text.chars().next()?;
    if first == '\n' {
        return Some("newline");
    }
    for operator in [
        "&&", "||", ";;", "<<-", "<<", ">>", "<&", ">&", "<>", ">|", "&", "|", ";", "<", ">", "(",
        ")",
    ] {
        if text.starts_with(operator) {
            return text.get(..operator.len());
        }
    }
    let end = text
        .find([' ', '\t', '\n', ';', '&', '|', '(', ')', '<', '>'])
        .unwrap_or(text.len());
    text.get(..end)
}

/// A program that could not be run, and why: `None` when there is none.
fn program(parts: &Parts) -> Option<(String, Option<Errno>)> {
    let rest = parts
        .title
        .strip_prefix("cannot execute external utility ")?;
    let name = between(rest, '"', '"')?
        .replace("\\\"", "\"")
        .replace("\\\\", "\\");
    Some((name, errno::words(&parts.label).map(|(_, error)| error)))
}

fn ash(parts: &Parts, builtin: Option<&str>) -> String {
    if let Some((name, error)) = program(parts) {
        return match error {
            None | Some(Errno::ENOENT | Errno::ENOTDIR) => format!("{name}: not found"),
            Some(error) => format!("{name}: {}", errno::text(error)),
        };
    }
    if let Some(text) = syntax(parts) {
        return format!("syntax error: {text}");
    }
    if let Some(text) = common(parts) {
        return text;
    }
    if let Some(text) = builtin.and_then(|name| of_builtin(name, parts)) {
        return text;
    }
    if let Some((rest, error)) = errno::words(&parts.label) {
        let name = rest.trim_end_matches(": ");
        let verb = if parts.before.trim_end().ends_with('<') {
            "open"
        } else {
            "create"
        };
        return match (parts.title.as_str(), error) {
            ("cannot open the file", Errno::ENOENT | Errno::ENOTDIR) if verb == "open" => {
                format!("can't open {name}: no such file")
            }
            ("cannot open the file", Errno::ENOENT | Errno::ENOTDIR) => {
                format!("can't create {name}: nonexistent directory")
            }
            ("cannot open the file", _) => format!("can't {verb} {name}: {}", errno::text(error)),
            _ if name.is_empty() => format!("{}: {}", parts.title, errno::text(error)),
            _ => format!("{name}: {}", errno::text(error)),
        };
    }
    other(parts)
}

fn bash(parts: &Parts, builtin: Option<&str>) -> String {
    if let Some((name, error)) = program(parts) {
        return match error {
            None => format!("{name}: command not found"),
            Some(Errno::EACCES) if std::fs::metadata(&name).is_ok_and(|data| data.is_dir()) => {
                format!("{name}: Is a directory")
            }
            Some(error) => format!("{name}: {}", errno::text(error)),
        };
    }
    if let Some(text) = syntax(parts) {
        let colon = if text.starts_with("near") { "" } else { ":" };
        return format!("syntax error{colon} {text}");
    }
    if let Some(text) = common(parts) {
        return text
            .replace("parameter not set", "unbound variable")
            .replace(" is read only", " readonly variable");
    }
    if builtin == Some("cd")
        && let Some((name, error)) = errno::words(&parts.label)
    {
        let name = between(name, '\'', '\'').unwrap_or(name);
        return format!("{}: {}", name.trim_end_matches(": "), errno::text(error));
    }
    if let Some(text) = builtin.and_then(|name| of_builtin(name, parts)) {
        return text;
    }
    match errno::words(&parts.label) {
        Some((rest, error)) => format!("{rest}{}", errno::text(error)),
        None => other(parts),
    }
}

/// Expansions and redirections.
fn common(parts: &Parts) -> Option<String> {
    let label = parts.label.as_str();
    // `getopts` speaks for the script.
    if let Some(option) = between(&parts.title, '`', '`') {
        if parts.title.starts_with("invalid option") {
            return Some(format!("\0Illegal option {option}"));
        }
        if parts.title.ends_with("requires an argument") {
            return Some(format!("\0No arg for {option} option"));
        }
    }
    let parameter = || between(label, '`', '`').unwrap_or("");
    if label.starts_with("parameter `") {
        let what = match parts.title.as_str() {
            "cannot expand unset parameter" => "parameter not set",
            // The user's own words, or yash's default.
            title
                if title.starts_with("parameter expansion with")
                    || title.starts_with("parameter `") =>
            {
                if label.ends_with("is not set") {
                    "parameter not set"
                } else {
                    "parameter not set or null"
                }
            }
            words => words,
        };
        let colon = parts.text.contains(":?");
        let what = if what == "parameter not set" && colon {
            "parameter not set or null"
        } else {
            what
        };
        return Some(format!("{}: {what}", parameter()));
    }
    if let Some(rest) = label.strip_prefix("cannot assign to read-only variable ") {
        return Some(format!("{}: is read only", rest.trim_matches('"')));
    }
    if parts.title == "error evaluating the arithmetic expansion" {
        return Some(match label {
            "division by zero" => "divide by zero".to_owned(),
            _ => "arithmetic syntax error".to_owned(),
        });
    }
    let fd = |text: &str| {
        Some(format!(
            "{}: Bad file descriptor",
            label.strip_suffix(text)?
        ))
    };
    fd(": not a readable file descriptor").or_else(|| fd(": not a writable file descriptor"))
}

fn of_builtin(name: &str, parts: &Parts) -> Option<String> {
    let label = parts.label.as_str();
    if let Some(option) = parts.title.strip_prefix("unknown option ") {
        let option = option.trim_matches(['\'', '"']);
        let dashes = if parts.title.contains('"') {
            "-o "
        } else {
            "-"
        };
        return Some(format!("illegal option {dashes}{option}"));
    }
    let word = || token(&parts.text).unwrap_or("").to_owned();
    if let Some(option) = label
        .strip_prefix("unknown option ")
        .map(|rest| rest.trim_matches(['\'', '`', '"']))
    {
        let option = option.trim_start_matches('-');
        return Some(format!("illegal option -{option}"));
    }
    Some(match name {
        "cd" => {
            let (_, error) = errno::words(label)?;
            let target = between(label, '\'', '\'').map_or_else(word, str::to_owned);
            format!("can't cd to {target}: {}", errno::text(error))
        }
        "." | "source" => match errno::words(label) {
            Some((_, Errno::ENOENT)) if !word().contains('/') => format!("{}: not found", word()),
            Some((_, error)) => format!("can't open '{}': {}", word(), errno::text(error)),
            None => return None,
        },
        "exit" | "return" | "shift"
            if label.contains("integ") || label.contains("digit") || label.contains("negative") =>
        {
            format!("Illegal number: {}", word())
        }
        "fg" | "bg"
            if matches!(
                parts.title.as_str(),
                "there is no job" | "job control is disabled"
            ) =>
        {
            "No current job".to_owned()
        }
        "command" if label.ends_with("no command with this name") => {
            let words = if mode::is_bash() {
                "command not found"
            } else {
                "not found"
            };
            format!("\0{}: {}: {words}", mode::name(), word())
        }
        "fg" | "bg" | "jobs" | "wait"
            if label.contains("not found") || label.contains("no such job") =>
        {
            format!("{}: no such job", word())
        }
        "alias" | "unalias" => {
            let space = if name == "alias" { "" } else { ":" };
            format!("\0{name}: {}{} not found", word(), &space[space.len()..])
        }
        "trap" => format!("{}: invalid signal specification", word()),
        "umask" => format!("illegal mode: {}", word()),
        "getopts"
            if label.starts_with("insufficient") || parts.title.starts_with("insufficient") =>
        {
            "usage: getopts optstring var [arg]".to_owned()
        }
        "export" | "readonly" | "unset" | "local"
            if label.contains("name") && !label.contains("read-only") =>
        {
            let word = word();
            format!(
                "{}: bad variable name",
                word.split('=').next().unwrap_or("")
            )
        }
        _ => return None,
    })
}

fn other(parts: &Parts) -> String {
    if parts.label.is_empty() {
        return parts.title.clone();
    }
    format!("{}: {}", parts.title, parts.label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(title: &str, label: &str, text: &str, before: &str) -> Parts {
        Parts {
            title: title.into(),
            label: label.into(),
            text: text.into(),
            before: before.into(),
            path: "<command_string>".into(),
            line: 1,
            context: Vec::new(),
        }
    }

    #[test]
    fn messages_are_ashs() {
        mode::set(false, false, "sh");
        let not_found = parts(
            "cannot execute external utility \"nosuch\"",
            "utility \"nosuch\" not found",
            "nosuch",
            "",
        );
        assert_eq!(format(&not_found), "sh: nosuch: not found");
        let denied = format!("\"./x\": {}", Errno::EACCES);
        let denied = parts(
            "cannot execute external utility \"./x\"",
            &denied,
            "./x",
            "",
        );
        assert_eq!(format(&denied), "sh: ./x: Permission denied");
        let open = format!("x: {}", Errno::ENOENT);
        assert_eq!(
            format(&parts("cannot open the file", &open, "x", "cat <")),
            "sh: can't open x: no such file"
        );
        let create = parts("cannot open the file", &open, "x", "echo > ");
        assert_eq!(format(&create), "sh: can't create x: nonexistent directory");
        let fi = parts(
            "the compound command delimiter is unmatched",
            "not in an `if` command",
            "fi; x",
            "",
        );
        assert_eq!(format(&fi), "sh: syntax error: unexpected \"fi\"");
        let end = parts(
            "the `if` command is missing its closing `fi`",
            "expected `fi`",
            "",
            "",
        );
        assert_eq!(
            format(&end),
            "sh: syntax error: unexpected end of file (expecting \"fi\")"
        );
        let unset = parts(
            "cannot expand unset parameter",
            "parameter `X` is not set",
            "$X",
            "",
        );
        assert_eq!(format(&unset), "sh: X: parameter not set");
        let mut script = not_found.clone();
        script.path = "/x.sh".into();
        script.line = 3;
        mode::set(false, false, "/x.sh");
        assert_eq!(format(&script), "/x.sh: line 3: nosuch: not found");
        let mut cd = parts("t", &format!("'/nope': {}", Errno::ENOENT), "/nope", "cd ");
        cd.context.push("while executing the cd built-in".into());
        cd.path = "/x.sh".into();
        assert_eq!(
            format(&cd),
            "/x.sh: cd: line 1: can't cd to /nope: No such file or directory"
        );
        mode::set(true, true, "bash");
        assert_eq!(format(&not_found), "bash: nosuch: command not found");
        assert_eq!(format(&fi), "bash: syntax error near unexpected token `fi'");
    }

    #[test]
    fn tokens() {
        assert_eq!(token("fi; x"), Some("fi"));
        assert_eq!(token(" && x"), Some("&&"));
        assert_eq!(token("\nx"), Some("newline"));
        assert_eq!(token(""), None);
    }
}
