//! A difference that is meant is written beside the record, with the line of `docs/fidelity.md` that tells it to users.

use crate::list::{TRANSCRIPTS, files, files_in};

#[test]
fn every_explained_difference_is_a_line_of_the_documentation() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/fidelity.md");
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = flat(&std::fs::read_to_string(page).expect("the page"));
    let mut missing = Vec::new();
    let mut count = 0;
    for (name, file) in files().into_iter().chain(files_in(TRANSCRIPTS)) {
        for case in &file.cases {
            for explained in case.steps.iter().flat_map(|s| &s.explained) {
                count += 1;
                if !page.contains(&flat(&explained.line)) {
                    missing.push(format!("{name}: {}: {}", case.name, explained.line));
                }
            }
        }
    }
    println!("{count} explained differences");
    assert!(
        missing.is_empty(),
        "not in docs/fidelity.md:\n{}",
        missing.join("\n")
    );
}
