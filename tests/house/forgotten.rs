//! A test file that no `main.rs` lists would never run.

use crate::source::root;
use std::fs;

#[test]
fn every_test_file_is_listed_by_its_main() {
    let mut forgotten = Vec::new();
    for folder in fs::read_dir(root().join("tests")).expect("tests").flatten() {
        let main = folder.path().join("main.rs");
        if !main.exists() {
            continue;
        }
        let list = fs::read_to_string(&main).expect("main.rs");
        for entry in fs::read_dir(folder.path())
            .expect("a folder of tests")
            .flatten()
        {
            let path = entry.path();
            let stem = path
                .file_stem()
                .and_then(|s| s.to_str())
                .unwrap_or_default()
                .to_owned();
            let module =
                path.extension().is_some_and(|e| e == "rs") || path.join("mod.rs").exists();
            if module && stem != "main" && !list.contains(&format!("mod {stem};")) {
                forgotten.push(path.display().to_string());
            }
        }
    }
    assert!(
        forgotten.is_empty(),
        "no main.rs lists these:\n{}",
        forgotten.join("\n")
    );
}

#[test]
fn every_folder_of_tests_has_a_main() {
    for folder in fs::read_dir(root().join("tests")).expect("tests").flatten() {
        let path = folder.path();
        if path.ends_with("support") {
            // Named by path from the other folders' main files.
            continue;
        }
        let rust = path.is_dir()
            && fs::read_dir(&path)
                .expect("a folder")
                .flatten()
                .any(|e| e.path().extension().is_some_and(|x| x == "rs"));
        assert!(
            !rust || path.join("main.rs").exists(),
            "{} has tests and no main.rs",
            path.display()
        );
    }
}
