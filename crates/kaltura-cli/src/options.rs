//! Groups of options that several commands take.
//!
//! An option goes before its environment variable, and that before a default. The variables are read here and
//! not by the parser of the command line, which quotes wrong values.

mod app_token;
mod server;
mod session_request;

pub(crate) use self::app_token::AppTokenOptions;
pub(crate) use self::server::ServerOptions;
pub(crate) use self::session_request::SessionRequestOptions;
