//! `--change`: Dockerfile instructions that only touch an image's config.

use crate::engine::build::config::{Changing, expanded};
use crate::engine::build::dockerfile::{Instruction, Line, Lines};
use crate::engine::build::expand::Lexer;
use crate::engine::{Error, Result};
use crate::wire::ContainerConfig;

/// The instructions that Docker takes here.
const VALID: [&str; 11] = [
    "cmd",
    "entrypoint",
    "healthcheck",
    "env",
    "expose",
    "label",
    "onbuild",
    "stopsignal",
    "user",
    "volume",
    "workdir",
];

/// Applies the instructions in order, or none of them; the errors are Docker's.
pub fn apply_all(config: &mut ContainerConfig, changes: &[String]) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let lines = Lines::parse(&changes.join("\n")).map_err(Error::invalid)?;
    let unknown = |line: &&Line| !VALID.contains(&line.keyword.to_ascii_lowercase().as_str());
    if let Some(line) = lines.lines.iter().find(unknown) {
        let message = format!("{} is not a valid change command", line.keyword);
        return Err(Error::invalid(message));
    }
    let parsed = lines.lines.iter().map(Instruction::parse);
    let parsed = parsed
        .collect::<Result<Vec<_>, _>>()
        .map_err(Error::invalid)?;
    let mut changing = Changing {
        config: config.clone(),
        ..Changing::default()
    };
    let lexer = Lexer::new(lines.escape);
    for what in parsed {
        let variables = changing.variables();
        expanded(&what, &lexer, &variables)
            .and_then(|what| changing.apply(&what))
            .map_err(|e| Error::invalid(e.message))?;
    }
    *config = changing.config;
    Ok(())
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
            ("RUNN x", "RUNN is not a valid change command"),
            ("SHELL [\"a\"]", "SHELL is not a valid change command"),
            ("foo x", "foo is not a valid change command"),
            ("# c", "file with no instructions"),
            ("STOPSIGNAL BOGUS", "invalid signal: BOGUS"),
            ("USER", "USER requires exactly one argument"),
            ("ENV", "ENV requires at least one argument"),
            ("ENV a", "ENV must have two arguments"),
            ("ENV =x", "ENV names can not be blank"),
            ("EXPOSE 99999", "invalid containerPort: 99999"),
            ("EXPOSE 90-80", "invalid containerPort: 90-80"),
            ("EXPOSE 80/foo", "invalid proto: foo"),
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
