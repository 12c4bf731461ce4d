//! The KS: the string that carries a Kaltura session. Inspect it, open it, sign it.
//!
//! | to | use | needs |
//! |---|---|---|
//! | read a version 1 KS, unverified | [`unverified_claims`] | nothing |
//! | see whose session it is, until when, with which privileges | [`open()`] | the partner's admin secret |
//! | make one | [`KsFields`] | the partner's admin secret, random bytes |
//!
//! Both versions are read and written byte by byte as the server does it, its oddities included; they are
//! described in the project's wire contract, whose sections these docs cite. No function panics, whatever
//! the input, and signatures are compared in constant time.
//!
//! A program that logs in with an app token needs none of this, and must not have the admin secret: to it,
//! a KS is an opaque text.
//!
//! The feature `getrandom` (on by default) gives `fresh_random`. Without it this crate asks the system for
//! nothing, and runs on bare WebAssembly.

mod claims;
mod download_asset;
mod faithful;
mod fields;
mod open;
mod php;
#[cfg(feature = "getrandom")]
mod random;
mod v1;
mod v2;

pub use claims::{KsClaims, unverified_claims};
pub use faithful::UnfaithfulKs;
pub use fields::KsFields;
pub use open::{OpenError, OpenedKs, open};
pub use php::random::server_random;
#[cfg(feature = "getrandom")]
pub use random::{RandomUnavailable, fresh_random};
