//! What stands at the cursor, for words as a shell would pass them.

use super::*;

fn place(line: &str, options_first: bool) -> Place {
    let flags = [
        super::super::grammar::flag("tty", "t", Kind::Bool, ""),
        super::super::grammar::flag("env", "e", Kind::List, ""),
    ];
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    Place::of(&flags, &words, options_first)
}

#[test]
fn flags_values_and_arguments_are_told_apart() {
    let at = |first, arguments, flags_go_on, pending| Place {
        first,
        arguments,
        flags_go_on,
        pending,
    };
    for (line, options_first, expected) in [
        ("", true, at(0, 0, true, None)),
        ("-t", true, at(1, 0, true, None)),
        ("-t --env", true, at(2, 0, true, Some("env"))),
        ("-te", true, at(1, 0, true, Some("env"))),
        ("-e A=b", true, at(2, 0, true, None)),
        ("--env=A", true, at(1, 0, true, None)),
        ("-t alpine", true, at(1, 1, false, None)),
        ("alpine -e", true, at(0, 2, false, None)),
        ("a -e", false, at(0, 1, true, Some("env"))),
        ("-- -t", false, at(1, 1, false, None)),
    ] {
        assert_eq!(place(line, options_first), expected, "{line}");
    }
}

#[test]
fn every_script_names_the_program_and_asks_it() {
    for shell in ["bash", "fish", "powershell", "zsh"] {
        let script = script("schooner", shell).unwrap();
        assert!(
            script.contains("schooner") && script.contains("__complete"),
            "{shell}"
        );
        assert!(!script.contains("PROGRAM"), "{shell}");
    }
    assert_eq!(script("schooner", "csh"), None);
}
