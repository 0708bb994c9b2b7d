//! Docker's lines for what happens while an image is pulled.

use crate::registry::{Event, Step};
use crate::wire::Progress;
use crate::wire::progress::ProgressDetail;

/// The line of an event.
pub fn line(event: Event) -> Progress {
    match event {
        Event::From { reference, path } => Progress {
            id: Some(reference),
            ..Progress::status(format!("Pulling from {path}"))
        },
        Event::Layer { id, step } => layer(id, step),
        Event::Digest(digest) => Progress::status(format!("Digest: {digest}")),
        Event::PushTo(name) => Progress::status(format!("The push refers to repository [{name}]")),
        Event::PushedTag { tag, digest, size } => {
            Progress::status(format!("{tag}: digest: {digest} size: {size}"))
        }
        // A client shows nothing of a line with `aux`.
        Event::Receipt { tag, digest, size } => Progress {
            progress_detail: Some(ProgressDetail::default()),
            aux: Some(serde_json::json!({"Tag": tag, "Digest": digest.to_string(), "Size": size})),
            ..Progress::default()
        },
        Event::Pulled { name, newer: true } => {
            Progress::status(format!("Status: Downloaded newer image for {name}"))
        }
        Event::Pulled { name, newer: false } => {
            Progress::status(format!("Status: Image is up to date for {name}"))
        }
    }
}

fn layer(id: String, step: Step) -> Progress {
    let text = match step {
        Step::Downloading { done, total } => {
            return Progress::counted(id, "Downloading", done, total);
        }
        Step::Extracting { done, total } => {
            return Progress::counted(id, "Extracting", done, total);
        }
        Step::Pushing { done, total } => {
            return Progress::counted(id, "Pushing", done, total);
        }
        Step::Preparing => "Preparing".to_owned(),
        Step::There => "Layer already exists".to_owned(),
        Step::Mounted(from) => format!("Mounted from {from}"),
        Step::Pushed => "Pushed".to_owned(),
        Step::Retrying(1) => "Retrying in 1 second".to_owned(),
        Step::Retrying(seconds) => format!("Retrying in {seconds} seconds"),
        Step::Wanted => "Pulling fs layer".to_owned(),
        Step::Waiting => "Waiting".to_owned(),
        Step::Exists => "Already exists".to_owned(),
        Step::Verifying => "Verifying Checksum".to_owned(),
        Step::Downloaded => "Download complete".to_owned(),
        Step::Pulled => "Pull complete".to_owned(),
    };
    Progress::layer(id, text)
}
