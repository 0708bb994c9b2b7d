//! A sorted set: scores by member, members by score.

use super::number;
use super::ordered::{Item, Ordered};
use indexmap::IndexMap;
use std::ops::Range;
use std::rc::Rc;

#[derive(Clone, Default)]
pub struct Zset {
    scores: IndexMap<Rc<[u8]>, f64>,
    order: Ordered,
}

/// One end of a range of scores or members.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound<T> {
    Included(T),
    Excluded(T),
    /// `-` and `+` of members.
    Lowest,
    Highest,
}

impl Bound<f64> {
    /// `5`, `(5`, `-inf`.
    pub fn score(text: &[u8]) -> Option<Bound<f64>> {
        match text.strip_prefix(b"(") {
            Some(rest) => number::float(rest).map(Bound::Excluded),
            None => number::float(text).map(Bound::Included),
        }
    }
}

impl<'a> Bound<&'a [u8]> {
    /// `[a`, `(a`, `-`, `+`.
    pub fn member(text: &'a [u8]) -> Option<Bound<&'a [u8]>> {
        match text {
            b"-" => Some(Bound::Lowest),
            b"+" => Some(Bound::Highest),
            [b'[', rest @ ..] => Some(Bound::Included(rest)),
            [b'(', rest @ ..] => Some(Bound::Excluded(rest)),
            _ => None,
        }
    }
}

impl<T: PartialOrd> Bound<T> {
    /// Whether a value lies below a range that begins here.
    fn above(&self, value: T) -> bool {
        match self {
            Bound::Included(bound) => value < *bound,
            Bound::Excluded(bound) => value <= *bound,
            Bound::Lowest => false,
            Bound::Highest => true,
        }
    }

    /// Whether a value lies in a range that ends here.
    fn includes(&self, value: T) -> bool {
        match self {
            Bound::Included(bound) => value <= *bound,
            Bound::Excluded(bound) => value < *bound,
            Bound::Lowest => false,
            Bound::Highest => true,
        }
    }
}

impl Zset {
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    pub fn score(&self, member: &[u8]) -> Option<f64> {
        self.scores.get(member).copied()
    }

    /// Sets a score; the one before.
    pub fn insert(&mut self, member: &[u8], score: f64) -> Option<f64> {
        if let Some(old) = self.scores.get_mut(member) {
            let before = *old;
            if before != score {
                *old = score;
                self.order.remove(before, member);
                self.order.insert(score, member.into());
            }
            return Some(before);
        }
        let member: Rc<[u8]> = member.into();
        self.scores.insert(member.clone(), score);
        self.order.insert(score, member);
        None
    }

    pub fn remove(&mut self, member: &[u8]) -> Option<f64> {
        let score = self.scores.swap_remove(member)?;
        self.order.remove(score, member);
        Some(score)
    }

    pub fn rank(&self, member: &[u8]) -> Option<usize> {
        self.score(member)
            .map(|score| self.order.rank(score, member))
    }

    /// Ranks between two scores.
    pub fn by_score(&self, min: Bound<f64>, max: Bound<f64>) -> Range<usize> {
        let start = self.order.count(|item| min.above(item.0));
        start..self.order.count(|item| max.includes(item.0)).max(start)
    }

    /// Ranks between two members, which mean something when all scores are equal.
    pub fn by_member(&self, min: Bound<&[u8]>, max: Bound<&[u8]>) -> Range<usize> {
        let start = self.order.count(|item| min.above(&item.1));
        start..self.order.count(|item| max.includes(&item.1)).max(start)
    }

    /// Members by rank.
    pub fn range(&self, range: Range<usize>) -> impl Iterator<Item = &Item> {
        self.order.from(range.start).take(range.len())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Item> {
        self.order.from(0)
    }

    /// The member at a place that stays the same while nothing is removed, for `ZSCAN` and `ZRANDMEMBER`.
    pub fn at(&self, index: usize) -> Option<(&[u8], f64)> {
        self.scores
            .get_index(index)
            .map(|(member, score)| (&**member, *score))
    }
}
