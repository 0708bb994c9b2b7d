//! `load`: takes the images of an archive in.

use super::pull::{ProgressStream, QUEUE, receive};
use crate::base::bridge::readable;
use crate::engine::options::LoadOptions;
use crate::engine::{Engine, Result};
use crate::wire::Progress;
use bytes::Bytes;
use futures_util::Stream;
use std::io;
use std::sync::Arc;
use tokio::sync::mpsc;

impl Engine {
    /// Tells about layers and images as they come; a failure is the last line.
    pub fn image_load<S>(self: &Arc<Self>, body: S, options: LoadOptions) -> ProgressStream
    where
        S: Stream<Item = io::Result<Bytes>> + Send + Unpin + 'static,
    {
        let (lines, queue) = mpsc::channel(QUEUE);
        let engine = self.clone();
        let mut reader = readable(body);
        tokio::task::spawn_blocking(move || {
            // The error means that the client has left.
            let mut tell = |line: Progress| drop(lines.blocking_send(line));
            match engine.loaded(&mut reader, &options, &mut tell) {
                Ok(()) => {}
                Err(e) => tell(Progress::failed(e.message, None)),
            }
        });
        Box::pin(receive(queue))
    }

    fn loaded(
        &self,
        tar: &mut dyn io::Read,
        options: &LoadOptions,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<()> {
        for one in self.images.load(tar, options, tell)? {
            let image = self.images.resolve(&one.id)?;
            self.tell_image("load", &image, &image.id);
        }
        Ok(())
    }
}
