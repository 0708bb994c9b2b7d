//! `--change`: Dockerfile instructions that only touch an image's config.

use crate::base::duration;
use crate::base::host_path::clean;
use crate::engine::{Error, Result, signal};
use crate::wire::{ContainerConfig, Empty, HealthConfig};

/// The instructions that may stand here.
const KNOWN: [&str; 11] = [
    "CMD",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "HEALTHCHECK",
    "LABEL",
    "ONBUILD",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// Applies instructions, which are read as one Dockerfile; the errors are Docker's.
pub fn apply_all(config: &mut ContainerConfig, changes: &[String]) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let text = changes.join("\n").replace("\\\n", "");
    let lines = text.lines().map(str::trim);
    let lines: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    if lines.is_empty() {
        return Err(Error::invalid("file with no instructions"));
    }
    for line in &lines {
        let word = line.split_whitespace().next().unwrap_or_default();
        if !KNOWN.contains(&word.to_ascii_uppercase().as_str()) {
            return Err(Error::invalid(format!(
                "{word} is not a valid change command"
            )));
        }
    }
    let mut commanded = false;
    for line in lines {
        commanded |= line.get(..3).is_some_and(|w| w.eq_ignore_ascii_case("CMD"));
        apply(config, line, commanded)?;
    }
    Ok(())
}

/// Applies one instruction. An entrypoint takes an inherited command back, one that was `commanded` before stays.
fn apply(config: &mut ContainerConfig, line: &str, commanded: bool) -> Result<()> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let (instruction, rest) = (word.to_ascii_uppercase(), rest.trim());
    let instruction = instruction.as_str();
    if rest.is_empty() && instruction != "CMD" && instruction != "ENTRYPOINT" {
        let count = match instruction {
            "USER" | "WORKDIR" | "STOPSIGNAL" => "exactly one argument",
            _ => "at least one argument",
        };
        return Err(Error::invalid(format!("{instruction} requires {count}")));
    }
    match instruction {
        "CMD" => config.cmd = Some(command(rest)),
        "ENTRYPOINT" => {
            config.entrypoint = Some(command(rest));
            if !commanded {
                config.cmd = None;
            }
        }
        "USER" => rest.clone_into(&mut config.user),
        "WORKDIR" => {
            let from = match rest.starts_with('/') {
                true => String::new(),
                false => config.working_dir.clone(),
            };
            config.working_dir = clean(&format!("/{from}/{rest}"));
        }
        "STOPSIGNAL" => {
            signal::parse(rest)?;
            rest.clone_into(&mut config.stop_signal);
        }
        "ONBUILD" => {
            let trigger = rest.split_whitespace().next().unwrap_or_default();
            match trigger.to_ascii_uppercase().as_str() {
                "ONBUILD" => {
                    let words = "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed";
                    return Err(Error::invalid(words));
                }
                refused @ ("FROM" | "MAINTAINER") => {
                    let words = format!("{refused} isn't allowed as an ONBUILD trigger");
                    return Err(Error::invalid(words));
                }
                _ => {}
            }
            let triggers = config.on_build.get_or_insert_default();
            triggers.push(rest.to_owned());
        }
        "EXPOSE" => {
            let ports = config.exposed_ports.get_or_insert_default();
            for port in rest.split_whitespace() {
                ports.extend(exposed(port)?.map(|port| (port, Empty {})));
            }
        }
        "VOLUME" => {
            let list = json_list(rest).unwrap_or_else(|| words(rest));
            if list.iter().any(|path| path.trim().is_empty()) {
                return Err(Error::invalid(
                    "VOLUME specified can not be an empty string",
                ));
            }
            config
                .volumes
                .get_or_insert_default()
                .extend(list.into_iter().map(|v| (v, Empty {})));
        }
        "ENV" => {
            for (name, value) in pairs(rest, "ENV")? {
                let env = config.env.get_or_insert_default();
                let entry = format!("{name}={value}");
                match env.iter_mut().find(|e| e.split('=').next() == Some(&name)) {
                    Some(known) => *known = entry,
                    None => env.push(entry),
                }
            }
        }
        "LABEL" => config
            .labels
            .get_or_insert_default()
            .extend(pairs(rest, "LABEL")?),
        _ => config.healthcheck = Some(health(rest)?),
    }
    Ok(())
}

/// `[[ip:]port:]from[-to][/protocol]` as the ports of the container.
fn exposed(text: &str) -> Result<impl Iterator<Item = String> + use<>> {
    let inside = text.rsplit(':').next().unwrap_or(text);
    let (range, protocol) = inside.split_once('/').unwrap_or((inside, "tcp"));
    let protocol = protocol.to_ascii_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(Error::invalid(format!("Invalid proto: {protocol}")));
    }
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    match (from.parse::<u16>(), to.parse::<u16>()) {
        (Ok(from), Ok(to)) if from <= to => {
            Ok((from..=to).map(move |port| format!("{port}/{protocol}")))
        }
        _ => Err(Error::invalid(format!("Invalid containerPort: {range}"))),
    }
}

/// `[--interval=… --timeout=… …] CMD command` or `NONE`.
fn health(text: &str) -> Result<HealthConfig> {
    let mut found = HealthConfig::default();
    let mut rest = text;
    while rest.starts_with("--") {
        let (flag, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        health_flag(&mut found, flag)?;
        rest = after.trim_start();
    }
    let (kind, words) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let words = words.trim();
    found.test = Some(match kind.to_ascii_uppercase().as_str() {
        "NONE" if words.is_empty() => vec!["NONE".to_owned()],
        "NONE" => return Err(Error::invalid("HEALTHCHECK NONE takes no arguments")),
        "CMD" => match (json_list(words), words) {
            (_, "") => return Err(Error::invalid("Missing command after HEALTHCHECK CMD")),
            (Some(list), _) => std::iter::once("CMD".to_owned()).chain(list).collect(),
            (None, words) => vec!["CMD-SHELL".to_owned(), words.to_owned()],
        },
        other => {
            return Err(Error::invalid(format!(
                "Unknown type {other:?} in HEALTHCHECK (try CMD)"
            )));
        }
    });
    Ok(found)
}

fn health_flag(health: &mut HealthConfig, flag: &str) -> Result<()> {
    let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
    if name == "--retries" {
        let wrong = || {
            Error::invalid(format!(
                "strconv.ParseInt: parsing {value:?}: invalid syntax"
            ))
        };
        health.retries = value.parse().map_err(|_| wrong())?;
        if health.retries < 0 {
            let words = format!("--retries cannot be negative ({value})");
            return Err(Error::invalid(words));
        }
        return Ok(());
    }
    let place = match name {
        "--interval" => &mut health.interval,
        "--timeout" => &mut health.timeout,
        "--start-period" => &mut health.start_period,
        "--start-interval" => &mut health.start_interval,
        _ => return Err(Error::invalid(format!("unknown flag: {name}"))),
    };
    let nanos = duration::parse(value).map_err(|e| Error::invalid(e.to_string()))?;
    if nanos != 0 && nanos < 1_000_000 {
        let words = format!("Interval {:?} cannot be less than 1ms", &name[2..]);
        return Err(Error::invalid(words));
    }
    *place = nanos;
    Ok(())
}

fn json_list(text: &str) -> Option<Vec<String>> {
    serde_json::from_str(text).ok()
}

/// The exec form, or the shell form through `/bin/sh -c`.
fn command(text: &str) -> Vec<String> {
    let shell = ["/bin/sh", "-c", text].into_iter();
    json_list(text).unwrap_or_else(|| shell.filter(|w| !w.is_empty()).map(str::to_owned).collect())
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
            Some(("", _)) => Err(Error::invalid(format!(
                "{instruction} names can not be blank"
            ))),
            Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
            None => Err(Error::invalid(format!(
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

    fn changed(lines: &[&str]) -> Result<ContainerConfig> {
        let mut config = ContainerConfig {
            cmd: Some(vec!["true".to_owned()]),
            env: Some(vec!["PATH=/bin".to_owned()]),
            ..ContainerConfig::default()
        };
        let lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
        apply_all(&mut config, &lines).map(|()| config)
    }

    #[test]
    fn instructions_change_the_config() {
        let config = changed(&[
            r#"CMD ["sh","-c","x"]"#,
            "entrypoint run it",
            r#"ENV A=b C="d e" F=g\ h"#,
            "ENV A c",
            "EXPOSE 80-81 53/UDP 1.2.3.4:90:90",
            "WORKDIR /a/../a",
            "WORKDIR b",
            "LABEL x=y",
            "USER me",
            "onbuild run x",
            "HEALTHCHECK --retries=3 --interval=1m CMD x y",
        ])
        .unwrap();
        assert_eq!(config.cmd.unwrap(), ["sh", "-c", "x"]);
        assert_eq!(config.entrypoint.unwrap(), ["/bin/sh", "-c", "run it"]);
        assert_eq!(config.env.unwrap(), ["PATH=/bin", "A=c", "C=d e", "F=g h"]);
        let ports: Vec<String> = config.exposed_ports.unwrap().into_keys().collect();
        assert_eq!(ports, ["53/udp", "80/tcp", "81/tcp", "90/tcp"]);
        assert_eq!(
            (config.working_dir.as_str(), config.user.as_str()),
            ("/a/b", "me")
        );
        assert_eq!(config.on_build.unwrap(), ["run x"]);
        let health = config.healthcheck.unwrap();
        assert_eq!(health.test.unwrap(), ["CMD-SHELL", "x y"]);
        assert_eq!((health.retries, health.interval), (3, 60_000_000_000));
    }

    #[test]
    fn an_entrypoint_takes_the_inherited_command_back() {
        assert_eq!(changed(&[r#"ENTRYPOINT ["x"]"#]).unwrap().cmd, None);
        assert_eq!(changed(&["CMD"]).unwrap().cmd.unwrap(), ["/bin/sh", "-c"]);
    }

    #[test]
    fn what_is_no_change_is_refused_in_dockers_words() {
        for (line, words) in [
            ("RUN x", "RUN is not a valid change command"),
            ("foo x", "foo is not a valid change command"),
            ("# c", "file with no instructions"),
            ("STOPSIGNAL BOGUS", "invalid signal: BOGUS"),
            ("USER", "USER requires exactly one argument"),
            ("ENV", "ENV requires at least one argument"),
            ("ENV a", "ENV must have two arguments"),
            ("ENV =x", "ENV names can not be blank"),
            ("EXPOSE 99999", "Invalid containerPort: 99999"),
            ("EXPOSE 90-80", "Invalid containerPort: 90-80"),
            ("EXPOSE 80/foo", "Invalid proto: foo"),
            (
                "VOLUME [\"\"]",
                "VOLUME specified can not be an empty string",
            ),
            ("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"),
            ("HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"),
            (
                "HEALTHCHECK X",
                "Unknown type \"X\" in HEALTHCHECK (try CMD)",
            ),
            (
                "HEALTHCHECK --interval=1us CMD x",
                "Interval \"interval\" cannot be less than 1ms",
            ),
        ] {
            assert_eq!(changed(&[line]).unwrap_err().message, words, "{line}");
        }
    }
}
