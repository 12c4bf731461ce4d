//! Test a Kaltura client without a Kaltura account.
//!
//! | module | content |
//! |---|---|
//! | [`mock`] | a scripted transport for unit tests |
//! | [`emulator`] | an in-process Kaltura server: real hashes, real KS strings, real errors |
//! | `server` | the emulator as an HTTP server on loopback (feature `server`) |
//! | [`runtime`] | a runtime whose time, randomness and tasks are controlled by the test |
//! | [`conformance`] | tests whether a transport keeps the contract of a transport |

pub mod conformance;
pub mod emulator;
pub mod mock;
mod php_json;
pub mod runtime;
#[cfg(feature = "server")]
pub mod server;
