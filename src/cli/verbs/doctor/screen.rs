//! The terminal and its encoding.

use super::Finding;
use crate::cli::terminal;

const TERMINAL: &str = "terminal";
const ENCODING: &str = "encoding";

/// Columns below which tables of containers wrap.
const WIDE: u16 = 80;

pub fn look() -> Vec<Finding> {
    let kind = std::env::var("TERM").unwrap_or_default();
    let mut found = vec![terminal(
        terminal::stdin_is_terminal(),
        terminal::size(),
        &kind,
    )];
    let variable = |name: &str| std::env::var(name).ok();
    found.extend((!cfg!(windows)).then(|| encoding(&variable)));
    found
}

/// From whether there is one, its height and width, and `TERM`.
fn terminal(there: bool, (height, width): (u16, u16), kind: &str) -> Finding {
    if !there || width == 0 {
        return Finding::note(
            TERMINAL,
            "this command runs without one",
            "for 'run -it' open a terminal window (on Windows: Windows Terminal)",
        );
    }
    if width < WIDE {
        return Finding::note(
            TERMINAL,
            format!("{width} columns and {height} rows: tables will wrap"),
            format!("widen the window to {WIDE} columns"),
        );
    }
    match kind {
        "dumb" => Finding::note(
            TERMINAL,
            format!("{width} columns and {height} rows, TERM=dumb: plain lines, no colours"),
            "set TERM=xterm-256color if your terminal has colours",
        ),
        _ => Finding::ok(TERMINAL, format!("{width} columns and {height} rows")),
    }
}

/// The first of the three variables that is set decides, as POSIX says.
fn encoding(variable: &dyn Fn(&str) -> Option<String>) -> Finding {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .filter_map(|name| Some((*name, variable(name).filter(|v| !v.is_empty())?)))
        .next();
    let fix = "export LC_ALL=C.UTF-8";
    let Some((name, value)) = set else {
        return Finding::note(ENCODING, "no locale is set: names may print as '?'", fix);
    };
    let lower = value.to_ascii_lowercase();
    match lower.contains("utf-8") || lower.contains("utf8") {
        true => Finding::ok(ENCODING, format!("{name}={value}")),
        false => Finding::note(
            ENCODING,
            format!("{name}={value} is not UTF-8: names may print as '?'"),
            fix,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn terminals() {
        for (there, size, kind, state) in [
            (true, (24, 80), "xterm", State::Ok),
            (true, (24, 79), "xterm", State::Note),
            (true, (24, 80), "dumb", State::Note),
            (false, (24, 80), "xterm", State::Note),
            (true, (0, 0), "xterm", State::Note),
        ] {
            assert_eq!(terminal(there, size, kind).state, state, "{size:?} {kind}");
        }
    }

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let state = |set: &[(&str, &str)]| {
            let look = |name: &str| {
                let found = set.iter().find(|(n, _)| *n == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            encoding(&look).state
        };
        assert_eq!(state(&[("LANG", "de_DE.UTF-8")]), State::Ok);
        assert_eq!(state(&[("LANG", "C.utf8"), ("LC_ALL", "")]), State::Ok);
        assert_eq!(
            state(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")]),
            State::Note
        );
        assert_eq!(state(&[]), State::Note);
    }
}
