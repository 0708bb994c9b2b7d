//! `doctor` on a machine that is well, and on one that is not.

use crate::support::{World, text};

#[test]
fn a_machine_that_is_well() {
    let world = World::new();
    world.ok(&["engine", "start"]);
    let said = world.ok(&["doctor"]);
    for line in [
        "ok    state folder   ",
        "ok    engine         answers at ",
        "ok    store          every record and blob is whole",
        "ok    container      ran, spoke and went in ",
        "ok    folders        ",
        "ok    ports          127.0.0.1:",
        "\nThis machine is ready: schooner run -it --rm alpine\n",
    ] {
        assert!(said.contains(line), "{line:?} is missing in:\n{said}");
    }
    // No terminal here: a note with its fix, and no failure.
    assert!(said.contains("note  terminal"), "{said}");
    // It leaves nothing behind.
    assert_eq!(world.ok(&["ps", "-aq"]), "");
    assert_eq!(world.ok(&["volume", "ls", "-q"]), "");
}

#[test]
fn without_a_folder_nothing_else_is_tried() {
    let world = World::new();
    let file = world.home().with_extension("file");
    std::fs::write(&file, "in the way").unwrap();
    let done = world
        .schooner()
        .env("SCHOONER_HOME", file.join("below"))
        .args(["doctor", "--format", "json"])
        .output()
        .unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(done.status.code(), Some(1));
    let lines = text(&done.stdout);
    let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["check"], "state folder");
    assert_eq!(last["state"], "bad");
    assert_eq!(last["fix"], "set SCHOONER_HOME to a folder of your own");
}

#[test]
fn an_engine_that_is_not_there_is_named() {
    let world = World::new();
    let host = format!("unix://{}/nobody.sock", world.home().display());
    let done = world.run(&["--host", &host, "doctor"]);
    assert_eq!(done.status.code(), Some(1));
    let said = text(&done.stdout);
    assert!(said.contains("BAD   engine"), "{said}");
    assert!(
        said.contains(&format!("start what should listen at {host}")),
        "{said}"
    );
    let done = world.run(&["doctor", "--format", "xml"]);
    assert_eq!(
        (done.status.code(), text(&done.stderr).as_str()),
        (
            Some(1),
            "invalid format \"xml\": use 'json' or leave it out\n"
        )
    );
}
