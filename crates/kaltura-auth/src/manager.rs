//! Keeps one session valid for any number of callers.
//!
//! All decisions are made by a pure state: no lock, no async, no clock. [`SessionManager`] drives it for tasks,
//! [`blocking::SessionManager`](crate::blocking::SessionManager) for threads. They are separate types, because a thread that waited for a
//! task's login could deadlock a single-threaded runtime.
//!
//! | session | what a caller gets |
//! |---|---|
//! | fresh | the session, at once |
//! | stale: close to its expiry | the session, at once, while it is renewed |
//! | expired or none | the result of the one login that all callers share, success or error |
//! | none, backing off after a failure | the same error, at once |

pub(crate) mod backoff;
pub(crate) mod blocking;
mod event;
mod fast_path;
#[cfg(all(test, shuttle))]
mod interleavings;
mod last_handle;
mod policy;
mod session_manager;
mod shared_login;
#[doc(hidden)]
pub mod state;
mod sync;

use std::sync::Arc;

pub use self::event::{Event, InvalidReason, Observer, ObserverFn, Phase, Status, observer_fn};
pub use self::policy::Policy;
pub use self::session_manager::{SessionManager, SessionManagerBuilder};

pub use crate::runtime::moment::Moment;
pub use crate::session::IssuedSession;

use crate::error::Error;
use crate::runtime::moment::Deadline;
use crate::session::Session;

/// What a caller of a session manager gets.
pub type SessionResult = Result<Arc<Session>, Error>;
