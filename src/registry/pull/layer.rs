//! One layer from a registry into the store, in one pass: fetched, hashed, decompressed, indexed and stored as it comes.
//!
//! A connection that breaks is taken up where it stopped, so the pass need not begin anew. Bytes beyond what the manifest
//! says are refused at once; the digest decides at the end. Nothing that failed stays.

use super::super::error::{Error, Result};
use super::super::options::Options;
use super::super::retry::{Attempts, wait};
use super::super::session::Session;
use super::transfer::{Busy, State, Turn};
use crate::base::bridge::{Feeder, bridge};
use crate::base::digest::Digest;
use crate::oci;
use crate::store::{Expect, NewLayer, Packed, Store};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A layer as its image's manifest and config name it.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Of the bytes that come.
    pub digest: Digest,
    pub size: u64,
    pub media_type: String,
    /// Of the plain tar.
    pub diff_id: Digest,
}

/// Everything that a transfer works with.
pub struct Work {
    pub session: Arc<Session>,
    pub store: Arc<Store>,
    pub options: Options,
    pub wanted: Wanted,
    /// The repository's whole name, to be remembered.
    pub repository: String,
    /// Held for as long as anything works on the layer.
    pub busy: Busy,
}

/// Time between two lines of progress.
const PACE: Duration = Duration::from_millis(100);

/// Fetches a layer when its turn comes; its last state is `Done` or `Failed`.
pub async fn run(work: Work, state: watch::Sender<State>, turn: Turn) {
    let turn = turn.come().await;
    let last = match work.fetch(&state).await {
        Ok(bytes) => State::Done(bytes),
        Err(error) => State::Failed(Arc::new(error)),
    };
    drop(turn);
    state.send_replace(last);
}

impl Work {
    async fn fetch(&self, state: &watch::Sender<State>) -> Result<u64> {
        let mut resumed = false;
        match self.pass(state, &mut resumed).await {
            // Bytes from two connections may belong to two versions of a broken file: once more from the start.
            Err(Error::LayerDigest(_)) if resumed => self.pass(state, &mut false).await,
            other => other,
        }
    }

    /// One pass over the whole layer; comes back with the bytes that came.
    async fn pass(&self, state: &watch::Sender<State>, resumed: &mut bool) -> Result<u64> {
        let (feeder, mut reader) = bridge();
        let (store, wanted) = (self.store.clone(), self.wanted.clone());
        let busy = self.busy.clone();
        let storing = tokio::task::spawn_blocking(move || -> crate::store::Result<NewLayer> {
            let expect = Expect {
                blob: Some(wanted.digest),
                diff_id: Some(wanted.diff_id),
            };
            let _busy = busy;
            store.ingest().layer(&mut reader, expect)
        });
        let fed = self.feed(feeder, state, resumed).await;
        let stored = storing.await;
        // The store's own words come first: its refusal is why feeding stopped, unless feeding itself failed.
        fed?;
        let stored = stored.map_err(|e| Error::Other(format!("an internal task failed: {e}")))?;
        let layer = stored.map_err(|error| match error {
            crate::store::Error::Input(oci::Error::Digest { .. }) => {
                Error::LayerDigest(self.wanted.digest)
            }
            other => other.into(),
        })?;
        self.remember(&layer).await;
        Ok(layer.blob_size)
    }

    /// Brings every byte to the reader, over as many connections as it takes.
    async fn feed(
        &self,
        feeder: Feeder,
        state: &watch::Sender<State>,
        resumed: &mut bool,
    ) -> Result<()> {
        let (mut attempts, mut done) = (Attempts::default(), 0);
        loop {
            let before = done;
            let error = match self.connection(&feeder, state, &mut done).await {
                Ok(()) => {
                    feeder.end().await;
                    return Ok(());
                }
                Err(error) => error,
            };
            let Some(seconds) = attempts.again(&error, done > before) else {
                feeder.fail(io::Error::other(error.to_string())).await;
                return Err(error);
            };
            tracing::debug!(layer = %self.wanted.digest, done, "trying again in {seconds} s: {error}");
            let tell = |left| drop(state.send_replace(State::Retrying(left)));
            wait(&self.options, seconds, tell).await;
            *resumed = done > 0;
        }
    }

    /// What one connection brings; `done` counts the bytes of the layer.
    async fn connection(
        &self,
        feeder: &Feeder,
        state: &watch::Sender<State>,
        done: &mut u64,
    ) -> Result<()> {
        let mut download = self.session.open_blob(&self.wanted.digest, *done).await?;
        let mut told = None::<Instant>;
        while let Some(piece) = download.chunk().await? {
            *done += piece.len() as u64;
            if *done > self.wanted.size {
                return Err(Error::LayerDigest(self.wanted.digest));
            }
            if !feeder.send(piece).await {
                // The reader has had enough; it says why.
                return Ok(());
            }
            if told.is_none_or(|at| at.elapsed() >= PACE) {
                told = Some(Instant::now());
                state.send_replace(State::Downloading {
                    done: *done,
                    total: download.total,
                });
            }
        }
        match download.total {
            Some(total) if *done < total => Err(Error::Network("unexpected EOF".to_owned())),
            _ => Ok(()),
        }
    }

    async fn remember(&self, layer: &NewLayer) {
        let form = Packed {
            digest: layer.blob,
            size: layer.blob_size,
            media_type: self.wanted.media_type.clone(),
            repositories: vec![self.repository.clone()],
        };
        let (store, diff_id) = (self.store.clone(), layer.diff_id);
        let kept = tokio::task::spawn_blocking(move || store.remember_packed(&diff_id, form)).await;
        if let Ok(Err(e)) = kept {
            tracing::debug!("a layer's name was not remembered: {e}");
        }
    }
}
