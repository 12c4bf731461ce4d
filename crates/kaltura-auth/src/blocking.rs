//! The blocking counterparts of the async names, for code without an async runtime.
//!
//! ```
//! use kaltura_auth::blocking::{self, SessionManager};
//! use kaltura_auth::runtime::Clock;
//! use kaltura_auth::source::AppTokenSource;
//! use kaltura_auth::{AppTokenLogin, Error};
//!
//! fn ks(
//!     login: AppTokenLogin,
//!     transport: impl blocking::Transport + 'static,
//!     clock: impl Clock + 'static,
//! ) -> Result<String, Error> {
//!     let manager = SessionManager::new(AppTokenSource::new(login, transport), clock);
//!     Ok(manager.session()?.ks().expose().to_owned())
//! }
//! ```

pub use crate::manager::blocking::{
    BlockingSessionManager as SessionManager, BlockingSessionManagerBuilder as SessionManagerBuilder,
};
pub use crate::source::blocking::{
    BlockingCredentialsSource as CredentialsSource, BlockingSessionSource as SessionSource,
};
pub use crate::store::blocking::BlockingSessionStore as SessionStore;
pub use crate::store::blocking_shared_source::BlockingSharedSource as SharedSource;
pub use crate::transport::{
    BlockingTransport as Transport, BlockingTransportFn as TransportFn, blocking_transport_fn as transport_fn,
};
