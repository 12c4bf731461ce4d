//! Groups of options that several commands use.
//!
//! An option overrides its environment variable, that the profile, and that the default.

mod app_token;
mod call_session;
mod ready_session;
mod secret;
mod server;
mod session;
mod store;
pub(crate) mod values;

pub(crate) use self::app_token::{AppTokenNameOptions, AppTokenOptions, HashTypeOption, PartnerIdOption};
pub(crate) use self::call_session::{Authority, CallSessionOptions};
pub(crate) use self::ready_session::{ReadySession, ReadySessionOptions, SessionSupply, WantedSession};
pub(crate) use self::secret::{AdminSecretOptions, AppTokenValueOptions, KsOptions, SecretSource, ks_header};
pub(crate) use self::server::{ServerAddressOptions, ServerOptions, region_of};
pub(crate) use self::session::{SessionRequestOptions, TypeWish, parse_privileges};
pub(crate) use self::store::StoreOptions;
