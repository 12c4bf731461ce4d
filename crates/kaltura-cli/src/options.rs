//! Groups of options that several commands take.
//!
//! An option goes before its environment variable, that before the profile, and that before a default.

mod app_token;
mod app_token_name;
mod call_session;
mod part;
mod ready_session;
mod secrets;
mod server;
mod server_address;
mod session_request;

pub(crate) use self::app_token::AppTokenOptions;
pub(crate) use self::app_token_name::AppTokenNameOptions;
pub(crate) use self::call_session::{Authority, CallSessionOptions};
pub(crate) use self::part::{HashTypeOption, PartnerIdOption};
pub(crate) use self::ready_session::{ReadySession, ReadySessionOptions, SessionSupply, WantedSession};
pub(crate) use self::secrets::{AdminSecretOptions, AppTokenValueOptions, KsOptions};
pub(crate) use self::server::ServerOptions;
pub(crate) use self::server_address::ServerAddressOptions;
pub(crate) use self::session_request::{SessionRequestOptions, TypeWish, Wishes, parse_privileges};
