//! What was recorded from the real builder is in `dockerfile/tests.rs`; here are the corners that no Dockerfile shows.

use super::*;

fn variables() -> Vec<(String, String)> {
    [("a", "x y"), ("p", "foo.tar.gz"), ("e", ""), ("a", "last")]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .to_vec()
}

#[test]
fn words_split_where_variables_do_but_not_in_quotes() {
    let lexer = Lexer::new('\\');
    let vars = [("v".to_owned(), "1 2".to_owned())];
    let words = |text: &str| lexer.words(text, &vars).unwrap();
    assert_eq!(words("$v 3"), ["1", "2", "3"]);
    assert_eq!(words("\"$v\" 3"), ["1 2", "3"]);
    assert_eq!(words("a$v"), ["a1", "2"]);
    assert_eq!(words("a\\ b"), ["a b"]);
    assert!(words("$n").is_empty());
}

#[test]
fn the_last_of_a_name_counts() {
    assert_eq!(Lexer::new('\\').word("$a", &variables()).unwrap(), "last");
}

#[test]
fn unset_references_can_stay() {
    let lexer = Lexer {
        keep_unset: true,
        ..Lexer::new('\\')
    };
    for text in ["$n", "${n}", "${n:-x}", "${n/a/b}", "${n#x*}"] {
        assert_eq!(lexer.word(text, &[]).unwrap(), text);
    }
}

#[test]
fn suffixes_are_trimmed_from_the_right() {
    let word = |text: &str| Lexer::new('\\').word(text, &variables()).unwrap();
    assert_eq!(word("${p%.*}"), "foo.tar");
    assert_eq!(word("${p%%.*}"), "foo");
    assert_eq!(word("${p%.g?}"), "foo.tar");
    assert_eq!(word("${p//o/0}"), "f00.tar.gz");
}

#[test]
fn patterns_refuse_odd_escapes() {
    let text = Lexer::new('\\').word("${p#\\x}", &variables()).unwrap_err();
    assert_eq!(
        text,
        "failed to process \"${p#\\\\x}\": invalid pattern (\\x) in substitution: invalid escape '\\x'"
    );
}
