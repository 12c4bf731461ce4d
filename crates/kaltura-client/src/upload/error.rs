//! The error of an upload.

use std::io;
use std::sync::Arc;

use kaltura_auth::Report;
use kaltura_types::UploadTokenId;

use crate::error::{Error, ErrorKind};

/// An upload failed. The upload can be [resumed](super::Upload::resume) for seven days (wire contract, section 10.3).
///
/// Its text and those of its sources can be joined; [`report`](Self::report) does that. None contains the token id.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the upload failed after {offset} of {length} bytes")]
pub struct UploadError {
    pub(super) token_id: Option<UploadTokenId>,
    pub(super) offset: u64,
    pub(super) length: u64,
    #[source]
    pub(super) failure: UploadFailure,
}

/// Why an upload failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadFailure {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] Error),
    /// The reader failed, or ended before the length of the file.
    #[error("the file cannot be read")]
    Read(#[source] Arc<io::Error>),
    /// The server has not as many bytes as were uploaded, a complete file of another length, or more than the length of
    /// the file.
    #[error("the server has {uploaded} bytes of the file, and not {expected}")]
    Incomplete {
        /// How many bytes the server has.
        uploaded: u64,
        /// How many it should have.
        expected: u64,
    },
    /// The upload was resumed at an offset beyond what the server has. Nothing was sent.
    #[error("the server has {uploaded} bytes of the file, so the upload cannot go on at {offset}")]
    OffsetTooLarge {
        /// The offset that was given.
        offset: u64,
        /// How many bytes the server has.
        uploaded: u64,
    },
}

impl UploadError {
    /// The id of the upload token, to resume the upload; `None` if there is none yet.
    #[must_use]
    pub const fn token_id(&self) -> Option<&UploadTokenId> {
        self.token_id.as_ref()
    }

    /// The offset to resume from, in bytes.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Why the upload failed.
    #[must_use]
    pub const fn failure(&self) -> &UploadFailure {
        &self.failure
    }

    /// The error of the call that failed.
    #[must_use]
    pub const fn call_error(&self) -> Option<&Error> {
        match &self.failure {
            UploadFailure::Call(error) => Some(error),
            _ => None,
        }
    }

    /// The error, its causes and the hint as one text.
    ///
    /// ```
    /// # use kaltura_client::UploadError;
    /// # fn example(error: UploadError) {
    /// eprintln!("{:#}", error.report());
    /// # }
    /// ```
    #[must_use]
    pub fn report(&self) -> Report<'_> {
        Report::new(self, self.hint())
    }

    /// What to do, in one or two sentences.
    #[must_use]
    pub fn hint(&self) -> String {
        match &self.failure {
            UploadFailure::Call(error) => match error.api_error().map(|error| error.code().as_str()) {
                Some("UPLOAD_ERROR") => TOO_LARGE.to_owned(),
                Some(_) if error.kind() == ErrorKind::BodyIgnored => TOO_LARGE.to_owned(),
                Some("UPLOAD_TOKEN_NOT_FOUND") => {
                    "Use a session of the user that began the upload, or begin it again.".to_owned()
                }
                _ => error.hint(),
            },
            UploadFailure::Read(_) => "Check the file, and that it is as long as announced.".to_owned(),
            UploadFailure::Incomplete { .. } | UploadFailure::OffsetTooLarge { .. } => {
                "Resume from the number of bytes that the server has, or begin the upload again.".to_owned()
            }
        }
    }
}

const TOO_LARGE: &str = "Upload smaller chunks: the server limits the size of a request.";
