//! Groups of options that several commands use.
//!
//! An option overrides its environment variable, that the profile, and that the default.

mod app_token;
mod call_session;
mod deferred;
mod secret;
mod server;
mod session;
mod session_client;
mod store;
pub(crate) mod values;

pub(crate) use self::app_token::{AppTokenNameOptions, AppTokenOptions, HashTypeOption, PartnerIdOption};
pub(crate) use self::call_session::{CallSessionOptions, Connection, SessionUse, client_without_session};
pub(crate) use self::deferred::{Deferred, with_options};
pub(crate) use self::secret::{AdminSecretOptions, AppTokenValueOptions, KsOptions, SecretSource, ks_header};
pub(crate) use self::server::{ServerAddressOptions, ServerOptions, region_of};
pub(crate) use self::session::{SessionRequestOptions, TypeWish, parse_privileges};
pub(crate) use self::session_client::{
    LoginOptions, ReadySession, ReadySessionOptions, SessionClient, SessionNeed,
};
pub(crate) use self::store::StoreOptions;
