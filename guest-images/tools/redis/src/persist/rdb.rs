//! Writing a snapshot. The format is version 9's with no packed form, which every Redis since 5.0 reads.

use super::crc64::crc64;
use crate::commands::VERSION;
use crate::data::{self, Value};
use crate::server::Server;

/// Marks between the keys.
pub mod mark {
    pub const AUX: u8 = 0xfa;
    pub const RESIZE: u8 = 0xfb;
    pub const EXPIRES: u8 = 0xfc;
    pub const EXPIRES_SECONDS: u8 = 0xfd;
    pub const SELECT: u8 = 0xfe;
    pub const END: u8 = 0xff;
    pub const IDLE: u8 = 0xf8;
    pub const FREQUENCY: u8 = 0xf9;
    pub const FUNCTION: u8 = 0xf5;
    pub const SLOT: u8 = 0xf4;
}

/// Kinds of values.
pub mod kind {
    pub const STRING: u8 = 0;
    pub const LIST: u8 = 1;
    pub const SET: u8 = 2;
    pub const ZSET_TEXT: u8 = 3;
    pub const HASH: u8 = 4;
    pub const ZSET: u8 = 5;
    pub const LIST_ZIPLIST: u8 = 10;
    pub const SET_INTSET: u8 = 11;
    pub const ZSET_ZIPLIST: u8 = 12;
    pub const HASH_ZIPLIST: u8 = 13;
    pub const LIST_OF_ZIPLISTS: u8 = 14;
    pub const HASH_LISTPACK: u8 = 16;
    pub const ZSET_LISTPACK: u8 = 17;
    pub const LIST_OF_LISTPACKS: u8 = 18;
    pub const SET_LISTPACK: u8 = 20;
}

/// All databases as the bytes of a file; `base`: the beginning of an append-only file.
pub fn snapshot(server: &Server, base: bool) -> Vec<u8> {
    let mut out = b"REDIS0009".to_vec();
    let moment = server.now / 1000;
    for (name, value) in [
        ("redis-ver", VERSION.to_owned()),
        ("redis-bits", "32".to_owned()),
        ("ctime", moment.to_string()),
        ("used-mem", data::used().to_string()),
        ("aof-base", if base { "1" } else { "0" }.to_owned()),
    ] {
        out.push(mark::AUX);
        string(&mut out, name.as_bytes());
        string(&mut out, value.as_bytes());
    }
    for (number, db) in server.dbs.iter().enumerate().filter(|(_, db)| db.len() > 0) {
        out.push(mark::SELECT);
        length(&mut out, number);
        out.push(mark::RESIZE);
        length(&mut out, db.len());
        length(&mut out, db.expiring());
        for (key, entry) in db.iter() {
            if let Some(at) = entry.expires {
                out.push(mark::EXPIRES);
                out.extend_from_slice(&at.to_le_bytes());
            }
            value(&mut out, key, &entry.value);
        }
    }
    out.push(mark::END);
    let sum = crc64(&out);
    out.extend_from_slice(&sum.to_le_bytes());
    out
}

fn value(out: &mut Vec<u8>, key: &[u8], value: &Value) {
    let mut head = |kind: u8| {
        out.push(kind);
        string(out, key);
    };
    match value {
        Value::String(text) => {
            head(kind::STRING);
            string(out, text);
        }
        Value::List(list) => {
            head(kind::LIST);
            length(out, list.len());
            list.iter().for_each(|item| string(out, item));
        }
        Value::Set(set) => {
            head(kind::SET);
            length(out, set.len());
            set.iter().for_each(|item| string(out, item));
        }
        Value::Hash(hash) => {
            head(kind::HASH);
            length(out, hash.len());
            for (field, value) in hash {
                string(out, field);
                string(out, value);
            }
        }
        Value::Zset(zset) => {
            head(kind::ZSET);
            length(out, zset.len());
            for (score, member) in zset.iter() {
                string(out, member);
                out.extend_from_slice(&score.to_le_bytes());
            }
        }
    }
}

fn length(out: &mut Vec<u8>, length: usize) {
    match length {
        0..=0x3f => out.push(length as u8),
        0x40..=0x3fff => out.extend_from_slice(&(0x4000 | length as u16).to_be_bytes()),
        _ => {
            out.push(0x80);
            // No collection of 32 bits' memory has more.
            out.extend_from_slice(&(length as u32).to_be_bytes());
        }
    }
}

fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    length(out, bytes.len());
    out.extend_from_slice(bytes);
}
