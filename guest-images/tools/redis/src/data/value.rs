//! The five kinds of values.

use super::{COMPACT, INTSET, Zset, number};
use indexmap::{IndexMap, IndexSet};
use std::collections::VecDeque;

pub type List = VecDeque<Vec<u8>>;
pub type Set = IndexSet<Vec<u8>>;
pub type Hash = IndexMap<Vec<u8>, Vec<u8>>;

#[derive(Clone)]
pub enum Value {
    String(Vec<u8>),
    List(List),
    Set(Set),
    Hash(Hash),
    Zset(Box<Zset>),
}

/// Bytes of a list that Redis keeps in one piece.
const LIST_PIECE: usize = 8 << 10;
/// Bytes of a string that Redis keeps beside its header.
const EMBEDDED: usize = 44;

impl Value {
    /// `TYPE`.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::String(_) => "string",
            Value::List(_) => "list",
            Value::Set(_) => "set",
            Value::Hash(_) => "hash",
            Value::Zset(_) => "zset",
        }
    }

    /// `OBJECT ENCODING`: what Redis would keep such a value in.
    pub fn encoding(&self) -> &'static str {
        let short = |bytes: &[u8]| bytes.len() <= COMPACT.1;
        match self {
            Value::String(text) if number::integer(text).is_some() => "int",
            Value::String(text) if text.len() <= EMBEDDED => "embstr",
            Value::String(_) => "raw",
            Value::List(list)
                if list.iter().map(|item| item.len() + 2).sum::<usize>() <= LIST_PIECE =>
            {
                "listpack"
            }
            Value::List(_) => "quicklist",
            Value::Set(set) if is_intset(set) => "intset",
            Value::Set(set) if set.len() <= COMPACT.0 && set.iter().all(|item| short(item)) => {
                "listpack"
            }
            Value::Set(_) => "hashtable",
            Value::Hash(hash)
                if hash.len() <= COMPACT.0 && hash.iter().all(|(k, v)| short(k) && short(v)) =>
            {
                "listpack"
            }
            Value::Hash(_) => "hashtable",
            Value::Zset(zset)
                if zset.len() <= COMPACT.0 && zset.iter().all(|(_, member)| short(member)) =>
            {
                "listpack"
            }
            Value::Zset(_) => "skiplist",
        }
    }

    /// Whether it has no elements, which no key may hold.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::String(_) => false,
            Value::List(list) => list.is_empty(),
            Value::Set(set) => set.is_empty(),
            Value::Hash(hash) => hash.is_empty(),
            Value::Zset(zset) => zset.is_empty(),
        }
    }

    /// Bytes it takes, roughly.
    pub fn weight(&self) -> usize {
        const EACH: usize = 32;
        match self {
            Value::String(text) => text.len(),
            Value::List(list) => list.iter().map(|item| item.len() + EACH).sum(),
            Value::Set(set) => set.iter().map(|item| item.len() + EACH).sum(),
            Value::Hash(hash) => hash.iter().map(|(k, v)| k.len() + v.len() + 2 * EACH).sum(),
            Value::Zset(zset) => zset.iter().map(|(_, member)| member.len() + 3 * EACH).sum(),
        }
    }
}

/// Whether Redis would keep the set as sorted numbers.
pub fn is_intset(set: &Set) -> bool {
    set.len() <= INTSET && set.iter().all(|item| number::integer(item).is_some())
}

impl Value {
    /// The members of a set in the order in which Redis lists them: numbers sorted, others as they came.
    pub fn members(set: &Set) -> Vec<Vec<u8>> {
        let mut all: Vec<Vec<u8>> = set.iter().cloned().collect();
        if is_intset(set) {
            all.sort_by_key(|item| number::integer(item));
        }
        all
    }
}
