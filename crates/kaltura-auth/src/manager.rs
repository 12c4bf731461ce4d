//! Keeping one session alive for any number of callers.
//!
//! The decisions stand in [`state`], which is pure: no lock, no async, no clock. [`SessionManager`] drives it for
//! tasks, [`BlockingSessionManager`] for threads. They are two types, since a thread that waited for the flight of
//! a task could wait for ever.
//!
//! | a session | a caller gets |
//! |---|---|
//! | that is fresh | it, at once |
//! | that comes near its end | it, at once, while it is renewed |
//! | that is over, or none | the outcome of the one login that all share, success or error |
//! | none, a while after a failure | the same error, at once |

mod blocking;
mod event;
mod fresh;
mod grant;
#[cfg(all(test, shuttle))]
mod interleavings;
mod jitter;
mod observer;
mod policy;
mod session_manager;
pub mod state;
mod status;
mod sync;
mod time;

pub use self::blocking::{BlockingSessionManager, BlockingSessionManagerBuilder};
pub use self::event::Event;
pub use self::grant::IssuedSession;
pub use self::observer::Observer;
pub use self::policy::Policy;
pub use self::session_manager::{Answer, SessionManager, SessionManagerBuilder};
pub use self::state::InvalidReason;
pub use self::status::{Phase, Status};
pub use self::time::{Deadline, Moment};
