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
                    let bar = bars.add(ProgressBar::no_length());
                    bar.set_prefix(id);
                    bar
                });
                let style = match counted.total {
                    Some(total) => {
                        bar.set_length(total);
                        "{prefix}: {msg} [{bar:40}] {bytes}/{total_bytes}"
                    }
                    None => "{prefix}: {msg}",
                };
                if let Ok(style) = ProgressStyle::with_template(style) {
                    bar.set_style(style.progress_chars("=> "));
                }
                bar.set_message(status.clone());
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
