//! One database: keys, their values and the moments at which they expire. A key that has expired is gone for everybody who looks.

use super::{Hash, List, Set, Value, Zset};
use indexmap::IndexMap;
use std::collections::BTreeSet;

#[derive(Clone)]
pub struct Entry {
    pub value: Value,
    /// Milliseconds since 1970.
    pub expires: Option<u64>,
    /// When it was last used, in milliseconds since 1970.
    pub used: u64,
    /// How often, for `allkeys-lfu`.
    pub uses: u32,
}

#[derive(Default)]
pub struct Db {
    keys: IndexMap<Vec<u8>, Entry>,
    /// Every key with a time to live, the soonest first.
    expiring: BTreeSet<(u64, Vec<u8>)>,
    /// The moment for which questions are answered, in milliseconds since 1970.
    pub now: u64,
    /// Keys that expired, and looks that found something and nothing.
    pub expired: u64,
    pub hits: u64,
    pub misses: u64,
}

/// The key holds another kind of value.
pub struct WrongType;

macro_rules! kinds {
    ($($name:ident $or_new:ident $kind:ident $type:ty, $new:expr;)*) => { $(
        #[doc = concat!("The ", stringify!($name), " at a key, if there is one.")]
        pub fn $name(&mut self, key: &[u8]) -> Result<Option<&mut $type>, WrongType> {
            match self.get(key) {
                None => Ok(None),
                Some(Value::$kind(found)) => Ok(Some(found)),
                Some(_) => Err(WrongType),
            }
        }

        #[doc = concat!("The ", stringify!($name), " at a key, made if there is none. It must not stay empty.")]
        pub fn $or_new(&mut self, key: &[u8]) -> Result<&mut $type, WrongType> {
            if self.get(key).is_none() {
                self.insert(key.to_vec(), Value::$kind($new));
            }
            match self.keys.get_mut(key).map(|entry| &mut entry.value) {
                Some(Value::$kind(found)) => Ok(found),
                _ => Err(WrongType),
            }
        }
    )* };
}

impl Db {
    kinds! {
        string string_or_new String Vec<u8>, Vec::new();
        list list_or_new List List, List::new();
        set set_or_new Set Set, Set::new();
        hash hash_or_new Hash Hash, Hash::new();
        zset zset_or_new Zset Zset, Box::default();
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// How many keys have a time to live.
    pub fn expiring(&self) -> usize {
        self.expiring.len()
    }

    /// Mean time to live of those keys in milliseconds, of the soonest hundred.
    pub fn mean_ttl(&self) -> u64 {
        let some: Vec<u64> = self
            .expiring
            .iter()
            .take(100)
            .map(|(at, _)| at.saturating_sub(self.now))
            .collect();
        some.iter().sum::<u64>() / (some.len() as u64).max(1)
    }

    /// Looks without counting as a use.
    pub fn peek(&mut self, key: &[u8]) -> Option<&mut Entry> {
        let expired = self.keys.get(key)?.expires.is_some_and(|at| at <= self.now);
        if expired {
            self.remove(key);
            self.expired += 1;
            return None;
        }
        self.keys.get_mut(key)
    }

    pub fn contains(&mut self, key: &[u8]) -> bool {
        self.peek(key).is_some()
    }

    pub fn get(&mut self, key: &[u8]) -> Option<&mut Value> {
        let now = self.now;
        match self.peek(key) {
            // Borrowed again below: a borrow that is given back cannot end here.
            Some(_) => self.hits += 1,
            None => {
                self.misses += 1;
                return None;
            }
        }
        let entry = self.keys.get_mut(key)?;
        entry.used = now;
        entry.uses = entry.uses.saturating_add(1);
        Some(&mut entry.value)
    }

    /// Puts a value where none or another was, without a time to live.
    pub fn insert(&mut self, key: Vec<u8>, value: Value) {
        let entry = Entry {
            value,
            expires: None,
            used: self.now,
            uses: 0,
        };
        if let Some(Entry {
            expires: Some(at), ..
        }) = self.keys.get(&key)
        {
            self.expiring.remove(&(*at, key.clone()));
        }
        self.keys.insert(key, entry);
    }

    pub fn remove(&mut self, key: &[u8]) -> Option<Entry> {
        let entry = self.keys.swap_remove(key)?;
        if let Some(at) = entry.expires {
            self.expiring.remove(&(at, key.to_vec()));
        }
        Some(entry)
    }

    /// Takes a key away that holds nothing any more.
    pub fn tidy(&mut self, key: &[u8]) {
        if self
            .keys
            .get(key)
            .is_some_and(|entry| entry.value.is_empty())
        {
            self.remove(key);
        }
    }

    /// Sets or takes the time to live of a key that is there.
    pub fn expire(&mut self, key: &[u8], at: Option<u64>) {
        let Some(entry) = self.keys.get_mut(key) else {
            return;
        };
        if let Some(old) = std::mem::replace(&mut entry.expires, at) {
            self.expiring.remove(&(old, key.to_vec()));
        }
        if let Some(at) = at {
            self.expiring.insert((at, key.to_vec()));
        }
    }

    /// Removes some of the keys whose time is over; how many.
    pub fn sweep(&mut self, most: usize) -> usize {
        let mut count = 0;
        while count < most
            && let Some((at, _)) = self.expiring.first()
            && *at <= self.now
            && let Some((_, key)) = self.expiring.pop_first()
        {
            self.keys.swap_remove(&key);
            count += 1;
        }
        self.expired += count as u64;
        count
    }

    pub fn clear(&mut self) -> usize {
        let count = self.keys.len();
        self.keys.clear();
        self.expiring.clear();
        count
    }

    /// Every key that has not expired.
    pub fn iter(&self) -> impl Iterator<Item = (&Vec<u8>, &Entry)> {
        self.keys
            .iter()
            .filter(|(_, entry)| entry.expires.is_none_or(|at| at > self.now))
    }

    /// The entry at a place; places below it stay when later ones are removed, which is what `SCAN` counts on.
    pub fn at(&self, index: usize) -> Option<(&Vec<u8>, &Entry)> {
        self.keys.get_index(index)
    }

    /// When that is, in milliseconds since 1970.
    pub fn soonest_time(&self) -> Option<u64> {
        self.expiring.first().map(|(at, _)| *at)
    }

    /// The key whose time is over first.
    pub fn soonest(&self) -> Option<&Vec<u8>> {
        self.expiring.first().map(|(_, key)| key)
    }
}
