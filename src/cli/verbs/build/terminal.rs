//! The look of BuildKit on a terminal: a line for each step with its time, and the last lines of the one at work.

use super::steps::{Shower, Step, failure_block};
use crate::cli::app::err;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// Lines of the step at work that are shown.
const LINES: usize = 6;

/// The steps so far.
pub struct Terminal {
    bars: MultiProgress,
    head: ProgressBar,
    step: Option<ProgressBar>,
    tail: Vec<ProgressBar>,
    log: Vec<String>,
    done: usize,
}

impl Terminal {
    pub fn new() -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let head = bars.add(ProgressBar::no_length());
        head.set_style(style("[+] Building {elapsed_precise} ({msg})"));
        head.set_message("0 done");
        head.enable_steady_tick(Duration::from_millis(100));
        Terminal {
            bars,
            head,
            step: None,
            tail: Vec::new(),
            log: Vec::new(),
            done: 0,
        }
    }

    fn end(&mut self, step: &Step, word: &str) {
        for line in self.tail.drain(..) {
            line.finish_and_clear();
        }
        self.log.clear();
        self.done += 1;
        self.head.set_message(format!("{} done", self.done));
        if let Some(bar) = self.step.take() {
            bar.set_style(style(" => {msg}"));
            let seconds = step.since.elapsed().as_secs_f64();
            bar.abandon_with_message(format!("{word}{}  {seconds:.1}s", harmless(&step.title)));
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// What others wrote must not steer the terminal.
fn harmless(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

impl Shower for Terminal {
    fn begin(&mut self, step: &Step) {
        let bar = self.bars.add(ProgressBar::no_length());
        bar.set_style(style(" => {msg}  {elapsed}"));
        bar.set_message(harmless(&step.title));
        bar.enable_steady_tick(Duration::from_millis(100));
        self.step = Some(bar);
    }

    fn cached(&mut self, step: &Step) {
        self.end(step, "CACHED ");
    }

    fn line(&mut self, _: &Step, text: &str) {
        self.log.push(harmless(text));
        if self.tail.len() < LINES {
            let bar = self.bars.add(ProgressBar::no_length());
            bar.set_style(style(" => => # {msg}"));
            self.tail.push(bar);
        }
        let shown = &self.log[self.log.len() - self.tail.len()..];
        for (bar, line) in self.tail.iter().zip(shown) {
            bar.set_message(line.clone());
        }
    }

    fn done(&mut self, step: &Step) {
        self.end(step, "");
    }

    fn failed(&mut self, step: &Step, _: &str, log: &[String]) {
        self.end(step, "ERROR ");
        self.head.abandon();
        err(&failure_block(step, log));
    }

    fn exported(&mut self, _: usize, id: &str, names: &[String]) {
        let bar = self.bars.add(ProgressBar::no_length());
        bar.set_style(style(" => {msg}"));
        bar.abandon_with_message(format!("exporting to image\n => => writing image {id}"));
        for name in names {
            let bar = self.bars.add(ProgressBar::no_length());
            bar.set_style(style(" => => {msg}"));
            bar.abandon_with_message(format!("naming to {}", harmless(name)));
        }
        self.head.abandon_with_message("FINISHED");
    }
}
