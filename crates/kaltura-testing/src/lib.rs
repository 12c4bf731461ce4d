//! Test a Kaltura client without a Kaltura account.
//!
//! | room | what it gives |
//! |---|---|
//! | [`mock`] | a scripted transport for unit tests: expectations that read like sentences |
//! | [`emulator`] | a Kaltura in the process: real hashes, real KS strings, real errors |
//! | `server` | the emulator as an HTTP server on loopback (feature `server`) |
//! | [`runtime`] | time, chance and tasks that a test moves by hand |
//! | [`conformance`] | does a transport of your own keep its contract? |

pub mod conformance;
pub mod emulator;
pub mod mock;
mod php_json;
pub mod runtime;
#[cfg(feature = "server")]
pub mod server;
