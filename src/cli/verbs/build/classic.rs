//! The look of Docker's classic builder.

use super::request::Sent;
use super::{failure, image_id, lines};
use crate::base::size;
use crate::cli::app::{err, out};
use crate::cli::error::Result;
use crate::client::{self, Response};
use crate::wire::Progress;

/// What Docker says first.
pub const DEPRECATED: &str =
    "DEPRECATED: The legacy builder is deprecated and will be removed in a future release.
            BuildKit is currently disabled; enable it by removing the DOCKER_BUILDKIT=0
            environment-variable.

";

/// Shows the answer; a quiet build says everything when it failed. Comes back with the image's id.
pub async fn show(response: client::Result<Response>, sent: &Sent, quiet: bool) -> Result<String> {
    let bytes = size::decimal(sent.bytes() as f64);
    let sending = format!("Sending build context to Docker daemon  {bytes}\r\r\n");
    let mut kept = String::new();
    let mut say = |text: &str| match quiet {
        true => kept.push_str(text),
        false => out(text),
    };
    say(&sending);
    let response = match response {
        Ok(response) => response,
        Err(error) => {
            err(&kept);
            return Err(error.into());
        }
    };
    let (mut id, mut failed) = (String::new(), None);
    let read = lines(response, |_, progress| {
        id = image_id(&progress).unwrap_or(std::mem::take(&mut id));
        failed = failed.take().or(failure(&progress));
        if let Some(text) = text(&progress) {
            if quiet && text.starts_with("sha256:") {
                id = text.trim().to_owned();
            }
            say(&text);
        }
        Ok(())
    })
    .await;
    match (read, failed) {
        (Err(error), _) => Err(error),
        (Ok(()), Some(error)) => {
            if quiet {
                err(&kept);
            }
            Err(error)
        }
        (Ok(()), None) => Ok(id),
    }
}

/// What one line prints; counts of a pull are for terminals.
fn text(progress: &Progress) -> Option<String> {
    if let Some(text) = &progress.stream {
        return Some(text.clone());
    }
    let status = progress.status.as_ref()?;
    let counted = progress
        .progress_detail
        .as_ref()
        .is_some_and(|d| d.current.is_some());
    match &progress.id {
        _ if counted => None,
        Some(id) => Some(format!("{id}: {status}\n")),
        None => Some(format!("{status}\n")),
    }
}
