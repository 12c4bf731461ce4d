//! Groups of options that several commands use.
//!
//! An option overrides its environment variable, that the profile, and that the default.

mod app_token;
mod call_session;
mod ready_session;
mod server;
mod session;

pub(crate) use self::app_token::{
    AdminSecretOptions, AppTokenNameOptions, AppTokenOptions, AppTokenValueOptions, HashTypeOption,
    KsOptions, PartnerIdOption,
};
pub(crate) use self::call_session::{Authority, CallSessionOptions};
pub(crate) use self::ready_session::{ReadySession, ReadySessionOptions, SessionSupply, WantedSession};
pub(crate) use self::server::{ServerAddressOptions, ServerOptions};
pub(crate) use self::session::{SessionRequestOptions, TypeWish, Wishes, parse_privileges};
