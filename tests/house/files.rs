//! Files stay short: none above 600 lines, the median under 200.

use crate::source::below;

#[test]
fn no_file_is_longer_than_six_hundred_lines() {
    let long: Vec<String> = ["src", "tests", "benches"]
        .iter()
        .filter(|f| crate::source::root().join(f).exists())
        .flat_map(|folder| below(folder))
        .filter(|s| s.text.lines().count() > 600)
        .map(|s| format!("{}: {} lines", s.path, s.text.lines().count()))
        .collect();
    assert!(
        long.is_empty(),
        "split these along what they do:\n{}",
        long.join("\n")
    );
}

#[test]
fn half_of_the_files_are_under_two_hundred_lines() {
    let mut lengths: Vec<usize> = below("src")
        .iter()
        .map(|s| s.text.lines().count())
        .collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median < 200, "the median of src is {median} lines");
}
