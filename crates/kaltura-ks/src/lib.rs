//! The KS, the string of a Kaltura session: inspect it, open it, sign it.
//!
//! | to | use | needs |
//! |---|---|---|
//! | read the claims of a version 1 KS, unverified | [`unverified_claims`] | nothing |
//! | verify a KS and read user, expiry, privileges | [`open()`] | the partner's admin secret |
//! | show the claims to people or as JSON | [`ClaimsSummary`] | the claims |
//! | sign a KS | [`KsFields`] | the partner's admin secret, random bytes |
//!
//! Both versions are read and written byte by byte as the server does it. They are described in the
//! [wire contract](kaltura_types::wire_contract), whose sections this documentation cites. No input makes a function
//! panic, and signatures are compared in constant time.
//!
//! A program that logs in with an app token does not need this crate, and must not have the admin secret: for such a
//! program, a KS is an opaque string.
//!
//! The feature `getrandom` (on by default) adds `random_bytes`. Without it this crate makes no system calls, and runs
//! on bare WebAssembly.

mod claims;
mod content;
mod digest;
mod fields;
mod open;
mod php;
mod secret_bytes;
mod summary;
mod v1;
mod v2;

pub use claims::{KsClaims, unverified_claims};
pub use fields::{InvalidKsFields, KsFields};
pub use open::{OpenError, OpenedKs, open, open_envelope};
pub use php::php_random_bytes;
pub use summary::{ClaimsSummary, Restrictions};
#[cfg(feature = "getrandom")]
pub use v2::{RandomUnavailable, random_bytes};
