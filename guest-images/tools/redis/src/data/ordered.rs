//! Members by score, with their ranks: sorted pieces of bounded length, so that every operation touches one piece and the list of
//! pieces.

use std::cmp::Ordering;
use std::rc::Rc;

/// Members of a piece before it is split.
const PIECE: usize = 256;

pub type Item = (f64, Rc<[u8]>);

#[derive(Clone, Default)]
pub struct Ordered {
    /// None is empty.
    pieces: Vec<Vec<Item>>,
}

fn order(left: (f64, &[u8]), right: (f64, &[u8])) -> Ordering {
    // Scores are never NaN, and the two zeros are one score.
    left.0
        .partial_cmp(&right.0)
        .unwrap_or(Ordering::Equal)
        .then_with(|| left.1.cmp(right.1))
}

impl Ordered {
    /// The piece and the place in it of the first item for which `below` does not hold; `below` holds for a beginning.
    fn place(&self, below: impl Fn(&Item) -> bool) -> (usize, usize) {
        let piece = self
            .pieces
            .partition_point(|piece| piece.last().is_some_and(&below));
        let at = self
            .pieces
            .get(piece)
            .map_or(0, |items| items.partition_point(&below));
        (piece, at)
    }

    pub fn insert(&mut self, score: f64, member: Rc<[u8]>) {
        let (piece, at) = self.place(|item| order((item.0, &item.1), (score, &member)).is_lt());
        // Behind everything belongs to the last piece.
        let (piece, at) = match self.pieces.get(piece) {
            Some(_) => (piece, at),
            None if self.pieces.is_empty() => {
                self.pieces.push(Vec::new());
                (0, 0)
            }
            None => (piece - 1, self.pieces[piece - 1].len()),
        };
        let items = &mut self.pieces[piece];
        items.insert(at, (score, member));
        if items.len() > PIECE {
            let rest = items.split_off(PIECE / 2);
            self.pieces.insert(piece + 1, rest);
        }
    }

    /// Takes an item that is there.
    pub fn remove(&mut self, score: f64, member: &[u8]) {
        let (piece, at) = self.place(|item| order((item.0, &item.1), (score, member)).is_lt());
        if self
            .pieces
            .get(piece)
            .and_then(|items| items.get(at))
            .is_some_and(|item| *item.1 == *member)
        {
            self.pieces[piece].remove(at);
            if self.pieces[piece].is_empty() {
                self.pieces.remove(piece);
            }
        }
    }

    /// How many items, from the first on, `below` holds for.
    pub fn count(&self, below: impl Fn(&Item) -> bool) -> usize {
        let (piece, at) = self.place(below);
        self.pieces[..piece].iter().map(Vec::len).sum::<usize>() + at
    }

    pub fn rank(&self, score: f64, member: &[u8]) -> usize {
        self.count(|item| order((item.0, &item.1), (score, member)).is_lt())
    }

    /// Items from a rank on.
    pub fn from(&self, rank: usize) -> impl Iterator<Item = &Item> {
        let (mut left, mut piece) = (rank, 0);
        while self
            .pieces
            .get(piece)
            .is_some_and(|items| items.len() <= left)
        {
            left -= self.pieces[piece].len();
            piece += 1;
        }
        self.pieces
            .get(piece..)
            .unwrap_or(&[])
            .iter()
            .flatten()
            .skip(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_stay_right() {
        let mut ordered = Ordered::default();
        let member = |n: u32| -> Rc<[u8]> { n.to_be_bytes().as_slice().into() };
        for n in 0..2000u32 {
            let n = n.wrapping_mul(7919) % 2000;
            ordered.insert(f64::from(n / 2), member(n));
        }
        for n in 0..2000 {
            assert_eq!(ordered.rank(f64::from(n / 2), &member(n)), n as usize);
        }
        for n in (0..2000).step_by(2) {
            ordered.remove(f64::from(n / 2), &member(n));
        }
        let left: Vec<_> = ordered.from(990).map(|item| item.0).collect();
        assert_eq!(left, (990..1000).map(f64::from).collect::<Vec<_>>());
        assert_eq!(ordered.count(|item| item.0 < 5.0), 5);
    }
}
