//! What an upload sends next. Pure: it is given the responses and the chunks, and never waits.
//!
//! The rules, from the measurements of `uploadToken` (wire contract, sections 10.3 and 10.10):
//!
//! - `uploadToken.add` is not sent again after a lost response: it would create another token.
//! - Each chunk has its offset (`resumeAt`). Then it can be sent again, after the token was read: if the server has the
//!   chunk, it is not. This matters for the first chunk, which begins the upload anew: it is only sent again while no
//!   other was sent.
//! - A chunk that is refused because the token is full or closed was the last one, and its response was lost.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use kaltura_types::{
    Action, AddUploadToken, FilePart, GetUploadToken, Parameters, UploadChunk, UploadToken, UploadTokenId,
};

use super::{UploadError, UploadFailure, UploadOptions, UploadProgress};
use crate::error::{Error, ErrorKind};
use crate::options::CallOptions;
use crate::retry::{RetryPolicy, fraction};

/// How long the server may take to join the chunks after the last one (wire contract, section 10.3).
const JOIN_TIMEOUT: Duration = Duration::from_secs(45);

pub(crate) struct UploadState {
    options: UploadOptions,
    retry: RetryPolicy,
    token_id: Option<UploadTokenId>,
    /// How many bytes the server has confirmed.
    offset: u64,
    step: Step,
    /// How often the current chunk was sent without a usable response.
    failures: u32,
    progress: Option<UploadProgress>,
}

/// What happens next.
enum Step {
    Add,
    /// Reads the token of an upload that is resumed.
    Resume(UploadTokenId),
    Read(UploadTokenId),
    Send(UploadTokenId, UploadChunk),
    Wait(UploadTokenId, UploadChunk, Error, Duration),
    /// Reads the token, because the response to this chunk was lost or is an error.
    Check(UploadTokenId, UploadChunk, Error),
    Done(UploadToken),
}

/// What the driver has to do.
pub(crate) enum Next {
    /// Send this call, and pass its outcome to [`UploadState::take`].
    Call(UploadCall, CallOptions),
    /// Read so many bytes, and pass them to [`UploadState::take_chunk`].
    Read(usize),
    /// Wait so long.
    Wait(Duration),
    /// Return the token.
    Done(UploadToken),
}

/// A call of an upload. All of them return the upload token.
pub(crate) enum UploadCall {
    Add(AddUploadToken),
    Get(GetUploadToken),
    Chunk(UploadChunk),
}

impl UploadState {
    pub(crate) fn new(options: UploadOptions, retry: RetryPolicy) -> Self {
        let (token_id, offset, step) = match options.resume.clone() {
            Some((id, offset)) => (Some(id.clone()), offset, Step::Resume(id)),
            None => (None, 0, Step::Add),
        };
        Self { options, retry, token_id, offset, step, failures: 0, progress: None }
    }

    /// The progress, if it has changed since the last call.
    pub(crate) const fn take_progress(&mut self) -> Option<UploadProgress> {
        self.progress.take()
    }

    pub(crate) fn next(&mut self) -> Next {
        // A wait happens once.
        if let Step::Wait(id, chunk, error, delay) = &self.step {
            let delay = *delay;
            self.step = Step::Check(id.clone(), chunk.clone(), error.clone());
            return Next::Wait(delay);
        }
        match &self.step {
            Step::Add => {
                let add = AddUploadToken::new().file_size(self.options.length);
                let add = match &self.options.file_name {
                    Some(name) => add.file_name(name),
                    None => add,
                };
                Next::Call(UploadCall::Add(add), self.call_options())
            }
            Step::Resume(id) | Step::Check(id, ..) | Step::Wait(id, ..) => {
                Next::Call(UploadCall::Get(GetUploadToken::new(id.clone())), self.call_options())
            }
            Step::Read(_) => Next::Read(self.next_length()),
            Step::Send(_, chunk) => {
                let is_final = self.is_final(chunk);
                let join = if is_final { JOIN_TIMEOUT } else { Duration::ZERO };
                let timeout = self.options.chunk_timeout.saturating_add(join);
                let options = self.call_options().min_request_timeout(timeout);
                Next::Call(UploadCall::Chunk(chunk.clone()), options)
            }
            Step::Done(token) => Next::Done(token.clone()),
        }
    }

    /// Takes the chunk that [`Next::Read`] asks for.
    pub(crate) fn take_chunk(&mut self, chunk: io::Result<Vec<u8>>) -> Result<(), UploadError> {
        let Step::Read(id) = &self.step else { return Ok(()) };
        match chunk {
            Ok(content) => {
                let is_final = self.offset + content.len() as u64 >= self.options.length;
                let name = self.options.file_name.clone().unwrap_or_default();
                let chunk = UploadChunk::new(id.clone(), name, self.offset, content, is_final);
                self.step = Step::Send(id.clone(), chunk);
                Ok(())
            }
            Err(error) => Err(self.fail(UploadFailure::Read(Arc::new(error)))),
        }
    }

    /// Takes the outcome of a call.
    pub(crate) fn take(
        &mut self,
        outcome: Result<UploadToken, Error>,
        random: u64,
    ) -> Result<(), UploadError> {
        match (std::mem::replace(&mut self.step, Step::Add), outcome) {
            (Step::Add, Ok(token)) => {
                self.token_id = Some(token.id.clone());
                self.report(&token.id);
                self.step = Step::Read(token.id);
                Ok(())
            }
            (Step::Resume(id), Ok(token)) => self.resume(id, token),
            (Step::Send(id, chunk), Ok(token)) => self.sent(id, &chunk, token),
            (Step::Send(id, chunk), Err(error)) => self.send_failed(id, chunk, error, random),
            (Step::Check(id, chunk, error), Ok(token)) => self.checked(id, chunk, error, token),
            (_, Err(error)) => Err(self.fail(error.into())),
            (step, Ok(_)) => {
                self.step = step;
                Ok(())
            }
        }
    }

    fn resume(&mut self, id: UploadTokenId, token: UploadToken) -> Result<(), UploadError> {
        let uploaded = token.uploaded_file_size.unwrap_or(0);
        if token.is_complete() {
            return self.complete(token);
        }
        // The final chunk would complete a file of another length.
        let length = self.options.length;
        if uploaded > length {
            return Err(self.fail(UploadFailure::Incomplete { uploaded, expected: length }));
        }
        if self.offset > uploaded {
            let failure = UploadFailure::OffsetTooLarge { offset: self.offset, uploaded };
            self.offset = uploaded;
            return Err(self.fail(failure));
        }
        self.report(&id);
        self.step = Step::Read(id);
        Ok(())
    }

    fn sent(
        &mut self,
        id: UploadTokenId,
        chunk: &UploadChunk,
        token: UploadToken,
    ) -> Result<(), UploadError> {
        if self.is_final(chunk) {
            return self.complete(token);
        }
        self.confirm(id, chunk);
        Ok(())
    }

    fn send_failed(
        &mut self,
        id: UploadTokenId,
        chunk: UploadChunk,
        error: Error,
        random: u64,
    ) -> Result<(), UploadError> {
        if was_not_accepted(&error) {
            self.step = Step::Check(id, chunk, error);
            return Ok(());
        }
        self.failures += 1;
        let delay = self.retry.delay(&error, true, self.failures, Duration::ZERO, fraction(random));
        match delay.filter(|_| may_have_arrived(&error)) {
            Some(delay) => {
                self.step = Step::Wait(id, chunk, error, delay);
                Ok(())
            }
            None => Err(self.fail(error.into())),
        }
    }

    fn checked(
        &mut self,
        id: UploadTokenId,
        chunk: UploadChunk,
        error: Error,
        token: UploadToken,
    ) -> Result<(), UploadError> {
        let uploaded = token.uploaded_file_size.unwrap_or(0);
        let end = chunk.offset() + chunk.length() as u64;
        if token.is_complete() {
            self.complete(token)
        } else if uploaded < chunk.offset() {
            // The server has lost what it confirmed.
            let failure = UploadFailure::Incomplete { uploaded, expected: self.offset };
            self.offset = uploaded;
            Err(self.fail(failure))
        } else if was_not_accepted(&error) {
            Err(self.fail(error.into()))
        } else if uploaded >= end && !self.is_final(&chunk) {
            self.confirm(id, &chunk);
            Ok(())
        } else {
            self.step = Step::Send(id, chunk);
            Ok(())
        }
    }

    /// The token should be that of the whole file.
    fn complete(&mut self, token: UploadToken) -> Result<(), UploadError> {
        let (uploaded, expected) = (token.uploaded_file_size.unwrap_or(0), self.options.length);
        if !token.is_complete() || uploaded != expected {
            self.offset = self.offset.min(uploaded);
            return Err(self.fail(UploadFailure::Incomplete { uploaded, expected }));
        }
        self.offset = expected;
        self.report(&token.id);
        self.step = Step::Done(token);
        Ok(())
    }

    fn confirm(&mut self, id: UploadTokenId, chunk: &UploadChunk) {
        self.offset = chunk.offset() + chunk.length() as u64;
        self.failures = 0;
        self.report(&id);
        self.step = Step::Read(id);
    }

    fn report(&mut self, id: &UploadTokenId) {
        let (uploaded, length) = (self.offset, self.options.length);
        self.progress = Some(UploadProgress { token_id: id.clone(), uploaded, length });
    }

    fn call_options(&self) -> CallOptions {
        self.options.call_options.clone()
    }

    fn next_length(&self) -> usize {
        let rest = self.options.length.saturating_sub(self.offset);
        usize::try_from(rest).unwrap_or(usize::MAX).min(self.options.chunk_size)
    }

    fn is_final(&self, chunk: &UploadChunk) -> bool {
        chunk.offset() + chunk.length() as u64 >= self.options.length
    }

    fn fail(&self, failure: UploadFailure) -> UploadError {
        let (token_id, offset, length) = (self.token_id.clone(), self.offset, self.options.length);
        UploadError { token_id, offset, length, failure }
    }
}

/// Whether the token says more than the error: it is full, so that the chunk was there already, or chunks are missing.
fn was_not_accepted(error: &Error) -> bool {
    let code = error.api_error().map(|error| error.code().as_str());
    matches!(code, Some("UPLOAD_TOKEN_INVALID_STATUS_FOR_UPLOAD" | "UPLOAD_TOKEN_CANNOT_MATCH_EXPECTED_SIZE"))
}

/// Whether the server may have taken the chunk. Otherwise the client has already sent it several times.
fn may_have_arrived(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Transport(_) => error.transport_error().is_some_and(|failure| failure.maybe_sent()),
        ErrorKind::Unavailable | ErrorKind::ServerFailed => true,
        _ => false,
    }
}

impl Action for UploadCall {
    type Output = UploadToken;

    fn service(&self) -> &str {
        match self {
            Self::Add(action) => action.service(),
            Self::Get(action) => action.service(),
            Self::Chunk(action) => action.service(),
        }
    }

    fn action(&self) -> &str {
        match self {
            Self::Add(action) => action.action(),
            Self::Get(action) => action.action(),
            Self::Chunk(action) => action.action(),
        }
    }

    fn parameters(&self) -> Parameters {
        match self {
            Self::Add(action) => action.parameters(),
            Self::Get(action) => action.parameters(),
            Self::Chunk(action) => action.parameters(),
        }
    }

    fn files(&self) -> &[FilePart] {
        match self {
            Self::Add(action) => action.files(),
            Self::Get(action) => action.files(),
            Self::Chunk(action) => action.files(),
        }
    }
}
