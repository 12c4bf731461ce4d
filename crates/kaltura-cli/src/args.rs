//! Groups of options that several commands use.
//!
//! An option overrides its environment variable, that the profile, and that the default.

mod app_token;
mod call_session;
mod server;
mod session;
mod session_client;
mod store;
pub(crate) mod values;

pub(crate) use self::app_token::{
    AdminSecretOptions, AppTokenNameOptions, AppTokenOptions, AppTokenValueOptions, HashTypeOption,
    KsOptions, PartnerIdOption,
};
pub(crate) use self::call_session::{CallSessionOptions, Connection, SessionUse, client_without_session};
pub(crate) use self::server::{ServerAddressOptions, ServerOptions};
pub(crate) use self::session::{SessionRequestOptions, TypeWish, parse_privileges};
pub(crate) use self::session_client::{
    LoginOptions, ReadySession, ReadySessionOptions, SessionClient, SessionNeed,
};
pub(crate) use self::store::StoreOptions;
