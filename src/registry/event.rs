//! What a pull or a push tells while it works. The words for it are the engine's.

use crate::base::digest::Digest;
use tokio::sync::mpsc;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The manifest is here, and its layers are next. `reference` is a tag, or a whole reference by digest.
    From { reference: String, path: String },
    /// A layer, by the first digits of its digest, has come to a step.
    Layer { id: String, step: Step },
    /// What the pulled reference stands for.
    Digest(Digest),
    /// A push to this repository begins.
    PushTo(String),
    /// A tag is in the registry, with the digest and the bytes of its manifest.
    PushedTag {
        tag: String,
        digest: Digest,
        size: u64,
    },
    /// The same once more, for programs.
    Receipt {
        tag: String,
        digest: Digest,
        size: u64,
    },
    /// A pull is done; `newer`: something is known now that was not known before.
    Pulled { name: String, newer: bool },
}

/// Where a layer is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Wanted,
    Waiting,
    Exists,
    Downloading {
        done: u64,
        total: Option<u64>,
    },
    /// Seconds until the next attempt.
    Retrying(u32),
    Verifying,
    Downloaded,
    Extracting {
        done: u64,
        total: Option<u64>,
    },
    Pulled,
    /// A push is about to look for it.
    Preparing,
    /// The registry has it in the repository.
    There,
    /// The registry took it from another of its repositories.
    Mounted(String),
    Pushing {
        done: u64,
        total: Option<u64>,
    },
    Pushed,
}

impl Event {
    pub fn layer(id: impl Into<String>, step: Step) -> Event {
        Event::Layer {
            id: id.into(),
            step,
        }
    }
}

/// Where events go. When the other end has gone, whoever asked has left.
pub type Tell = mpsc::Sender<Event>;
