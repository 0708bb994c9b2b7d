//! `ps` as `docker top` uses it: procps' options over the processes of one container.
//!
//! Docker runs the host's `ps`, splits what it prints at blanks, and keeps the lines of the container. The same is done here with the
//! fields of a `ps` of our own, so that what comes out has the same shape, slips of the splitting included.

mod columns;
mod format;
mod grammar;
#[cfg(test)]
mod tests;

pub use columns::Scene;

use super::ports::ProcessLine;
use grammar::{Choice, Request};

/// Why there is no list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The first line that `ps` would have written.
    Words(String),
    /// It would have failed without a first line.
    Silent,
    /// What Docker says of the lines it got.
    Output(String),
}

impl Wrong {
    fn words(text: impl std::fmt::Display) -> Wrong {
        Wrong::Words(format!("error: {text}"))
    }
}

/// Titles and lines. `options` are the client's, joined by blanks.
pub fn list(
    options: &str,
    processes: &[ProcessLine],
    scene: Scene,
) -> Result<(Vec<String>, Vec<Vec<String>>), Wrong> {
    let args: Vec<&str> = options.split(' ').collect();
    let request = grammar::parse(&args)?;
    let mut chosen: Vec<&ProcessLine> = processes.iter().filter(|p| selects(&request, p)).collect();
    if chosen.is_empty() {
        // `ps` leaves with 1 when it has nothing to show.
        return Err(Wrong::Silent);
    }
    sort(&request, &mut chosen, scene);
    let mut lines = chosen
        .into_iter()
        .map(|process| words(&request, process, scene));
    let titles = match request.no_header {
        true => lines.next().unwrap_or_default(),
        false => request
            .fields
            .iter()
            .flat_map(|field| split(&field.header))
            .collect(),
    };
    let found = titles.iter().position(|title| title == "PID");
    let pid = found.ok_or_else(|| Wrong::Output("Couldn't find PID field in ps output".into()))?;
    let mut rows = Vec::new();
    for mut line in lines {
        let number = line.get(pid).map_or("", String::as_str);
        let Ok(number) = number.parse::<i64>() else {
            return Err(Wrong::Output(format!(
                "Unexpected pid '{number}': strconv.Atoi: parsing {number:?}: invalid syntax"
            )));
        };
        if !processes.iter().any(|p| i64::from(p.pid) == number) {
            continue;
        }
        // What was split too often belongs to the last column.
        let last = line.split_off(titles.len().saturating_sub(1).min(line.len()));
        line.push(last.join(" "));
        rows.push(line);
    }
    Ok((titles, rows))
}

fn selects(request: &Request, process: &ProcessLine) -> bool {
    let holds = |choice: &Choice| {
        let scene = Scene { now: 0, memory: 0 };
        let own = choice.by.text(process, scene);
        let number = match choice.by {
            columns::Cell::User => process.uid.to_string(),
            columns::Cell::GroupName => process.gid.to_string(),
            _ => own.clone(),
        };
        choice.values.iter().any(|v| *v == own || *v == number)
    };
    match request.choices.is_empty() {
        // Docker names the pids of the container, which cannot be combined with a tree or a negation; without
        // them, `ps` shows those of its own terminal, and it has none.
        true => request.everything || !(request.forest || request.negated),
        false => {
            let any = request.everything || request.choices.iter().any(holds);
            any != request.negated
        }
    }
}

fn sort(request: &Request, processes: &mut [&ProcessLine], scene: Scene) {
    for (cell, reversed) in request.sort.iter().rev() {
        let key = |p: &ProcessLine| cell.text(p, scene);
        processes.sort_by(|a, b| {
            let (a, b) = (key(a), key(b));
            let order = match (a.parse::<f64>(), b.parse::<f64>()) {
                (Ok(x), Ok(y)) => x.total_cmp(&y),
                _ => a.cmp(&b),
            };
            if *reversed { order.reverse() } else { order }
        });
    }
}

/// A line split at blanks, as Docker reads it.
fn words(request: &Request, process: &ProcessLine, scene: Scene) -> Vec<String> {
    let cell = |field: &format::Field| {
        let text = field.cell.text(process, scene);
        let in_tree =
            request.forest && matches!(field.cell, columns::Cell::Args | columns::Cell::Name);
        // The container's first process has a parent too, so all of them hang on a branch.
        split(&if in_tree { format!("\\_ {text}") } else { text })
    };
    request.fields.iter().flat_map(cell).collect()
}

/// Go's `strings.FieldsFunc` with ASCII's blanks.
fn split(text: &str) -> Vec<String> {
    text.split(['\t', '\n', '\x0c', '\r', ' '])
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
