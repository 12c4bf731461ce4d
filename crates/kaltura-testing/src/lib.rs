//! Test a Kaltura client without a Kaltura account.
//!
//! | room | what it gives |
//! |---|---|
//! | [`mock`] | a scripted transport for unit tests: expectations that read like sentences |
//! | [`emulator`] | a Kaltura in the process: real hashes, real KS strings, real errors |
//! | [`server`] | the emulator as an HTTP server on loopback (feature `server`) |
//! | [`conformance`] | does a transport of your own keep its contract? |

pub mod conformance;
pub mod emulator;
pub mod mock;
#[cfg(feature = "server")]
pub mod server;
