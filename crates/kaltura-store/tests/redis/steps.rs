//! What the conformance suite does not show: the form of what is stored, and messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kaltura_auth::blocking::SessionStore;
use kaltura_auth::store::{self, Ask, Published, StoreErrorKind, StoredFailure, Taken};
use kaltura_auth::{Error, SessionId};

use super::server::server_or_skip;
use super::{MINUTE, key, lease, record, session};

fn session_key() -> String {
    format!("kaltura:1:{{{}}}:session", key().as_hex())
}

#[test]
fn every_key_ends_by_itself() {
    let server = server_or_skip!();
    let store = server.store();
    let lease_of_login = lease(&store, 1);
    let failure = StoredFailure::new(&Error::from_source(std::io::Error::other("down"), true), 1);
    store.fail(&key(), &lease_of_login, &failure, MINUTE).unwrap();
    let now = store.time().unwrap();
    assert!(matches!(store.take(&key(), &Ask::new(2)), Ok(Taken::Backoff { .. })));
    let published = store.publish(&key(), None, &record(1, now, MINUTE), None);
    assert_eq!(published.unwrap(), Published::Stored);
    let held = Ask::new(3).with_held(Some(SessionId::from_bits(1)));
    assert!(matches!(store.take(&key(), &held), Ok(Taken::Lease(_))));

    let mut keys: Vec<String> = server.command("KEYS *");
    keys.sort();
    assert_eq!(keys.len(), 2, "{keys:?}");
    for key in keys {
        let left: i64 = server.command(&format!("PTTL {key}"));
        let longest = if key.ends_with(":lease") { 2_000 } else { 60_000 };
        assert!((1..=longest).contains(&left), "{key}: {left}");
    }
}

#[test]
fn what_cannot_be_read_counts_as_absent_and_is_reported() {
    let server = server_or_skip!();
    let store = server.store();
    let now = store.time().unwrap();
    let good = record(7, now, MINUTE).to_json_exposing_ks();
    let bad_session = good.replacen(r#""partner_id":7"#, r#""partner_id":"x""#, 1);
    assert_ne!(bad_session, good);
    let newer = good.replacen(r#""version":1"#, r#""version":2"#, 1);
    for (text, is_reported) in [
        ("", true),
        ("\u{0}{", true),
        ("[]", true),
        ("7", true),
        (r#"{"version":1}"#, true),
        (r#"{"version":"1"}"#, true),
        (r#"{"version":1,"id":"07","expires_at_ms":"x","lifetime_ms":1}"#, true),
        (&bad_session, true),
        (&newer, false),
    ] {
        let () = server.words(&["SET", &session_key(), text]);
        let lease = lease(&store, 1);
        assert_eq!(
            lease.trouble().map(|error| error.kind() == StoreErrorKind::Corrupt),
            is_reported.then_some(true)
        );
        assert!(!format!("{lease:?}").contains("djJ8"));
        let published = store.publish(&key(), Some(&lease), &record(8, now, MINUTE), None);
        assert_eq!(published.unwrap(), Published::Stored, "{text}");
        assert_eq!(session(&store).0.id(), SessionId::from_bits(8));
    }
}

#[test]
fn an_unreadable_backoff_counts_as_absent() {
    let server = server_or_skip!();
    let store = server.store();
    let backoff = format!("kaltura:1:{{{}}}:backoff", key().as_hex());
    for value in ["", "x", "60000", "60000 {", r#"60000 {"version":2}"#, r#"60000 {"version":1}"#] {
        let () = server.words(&["SET", &backoff, value, "PX", "60000"]);
        assert!(lease(&store, 1).trouble().is_none(), "{value}");
    }
}

#[test]
fn keys_of_another_type_are_an_error() {
    let server = server_or_skip!();
    let _: i64 = server.command(&format!("SADD {} x", session_key()));
    let error = server.store().take(&key(), &Ask::new(1)).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
}

#[test]
fn a_session_without_an_end_is_stored() {
    let server = server_or_skip!();
    let store = server.store();
    let now = store.time().unwrap();
    let endless = record(1, now, Duration::from_millis(u64::MAX));
    let published = store.publish(&key(), None, &endless, None);
    assert_eq!(published.unwrap(), Published::Stored);
    assert_eq!(session(&store).0, endless);
}

#[test]
fn one_command_is_sent_for_each_step() {
    let server = server_or_skip!();
    let store = server.store();
    let lease = lease(&store, 1);
    let calls = || -> u64 {
        let info: String = server.command("INFO commandstats");
        let eval = info.lines().find(|line| line.starts_with("cmdstat_eval:calls=")).unwrap();
        eval.trim_start_matches("cmdstat_eval:calls=").split(',').next().unwrap().parse().unwrap()
    };
    assert_eq!(calls(), 1);
    assert!(store.extend(&key(), &lease).unwrap());
    assert_eq!(calls(), 2);
    let record = record(1, lease.taken_at(), MINUTE);
    store.publish(&key(), Some(&lease), &record, None).unwrap();
    assert_eq!(calls(), 3);
    session(&store);
    assert_eq!(calls(), 4);
    store.release(&key(), &lease).unwrap();
    assert_eq!(calls(), 5);
}

/// Lets a store subscribe to the changes of the key.
fn subscribe(server: &super::server::Server, store: &kaltura_store::redis::RedisStore) {
    let channel = format!("kaltura:1:{{{}}}:changed", key().as_hex());
    // The first wait ends at once, since a message before it may have been missed.
    store.wait_for_change(&key(), MINUTE);
    let subscribers = || -> u64 {
        let (_, count): (String, u64) = server.command(&format!("PUBSUB NUMSUB {channel}"));
        count
    };
    assert_eq!(subscribers(), 1);
}

/// Waits for a change in a thread, and returns when the subscription exists.
fn wait_for_message(
    server: &super::server::Server,
    store: &kaltura_store::redis::RedisStore,
) -> thread::JoinHandle<Duration> {
    subscribe(server, store);
    let waiting = store.clone();
    let waits = Arc::new(AtomicBool::new(false));
    let started = Arc::clone(&waits);
    let thread = thread::spawn(move || {
        started.store(true, Ordering::Release);
        let start = Instant::now();
        waiting.wait_for_change(&key(), MINUTE);
        start.elapsed()
    });
    while !waits.load(Ordering::Acquire) {
        thread::yield_now();
    }
    // It is about to wait.
    thread::sleep(Duration::from_millis(100));
    thread
}

#[test]
fn a_waiting_process_is_woken_by_each_end_of_a_login() {
    let server = server_or_skip!();
    let store = server.store();
    let failure = StoredFailure::new(&Error::from_source(std::io::Error::other("down"), true), 1);
    for step in ["release", "fail", "publish"] {
        let _: String = server.command("FLUSHALL");
        // Not subscribed yet.
        let other = server.store();
        let lease = lease(&store, 1);
        assert!(matches!(other.take(&key(), &Ask::new(2)), Ok(Taken::Held { .. })));
        let waiting = wait_for_message(&server, &other);
        match step {
            "release" => store.release(&key(), &lease).unwrap(),
            "fail" => store.fail(&key(), &lease, &failure, MINUTE).unwrap(),
            _ => {
                let record = record(1, lease.taken_at(), MINUTE);
                store.publish(&key(), Some(&lease), &record, None).map(drop).unwrap();
            }
        }
        assert!(waiting.join().unwrap() < MINUTE / 2, "{step}");
    }
}

#[test]
fn a_waiting_process_is_woken_when_its_connection_is_lost() {
    let server = server_or_skip!();
    let store = server.store();
    let _ = lease(&store, 1);
    let waiting = wait_for_message(&server, &store);
    let _: i64 = server.command("CLIENT KILL TYPE pubsub");
    assert!(waiting.join().unwrap() < MINUTE / 2);
    // And subscribes again on the next connection.
    let _ = lease(&store, 1);
    let waiting = wait_for_message(&server, &store);
    server.store().release(&key(), &lease(&store, 1)).unwrap();
    assert!(waiting.join().unwrap() < MINUTE / 2);
}

#[test]
fn a_subscription_ends_with_its_message() {
    let server = server_or_skip!();
    let store = server.store();
    let lease = lease(&store, 1);
    // A thread that waits might do so after the message, and subscribe again.
    subscribe(&server, &store);
    store.release(&key(), &lease).unwrap();
    let start = Instant::now();
    loop {
        let channels: Vec<String> = server.command("PUBSUB CHANNELS");
        if channels.is_empty() {
            break;
        }
        assert!(start.elapsed() < MINUTE, "{channels:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[tokio::test]
async fn a_task_is_woken_too() {
    let server = server_or_skip!();
    let (store, other) = (server.store(), server.store());
    let Ok(Taken::Lease(lease)) = store::SessionStore::take(&store, &key(), &Ask::new(1)).await else {
        panic!()
    };
    assert!(matches!(store::SessionStore::take(&other, &key(), &Ask::new(2)).await, Ok(Taken::Held { .. })));
    store::SessionStore::changed(&other, &key()).await;
    let key = key();
    let early = Duration::from_millis(50);
    assert!(tokio::time::timeout(early, store::SessionStore::changed(&other, &key)).await.is_err());
    let woken = async { tokio::time::timeout(MINUTE, store::SessionStore::changed(&other, &key)).await };
    let released = async { store::SessionStore::release(&store, &key, &lease).await };
    let (woken, released) = tokio::join!(woken, released);
    woken.unwrap();
    released.unwrap();
}

#[test]
fn the_store_runs_on_any_executor() {
    let server = server_or_skip!();
    let store = server.store();
    let taken = futures_executor::block_on(store::SessionStore::take(&store, &key(), &Ask::new(1)));
    assert!(matches!(taken, Ok(Taken::Lease(_))));
}
