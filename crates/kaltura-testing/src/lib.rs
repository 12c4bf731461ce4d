//! Test a Kaltura client without a Kaltura account.
//!
//! | room | what it gives |
//! |---|---|
//! | [`mock`] | a scripted transport for unit tests: expectations that read like sentences |
//! | [`runtime`] | time, chance and tasks that a test moves by hand |
//! | [`conformance`] | does a transport of your own keep its contract? |

pub mod conformance;
pub mod mock;
mod php_json;
pub mod runtime;
