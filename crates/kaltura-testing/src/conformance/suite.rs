//! One run through all rules.

use std::error::Error;
use std::time::Duration;

use kaltura_auth::{TransportError, WireRequest};

use super::peer::{Peer, Route};
use super::report::{Report, Verdict};
use super::rules::{broken_answers, concurrency, errors, received, sent, size, time};
use super::subject::{Outcome, Subject};
use super::{Rule, http};

/// Texts that must not occur in an error, and where they stand.
pub(super) const CANARIES: [(&str, &str); 3] = [
    (CANARY_IN_BODY, "the body of the request"),
    (CANARY_IN_QUERY, "the query of the URL"),
    (CANARY_IN_ANSWER, "the body of the answer"),
];
const CANARY_IN_BODY: &str = "canary-of-the-request";
const CANARY_IN_QUERY: &str = "canary-of-the-query";
pub(super) const CANARY_IN_ANSWER: &str = "canary-of-the-answer";

/// For all but the rules on time: enough for a slow machine.
const AMPLE: Duration = Duration::from_secs(10);

/// What a check of one rule gives: nothing to say, or why the rule is broken or not applicable.
pub(super) type Checked = Result<(), Verdict>;

pub(super) fn broken<T>(what: impl Into<String>) -> Result<T, Verdict> {
    Err(Verdict::Broken(what.into()))
}

pub(super) fn not_applicable<T>(why: impl Into<String>) -> Result<T, Verdict> {
    Err(Verdict::NotApplicable(why.into()))
}

/// An error of the transport under test, to be looked at when all is done.
pub(super) struct Met {
    pub(super) error: TransportError,
    /// Whether the server had the request when the transport gave up.
    pub(super) arrived: bool,
}

/// The server, the transport, and the errors so far.
pub(super) struct Suite<'a> {
    pub(super) peer: Peer,
    pub(super) subject: Subject<'a>,
    pub(super) met: Vec<Met>,
}

pub(super) async fn run(subject: Subject<'_>) -> Report {
    let mut verdicts = Vec::new();
    match Peer::start() {
        Ok(peer) => {
            let mut suite = Suite { peer, subject, met: Vec::new() };
            for rule in Rule::ALL {
                let checked = Box::pin(suite.check(rule)).await;
                verdicts.push((rule, checked.err().unwrap_or(Verdict::Kept)));
            }
        }
        // Nothing was checked, so nothing is kept.
        Err(error) => {
            let what = format!("not checked: cannot listen on 127.0.0.1: {error}");
            verdicts.extend(Rule::ALL.map(|rule| (rule, Verdict::Broken(what.clone()))));
        }
    }
    Report::new(verdicts)
}

impl Suite<'_> {
    async fn check(&mut self, rule: Rule) -> Checked {
        match rule {
            Rule::Method => sent::method(self).await,
            Rule::RequestBody => sent::body(self).await,
            Rule::ContentType => sent::content_type(self).await,
            Rule::OtherContentType => sent::other_content_type(self).await,
            Rule::RequestHeaders => sent::headers(self).await,
            Rule::SentOnce => sent::once(self).await,
            Rule::Status => received::status(self).await,
            Rule::ResponseHeaders => received::headers(self).await,
            Rule::ResponseBody => received::body(self).await,
            Rule::Decompression => received::decompression(self).await,
            Rule::Redirect => received::redirect(self).await,
            Rule::SizeAllowed => size::allowed(self).await,
            Rule::SizeDeclared => size::declared(self).await,
            Rule::SizeUndeclared => size::undeclared(self).await,
            Rule::SizeDecompressed => size::decompressed(self).await,
            Rule::TimeAllowed => time::allowed(self).await,
            Rule::TimeWithoutAnswer => time::without_answer(self).await,
            Rule::TimeOfTheWhole => time::of_the_whole(self).await,
            Rule::Refused => broken_answers::refused(self).await,
            Rule::NoAnswer => broken_answers::none(self).await,
            Rule::HalfAnswer => broken_answers::half(self).await,
            Rule::NotHttp => broken_answers::not_http(self).await,
            Rule::Parallel => concurrency::parallel(self).await,
            Rule::Dropped => concurrency::dropped(self).await,
            Rule::Recovery => errors::recovery(self).await,
            Rule::MaybeSent => errors::maybe_sent(self),
            Rule::NoSecrets => errors::no_secrets(self),
        }
    }

    /// A path where each request gets the answer 200 with this body.
    pub(super) fn answering(&self, body: &'static [u8]) -> Route {
        self.peer.serve(move |_, connection| connection.answer(200, &[], body))
    }

    /// Sends a request and remembers the error, if it is one.
    pub(super) async fn send(&mut self, route: &Route, request: WireRequest) -> Outcome {
        let before = route.received().len();
        let outcome = self.subject.send(request).await;
        if let Err(error) = &outcome {
            self.met.push(Met { error: error.clone(), arrived: route.received().len() > before });
        }
        outcome
    }

    /// Sends a request that must be answered.
    pub(super) async fn answer(
        &mut self,
        route: &Route,
        request: WireRequest,
    ) -> Result<kaltura_auth::WireResponse, Verdict> {
        self.send(route, request).await.or_else(|error| broken(failed(&error)))
    }

    /// Sends a request to a path that answers, and gives back what the server got.
    pub(super) async fn arrival(
        &mut self,
        alter: impl FnOnce(WireRequest) -> WireRequest,
    ) -> Result<http::Received, Verdict> {
        let route = self.answering(b"null");
        self.answer(&route, alter(request(&route))).await?;
        route.received().pop().map_or_else(|| broken("no request came to the server"), Ok)
    }
}

/// A request with canaries in body and query.
pub(super) fn request(route: &Route) -> WireRequest {
    request_to(&route.url())
}

pub(super) fn request_to(url: &str) -> WireRequest {
    let url = format!("{url}?format=1&note={CANARY_IN_QUERY}");
    let body = format!("{{\"ks\":\"{CANARY_IN_BODY}\"}}");
    WireRequest::new(url, "conformance", "check", body).with_timeout(AMPLE)
}

/// "it gave an error: …, because …"
pub(super) fn failed(error: &TransportError) -> String {
    let mut text = format!("it gave an error of the kind {:?}: {error}", error.kind());
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
