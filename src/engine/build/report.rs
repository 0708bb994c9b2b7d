//! What happens in a build, as it happens, for a listener that finds its own words.

use super::builder::Failed;
use crate::wire::frame::Stream;
use bytes::Bytes;

/// One happening. Steps come one after the other: what is said of a step is about the last one that has begun.
#[derive(Clone, Debug)]
pub enum Event {
    /// A step begins, or the look-up of an image: `[2/4] RUN make`.
    Begun(String),
    /// It was done before.
    Cached,
    /// Its program wrote something.
    Output(Stream, Bytes),
    /// It has ended; with the reason when it did not go well.
    Ended(Option<String>),
    /// The build is over: the image's id, or why there is none. Nothing comes after this.
    Finished(Result<String, Failure>),
}

/// Why there is no image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    pub message: String,
    /// The lines of the Dockerfile that are to blame, from 1, both included.
    pub lines: Option<(usize, usize)>,
}

impl From<Failed> for Failure {
    fn from(failed: Failed) -> Self {
        Failure {
            message: format!("{}{}", failed.around, failed.message),
            lines: failed.lines,
        }
    }
}
