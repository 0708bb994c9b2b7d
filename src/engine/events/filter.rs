//! Which events a listener asked for.

use crate::engine::filters::Filters;
use crate::wire::Event;

/// Filters that name an object. Docker does not ask whether the object is of that kind.
const KINDS: [&str; 9] = [
    "container",
    "network",
    "volume",
    "daemon",
    "plugin",
    "node",
    "service",
    "secret",
    "config",
];

/// Whether every filter lets the event through. Unknown keys are ignored, as in Docker.
pub fn matches(filters: &Filters, event: &Event) -> bool {
    let attribute = |key: &str| event.actor.attributes.get(key).map(String::as_str);
    action(filters, &event.action)
        && filters.exact("type", &event.kind)
        && filters.exact("scope", &event.scope)
        && KINDS.iter().all(|kind| actor(filters, kind, event))
        && image(filters, event)
        && filters.labels(attribute)
}

/// `exec_create: sh -c …` is found by its first word.
fn action(filters: &Filters, action: &str) -> bool {
    let wanted = filters.get("event");
    let whole_families = ["exec_create", "exec_start", "health_status"];
    wanted.is_empty()
        || wanted.iter().any(|w| {
            w == action || (whole_families.contains(&w.as_str()) && action.starts_with(w.as_str()))
        })
}

/// By the beginning of a name or of an id.
fn actor(filters: &Filters, kind: &str, event: &Event) -> bool {
    let wanted = filters.get(kind);
    let name = event
        .actor
        .attributes
        .get("name")
        .map_or("", String::as_str);
    wanted.is_empty()
        || wanted
            .iter()
            .any(|w| event.actor.id.starts_with(w.as_str()) || name.starts_with(w.as_str()))
}

/// Events of the image, and of the containers made from it; a tag need not be written.
fn image(filters: &Filters, event: &Event) -> bool {
    let wanted = filters.get("image");
    let key = if event.kind == "image" {
        "name"
    } else {
        "image"
    };
    let name = event.actor.attributes.get(key).map_or("", String::as_str);
    let bare = name
        .rsplit_once(':')
        .filter(|(_, tag)| !tag.contains('/'))
        .map_or(name, |(bare, _)| bare);
    wanted.is_empty()
        || wanted
            .iter()
            .any(|w| *w == event.actor.id || w == name || w == bare)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Actor, StringMap};

    fn event(kind: &str, action: &str) -> Event {
        let attributes = [("name", "web"), ("image", "busybox:latest"), ("a", "b")];
        Event {
            kind: kind.to_owned(),
            action: action.to_owned(),
            actor: Actor {
                id: "abc123".to_owned(),
                attributes: StringMap::from(attributes.map(|(k, v)| (k.to_owned(), v.to_owned()))),
            },
            scope: "local".to_owned(),
            ..Event::default()
        }
    }

    fn on(key: &str, value: &str, kind: &str, action: &str) -> bool {
        matches(&Filters::default().with(key, value), &event(kind, action))
    }

    #[test]
    fn each_key_filters() {
        assert!(on("event", "start", "container", "start"));
        assert!(!on("event", "start", "container", "stop"));
        assert!(on(
            "event",
            "exec_create",
            "container",
            "exec_create: sh -c true "
        ));
        assert!(!on("event", "exec", "container", "exec_create: sh"));
        assert!(on("container", "web", "container", "start"));
        assert!(on("container", "abc", "container", "start"));
        assert!(on("container", "web", "network", "connect"));
        assert!(on("volume", "we", "container", "start"));
        assert!(!on("daemon", "vm", "container", "start"));
        assert!(!on("scope", "swarm", "container", "start"));
        assert!(on("image", "busybox", "container", "start"));
        assert!(on("image", "busybox:latest", "container", "start"));
        assert!(on("label", "a=b", "container", "start"));
        assert!(!on("type", "image", "container", "start"));
        assert!(on("bogus", "x", "container", "start"));
    }
}
