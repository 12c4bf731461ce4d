//! What a session manager reports: events for metrics and logs, and its status for health checks. Neither holds a
//! secret.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::runtime::maybe_send::{MaybeSend, MaybeSync};
use crate::source::SessionIdentity;
use crate::store::StoreError;

/// Something that happened in a session manager.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A login started.
    LoginStarted {
        /// Whether it renews a session that is still valid.
        renewal: bool,
    },
    /// A login succeeded.
    LoginSucceeded {
        /// Whether it was a renewal.
        renewal: bool,
        /// How long it took.
        took: Duration,
        /// The lifetime of the session, counted from when its request was sent.
        lifetime: Duration,
    },
    /// A session of another process was taken from the store. Nothing was sent.
    Adopted {
        /// Whether it replaces a session that is still valid.
        renewal: bool,
        /// The time until it expires.
        remaining: Duration,
    },
    /// The store could not be used as it should. Sessions work without it, with more logins.
    StoreTrouble {
        /// What went wrong.
        error: StoreError,
    },
    /// A login failed.
    LoginFailed {
        /// Whether it was a renewal; the session that it was to renew is kept.
        renewal: bool,
        /// How long it took.
        took: Duration,
        /// Why it failed.
        error: Error,
    },
    /// The server refused the session before it expired, and it was dropped.
    Invalidated {
        /// What the server reported.
        reason: InvalidReason,
        /// The time since the session was received.
        age: Duration,
    },
    /// A caller got a session inside its renewal window, because it could not be renewed now.
    ServedStale {
        /// The time until the session expires.
        remaining: Duration,
    },
    /// The backoff started: for a while no login is tried, and callers without a session get the error at once.
    BackoffStarted {
        /// How long it lasts.
        duration: Duration,
        /// The error that started it.
        error: Error,
    },
    /// A renewal gained almost nothing, because the app token itself ends. The token must be replaced.
    TokenEnding {
        /// The time until the last session expires.
        remaining: Duration,
    },
}

/// Why a session is no longer valid, as reported by the server that refused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidReason {
    /// It has expired, or the server cannot read it.
    Expired,
    /// It has made as many calls as its `actionslimit` allows. Does not count as revoked early: a busy program
    /// reaches a small limit quickly.
    ActionsUsedUp,
    /// Its `actionslimit` was used up after at most one call, so a login for each call would be needed. Counts as
    /// revoked early.
    ActionsUsedUpEarly,
    /// It was ended, or another session of its app token was, or the token was deleted.
    LoggedOut,
}

/// Receives the events of a session manager, on the thread where they happen and outside of any lock. It should
/// return quickly. If it panics, the login that it observes counts as failed.
///
/// One observer can serve any number of managers: each event comes with the identity of its manager, which says whose
/// session it is. [`observer_fn`] makes an observer of a closure; an `Arc` or a `Box` of an observer is one.
pub trait Observer: MaybeSend + MaybeSync {
    /// Called once for each event of the manager with this identity.
    fn observe(&self, event: &Event, identity: &Arc<SessionIdentity>);
}

impl<O: Observer + ?Sized> Observer for &O {
    fn observe(&self, event: &Event, identity: &Arc<SessionIdentity>) {
        (**self).observe(event, identity);
    }
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn observe(&self, event: &Event, identity: &Arc<SessionIdentity>) {
        (**self).observe(event, identity);
    }
}

impl<O: Observer + ?Sized> Observer for Box<O> {
    fn observe(&self, event: &Event, identity: &Arc<SessionIdentity>) {
        (**self).observe(event, identity);
    }
}

/// An [`Observer`] that calls a closure for each event. See [`observer_fn`].
#[derive(Clone, Copy)]
pub struct ObserverFn<F>(F);

/// An observer that calls this closure for each event.
///
/// ```
/// # use kaltura_auth::manager::{Observer, observer_fn};
/// let observer = observer_fn(|event, identity| eprintln!("{identity}: {event:?}"));
/// # fn takes(_: impl Observer) {} takes(observer);
/// ```
pub const fn observer_fn<F>(observe: F) -> ObserverFn<F>
where
    F: Fn(&Event, &Arc<SessionIdentity>) + MaybeSend + MaybeSync,
{
    ObserverFn(observe)
}

impl<F: Fn(&Event, &Arc<SessionIdentity>) + MaybeSend + MaybeSync> Observer for ObserverFn<F> {
    fn observe(&self, event: &Event, identity: &Arc<SessionIdentity>) {
        (self.0)(event, identity);
    }
}

impl<F> fmt::Debug for ObserverFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ObserverFn")
    }
}

/// Passes events to the observer, if there is one. Each event is passed even if the observer panicked at an earlier one.
pub(super) fn observe(
    observer: Option<&dyn Observer>,
    events: &[Event],
    identity: &Arc<SessionIdentity>,
) -> Result<(), Panicked> {
    let Some(observer) = observer else { return Ok(()) };
    let mut result = Ok(());
    for event in events {
        if catch_unwind(AssertUnwindSafe(|| observer.observe(event, identity))).is_err() {
            result = Err(Panicked);
        }
    }
    result
}

/// The observer panicked.
pub(super) struct Panicked;

/// A snapshot of a session manager, for health checks.
///
/// Two are equal if all their members are; of the errors, step and kind are compared, not the details of one response.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// Which login the session comes from.
    pub identity: Arc<SessionIdentity>,
    /// The phase of the cached session.
    pub phase: Phase,
    /// The time until the cached session expires.
    pub remaining: Option<Duration>,
    /// Whether a login is in progress.
    pub logging_in: bool,
    /// The error of the last login, unless one has succeeded since.
    pub last_error: Option<Error>,
    /// The time until the backoff ends, if there is one.
    pub next_try: Option<Duration>,
}

impl PartialEq for Status {
    fn eq(&self, other: &Self) -> bool {
        let Self { identity, phase, remaining, logging_in, last_error, next_try } = self;
        let problem = |error: &Option<Error>| error.as_ref().map(|error| (error.step(), error.kind()));
        *identity == other.identity
            && *phase == other.phase
            && *remaining == other.remaining
            && *logging_in == other.logging_in
            && problem(last_error) == problem(&other.last_error)
            && *next_try == other.next_try
    }
}

impl Eq for Status {}

/// The phase of the session that a session manager has cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// There is no session, or it has expired.
    None,
    /// The session needs no renewal.
    Fresh,
    /// The session is valid and due for renewal.
    Stale,
    /// The session is valid and the last one: the app token itself ends.
    Ending,
}
