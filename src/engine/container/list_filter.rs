//! The filters of `ps`.

use crate::engine::filters::Filters;
use crate::engine::record::Record;
use crate::engine::state::Phase;
use crate::engine::{Error, Result, Timestamp};

const KNOWN: [&str; 16] = [
    "ancestor",
    "before",
    "exited",
    "id",
    "isolation",
    "label",
    "label!",
    "name",
    "status",
    "health",
    "since",
    "volume",
    "network",
    "is-task",
    "publish",
    "expose",
];

/// Filters whose values were checked once for the whole list.
pub struct Selection<'a> {
    filters: &'a Filters,
    /// Ids of images; `None` without that filter.
    ancestors: Option<Vec<String>>,
    exited: Vec<i64>,
    before: Option<Timestamp>,
    since: Option<Timestamp>,
    is_task: bool,
}

impl<'a> Selection<'a> {
    /// Checks the values; errors are Docker's. `created` finds another container's age.
    pub fn new(
        filters: &'a Filters,
        records: &[Record],
        ancestors: Option<Vec<String>>,
        created: impl Fn(&str) -> Result<Timestamp>,
    ) -> Result<Self> {
        filters.only(&KNOWN)?;
        for word in filters.get("status") {
            if !Phase::ALL.iter().any(|p| p.word() == word) {
                return Err(Error::invalid(format!(
                    "invalid filter 'status={word}': invalid value for state ({word}): must be one of created, running, paused, restarting, removing, exited, dead"
                )));
            }
        }
        for word in filters.get("health") {
            if !["none", "starting", "healthy", "unhealthy"].contains(&word.as_str()) {
                return Err(Error::invalid(format!(
                    "invalid filter 'health={word}': invalid value for health ({word}): must be one of none, starting, healthy, unhealthy"
                )));
            }
        }
        let exited = filters.get("exited").iter().map(|word| {
            word.parse().map_err(|_| {
                Error::invalid(format!("invalid filter 'exited={word}': strconv.Atoi: parsing \"{word}\": invalid syntax"))
            })
        });
        for key in ["publish", "expose"] {
            for word in filters.get(key) {
                port(key, word)?;
            }
        }
        let age = |key: &str| -> Result<Option<Timestamp>> {
            // A name that was removed meanwhile may still be one of the list's.
            filters
                .get(key)
                .first()
                .map(|name| {
                    created(name).or_else(|e| {
                        records
                            .iter()
                            .find(|r| r.name == *name)
                            .map(|r| r.created)
                            .ok_or(e)
                    })
                })
                .transpose()
        };
        Ok(Selection {
            ancestors,
            exited: exited.collect::<Result<_>>()?,
            before: age("before")?,
            since: age("since")?,
            is_task: filters.boolean("is-task", false)?,
            filters,
        })
    }

    /// Whether every filter lets the container through.
    pub fn holds(&self, record: &Record) -> bool {
        let filters = self.filters;
        let labels = record.config.labels.as_ref();
        let ids = filters.get("id");
        (ids.is_empty() || ids.iter().any(|id| record.id.starts_with(id.as_str())))
            && names(filters, record)
            && filters.exact("status", record.state.phase.word())
            && filters.exact(
                "health",
                record
                    .state
                    .health
                    .as_ref()
                    .map_or("none", |h| h.status.word()),
            )
            && (self.exited.is_empty()
                || record.state.phase == Phase::Exited
                    && self.exited.contains(&record.state.exit_code))
            && self
                .ancestors
                .as_ref()
                .is_none_or(|a| a.contains(&record.image))
            && self.before.is_none_or(|at| record.created < at)
            && self.since.is_none_or(|at| record.created > at)
            && filters.labels(|key| labels.and_then(|l| l.get(key)).map(String::as_str))
            && volumes(filters, record)
            && networks(filters, record)
            && ports(filters, record)
            && filters.exact("isolation", &record.host_config.isolation)
            && !self.is_task
    }
}

/// The name with and without its slash, as a regular expression.
fn names(filters: &Filters, record: &Record) -> bool {
    filters.matches("name", &record.name) || filters.matches("name", &format!("/{}", record.name))
}

fn volumes(filters: &Filters, record: &Record) -> bool {
    let wanted = filters.get("volume");
    wanted.is_empty()
        || record.mounts.iter().map(|m| &m.point).any(|m| {
            wanted
                .iter()
                .any(|w| [&m.name, &m.source, &m.destination].contains(&w))
        })
}

fn networks(filters: &Filters, record: &Record) -> bool {
    let wanted = filters.get("network");
    let has = |w: &String| {
        record
            .networks
            .iter()
            .any(|(name, e)| name == w || !w.is_empty() && e.network_id.starts_with(w.as_str()))
    };
    wanted.is_empty() || wanted.iter().any(has)
}

fn ports(filters: &Filters, record: &Record) -> bool {
    let exposed = |port: &str| {
        record
            .config
            .exposed_ports
            .iter()
            .flatten()
            .any(|(p, _)| p == port)
    };
    // What counts is the port of the host, while it is open.
    let published = |port: &str| {
        let open = record.state.net.ports.iter();
        open.flat_map(|(inside, list)| list.iter().flatten().map(move |b| (inside, b)))
            .any(|(inside, binding)| {
                let kind = inside.split_once('/').map_or("tcp", |(_, kind)| kind);
                port == format!("{}/{kind}", binding.host_port)
            })
    };
    let any = |key: &str, on: &dyn Fn(&str) -> bool| {
        let wanted = filters.get(key);
        wanted.is_empty()
            || wanted
                .iter()
                .filter_map(|w| port(key, w).ok())
                .flatten()
                .any(|p| on(&p))
    };
    any("expose", &exposed) && any("publish", &published)
}

/// `80`, `80/udp` or `80-90` as the keys of a port map.
fn port(key: &str, word: &str) -> Result<Vec<String>> {
    let (numbers, kind) = word.split_once('/').unwrap_or((word, "tcp"));
    let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let number = |text: &str| {
        text.parse::<u16>().map_err(|_| {
            // Docker answers 500 here.
            Error::system(format!("error while looking up for {key} {word}: strconv.ParseUint: parsing \"{text}\": invalid syntax"))
        })
    };
    Ok((number(first)?..=number(last)?)
        .map(|n| format!("{n}/{kind}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::StringMap;

    fn record() -> Record {
        let mut record = Record {
            id: "abc123".to_owned(),
            name: "web".to_owned(),
            image: "sha256:1".to_owned(),
            created: Timestamp(5),
            ..Record::default()
        };
        record.state.phase = Phase::Exited;
        record.state.exit_code = 3;
        record.config.labels = Some(StringMap::from([("a".to_owned(), "b".to_owned())]));
        record
    }

    fn holds(key: &str, value: &str) -> bool {
        let filters = Filters::default().with(key, value);
        let other = |_: &str| Ok(Timestamp(7));
        let selection = Selection::new(
            &filters,
            &[],
            (key == "ancestor").then(|| vec![value.to_owned()]),
            other,
        );
        selection.unwrap().holds(&record())
    }

    #[test]
    fn each_filter_selects() {
        for (key, yes, no) in [
            ("id", "abc", "b"),
            ("name", "we", "x"),
            ("name", "^/web$", "^eb"),
            ("status", "exited", "running"),
            ("exited", "3", "0"),
            ("label", "a=b", "a=c"),
            ("health", "none", "healthy"),
            ("ancestor", "sha256:1", "sha256:2"),
        ] {
            assert!(holds(key, yes), "{key}={yes}");
            assert!(!holds(key, no), "{key}={no}");
        }
        assert!(holds("before", "x") && !holds("since", "x"));
        assert!(!holds("expose", "80") && !holds("publish", "80-82/udp"));
    }

    #[test]
    fn wrong_values_are_refused_in_dockers_words() {
        let refusal = |key: &str, value: &str| {
            let filters = Filters::default().with(key, value);
            Selection::new(&filters, &[], None, |name| {
                Err(Error::not_found(format!("No such container: {name}")))
            })
            .err()
            .unwrap()
            .message
        };
        assert_eq!(refusal("bogus", "a"), "invalid filter 'bogus'");
        assert!(refusal("status", "a").starts_with(
            "invalid filter 'status=a': invalid value for state (a): must be one of created, "
        ));
        assert_eq!(
            refusal("exited", "a"),
            "invalid filter 'exited=a': strconv.Atoi: parsing \"a\": invalid syntax"
        );
        assert_eq!(refusal("before", "nosuch"), "No such container: nosuch");
        assert_eq!(refusal("is-task", "a"), "invalid filter 'is-task=[a]'");
        assert_eq!(
            refusal("publish", "a"),
            "error while looking up for publish a: strconv.ParseUint: parsing \"a\": invalid syntax"
        );
    }
}
