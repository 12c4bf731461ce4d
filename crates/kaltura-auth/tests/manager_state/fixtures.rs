//! Moments, sessions and failures for the tests.

use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::state::{Caller, Decision, LoginPermit, SessionState};
use kaltura_auth::manager::{Event, IssuedSession, Moment, Policy};
use kaltura_auth::{
    AppTokenCredentials, AppTokenFlow, AppTokenLogin, Error, FlowStep, ServiceUrl, Session, WireResponse,
};
use kaltura_types::{HashType, Ks, Lifetime, PartnerId, UnixTime};

pub(crate) const PARTNER: PartnerId = PartnerId::new(7);

/// The time at which all tests begin.
pub(crate) const START: Moment =
    Moment { monotonic: Duration::from_secs(1000), wall: Duration::from_secs(1_795_493_355) };

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// The moment `wait` later on both clocks.
pub(crate) fn later(moment: Moment, wait: Duration) -> Moment {
    Moment { monotonic: moment.monotonic + wait, wall: moment.wall + wait }
}

/// What a server grants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Granted {
    /// The lifetime of the session in seconds; negative if it has expired on arrival.
    pub(crate) lifetime: i64,
    /// How far the server's clock is ahead of the local one, in seconds.
    pub(crate) ahead: i64,
    /// Whether the response has the server's time.
    pub(crate) has_server_time: bool,
    /// The lifetime that was requested, in seconds.
    pub(crate) requested: Option<u32>,
}

impl Granted {
    pub(crate) const fn for_seconds(lifetime: i64) -> Self {
        Self { lifetime, ahead: 0, has_server_time: true, requested: None }
    }

    pub(crate) fn requested_at(self, sent_at: Moment) -> IssuedSession {
        let server_time = UnixTime::from_seconds(i64::try_from(sent_at.wall.as_secs()).unwrap() + self.ahead);
        let session =
            Session::new(PARTNER, Ks::new("djJ8N3w")).with_expiry(server_time.plus_seconds(self.lifetime));
        let session = if self.has_server_time { session.with_server_time(server_time) } else { session };
        IssuedSession::new(Arc::new(session), sent_at, self.requested.map(Lifetime::seconds))
    }
}

/// A session with this lifetime in seconds, granted at once.
pub(crate) fn issued(sent_at: Moment, lifetime: i64) -> IssuedSession {
    Granted::for_seconds(lifetime).requested_at(sent_at)
}

/// A retryable error.
pub(crate) fn transient(text: &str) -> Error {
    Error::from_source(text, true)
}

/// An error that is not retryable.
pub(crate) fn permanent(text: &str) -> Error {
    Error::from_source(text, false)
}

/// The error of a login that gets this response.
pub(crate) fn response_error(response: WireResponse) -> Error {
    let token = AppTokenCredentials::new(PARTNER, "0_abcdefgh", "0123456789abcdef", HashType::Sha256);
    match AppTokenFlow::start(&AppTokenLogin::new(ServiceUrl::US, token)) {
        FlowStep::Send(_, flow) => flow.receive(Ok(response)).expect_err("the response is an error"),
        FlowStep::Done(session) => panic!("a session without a response: {session:?}"),
    }
}

/// The response to a call that exceeds the rate limit.
pub(crate) fn rate_limited() -> WireResponse {
    let body = r#"{"code":"ACTION_BLOCKED","message":"","objectType":"KalturaAPIException","args":[]}"#;
    WireResponse::new(200, body)
}

pub(crate) fn state() -> SessionState {
    seeded(1)
}

pub(crate) fn seeded(seed: u64) -> SessionState {
    SessionState::new(Policy::default(), seed)
}

/// The decision for a caller that needs any session.
pub(crate) fn decide(state: &mut SessionState, now: Moment) -> Decision {
    state.decide(now, Caller::OnDemand, Duration::ZERO)
}

/// Requests a session and expects a permit to log in, with or without a cached session.
pub(crate) fn permit(state: &mut SessionState, now: Moment) -> LoginPermit {
    match decide(state, now) {
        Decision::Start(permit) | Decision::UseAndRenew(_, permit) => permit,
        other => panic!("expected a permit, got {other:?}"),
    }
}

/// Logs in at once; the session has this lifetime in seconds.
pub(crate) fn log_in(state: &mut SessionState, now: Moment, lifetime: i64) -> Arc<Session> {
    let permit = permit(state, now);
    state.finish(permit, Ok(issued(now, lifetime)), now).expect("a session")
}

/// A login that fails at once.
pub(crate) fn fail(state: &mut SessionState, now: Moment, error: Error) {
    let permit = permit(state, now);
    state.finish(permit, Err(error), now).expect_err("the error that was given");
}

/// The session that a caller gets without a login.
pub(crate) fn used(decision: Decision) -> Arc<Session> {
    match decision {
        Decision::Use(session) => session,
        other => panic!("expected a session, got {other:?}"),
    }
}

/// The error that a caller gets at once.
pub(crate) fn failed(decision: Decision) -> Error {
    match decision {
        Decision::Fail(error) => error,
        other => panic!("expected an error, got {other:?}"),
    }
}

/// The duration of the last backoff.
pub(crate) fn last_backoff(state: &mut SessionState) -> Option<Duration> {
    state.take_events().into_iter().rev().find_map(|event| match event {
        Event::BackoffStarted { duration, .. } => Some(duration),
        _ => None,
    })
}
