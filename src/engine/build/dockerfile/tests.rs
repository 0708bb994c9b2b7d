//! The recorded Dockerfiles, as far as reading them goes; `tests/build` builds them.

use super::*;

#[test]
fn every_recorded_parse_error_is_dockers() {
    let text = include_str!("../../../../tests/build/dockerfiles.txt");
    let (mut refused, mut read) = (0, 0);
    for case in text.split("\n## ") {
        let (name, rest) = case.split_once('\n').unwrap();
        let (file, answer) = rest.split_at(rest.find("\n== ").unwrap() + 1);
        let file = file
            .strip_suffix("\n\n")
            .map_or(file, |f| &file[..f.len() + 1]);
        let expected = answer.strip_prefix("== error: Error response from daemon: ");
        let found = Dockerfile::parse("Dockerfile", file);
        match (found, expected) {
            (Ok(_), None) => read += 1,
            (Err(e), Some(expected)) => {
                assert_eq!(e.to_string(), expected.lines().next().unwrap(), "{name}");
                refused += 1;
            }
            // The real engine falls over this one.
            (Err(BadDockerfile::NoStage), None) if answer.contains("unexpected EOF") => {}
            (found, _) => panic!("{name}: {found:?}, recorded {answer}"),
        }
    }
    assert!(refused > 60 && read > 80, "{refused} {read}");
}

#[test]
fn here_documents() {
    let file = "FROM x\nRUN <<EOF\na $b\nEOF\nCOPY <<\"A\" <<-B /d/\n$x\nA\n\tc\n\tB\nRUN cat <<E1 <<E2 >x\n1\nE1\n2\nE2\n";
    let steps = &Dockerfile::parse("f", file).unwrap().stages[0].steps;
    let Instruction::Run { command, .. } = &steps[0].what else {
        panic!("{steps:?}")
    };
    assert_eq!(
        (command.files[0].content.as_str(), command.files[0].expand),
        ("a $b\n", true)
    );
    let Instruction::Copy(copied) = &steps[1].what else {
        panic!("{steps:?}")
    };
    assert_eq!(
        (copied.inline[0].content.as_str(), copied.inline[0].expand),
        ("$x\n", false)
    );
    assert_eq!(
        (
            copied.inline[1].content.as_str(),
            copied.inline[1].name.as_str()
        ),
        ("c\n", "B")
    );
    let Instruction::Run { command, .. } = &steps[2].what else {
        panic!("{steps:?}")
    };
    assert_eq!(command.files.len(), 2);
    assert_eq!(steps[1].source, "COPY <<\"A\" <<-B /d/");
}

#[test]
fn stages_are_found_by_name() {
    let file = Dockerfile::parse("f", "FROM a AS One\nFROM b\n").unwrap();
    let found = ["one", "ONE", "1", ""].map(|name| file.stage(name));
    assert_eq!(found, [Some(0), Some(0), None, None]);
}

#[test]
fn flags_have_quotes_and_an_end() {
    let line = Line::parse("COPY --from='a b' --chown=x\\ y -- --z /d", '\\').unwrap();
    assert_eq!(line.flags, ["--from=a b", "--chown=x y"]);
    assert_eq!(line.arguments.words, ["--z", "/d"]);
}
