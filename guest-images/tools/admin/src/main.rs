//! `admin`: programs that take over the terminal, and those that set it up.

mod cal;
mod editor;
mod pager;
mod stty;
mod top;
mod vi;
mod watch;

use applet::Applet;

const TABLE: &[(&str, Applet)] = &[
    ("cal", cal::main),
    ("less", pager::less),
    ("more", pager::more),
    ("reset", stty::reset),
    ("resize", stty::resize),
    ("stty", stty::main),
    ("top", top::main),
    ("vi", vi::main),
    ("watch", watch::main),
];

fn main() {
    applet::run(TABLE)
}
