//! `net`: programs that use the network, and those that show it.

mod curl;
mod http;
mod interfaces;
mod nc;
mod netstat;
mod nslookup;
mod ping;
mod wget;

use applet::Applet;

const TABLE: &[(&str, Applet)] = &[
    ("curl", curl::main),
    ("ifconfig", interfaces::ifconfig),
    ("ip", interfaces::ip),
    ("nc", nc::main),
    ("netstat", netstat::main),
    ("nslookup", nslookup::main),
    ("ping", ping::main),
    ("ping6", ping::main),
    ("route", interfaces::route),
    ("wget", wget::main),
];

fn main() {
    applet::run(TABLE)
}
