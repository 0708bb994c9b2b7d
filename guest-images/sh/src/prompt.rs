//! Prompts: the backslash escapes of busybox and bash. Expansions are yash's work, afterwards.

/// What the escapes stand for.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub user: String,
    pub host: String,
    pub cwd: String,
    pub home: String,
    pub root: bool,
    pub shell: String,
    pub history_number: usize,
}

/// Expands the backslash escapes of a prompt. `$` in inserted names is quoted against later expansion.
pub fn expand(prompt: &str, facts: &Facts) -> String {
    let mut out = String::new();
    let mut chars = prompt.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('u') => quote(&facts.user, &mut out),
            Some('h') => quote(facts.host.split('.').next().unwrap_or(""), &mut out),
            Some('H') => quote(&facts.host, &mut out),
            Some('w') => quote(&tilde(facts), &mut out),
            Some('W') => {
                let shown = tilde(facts);
                let last = shown.rsplit('/').next().filter(|last| !last.is_empty());
                quote(last.unwrap_or(&shown), &mut out);
            }
            Some('$') => out.push_str(if facts.root { "#" } else { "\\$" }),
            Some('s') => quote(&facts.shell, &mut out),
            Some('v' | 'V') => out.push_str(env!("CARGO_PKG_VERSION")),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push_str(&clock()),
            Some('e' | 'E') => out.push('\x1b'),
            Some('a') => out.push('\x07'),
            Some('!' | '#') => out.push_str(&facts.history_number.to_string()),
            // Marks of what takes no place; the editor skips escape sequences by itself.
            Some('[' | ']') => {}
            Some('\\') => out.push_str("\\\\"),
            Some(digit @ '0'..='7') => {
                let mut code = digit as u32 - '0' as u32;
                for _ in 0..2 {
                    let Some(next) = chars.peek().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    code = code * 8 + next;
                    chars.next();
                }
                out.push(char::from(code as u8));
            }
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
}

fn quote(text: &str, out: &mut String) {
    for c in text.chars() {
        if matches!(c, '$' | '`' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
}

fn tilde(facts: &Facts) -> String {
    match facts.cwd.strip_prefix(facts.home.as_str()) {
        Some(rest) if facts.home.len() > 1 && (rest.is_empty() || rest.starts_with('/')) => {
            format!("~{rest}")
        }
        _ => facts.cwd.clone(),
    }
}

fn clock() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = now.map_or(0, |now| now.as_secs()) % 86_400;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let mut facts = Facts {
            user: "root".into(),
            host: "a1b2.lan".into(),
            cwd: "/root/x".into(),
            home: "/root".into(),
            root: true,
            ..Facts::default()
        };
        assert_eq!(expand("\\u@\\h:\\w\\$ ", &facts), "root@a1b2:~/x# ");
        assert_eq!(expand("\\W \\$ ", &facts), "x # ");
        assert_eq!(expand("\\[\\033[1m\\]$X\\n", &facts), "\x1b[1m$X\n");
        facts.cwd = "/".into();
        facts.root = false;
        assert_eq!(expand("\\w \\$ ", &facts), "/ \\$ ");
        facts.cwd = "/rooted/$x".into();
        assert_eq!(expand("\\w", &facts), "/rooted/\\$x");
    }
}
