//! `--change`: Dockerfile instructions that only touch an image's config.

use crate::engine::{Error, Result, signal};
use crate::wire::{ContainerConfig, Empty, HealthConfig};

/// Applies one instruction; the errors are Docker's.
pub fn apply(config: &mut ContainerConfig, line: &str) -> Result<()> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let (instruction, rest) = (word.to_ascii_uppercase(), rest.trim());
    let needs = |what: &str| Err(Error::invalid(format!("{instruction} requires {what}")));
    if rest.is_empty() {
        return needs(
            if matches!(
                instruction.as_str(),
                "CMD" | "ENTRYPOINT" | "ENV" | "LABEL" | "EXPOSE" | "VOLUME"
            ) {
                "at least one argument"
            } else {
                "exactly one argument"
            },
        );
    }
    match instruction.as_str() {
        "CMD" => config.cmd = Some(command(rest)),
        "ENTRYPOINT" => config.entrypoint = Some(command(rest)),
        "USER" => rest.clone_into(&mut config.user),
        "WORKDIR" if rest.starts_with('/') => rest.clone_into(&mut config.working_dir),
        "WORKDIR" => {
            let base = config.working_dir.trim_end_matches('/');
            config.working_dir = format!("{base}/{rest}");
        }
        "STOPSIGNAL" => {
            signal::parse(rest)?;
            rest.clone_into(&mut config.stop_signal);
        }
        "ONBUILD" => config
            .on_build
            .get_or_insert_default()
            .push(rest.to_owned()),
        "EXPOSE" => {
            for port in rest.split_whitespace() {
                let port = if port.contains('/') {
                    port.to_owned()
                } else {
                    format!("{port}/tcp")
                };
                config
                    .exposed_ports
                    .get_or_insert_default()
                    .insert(port, Empty {});
            }
        }
        "VOLUME" => {
            let list = json_list(rest)
                .unwrap_or_else(|| rest.split_whitespace().map(str::to_owned).collect());
            config
                .volumes
                .get_or_insert_default()
                .extend(list.into_iter().map(|v| (v, Empty {})));
        }
        "ENV" => {
            for (name, value) in pairs(rest, "ENV")? {
                let env = config.env.get_or_insert_default();
                env.retain(|e| e.split('=').next() != Some(&name));
                env.push(format!("{name}={value}"));
            }
        }
        "LABEL" => config
            .labels
            .get_or_insert_default()
            .extend(pairs(rest, "LABEL")?),
        "HEALTHCHECK" => {
            let test = if rest.eq_ignore_ascii_case("none") {
                vec!["NONE".to_owned()]
            } else {
                let words = rest.strip_prefix("CMD").map_or(rest, str::trim);
                match json_list(words) {
                    Some(list) => std::iter::once("CMD".to_owned()).chain(list).collect(),
                    None => vec!["CMD-SHELL".to_owned(), words.to_owned()],
                }
            };
            config.healthcheck = Some(HealthConfig {
                test: Some(test),
                ..HealthConfig::default()
            });
        }
        "SHELL" => match json_list(rest) {
            Some(list) => config.shell = Some(list),
            None => return needs("the arguments to be in JSON form"),
        },
        "FROM" | "RUN" | "COPY" | "ADD" | "ARG" | "MAINTAINER" => {
            return Err(Error::invalid(format!(
                "{word} is not a valid change command"
            )));
        }
        _ => {
            return Err(Error::invalid(format!(
                "dockerfile parse error on line 1: unknown instruction: {word}"
            )));
        }
    }
    Ok(())
}

fn json_list(text: &str) -> Option<Vec<String>> {
    serde_json::from_str(text).ok()
}

/// The exec form, or the shell form through `/bin/sh -c`.
fn command(text: &str) -> Vec<String> {
    json_list(text).unwrap_or_else(|| ["/bin/sh", "-c", text].map(str::to_owned).to_vec())
}

/// `NAME=value NAME="a b"`, or the old `NAME value`.
fn pairs(text: &str, instruction: &str) -> Result<Vec<(String, String)>> {
    let first = text.split_whitespace().next().unwrap_or_default();
    if !first.contains('=') {
        return match text.split_once(char::is_whitespace) {
            Some((name, value)) => Ok(vec![(name.to_owned(), value.trim().to_owned())]),
            None => Err(Error::invalid(format!(
                "{instruction} must have two arguments"
            ))),
        };
    }
    words(text)
        .into_iter()
        .map(|word| match word.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(Error::invalid(format!(
                "Syntax error - can't find = in \"{word}\". Must be of the form: name=value"
            ))),
        })
        .collect()
}

/// Splits at blanks outside of quotes and takes the quotes away.
fn words(text: &str) -> Vec<String> {
    let (mut out, mut word, mut quote, mut any) = (Vec::new(), String::new(), None, false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', None | Some('"')) => word.extend(chars.next()),
            (c, Some(q)) if c == q => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                any = true;
            }
            (c, None) if c.is_whitespace() => {
                if any || !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                    any = false;
                }
            }
            (c, _) => word.push(c),
        }
    }
    if any || !word.is_empty() {
        out.push(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_change_the_config() {
        let mut config = ContainerConfig::default();
        for line in [
            r#"CMD ["sh","-c","x"]"#,
            "entrypoint run it",
            r#"ENV A=b C="d e""#,
            "ENV A c",
            "EXPOSE 80 53/udp",
            "WORKDIR /a",
            "WORKDIR b",
            "LABEL x=y",
            "USER me",
        ] {
            apply(&mut config, line).unwrap();
        }
        assert_eq!(config.cmd.unwrap(), ["sh", "-c", "x"]);
        assert_eq!(config.entrypoint.unwrap(), ["/bin/sh", "-c", "run it"]);
        assert_eq!(config.env.unwrap(), ["C=d e", "A=c"]);
        assert_eq!(
            config
                .exposed_ports
                .unwrap()
                .into_keys()
                .collect::<Vec<_>>(),
            ["53/udp", "80/tcp"]
        );
        assert_eq!(
            (config.working_dir.as_str(), config.user.as_str()),
            ("/a/b", "me")
        );
    }

    #[test]
    fn what_is_no_change_is_refused() {
        let words = |line: &str| {
            apply(&mut ContainerConfig::default(), line)
                .unwrap_err()
                .message
        };
        assert_eq!(words("RUN x"), "RUN is not a valid change command");
        assert!(words("RUNN x").contains("unknown instruction: RUNN"));
        assert_eq!(words("STOPSIGNAL BOGUS"), "invalid signal: BOGUS");
    }
}
