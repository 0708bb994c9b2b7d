//! The lines about an image's layers, made of the states of their transfers.
//!
//! A transfer's watcher sees only its latest state; the board fills in the steps between, and lets layers be complete in
//! their order, the lowest first, as they are in Docker. Pure: states in, events out.

use super::super::error::{Error, Result};
use super::super::event::{Event, Step};
use super::transfer::State;

/// Every layer that is waited for, lowest first.
pub struct Board {
    layers: Vec<Line>,
    /// Layers that are complete, counted from the lowest.
    complete: usize,
}

struct Line {
    id: String,
    shown: Shown,
    /// Bytes that came, once the transfer is done.
    done: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Waiting,
    Downloading { whole: bool },
}

impl Board {
    pub fn new(ids: Vec<String>) -> Board {
        let line = |id| Line {
            id,
            shown: Shown::Nothing,
            done: None,
        };
        Board {
            layers: ids.into_iter().map(line).collect(),
            complete: 0,
        }
    }

    pub fn is_complete(&self) -> bool {
        self.complete == self.layers.len()
    }

    /// Takes a layer's new state and adds what is to be told. A layer that failed is an error, told or not.
    pub fn on(&mut self, layer: usize, state: State, events: &mut Vec<Event>) -> Result<()> {
        let Some(line) = self.layers.get_mut(layer) else {
            return Ok(());
        };
        let id = line.id.clone();
        let tell = |step| Event::layer(&id, step);
        match state {
            State::Begun => {}
            State::Waiting if line.shown == Shown::Nothing => {
                line.shown = Shown::Waiting;
                events.push(tell(Step::Waiting));
            }
            State::Waiting => {}
            State::Downloading { done, total } => {
                line.shown = Shown::Downloading {
                    whole: total == Some(done),
                };
                events.push(tell(Step::Downloading { done, total }));
            }
            State::Retrying(seconds) => events.push(tell(Step::Retrying(seconds))),
            State::Failed(error) => {
                let (done, total) = (0, None);
                match (&*error, line.shown) {
                    (Error::LayerDigest(_), _) => events.push(tell(Step::Verifying)),
                    (_, Shown::Downloading { .. }) => {}
                    _ => events.push(tell(Step::Downloading { done, total })),
                }
                return Err(Error::Shared(error));
            }
            State::Done(bytes) => {
                if line.shown != (Shown::Downloading { whole: true }) {
                    let (done, total) = (bytes, Some(bytes));
                    events.push(tell(Step::Downloading { done, total }));
                }
                events.extend([tell(Step::Verifying), tell(Step::Downloaded)]);
                line.done = Some(bytes);
                self.advance(events);
            }
        }
        Ok(())
    }

    fn advance(&mut self, events: &mut Vec<Event>) {
        while let Some(line) = self.layers.get(self.complete)
            && let Some(bytes) = line.done
        {
            let (done, total) = (bytes, Some(bytes));
            events.push(Event::layer(&line.id, Step::Extracting { done, total }));
            events.push(Event::layer(&line.id, Step::Pulled));
            self.complete += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn told(events: Vec<Event>) -> Vec<(String, Step)> {
        let one = |event| match event {
            Event::Layer { id, step } => (id, step),
            other => panic!("{other:?}"),
        };
        events.into_iter().map(one).collect()
    }

    #[test]
    fn layers_are_complete_in_their_order_and_no_step_is_missing() {
        let mut board = Board::new(vec!["a".to_owned(), "b".to_owned()]);
        let mut on = |layer, state| {
            let mut events = Vec::new();
            board.on(layer, state, &mut events).unwrap();
            told(events)
        };
        let step = |id: &str, step| (id.to_owned(), step);
        assert_eq!(on(0, State::Begun), []);
        assert_eq!(on(1, State::Waiting), [step("b", Step::Waiting)]);
        assert_eq!(on(1, State::Waiting), []);
        let part = Step::Downloading {
            done: 1,
            total: Some(9),
        };
        let state = State::Downloading {
            done: 1,
            total: Some(9),
        };
        assert_eq!(on(1, state), [step("b", part)]);
        let whole = |id: &str, n| {
            let (done, total) = (n, Some(n));
            step(id, Step::Downloading { done, total })
        };
        assert_eq!(
            on(1, State::Done(9)),
            [
                whole("b", 9),
                step("b", Step::Verifying),
                step("b", Step::Downloaded)
            ]
        );
        let extracting = |n| Step::Extracting {
            done: n,
            total: Some(n),
        };
        assert_eq!(
            on(0, State::Done(5)),
            [
                whole("a", 5),
                step("a", Step::Verifying),
                step("a", Step::Downloaded),
                step("a", extracting(5)),
                step("a", Step::Pulled),
                step("b", extracting(9)),
                step("b", Step::Pulled)
            ]
        );
        assert!(board.is_complete());
        let failed = State::Failed(Arc::new(Error::UnknownBlob));
        let mut events = Vec::new();
        let error = Board::new(vec!["a".to_owned()]).on(0, failed, &mut events);
        assert_eq!(error.unwrap_err().to_string(), "unknown blob");
        let (done, total) = (0, None);
        assert_eq!(told(events), [step("a", Step::Downloading { done, total })]);
    }
}
