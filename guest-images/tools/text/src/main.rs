//! `text`: programs that read lines: `grep`, `sed`, `awk`, `diff` and their small relatives.

mod awk;
mod compare;
mod diff;
mod grep;
mod join;
mod reshape;
mod sed;

use applet::Applet;

const TABLE: &[(&str, Applet)] = &[
    ("awk", awk::main),
    ("cmp", compare::cmp),
    ("column", reshape::column),
    ("comm", compare::comm),
    ("diff", diff::main),
    ("egrep", grep::egrep),
    ("expand", reshape::expand),
    ("fgrep", grep::fgrep),
    ("fmt", reshape::fmt),
    ("fold", reshape::fold),
    ("grep", grep::grep),
    ("join", join::join),
    ("paste", join::paste),
    ("sed", sed::main),
    ("unexpand", reshape::unexpand),
];

fn main() {
    applet::run(TABLE)
}
