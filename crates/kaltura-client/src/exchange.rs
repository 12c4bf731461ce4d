//! What is sent until there is an outcome, and what follows from each answer: the same with and without async.

use std::time::Duration;

use kaltura_auth::manager::{InvalidReason, Moment};
use kaltura_auth::{ResponseMetadata, Session, TransportError, WireRequest, WireResponse};
use kaltura_types::KsRefusal;

use crate::builder::Settings;
use crate::error::{CallError, Called, Error, ErrorKind};
use crate::options::CallOptions;

/// One call, or several in one request.
pub(crate) trait Exchange {
    /// What the caller gets in the end.
    type Output;

    /// What errors and traces call it.
    fn called(&self) -> &Called;

    fn options(&self) -> &CallOptions;

    /// Whether the client's own session goes with it.
    fn wants_session(&self) -> bool;

    /// What is sent, but for the limits and headers that the options ask for.
    fn request(&self, session: Option<&Session>) -> WireRequest;

    /// Texts that are sent, and that no error may repeat.
    fn secrets<'a>(&'a self, session: Option<&'a Session>) -> Vec<&'a str>;

    /// What an answer comes to. `facts` are those of the answer, without the secrets.
    fn read(
        &self,
        response: &WireResponse,
        facts: &ResponseMetadata,
        session: Option<&Session>,
    ) -> Reading<Self::Output>;
}

/// What an answer comes to.
#[derive(Debug)]
pub(crate) struct Reading<T> {
    /// What the caller gets, unless it is sent again.
    pub(crate) outcome: Result<T, Error>,
    /// Why the server refused the client's own session, as often as it did.
    pub(crate) refusals: Vec<KsRefusal>,
    /// Whether the server did nothing of it, so that with another session it may be sent again.
    pub(crate) nothing_done: bool,
}

impl<T> Reading<T> {
    /// Nothing is known against the session.
    pub(crate) const fn of(outcome: Result<T, Error>) -> Self {
        Self { outcome, refusals: Vec::new(), nothing_done: false }
    }

    /// An outcome that tells of the session that was used, if one was.
    pub(crate) fn with_session(outcome: Result<T, Error>, session: Option<&Session>) -> Self {
        let refusals: Vec<KsRefusal> = match outcome.as_ref().map_err(Error::kind) {
            Err(ErrorKind::KsRefused(refusal)) => session.map(|_| refusal).into_iter().collect(),
            _ => Vec::new(),
        };
        let nothing_done = !refusals.is_empty();
        Self { outcome, refusals, nothing_done }
    }
}

/// How often something was sent, and what follows from what came back.
pub(crate) struct Tries<'a> {
    settings: &'a Settings,
    options: &'a CallOptions,
    made: u32,
    since: Moment,
    renewed: bool,
}

/// What to do next.
#[derive(Debug)]
pub(crate) enum Next<T> {
    /// Send it again at once, with another session.
    Resend,
    /// Send it again after a while.
    Wait(Duration),
    /// Tell the caller.
    Done(Result<T, Error>),
}

impl<'a> Tries<'a> {
    pub(crate) const fn new(settings: &'a Settings, options: &'a CallOptions, now: Moment) -> Self {
        Self { settings, options, made: 0, since: now, renewed: false }
    }

    /// The request of the next try, which may take no longer than the caller still waits.
    pub(crate) fn request<E: Exchange>(
        &self,
        exchange: &E,
        session: Option<&Session>,
        now: Moment,
    ) -> Result<WireRequest, Error> {
        let limit = match self.options.timeout {
            Some(limit) if now.since(self.since) >= limit => {
                return Err(Error::failed(exchange.called().clone(), CallError::TimedOut { limit }));
            }
            Some(limit) => (limit - now.since(self.since)).min(self.settings.request_timeout),
            None => self.settings.request_timeout,
        };
        let mut request = exchange.request(session).with_timeout(limit);
        if let Some(bytes) = self.options.max_response_bytes {
            request = request.with_max_response_bytes(bytes);
        }
        for (name, value) in &self.options.headers {
            request = request.with_header(name, value);
        }
        Ok(request)
    }

    /// Judges what came back. The reason is there if the session that was used must be dropped.
    pub(crate) fn judge<T>(
        &mut self,
        reading: Reading<T>,
        now: Moment,
        random: u64,
    ) -> (Option<InvalidReason>, Next<T>) {
        self.made += 1;
        let dropped = reading.refusals.into_iter().find_map(|refusal| self.drops(refusal));
        if dropped.is_some() && reading.nothing_done && !self.renewed {
            self.renewed = true;
            return (dropped, Next::Resend);
        }
        let next = match reading.outcome {
            Ok(output) => Next::Done(Ok(output)),
            Err(error) => match self.wait(&error, now, random) {
                Some(wait) => Next::Wait(wait),
                None => Next::Done(Err(error)),
            },
        };
        (dropped, next)
    }

    /// Whether the refusal means that the session is no good any more, and another one would be.
    const fn drops(&self, refusal: KsRefusal) -> Option<InvalidReason> {
        match refusal {
            KsRefusal::Expired | KsRefusal::Unreadable => Some(InvalidReason::Expired),
            KsRefusal::LoggedOut => Some(InvalidReason::LoggedOut),
            KsRefusal::ActionsUsedUp if self.settings.renew_when_actions_used_up => {
                Some(InvalidReason::ActionsUsedUp)
            }
            _ => None,
        }
    }

    /// How long to wait before it is sent again; nothing if it is not, be it that the caller waits no longer.
    fn wait(&self, error: &Error, now: Moment, random: u64) -> Option<Duration> {
        let elapsed = now.since(self.since);
        let wait =
            self.settings.retry.wait(error, self.options.repeatable, self.made, elapsed, roll(random))?;
        let in_time = self.options.timeout.is_none_or(|limit| elapsed.saturating_add(wait) < limit);
        in_time.then_some(wait)
    }
}

/// What came back from the transport, read.
pub(crate) fn read<E: Exchange>(
    exchange: &E,
    outcome: Result<WireResponse, TransportError>,
    session: Option<&Session>,
) -> (Option<ResponseMetadata>, Reading<E::Output>) {
    match outcome {
        Ok(response) => {
            let facts = ResponseMetadata::from_response(&response, &exchange.secrets(session));
            let reading = exchange.read(&response, &facts, session);
            (Some(facts), reading)
        }
        Err(error) => (None, Reading::of(Err(Error::transport(exchange.called().clone(), error)))),
    }
}

/// A random number as one from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
fn roll(random: u64) -> f64 {
    (random >> 11) as f64 / (1_u64 << 53) as f64
}
