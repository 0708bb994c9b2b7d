//! `stats`: a table of what containers use, drawn again and again, or once.
//!
//! Each container has a task that follows it (`collect`); this page keeps the rows, follows starts and ends, and draws.

mod collect;
mod entry;

use crate::cli::app::{App, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::stream::write_all;
use crate::client::{Body, Client, Lines};
use crate::wire::{ContainerSummary, Event};
use collect::{News, Told, collect};
use entry::{Entry, LISTING, record};
use hyper::Method;
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;

/// Between two drawings.
const FRAME: Duration = Duration::from_millis(500);

pub fn verb() -> Verb {
    Verb {
        paths: &["container stats", "stats"],
        usage: "[CONTAINER...]",
        about: "Show what containers use, as it changes",
        arity: Arity::AtLeast(0),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag("all", "a", Bool, "Show stopped containers too"),
        flag(
            "format",
            "",
            Text,
            "Format of the output: 'table', 'table TEMPLATE', 'json', or a Go template",
        ),
        flag("no-stream", "", Bool, "Show the figures once and end"),
        flag("no-trunc", "", Bool, "Do not shorten anything"),
    ]
}

/// One container of the table.
struct Row {
    asked: String,
    entry: Option<Entry>,
    /// Something has been heard of it.
    heard: bool,
    refused: Option<String>,
}

/// The table and who fills it.
struct Board {
    client: Client,
    live: bool,
    rows: Vec<Row>,
    tasks: JoinSet<()>,
    tell: UnboundedSender<Told>,
    told: UnboundedReceiver<Told>,
}

impl Board {
    fn new(client: Client, live: bool) -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        Board {
            client,
            live,
            rows: Vec::new(),
            tasks: JoinSet::new(),
            tell,
            told,
        }
    }

    /// Begins to follow a container, unless it is followed already.
    fn add(&mut self, asked: &str) {
        if self.rows.iter().any(|row| row.asked == asked) {
            return;
        }
        self.rows.push(Row {
            asked: asked.to_owned(),
            entry: None,
            heard: false,
            refused: None,
        });
        let (client, asked) = (self.client.clone(), asked.to_owned());
        self.tasks
            .spawn(collect(client, asked, self.live, self.tell.clone()));
    }

    fn take(&mut self, (asked, news): Told) {
        // One that is no longer in the table may still be told of.
        let Some(row) = self.rows.iter_mut().find(|row| row.asked == asked) else {
            return;
        };
        row.heard = true;
        match news {
            News::Figures(entry) => row.entry = Some(entry),
            News::Nothing => row.entry = None,
            News::Refused(error) => row.refused = Some(error.message),
        }
    }

    /// Waits until something has been heard of each.
    async fn first(&mut self) {
        while self.rows.iter().any(|row| !row.heard) {
            let Some(told) = self.told.recv().await else {
                return;
            };
            self.take(told);
        }
    }

    fn refusals(&self) -> Result<()> {
        let all: Vec<&str> = self
            .rows
            .iter()
            .filter_map(|row| row.refused.as_deref())
            .collect();
        match all.is_empty() {
            true => Ok(()),
            false => Err(Error::plain(all.join("\n"))),
        }
    }

    fn text(&self, given: &Given) -> Result<String> {
        let full = given.on("no-trunc");
        let row = |row: &Row| record(&row.asked, row.entry.as_ref(), full);
        LISTING.render(given.text("format"), self.rows.iter().map(row).collect())
    }

    /// What an event means for the table of all containers.
    fn follow(&mut self, event: &Event, all: bool) {
        let id = &event.actor.id;
        match event.action.as_str() {
            "create" if all => self.add(id),
            "start" => self.add(id),
            "die" if !all => self.rows.retain(|row| row.asked != *id),
            "destroy" => self.rows.retain(|row| row.asked != *id),
            _ => {}
        }
    }
}

async fn run(app: App, given: Given) -> Result<i32> {
    let client = app.client().await?;
    let (live, all) = (!given.on("no-stream"), given.on("all"));
    let mut board = Board::new(client.clone(), live);
    // A format that cannot be read is told before anything is waited for.
    board.text(&given)?;
    let mut events = None;
    if given.args.is_empty() {
        if live {
            // Listening comes first: a start in between is then seen twice rather than not at all.
            let target = path("/events", &[("filters", r#"{"type":{"container":true}}"#)]);
            let response = client.request(Method::GET, &target, Body::Empty).await?;
            events = Some(Lines::new(response));
        }
        let query: &[(&str, &str)] = if all { &[("all", "1")] } else { &[] };
        let list: Vec<ContainerSummary> = client.get(&path("/containers/json", query)).await?;
        list.iter().for_each(|c| board.add(&c.id));
        board.first().await;
    } else {
        given.args.iter().for_each(|name| board.add(name));
        board.first().await;
        board.refusals()?;
    }
    if !live {
        write_all(&mut std::io::stdout(), board.text(&given)?.as_bytes())?;
        return Ok(0);
    }
    watch(board, events, &given).await
}

/// Draws until nothing can change any more.
async fn watch(mut board: Board, mut events: Option<Lines>, given: &Given) -> Result<i32> {
    let mut frames = tokio::time::interval(FRAME);
    loop {
        let event = async {
            match &mut events {
                Some(lines) => lines.next::<Event>().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = frames.tick() => {
                let screen = screen(&board.text(given)?);
                write_all(&mut std::io::stdout(), screen.as_bytes())?;
                if events.is_none() && board.tasks.is_empty() {
                    return Ok(0);
                }
            }
            Some(told) = board.told.recv() => board.take(told),
            Some(_) = board.tasks.join_next() => {}
            event = event => match event? {
                Some(event) => board.follow(&event, given.on("all")),
                // The engine has ended.
                None => return Ok(0),
            },
        }
    }
}

/// The text drawn from the upper left corner over what stood there before.
fn screen(text: &str) -> String {
    let lines: String = text.lines().map(|line| format!("{line}\x1b[K\n")).collect();
    format!("\x1b[H{lines}\x1b[J")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_wipes_what_it_does_not_cover() {
        assert_eq!(screen("A B\n1 2\n"), "\x1b[HA B\x1b[K\n1 2\x1b[K\n\x1b[J");
    }
}
