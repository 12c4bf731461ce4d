//! Test a Kaltura client without a Kaltura account.
//!
//! | module | content |
//! |---|---|
//! | [`mock`] | a scripted transport for unit tests |
//! | [`runtime`] | a runtime whose time, randomness and tasks are controlled by the test |
//! | [`conformance`] | tests whether a transport keeps the contract of a transport |
//! | [`conformance::store`] | tests whether a session store keeps the contract of a store |

pub mod conformance;
pub mod mock;
pub mod runtime;
