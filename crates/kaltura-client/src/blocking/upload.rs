//! Uploading a file, without async.

use std::fmt;
use std::io::Read;
use std::time::Duration;

use kaltura_types::{UploadToken, UploadTokenId};

use super::Client;
use crate::options::CallOptions;
use crate::upload::{Next, UploadError, UploadOptions, UploadProgress, UploadState, upload_setters};

/// An upload that is ready to be sent. See [`Client::upload`].
#[must_use = "nothing is uploaded until `send` is called"]
pub struct Upload<R, P = fn(&UploadProgress)> {
    client: Client,
    reader: R,
    options: UploadOptions,
    on_progress: Option<P>,
}

impl<R> Upload<R> {
    pub(super) const fn new(client: Client, reader: R, length: u64) -> Self {
        Self { client, reader, options: UploadOptions::new(length), on_progress: None }
    }
}

impl<R, P: FnMut(&UploadProgress)> Upload<R, P> {
    upload_setters!();

    /// Sets a function that is called when the upload token is known, and after each chunk.
    pub fn on_progress<F: FnMut(&UploadProgress)>(self, on_progress: F) -> Upload<R, F> {
        let Self { client, reader, options, on_progress: _ } = self;
        Upload { client, reader, options, on_progress: Some(on_progress) }
    }

    /// Uploads the file, and returns its upload token. See [`Upload::send`](crate::upload::Upload::send).
    ///
    /// # Errors
    ///
    /// [`UploadError`], with the token id and the offset to continue from.
    pub fn send(self) -> Result<UploadToken, UploadError>
    where
        R: Read,
    {
        let Self { client, mut reader, options, mut on_progress } = self;
        let builder = &client.0.builder;
        let mut state = UploadState::new(options, builder.config.retry.clone());
        loop {
            if let (Some(progress), Some(report)) = (state.take_progress(), &mut on_progress) {
                report(&progress);
            }
            match state.next() {
                Next::Call(call, options) => {
                    let outcome = client.call_with(&call, &options);
                    state.take(outcome, builder.clock.random())?;
                }
                Next::Read(length) => {
                    let mut chunk = vec![0; length];
                    let outcome = reader.read_exact(&mut chunk);
                    state.take_chunk(outcome.map(|()| chunk))?;
                }
                Next::Wait(delay) => (builder.sleep)(delay),
                Next::Done(token) => return Ok(token),
            }
        }
    }
}

impl<R, P> fmt::Debug for Upload<R, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("options", &self.options).finish_non_exhaustive()
    }
}
