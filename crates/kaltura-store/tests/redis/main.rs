//! The Redis store on real servers. Without `redis-server` these tests are skipped, except in CI.

#![cfg(all(unix, feature = "redis"))]
#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "helpers of tests, at real servers"
)]

mod connections;
mod failures;
mod managers;
mod rights;
mod server;
mod steps;

use std::time::Duration;

use kaltura_auth::blocking::SessionStore as _;
use kaltura_auth::store::{Ask, Lease, Record, StoreKey, StoreTime, Taken};
use kaltura_auth::types::{Ks, PartnerId};
use kaltura_auth::{Session, SessionId};
use kaltura_store::redis::RedisStore;
use kaltura_testing::conformance::store as conformance;

use server::server_or_skip;

const MINUTE: Duration = Duration::from_secs(60);

fn key() -> StoreKey {
    StoreKey::builder("test").part("name", "a").build()
}

/// A session that lives for this time from `now`.
fn record(id: u128, now: StoreTime, lifetime: Duration) -> Record {
    let session = Session::new(PartnerId::new(7), Ks::new(format!("djJ8N3x{id}")));
    Record::new(SessionId::from_bits(id), session.to_stored_exposing_ks(), lifetime, now.plus(lifetime))
}

/// Takes the lease, which must be free.
fn lease(store: &RedisStore, id: u128) -> Lease {
    match store.take(&key(), &Ask::new(id)) {
        Ok(Taken::Lease(lease)) => lease,
        other => panic!("no lease: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_keeps_the_contract() {
    let server = server_or_skip!();
    conformance::check(&server.store(), &server.store()).await.assert_passed();
}

#[test]
fn the_blocking_store_keeps_the_contract() {
    let server = server_or_skip!();
    conformance::check_blocking(&server.store(), &server.store()).assert_passed();
}

/// Takes the session, which must be there.
fn session(store: &RedisStore) -> (Record, Duration) {
    match store.take(&key(), &Ask::new(9)) {
        Ok(Taken::Session { record, left }) => (record, left),
        other => panic!("no session: {other:?}"),
    }
}
