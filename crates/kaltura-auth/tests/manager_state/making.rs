//! Moments, grants and failures, made by hand.

use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::manager::state::{Caller, Decision, LoginPermit, SessionState};
use kaltura_auth::manager::{Event, IssuedSession, Moment, Policy};
use kaltura_auth::{
    AppTokenCredentials, AppTokenFlow, AppTokenLogin, Error, FlowStep, ServiceUrl, Session, WireResponse,
};
use kaltura_types::{HashType, Ks, Lifetime, PartnerId, UnixTime};

pub(crate) const PARTNER: PartnerId = PartnerId::new(7);

/// Where all tests begin.
pub(crate) const START: Moment =
    Moment { monotonic: Duration::from_secs(1000), wall: Duration::from_secs(1_795_493_355) };

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// So long after a moment, on both clocks.
pub(crate) fn later(moment: Moment, wait: Duration) -> Moment {
    Moment { monotonic: moment.monotonic + wait, wall: moment.wall + wait }
}

/// What a server grants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Granted {
    /// How long the session lives, in seconds; below zero if it is over when it comes.
    pub(crate) life: i64,
    /// How much the server's clock is ahead of ours, in seconds.
    pub(crate) ahead: i64,
    /// Whether the server says what its clock shows.
    pub(crate) tells_time: bool,
    /// The lifetime that was asked for, in seconds.
    pub(crate) asked: Option<u32>,
}

impl Granted {
    pub(crate) const fn for_seconds(life: i64) -> Self {
        Self { life, ahead: 0, tells_time: true, asked: None }
    }

    pub(crate) fn to_whom_asked_at(self, sent: Moment) -> IssuedSession {
        let server_time = UnixTime::from_seconds(i64::try_from(sent.wall.as_secs()).unwrap() + self.ahead);
        let session =
            Session::new(PARTNER, Ks::new("djJ8N3w")).with_expiry(server_time.plus_seconds(self.life));
        let session = if self.tells_time { session.with_server_time(server_time) } else { session };
        IssuedSession::new(Arc::new(session), sent, self.asked.map(Lifetime::seconds))
    }
}

/// A session that lives so long, granted at once.
pub(crate) fn grant(sent: Moment, life: i64) -> IssuedSession {
    Granted::for_seconds(life).to_whom_asked_at(sent)
}

/// An error that may pass by itself.
pub(crate) fn transient(text: &str) -> Error {
    Error::source(text, true)
}

/// An error that somebody has to mend.
pub(crate) fn permanent(text: &str) -> Error {
    Error::source(text, false)
}

/// What becomes of a login that is answered like this.
pub(crate) fn answered(response: WireResponse) -> Error {
    let token = AppTokenCredentials::new(PARTNER, "0_abcdefgh", "0123456789abcdef", HashType::Sha256);
    match AppTokenFlow::start(&AppTokenLogin::new(ServiceUrl::US, token)) {
        FlowStep::Send(_, flow) => flow.receive(Ok(response)).expect_err("no session comes of this"),
        FlowStep::Done(session) => panic!("a session without an answer: {session:?}"),
    }
}

/// The server says that there were too many calls.
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

/// What a caller gets who needs any session.
pub(crate) fn ask(state: &mut SessionState, now: Moment) -> Decision {
    state.decide(now, Caller::OnDemand, Duration::ZERO)
}

/// Asks, and expects to be told to log in, with or without a session at hand.
pub(crate) fn permit(state: &mut SessionState, now: Moment) -> LoginPermit {
    match ask(state, now) {
        Decision::Start(permit) | Decision::UseAndRenew(_, permit) => permit,
        other => panic!("expected a permit, got {other:?}"),
    }
}

/// Logs in at once; the session lives so many seconds.
pub(crate) fn log_in(state: &mut SessionState, now: Moment, life: i64) -> Arc<Session> {
    let permit = permit(state, now);
    state.finish(permit, Ok(grant(now, life)), now).expect("a session")
}

/// Fails at once.
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

/// How long the gate was closed for when it was last closed.
pub(crate) fn last_closing(state: &mut SessionState) -> Option<Duration> {
    state.take_events().into_iter().rev().find_map(|event| match event {
        Event::BackoffStarted { duration, .. } => Some(duration),
        _ => None,
    })
}
