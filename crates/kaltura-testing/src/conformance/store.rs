//! Tests whether a session store keeps the contract of [`SessionStore`].
//!
//! The suite takes two handles to the same store, as two processes have them; they may be the same one. It uses keys of
//! its own, which are new for each run, and leaves nothing behind that lives longer than a minute. It takes some
//! seconds, because leases and sessions must end, and needs no runtime of its own. The store must measure real time.
//!
//! ```no_run
//! # use kaltura_auth::store::SessionStore;
//! # fn my_store() -> impl SessionStore { kaltura_auth::store::MemoryStore::new(kaltura_testing::runtime::TestRuntime::new()) }
//! use kaltura_testing::conformance::store;
//!
//! // #[tokio::test], or any other executor
//! async fn my_store_keeps_the_contract() {
//!     let (one, other) = (my_store(), my_store());
//!     store::check(&one, &other).await.assert_passed();
//! }
//! ```

mod failures;
mod leases;
mod rule;
mod sessions;
mod suite;

use kaltura_auth::blocking::SessionStore as BlockingSessionStore;
use kaltura_auth::store::SessionStore;

pub use self::rule::Rule;

use self::suite::{Suite, TestedStore};
use super::{Report, block_on};

/// Checks an async store, in the executor that polls this future.
pub async fn check<S: SessionStore>(one: &S, other: &S) -> Report<Rule> {
    Suite::new(TestedStore::Async(one), TestedStore::Async(other)).run().await
}

/// Checks a blocking store.
pub fn check_blocking<S: BlockingSessionStore>(one: &S, other: &S) -> Report<Rule> {
    block_on(Suite::new(TestedStore::Blocking(one), TestedStore::Blocking(other)).run())
}

#[cfg(test)]
mod tests;
