//! What happened: a bus that keeps the last events and gives new ones to whoever listens.
//!
//! A listener that does not keep up loses events instead of holding the engine back, as in Docker.

mod filter;

use super::clock::{Clock, Timestamp};
use super::options::EventOptions;
use super::{Error, Result};
use crate::wire::{Actor, Event, StringMap};
use futures_util::{Stream, StreamExt, stream};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Events that are kept for `since`.
const KEPT: usize = 256;
/// Events that may wait for one listener.
const QUEUE: usize = 1024;

/// Events as they happen. Ends at `until`.
pub type EventStream = Pin<Box<dyn Stream<Item = Event> + Send>>;

/// The bus.
pub struct Events {
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    kept: VecDeque<Event>,
    listeners: Vec<mpsc::Sender<Event>>,
    last: i64,
}

impl Events {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Events {
            clock,
            inner: Mutex::default(),
        }
    }

    /// Tells everybody. `kind` is the type of the actor.
    pub fn publish(&self, kind: &str, action: &str, id: &str, attributes: StringMap) {
        let mut inner = self.inner.lock();
        // Two events never share a moment, so that `since` can continue where a client stopped.
        let nano = self.clock.now().0.max(inner.last + 1);
        inner.last = nano;
        let old_style = matches!(kind, "container" | "image");
        let only = |on: bool, text: &str| if on { text.to_owned() } else { String::new() };
        let event = Event {
            status: only(old_style, action),
            id: only(old_style, id),
            from: only(
                kind == "container",
                attributes.get("image").map_or("", String::as_str),
            ),
            kind: kind.to_owned(),
            action: action.to_owned(),
            actor: Actor {
                id: id.to_owned(),
                attributes,
            },
            scope: "local".to_owned(),
            time: Timestamp(nano).seconds(),
            time_nano: nano,
        };
        if inner.kept.len() == KEPT {
            inner.kept.pop_front();
        }
        inner.kept.push_back(event.clone());
        inner.listeners.retain(|listener| {
            !matches!(
                listener.try_send(event.clone()),
                Err(mpsc::error::TrySendError::Closed(_))
            )
        });
    }

    /// Past events since then, and those to come until then. Subscribed when this returns.
    pub fn subscribe(&self, options: EventOptions) -> Result<EventStream> {
        let EventOptions {
            since,
            until,
            filters,
        } = options;
        if let (Some(from), Some(to)) = (since, until)
            && from > to
        {
            let message = format!(
                "`since` time ({}) cannot be after `until` time ({})",
                from.seconds(),
                to.seconds()
            );
            return Err(Error::invalid(message));
        }
        let (queue, live) = mpsc::channel(QUEUE);
        let mut inner = self.inner.lock();
        inner.listeners.retain(|listener| !listener.is_closed());
        inner.listeners.push(queue);
        // Docker replays only when a span was asked for.
        let past: Vec<Event> = match (since, until) {
            (None, None) => Vec::new(),
            _ => inner
                .kept
                .iter()
                .filter(|e| since.is_none_or(|s| e.time_nano >= s.0))
                .cloned()
                .collect(),
        };
        drop(inner);
        let left =
            until.map(|until| Duration::from_nanos(until.since(self.clock.now()).max(0) as u64));
        let end = Box::pin(async move {
            match left {
                Some(left) => tokio::time::sleep(left).await,
                None => std::future::pending().await,
            }
        });
        let live = stream::unfold(live, |mut live| async move {
            live.recv().await.map(|event| (event, live))
        });
        let wanted = move |event: &Event| {
            let on = until.is_none_or(|until| event.time_nano <= until.0)
                && filter::matches(&filters, event);
            futures_util::future::ready(on)
        };
        // The end is looked at after what waits, so that `until=now` still gives the past.
        Ok(Box::pin(
            stream::iter(past)
                .chain(live.take_until(end))
                .filter(wanted),
        ))
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.inner
            .lock()
            .listeners
            .iter()
            .filter(|l| !l.is_closed())
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::clock::SystemClock;
    use crate::engine::filters::Filters;

    fn bus() -> Events {
        Events::new(Arc::new(SystemClock))
    }

    fn image(name: &str) -> StringMap {
        StringMap::from([("image".to_owned(), name.to_owned())])
    }

    #[tokio::test]
    async fn the_past_is_replayed_and_until_ends_it() {
        let bus = bus();
        bus.publish("container", "create", "a1", image("busybox"));
        bus.publish("container", "start", "a1", image("busybox"));
        let now = SystemClock.now();
        let options = EventOptions {
            since: Some(Timestamp(1)),
            until: Some(Timestamp(now.0 + 1_000_000)),
            filters: Filters::default(),
        };
        let seen: Vec<Event> = bus.subscribe(options).unwrap().collect().await;
        assert_eq!(
            seen.iter().map(|e| e.action.as_str()).collect::<Vec<_>>(),
            ["create", "start"]
        );
        assert_eq!(
            (seen[0].status.as_str(), seen[0].from.as_str()),
            ("create", "busybox")
        );
    }

    #[tokio::test]
    async fn without_a_span_only_the_future_comes() {
        let bus = bus();
        bus.publish("container", "create", "a1", image("busybox"));
        let mut stream = bus.subscribe(EventOptions::default()).unwrap();
        bus.publish("network", "connect", "n", StringMap::new());
        let event = stream.next().await.unwrap();
        assert_eq!(
            (event.kind.as_str(), event.status.as_str()),
            ("network", "")
        );
    }

    #[tokio::test]
    async fn a_listener_that_left_is_forgotten() {
        let bus = bus();
        drop(bus.subscribe(EventOptions::default()).unwrap());
        bus.publish("container", "create", "a1", image("busybox"));
        assert_eq!(bus.listeners(), 0);
    }

    #[test]
    fn a_span_must_not_end_before_it_begins() {
        let options = EventOptions {
            since: Some(Timestamp(10_000_000_000)),
            until: Some(Timestamp(5_000_000_000)),
            filters: Filters::default(),
        };
        let error = bus().subscribe(options).err().unwrap();
        assert_eq!(
            error.message,
            "`since` time (10) cannot be after `until` time (5)"
        );
    }
}
