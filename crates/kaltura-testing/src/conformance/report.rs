//! The rules of the contract, and the report of a run.

use std::fmt;

/// A rule of the contract of [`Transport`](kaltura_auth::Transport). `Display` describes it in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// Each request is a POST.
    Method,
    /// The request body is sent byte for byte.
    RequestBody,
    /// The content type is exactly `application/json`: with a charset, Kaltura silently ignores the body
    /// (wire contract, section 1.3).
    ContentType,
    /// Other content types are sent unchanged.
    OtherContentType,
    /// Additional headers are sent.
    RequestHeaders,
    /// A request is sent only once: the caller decides about retries.
    SentOnce,
    /// A request with `fresh_connection` does not arrive on a connection that was used before. Optional: a transport may
    /// ignore it.
    FreshConnection,
    /// Any HTTP status is `Ok`.
    Status,
    /// The headers that a `WireResponse` keeps are passed on.
    ResponseHeaders,
    /// The response body is passed on byte for byte.
    ResponseBody,
    /// A compressed body is decompressed. Only if the transport accepts gzip.
    Decompression,
    /// Redirects are not followed.
    Redirect,
    /// A response of exactly the maximum size is passed on.
    SizeWithinLimit,
    /// A response whose `Content-Length` exceeds the maximum size is not read.
    DeclaredSize,
    /// A response of unknown length is read only up to the maximum size.
    UndeclaredSize,
    /// The maximum size applies to the decompressed body. Only if the transport accepts gzip.
    DecompressedSize,
    /// A slow response within the timeout is passed on.
    SlowResponse,
    /// No response within the timeout is an error of kind `Timeout`.
    Timeout,
    /// The timeout applies to the whole response, not to each read.
    TotalTimeout,
    /// A refused connection is an error of kind `Connect`, and nothing was sent.
    ConnectionRefused,
    /// A connection closed without a response is an error of kind `Io` or `Other`.
    NoResponse,
    /// A truncated response is an error of kind `Io` or `Other`.
    TruncatedResponse,
    /// A response that is not HTTP is an error of kind `Io` or `Other`.
    NotHttp,
    /// If the server received the request, no error claims that it was not sent.
    MaybeSent,
    /// No error contains a part of a body, or the query of a URL.
    NoSecrets,
    /// Several requests can be active at once, and each gets its own response.
    Concurrency,
    /// A dropped future does not affect other requests. Only for an async transport.
    DroppedFuture,
    /// The transport works after failures.
    Recovery,
}

impl Rule {
    /// All rules, in the order in which they are checked.
    pub const ALL: [Self; 28] = [
        Self::Method,
        Self::RequestBody,
        Self::ContentType,
        Self::OtherContentType,
        Self::RequestHeaders,
        Self::SentOnce,
        Self::FreshConnection,
        Self::Status,
        Self::ResponseHeaders,
        Self::ResponseBody,
        Self::Decompression,
        Self::Redirect,
        Self::SizeWithinLimit,
        Self::DeclaredSize,
        Self::UndeclaredSize,
        Self::DecompressedSize,
        Self::SlowResponse,
        Self::Timeout,
        Self::TotalTimeout,
        Self::ConnectionRefused,
        Self::NoResponse,
        Self::TruncatedResponse,
        Self::NotHttp,
        Self::Concurrency,
        Self::DroppedFuture,
        Self::Recovery,
        // These two examine the errors of all other checks.
        Self::MaybeSent,
        Self::NoSecrets,
    ];
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Method => "each request is a POST",
            Self::RequestBody => "the request body is sent byte for byte",
            Self::ContentType => "the content type is exactly application/json",
            Self::OtherContentType => "other content types are sent unchanged",
            Self::RequestHeaders => "additional headers are sent",
            Self::SentOnce => "a request is sent only once",
            Self::FreshConnection => "a fresh connection is used where requested",
            Self::Status => "any HTTP status is Ok",
            Self::ResponseHeaders => "the headers of a WireResponse are passed on",
            Self::ResponseBody => "the response body is passed on byte for byte",
            Self::Decompression => "a compressed body is decompressed",
            Self::Redirect => "redirects are not followed",
            Self::SizeWithinLimit => "a response of the maximum size is passed on",
            Self::DeclaredSize => "a response whose Content-Length is too large is not read",
            Self::UndeclaredSize => "a response of unknown length is read up to the maximum size",
            Self::DecompressedSize => "the maximum size applies to the decompressed body",
            Self::SlowResponse => "a slow response within the timeout is passed on",
            Self::Timeout => "no response within the timeout is Timeout",
            Self::TotalTimeout => "the timeout applies to the whole response",
            Self::ConnectionRefused => "a refused connection is Connect, and nothing was sent",
            Self::NoResponse => "a connection closed without a response is Io or Other",
            Self::TruncatedResponse => "a truncated response is Io or Other",
            Self::NotHttp => "a response that is not HTTP is Io or Other",
            Self::MaybeSent => "no error claims wrongly that nothing was sent",
            Self::NoSecrets => "no error contains a part of a body or a query",
            Self::Concurrency => "several requests can be active at once",
            Self::DroppedFuture => "a dropped future does not affect other requests",
            Self::Recovery => "the transport works after failures",
        })
    }
}

/// The result of checking one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a check passes, fails, or does not apply")]
pub enum Outcome {
    /// The rule is followed.
    Passed,
    /// The rule is broken. Describes what happened.
    Failed(String),
    /// The rule does not apply, for this reason.
    NotApplicable(String),
}

/// The outcome of each [`Rule`], or of each [rule of stores](super::store::Rule). `Display` prints a table.
#[derive(Clone, Debug)]
#[must_use = "a report fails no test by itself: end with `.assert_passed()`"]
pub struct Report<R = Rule> {
    outcomes: Vec<(R, Outcome)>,
}

impl<R: Copy + PartialEq + fmt::Display> Report<R> {
    pub(super) const fn new(outcomes: Vec<(R, Outcome)>) -> Self {
        Self { outcomes }
    }

    /// The outcome of each rule, in the order in which they were checked.
    pub fn outcomes(&self) -> impl Iterator<Item = (R, &Outcome)> {
        self.outcomes.iter().map(|(rule, outcome)| (*rule, outcome))
    }

    /// The outcome of one rule.
    #[must_use]
    pub fn outcome(&self, rule: R) -> &Outcome {
        self.outcomes().find(|(other, _)| *other == rule).map_or(&Outcome::Passed, |(_, outcome)| outcome)
    }

    /// The rules that failed.
    pub fn failed(&self) -> impl Iterator<Item = R> {
        self.outcomes().filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_))).map(|(rule, _)| rule)
    }

    /// Whether no rule failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failed().next().is_none()
    }

    /// Asserts that no rule failed.
    ///
    /// # Panics
    ///
    /// If one did, with the whole table.
    #[track_caller]
    pub fn assert_passed(&self) {
        assert!(self.passed(), "the contract is not kept\n\n{self}");
    }
}

impl<R: Copy + PartialEq + fmt::Display> fmt::Display for Report<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut passed, mut failed, mut not_applicable) = (0, 0, 0);
        for (rule, outcome) in self.outcomes() {
            match outcome {
                Outcome::Passed => {
                    passed += 1;
                    writeln!(f, "passed          {rule}")?;
                }
                Outcome::Failed(reason) => {
                    failed += 1;
                    writeln!(f, "FAILED          {rule}\n                  {reason}")?;
                }
                Outcome::NotApplicable(reason) => {
                    not_applicable += 1;
                    writeln!(f, "not applicable  {rule}\n                  {reason}")?;
                }
            }
        }
        write!(f, "\n{passed} passed, {failed} failed, {not_applicable} not applicable")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_a_table_with_the_failures() {
        let report = Report::new(vec![
            (Rule::Method, Outcome::Passed),
            (Rule::ContentType, Outcome::Failed("it is \"text/plain\"".to_owned())),
            (Rule::Decompression, Outcome::NotApplicable("no gzip".to_owned())),
        ]);
        assert_eq!(
            report.to_string(),
            "\
passed          each request is a POST
FAILED          the content type is exactly application/json
                  it is \"text/plain\"
not applicable  a compressed body is decompressed
                  no gzip

1 passed, 1 failed, 1 not applicable"
        );
        assert_eq!(report.failed().collect::<Vec<_>>(), [Rule::ContentType]);
        let panic = std::panic::catch_unwind(|| report.assert_passed()).unwrap_err();
        assert!(panic.downcast::<String>().unwrap().contains("it is \"text/plain\""));
    }
}
