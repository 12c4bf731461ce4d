//! An answer, and what happens to it on its way.

use std::time::Duration;

use bytes::Bytes;

/// An answer, and what happens to it on its way to the client.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reply {
    /// The whole answer, as the server made it.
    pub response: http::Response<Bytes>,
    /// How long the client waits for it.
    pub delay: Duration,
    /// How the connection breaks, if it does.
    pub breakage: Option<Breakage>,
}

/// How a connection breaks. In either case no complete answer arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Breakage {
    /// It is reset before the first byte of the answer.
    Reset,
    /// It ends after so many bytes of the body, fewer than the answer has.
    CutBody(usize),
}

impl Reply {
    pub(crate) const fn whole(response: http::Response<Bytes>) -> Self {
        Self { response, delay: Duration::ZERO, breakage: None }
    }
}
