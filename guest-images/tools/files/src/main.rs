//! `files`: finding, archiving, checking and dumping files.

mod base;
mod copy;
mod digest;
mod dump;
mod find;
mod gzip;
mod numbers;
mod tar;

use applet::Applet;

const TABLE: &[(&str, Applet)] = &[
    ("base32", base::base32),
    ("base64", base::base64),
    ("cksum", digest::cksum),
    ("dd", copy::dd),
    ("factor", numbers::factor),
    ("find", find::main),
    ("gunzip", gzip::gunzip),
    ("gzip", gzip::gzip),
    ("hd", dump::hd),
    ("hexdump", dump::hexdump),
    ("md5sum", digest::md5),
    ("od", dump::od),
    ("sha1sum", digest::sha1),
    ("sha224sum", digest::sha224),
    ("sha256sum", digest::sha256),
    ("sha384sum", digest::sha384),
    ("sha512sum", digest::sha512),
    ("shuf", numbers::shuf),
    ("split", copy::split),
    ("strings", dump::strings),
    ("tar", tar::main),
    ("tsort", numbers::tsort),
    ("xxd", dump::xxd),
    ("zcat", gzip::zcat),
];

fn main() {
    applet::run(TABLE)
}
