//! The progress of pulling and importing: lines where nobody watches, bars on a terminal.

use crate::cli::app::{App, out};
use crate::cli::error::{Error, Result};
use crate::client::Response;
use crate::wire::Progress;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::HashMap;
use std::io::IsTerminal;

/// Reads the stream to its end and shows it; comes back with the statuses that had no layer.
pub async fn show(app: &App, mut response: Response, target: Target) -> Result<Vec<String>> {
    let bars = !app.plain
        && match target {
            Target::Stdout => std::io::stdout().is_terminal(),
            Target::Stderr => std::io::stderr().is_terminal(),
            Target::Nowhere => false,
        };
    let mut shower = Shower {
        target,
        bars: bars.then(|| {
            MultiProgress::with_draw_target(match target {
                Target::Stderr => ProgressDrawTarget::stderr(),
                _ => ProgressDrawTarget::stdout(),
            })
        }),
        layers: HashMap::new(),
        statuses: Vec::new(),
    };
    let mut rest = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        rest.extend_from_slice(&chunk);
        while let Some(end) = rest.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            shower.line(&line)?;
        }
    }
    shower.line(&rest)?;
    Ok(shower.statuses)
}

/// Where progress goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Stdout,
    Stderr,
    Nowhere,
}

/// A layer of which nothing is counted.
const WORDS: &str = "{prefix}: {msg}";
/// One on its way; sizes in powers of ten, as Docker's.
const BAR: &str = "{prefix}: {msg} [{bar:40}] {decimal_bytes}/{decimal_total_bytes}";

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ")
}

struct Shower {
    target: Target,
    bars: Option<MultiProgress>,
    layers: HashMap<String, ProgressBar>,
    statuses: Vec<String>,
}

impl Shower {
    fn line(&mut self, line: &[u8]) -> Result<()> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let progress: Progress = serde_json::from_slice(line)?;
        if let Some(error) = progress.error_detail {
            return Err(Error::plain(error.message));
        }
        if let Some(error) = progress.error {
            return Err(Error::plain(error));
        }
        let status = progress.status.unwrap_or_default();
        let Some(id) = progress.id.filter(|_| !status.is_empty()) else {
            let text = progress.stream.unwrap_or(status);
            if !text.is_empty() {
                self.say(&text);
                self.statuses.push(text);
            }
            return Ok(());
        };
        let counted = progress.progress_detail.unwrap_or_default();
        match &self.bars {
            None if counted.current.is_none() => self.say(&format!("{id}: {status}")),
            None => {}
            Some(bars) => {
                let bar = self.layers.entry(id.clone()).or_insert_with(|| {
                    let bar = ProgressBar::no_length().with_prefix(id);
                    bars.add(bar.with_message(status.clone()).with_style(style(WORDS)))
                });
                bar.set_message(status.clone());
                match counted.total {
                    Some(total) => {
                        bar.set_length(total);
                        bar.set_style(style(BAR));
                    }
                    None => bar.set_style(style(WORDS)),
                }
                bar.set_position(counted.current.unwrap_or(0));
                let ended = [
                    "Pull complete",
                    "Already exists",
                    "Download complete",
                    "Pushed",
                    "Layer already exists",
                ];
                if ended.contains(&status.as_str()) {
                    bar.abandon();
                }
            }
        }
        Ok(())
    }

    fn say(&self, text: &str) {
        let text = text.trim_end();
        if let Some(bars) = &self.bars {
            // Above the bars, so that they stay whole.
            let _ = bars.println(text);
            return;
        }
        match self.target {
            Target::Stdout => out(&format!("{text}\n")),
            Target::Stderr => crate::cli::app::err(&format!("{text}\n")),
            Target::Nowhere => {}
        }
    }
}
