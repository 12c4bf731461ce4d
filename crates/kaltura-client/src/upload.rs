//! Uploading a file of any size, in chunks.
//!
//! [`Client::upload`] and [`blocking::Client::upload`](crate::blocking::Client::upload) do it. Both are drivers of a
//! pure state machine, which decides what is sent next.

mod error;
mod state;

use std::fmt;
use std::time::Duration;

use futures_util::{AsyncRead, AsyncReadExt as _};
use kaltura_types::{UploadToken, UploadTokenId};

pub use self::error::{UploadError, UploadFailure};
pub(crate) use self::state::{Next, UploadState};

use crate::client::Client;
use crate::options::CallOptions;

const DEFAULT_CHUNK_SIZE: usize = 10 << 20;

const DEFAULT_CHUNK_TIMEOUT: Duration = Duration::from_secs(120);

/// The progress of an upload. To continue an upload after a restart of the program, keep the token id and the number of
/// uploaded bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadProgress {
    token_id: UploadTokenId,
    uploaded: u64,
    length: u64,
}

impl UploadProgress {
    /// The id of the upload token. It gives access to the file: keep it like a secret.
    #[must_use]
    pub const fn token_id(&self) -> &UploadTokenId {
        &self.token_id
    }

    /// How many bytes of the file the server has confirmed.
    #[must_use]
    pub const fn uploaded(&self) -> u64 {
        self.uploaded
    }

    /// The length of the file in bytes.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }
}

/// The settings of an upload.
#[derive(Clone, Debug)]
pub(crate) struct UploadOptions {
    pub(crate) length: u64,
    pub(crate) file_name: Option<String>,
    pub(crate) chunk_size: usize,
    pub(crate) chunk_timeout: Duration,
    pub(crate) resume: Option<(UploadTokenId, u64)>,
    pub(crate) call_options: CallOptions,
}

impl UploadOptions {
    pub(crate) const fn new(length: u64) -> Self {
        let (chunk_size, chunk_timeout) = (DEFAULT_CHUNK_SIZE, DEFAULT_CHUNK_TIMEOUT);
        let call_options = CallOptions::new();
        Self { length, file_name: None, chunk_size, chunk_timeout, resume: None, call_options }
    }
}

/// The setters of both kinds of uploads, which have the fields `options` and `on_progress`.
macro_rules! upload_setters {
    () => {
        /// Sets the name of the file, such as `lecture.mp4`. The server uses its extension.
        pub fn file_name(mut self, name: impl Into<String>) -> Self {
            self.options.file_name = Some(name.into());
            self
        }

        /// Sets the size of the chunks in bytes, at least 1. The default is 10 MiB. One chunk is in memory at a time,
        /// with the body of its request. Servers limit the size of a request.
        pub fn chunk_size(mut self, bytes: usize) -> Self {
            self.options.chunk_size = bytes.max(1);
            self
        }

        /// Sets the options of each call, such as a KS, or a timeout of one chunk with its retries.
        pub fn options(mut self, options: CallOptions) -> Self {
            self.options.call_options = options;
            self
        }

        /// Sets the timeout of the request of each chunk. The default is 120 seconds, and it is never less than the
        /// client's own. The last chunk has 45 seconds more, as long as the server may take to join the chunks.
        pub fn chunk_timeout(mut self, timeout: Duration) -> Self {
            self.options.chunk_timeout = timeout;
            self
        }

        /// Continues an upload. The reader must be at `offset`; the length is still that of the whole file.
        ///
        /// Take both values from [`UploadProgress`] or [`UploadError`]. The offset must not be greater than the number
        /// of bytes that the server has, the `uploaded_file_size` of
        /// [`GetUploadToken`](kaltura_types::GetUploadToken). The session must have the same user.
        pub fn resume(mut self, token_id: UploadTokenId, offset: u64) -> Self {
            self.options.resume = Some((token_id, offset));
            self
        }
    };
}
pub(crate) use upload_setters;

/// An upload that is ready to be sent. See [`Client::upload`].
#[must_use = "nothing is uploaded until `send` is called"]
pub struct Upload<R, P = fn(&UploadProgress)> {
    client: Client,
    reader: R,
    options: UploadOptions,
    on_progress: Option<P>,
}

impl<R> Upload<R> {
    pub(crate) const fn new(client: Client, reader: R, length: u64) -> Self {
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

    /// Uploads the file, and returns its upload token, whose status is full, or closed if it is already the content of
    /// an entry.
    ///
    /// If the future is dropped, the upload can be [resumed](Self::resume).
    ///
    /// # Errors
    ///
    /// [`UploadError`], with the token id and the offset to continue from.
    pub async fn send(self) -> Result<UploadToken, UploadError>
    where
        R: AsyncRead + Unpin,
    {
        let Self { client, mut reader, options, mut on_progress } = self;
        let mut state = UploadState::new(options, client.config().retry.clone());
        loop {
            if let (Some(progress), Some(report)) = (state.take_progress(), &mut on_progress) {
                report(&progress);
            }
            match state.next() {
                Next::Call(call, options) => {
                    let outcome = Box::pin(client.call_with(&call, &options)).await;
                    state.take(outcome, client.runtime().random())?;
                }
                Next::Read(length) => {
                    let mut chunk = vec![0; length];
                    let outcome = reader.read_exact(&mut chunk).await;
                    state.take_chunk(outcome.map(|()| chunk))?;
                }
                Next::Wait(delay) => client.runtime().sleep(delay).await,
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
