//! Login, client and transports for programs without an async runtime.
//!
//! The names are those of the async side.
//!
#![cfg_attr(all(feature = "client", feature = "reqwest", feature = "server"), doc = "```")]
#![cfg_attr(not(all(feature = "client", feature = "reqwest", feature = "server")), doc = "```ignore")]
//! use kaltura::emulator::Emulator;
//! use kaltura::{AppTokenLogin, RawAction};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let server = Emulator::new().serve_blocking()?;
//!     let token = server.emulator().app_token().credentials();
//!     let login = AppTokenLogin::new(server.url().clone(), token);
//!
//!     let client = kaltura::blocking::client(login)?;
//!     let media = client.call(&RawAction::new("media", "list"))?;
//!     println!("{} entries", media["totalCount"]);
//!     Ok(())
//! }
//! ```

#[doc(inline)]
pub use kaltura_auth::blocking::*;
#[cfg(feature = "client")]
#[doc(inline)]
pub use kaltura_client::blocking::*;
#[cfg(feature = "reqwest")]
#[doc(inline)]
pub use kaltura_http::blocking::*;
