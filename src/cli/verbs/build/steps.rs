//! The look of BuildKit, made of the lines of a classic build: what was said becomes steps, and each shower draws them.

use super::{failure, image_id, lines};
use crate::cli::app::err;
use crate::cli::error::{Error, Result};
use crate::client::Response;
use crate::wire::Progress;
use std::time::Instant;

/// Draws steps.
pub trait Shower {
    /// A step begins: its place among all, and its instruction.
    fn begin(&mut self, step: &Step);
    /// It was in the cache.
    fn cached(&mut self, step: &Step);
    /// A line that it wrote.
    fn line(&mut self, step: &Step, text: &str);
    /// It is done.
    fn done(&mut self, step: &Step);
    /// It failed, with everything that it wrote.
    fn failed(&mut self, step: &Step, why: &str, log: &[String]);
    /// The image is there under its names.
    fn exported(&mut self, number: usize, id: &str, names: &[String]);
}

/// A step of a build.
#[derive(Clone, Debug)]
pub struct Step {
    /// Counts from 1 over everything that is shown.
    pub number: usize,
    /// `[2/5] RUN make`
    pub title: String,
    pub since: Instant,
}

/// Reads a build's lines.
#[derive(Default)]
struct Reader {
    current: Option<Step>,
    count: usize,
    cached: bool,
    log: Vec<String>,
    /// The beginning of a line whose end has not come.
    rest: String,
    id: String,
    names: Vec<String>,
}

/// Shows the answer and comes back with the image's id.
pub async fn show(response: Response, shower: &mut dyn Shower) -> Result<String> {
    let mut reader = Reader::default();
    let mut failed = None;
    lines(response, |_, progress| {
        failed = failed.take().or(failure(&progress));
        reader.read(&progress, shower);
        Ok(())
    })
    .await?;
    let Some(error) = failed else {
        reader.end(shower);
        let number = reader.count + 1;
        shower.exported(number, &reader.id, &reader.names);
        return Ok(reader.id);
    };
    let why = solved(&error.message);
    if let Some(step) = reader.current.take() {
        shower.failed(&step, &why, &reader.log);
    }
    Err(Error::plain(format!("ERROR: failed to solve: {why}")))
}

/// A failed command in BuildKit's words.
fn solved(message: &str) -> String {
    let parts = || {
        let rest = message.strip_prefix("The command '")?;
        rest.rsplit_once("' returned a non-zero code: ")
    };
    match parts() {
        Some((command, code)) => {
            format!("process {command:?} did not complete successfully: exit code: {code}")
        }
        None => message.to_owned(),
    }
}

impl Reader {
    fn read(&mut self, progress: &Progress, shower: &mut dyn Shower) {
        if let Some(id) = image_id(progress) {
            self.id = id;
        }
        if let (Some(status), Some(step)) = (&progress.status, &self.current) {
            let counted = progress
                .progress_detail
                .as_ref()
                .is_some_and(|d| d.current.is_some());
            let text = match &progress.id {
                Some(id) => format!("{id}: {status}"),
                None => status.clone(),
            };
            if !counted {
                shower.line(step, &text);
            }
        }
        let Some(text) = &progress.stream else { return };
        self.rest.push_str(text);
        while let Some(end) = self.rest.find('\n') {
            let line: String = self.rest.drain(..=end).collect();
            self.text(line.trim_end_matches(['\n', '\r']), shower);
        }
    }

    fn text(&mut self, line: &str, shower: &mut dyn Shower) {
        if let Some((place, instruction)) = step(line) {
            self.end(shower);
            self.count += 1;
            let begun = Step {
                number: self.count,
                title: format!("[{place}] {instruction}"),
                since: Instant::now(),
            };
            shower.begin(&begun);
            self.current = Some(begun);
            return;
        }
        if line == " ---> Using cache" {
            self.cached = true;
            return;
        }
        if let Some(id) = line.strip_prefix("sha256:") {
            self.id = format!("sha256:{id}");
            return;
        }
        if let Some(name) = line.strip_prefix("Successfully tagged ") {
            self.names.push(name.to_owned());
            return;
        }
        let ours = [" ---> ", "Successfully built "]
            .iter()
            .any(|own| line.starts_with(own));
        let clean = line.replace("\u{1b}[91m", "").replace("\u{1b}[0m", "");
        // A colour may end behind the line feed of the text that it is for.
        if ours || clean.starts_with(" ---> ") || clean.is_empty() {
            return;
        }
        if let Some(step) = &self.current {
            shower.line(step, &clean);
            self.log.push(clean);
        }
    }

    fn end(&mut self, shower: &mut dyn Shower) {
        self.log.clear();
        if let Some(step) = self.current.take() {
            match std::mem::take(&mut self.cached) {
                true => shower.cached(&step),
                false => shower.done(&step),
            }
        }
    }
}

/// `Step 2/5 : RUN make`
fn step(line: &str) -> Option<(&str, &str)> {
    let (place, instruction) = line.strip_prefix("Step ")?.split_once(" : ")?;
    let (at, of) = place.split_once('/')?;
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (number(at) && number(of)).then_some((place, instruction))
}

/// `--progress plain`: a line for everything, with the step's number in front.
#[derive(Default)]
pub struct Plain {
    begun: bool,
}

impl Plain {
    fn say(step: &Step, text: &str) {
        err(&format!("#{} {text}\n", step.number));
    }
}

impl Shower for Plain {
    fn begin(&mut self, step: &Step) {
        if std::mem::replace(&mut self.begun, true) {
            err("\n");
        }
        Self::say(step, &step.title);
    }
    fn cached(&mut self, step: &Step) {
        Self::say(step, "CACHED");
    }
    fn line(&mut self, step: &Step, text: &str) {
        let since = step.since.elapsed().as_secs_f64();
        Self::say(step, &format!("{since:.3} {text}"));
    }
    fn done(&mut self, step: &Step) {
        Self::say(
            step,
            &format!("DONE {:.1}s", step.since.elapsed().as_secs_f64()),
        );
    }
    fn failed(&mut self, step: &Step, why: &str, log: &[String]) {
        Self::say(step, &format!("ERROR: {why}"));
        err(&failure_block(step, log));
    }
    fn exported(&mut self, number: usize, id: &str, names: &[String]) {
        let mut text =
            format!("\n#{number} exporting to image\n#{number} writing image {id} done\n");
        for name in names {
            text.push_str(&format!("#{number} naming to {name} done\n"));
        }
        err(&format!("{text}#{number} DONE 0.0s\n"));
    }
}

/// The end of what a failed step wrote, between rules.
pub fn failure_block(step: &Step, log: &[String]) -> String {
    let mut text = format!("------\n > {}:\n", step.title);
    for line in &log[log.len().saturating_sub(10)..] {
        text.push_str(&format!("{line}\n"));
    }
    text.push_str("------\n");
    text
}

/// `--quiet`: what a failed step wrote, and nothing else.
pub struct Silent;

impl Shower for Silent {
    fn begin(&mut self, _: &Step) {}
    fn cached(&mut self, _: &Step) {}
    fn line(&mut self, _: &Step, _: &str) {}
    fn done(&mut self, _: &Step) {}
    fn failed(&mut self, step: &Step, _: &str, log: &[String]) {
        err(&failure_block(step, log));
    }
    fn exported(&mut self, _: usize, _: &str, _: &[String]) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Told(Vec<String>);

    impl Shower for Told {
        fn begin(&mut self, step: &Step) {
            self.0.push(format!("begin {} {}", step.number, step.title));
        }
        fn cached(&mut self, _: &Step) {
            self.0.push("cached".to_owned());
        }
        fn line(&mut self, _: &Step, text: &str) {
            self.0.push(format!("line {text}"));
        }
        fn done(&mut self, _: &Step) {
            self.0.push("done".to_owned());
        }
        fn failed(&mut self, _: &Step, _: &str, _: &[String]) {}
        fn exported(&mut self, _: usize, _: &str, _: &[String]) {}
    }

    #[test]
    fn classic_lines_become_steps() {
        let (mut reader, mut told) = (Reader::default(), Told::default());
        for text in [
            "Step 1/2 : FROM a",
            "\n",
            " ---> 0123456789ab\n",
            "Step 2/2 : RUN x",
            "\n",
            " ---> Running in 0123456789ab\n",
            "half",
            " line\n",
            "\u{1b}[91moops\n\u{1b}[0m",
            " ---> Removed intermediate container 0123456789ab\n",
            "Successfully built 0123456789ab\n",
            "Successfully tagged a:b\n",
        ] {
            reader.read(&Progress::stream(text), &mut told);
        }
        reader.end(&mut told);
        let expected = [
            "begin 1 [1/2] FROM a",
            "done",
            "begin 2 [2/2] RUN x",
            "line half line",
            "line oops",
            "done",
        ];
        assert_eq!(told.0, expected);
        assert_eq!(reader.names, ["a:b"]);
        assert_eq!(
            solved("The command '/bin/sh -c exit 3' returned a non-zero code: 3"),
            "process \"/bin/sh -c exit 3\" did not complete successfully: exit code: 3"
        );
    }
}
