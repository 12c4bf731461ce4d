//! The contract of a transport, as a list of rules.

use std::fmt;

/// One rule of the contract of [`Transport`](kaltura_auth::Transport). `Display` gives it as a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// Each request is a POST.
    Method,
    /// The body is sent byte for byte.
    RequestBody,
    /// The content type is exactly `application/json`: with a charset behind it, Kaltura ignores the body in
    /// silence (wire contract, section 1.3).
    ContentType,
    /// Another content type is sent as it is.
    OtherContentType,
    /// Further headers are sent.
    RequestHeaders,
    /// A request is sent once: whether to repeat it, others decide.
    SentOnce,
    /// Any HTTP status is an `Ok`.
    Status,
    /// The headers that a `WireResponse` keeps arrive.
    ResponseHeaders,
    /// The body of the answer arrives byte for byte.
    ResponseBody,
    /// What came compressed arrives decompressed. Only if the transport asks for gzip.
    Decompression,
    /// No redirect is followed.
    Redirect,
    /// An answer as large as allowed arrives.
    SizeAllowed,
    /// An answer that says that it is too large is not read.
    SizeDeclared,
    /// An answer that turns out to be too large is not read on.
    SizeUndeclared,
    /// The size counts after decompression. Only if the transport asks for gzip.
    SizeDecompressed,
    /// An answer within the time limit arrives.
    TimeAllowed,
    /// A server that does not answer in time is a `Timeout`.
    TimeWithoutAnswer,
    /// The time limit holds for the whole answer, however steadily it comes.
    TimeOfTheWhole,
    /// No connection is a `Connect`, and nothing was sent.
    Refused,
    /// A connection that is closed without an answer is an error of the connection.
    NoAnswer,
    /// Half an answer is an error of the connection, not an answer.
    HalfAnswer,
    /// What is no HTTP is an error.
    NotHttp,
    /// Where the server has the request, no error promises that it was not sent.
    MaybeSent,
    /// No error shows a part of a body, or the query of a URL.
    NoSecrets,
    /// Several requests can be under way at once, and each gets its own answer.
    Parallel,
    /// A future that is dropped harms no other request. Only for an async transport.
    Dropped,
    /// Failures leave the transport able to work.
    Recovery,
}

impl Rule {
    /// All of them, in the order in which they are checked.
    pub const ALL: [Self; 27] = [
        Self::Method,
        Self::RequestBody,
        Self::ContentType,
        Self::OtherContentType,
        Self::RequestHeaders,
        Self::SentOnce,
        Self::Status,
        Self::ResponseHeaders,
        Self::ResponseBody,
        Self::Decompression,
        Self::Redirect,
        Self::SizeAllowed,
        Self::SizeDeclared,
        Self::SizeUndeclared,
        Self::SizeDecompressed,
        Self::TimeAllowed,
        Self::TimeWithoutAnswer,
        Self::TimeOfTheWhole,
        Self::Refused,
        Self::NoAnswer,
        Self::HalfAnswer,
        Self::NotHttp,
        Self::Parallel,
        Self::Dropped,
        Self::Recovery,
        // These two look back at all errors that the others have met.
        Self::MaybeSent,
        Self::NoSecrets,
    ];
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Method => "each request is a POST",
            Self::RequestBody => "the body is sent byte for byte",
            Self::ContentType => "the content type is exactly application/json",
            Self::OtherContentType => "another content type is sent as it is",
            Self::RequestHeaders => "further headers are sent",
            Self::SentOnce => "a request is sent once",
            Self::Status => "any HTTP status is an Ok",
            Self::ResponseHeaders => "the headers that are kept arrive",
            Self::ResponseBody => "the body of the answer arrives byte for byte",
            Self::Decompression => "a compressed answer arrives decompressed",
            Self::Redirect => "no redirect is followed",
            Self::SizeAllowed => "an answer as large as allowed arrives",
            Self::SizeDeclared => "an answer that says that it is too large is not read",
            Self::SizeUndeclared => "an answer that turns out to be too large is not read on",
            Self::SizeDecompressed => "the size counts after decompression",
            Self::TimeAllowed => "an answer within the time limit arrives",
            Self::TimeWithoutAnswer => "no answer within the time limit is a Timeout",
            Self::TimeOfTheWhole => "the time limit holds for the whole answer",
            Self::Refused => "no connection is a Connect, and nothing was sent",
            Self::NoAnswer => "a connection closed without an answer is an Io or Other",
            Self::HalfAnswer => "half an answer is an Io or Other",
            Self::NotHttp => "what is no HTTP is an Io or Other",
            Self::MaybeSent => "no error promises wrongly that nothing was sent",
            Self::NoSecrets => "no error shows a part of a body or a query",
            Self::Parallel => "several requests can be under way at once",
            Self::Dropped => "a future that is dropped harms no other request",
            Self::Recovery => "failures leave the transport able to work",
        })
    }
}
