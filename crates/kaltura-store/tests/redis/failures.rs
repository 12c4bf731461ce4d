//! Servers that are gone, stopped, full, read-only, loading, emptied, or whose clock is set.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kaltura_auth::SessionId;
use kaltura_auth::blocking::SessionStore;
use kaltura_auth::store::{self, Ask, Published, StoreErrorKind, Taken};
use kaltura_store::redis::RedisStore;

use super::server::{Server, free_port, is_installed, server_or_skip};
use super::{MINUTE, key, lease, record, session};

/// Longer than the limit of a call, even on a busy machine.
const GENEROUS: Duration = Duration::from_secs(20);

#[test]
fn a_server_that_is_gone_is_unavailable_at_once_and_used_when_it_is_back() {
    let mut server = server_or_skip!();
    let store = server.store();
    let _ = lease(&store, 1);
    server.kill();
    let error = store.time().unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains(&format!("redis://127.0.0.1:{}/0: cannot connect", server.port())));
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("refused"));
    server.restart();
    let _ = lease(&store, 2);
}

#[test]
fn a_lost_connection_is_replaced_within_the_call() {
    let mut server = server_or_skip!();
    let store = server.store();
    let held = lease(&store, 1);
    let _: i64 = server.command("CLIENT KILL TYPE normal SKIPME yes");
    assert!(store.extend(&key(), &held).unwrap());
    server.restart();
    assert!(!store.extend(&key(), &held).unwrap());
}

#[test]
fn a_stopped_server_is_waited_for_a_second_and_used_when_it_goes_on() {
    let server = server_or_skip!();
    let store = server.store();
    let _ = lease(&store, 1);
    server.pause();
    let start = Instant::now();
    let error = store.time().unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::TimedOut, "{error}");
    assert!((Duration::from_millis(900)..GENEROUS).contains(&start.elapsed()));
    // On a new connection, which the system accepts for it.
    let error = futures_executor::block_on(store::SessionStore::time(&store)).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::TimedOut, "{error}");
    server.resume();
    store.time().unwrap();
    // The connections that were given up are closed: this one is left, and that of the question.
    let start = Instant::now();
    loop {
        let clients: String = server.command("INFO clients");
        if clients.lines().any(|line| line == "connected_clients:2") {
            break;
        }
        assert!(start.elapsed() < GENEROUS, "{clients}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_server_that_stops_for_less_than_the_limit_is_no_failure() {
    let server = server_or_skip!();
    let store = server.store();
    let _ = lease(&store, 1);
    server.pause();
    thread::scope(|scope| {
        let call = scope.spawn(|| store.time());
        thread::sleep(Duration::from_millis(200));
        server.resume();
        call.join().unwrap().unwrap();
    });
}

#[test]
fn a_session_that_a_late_command_stores_does_not_live_longer() {
    let server = server_or_skip!();
    let store = server.store();
    let held = lease(&store, 1);
    let second = record(1, held.taken_at(), Duration::from_secs(2));
    server.pause();
    let result = store.publish(&key(), Some(&held), &second, None);
    assert_eq!(result.unwrap_err().kind(), StoreErrorKind::TimedOut);
    thread::sleep(Duration::from_secs(2));
    server.resume();
    // The command is carried out now, or it was lost with its connection. Both are right.
    assert!(matches!(store.take(&key(), &Ask::new(2)), Ok(Taken::Lease(_))));
}

#[test]
fn an_emptied_server_costs_the_lease() {
    let server = server_or_skip!();
    let store = server.store();
    let held = lease(&store, 1);
    let _: String = server.command("FLUSHALL");
    assert!(!store.extend(&key(), &held).unwrap());
    let next = lease(&store, 2);
    // The first holder has lost the lease, and its session counts all the same.
    let published = store.publish(&key(), Some(&held), &record(1, held.taken_at(), MINUTE), None);
    assert_eq!(published.unwrap(), Published::Stored);
    assert!(store.extend(&key(), &next).unwrap());
}

#[test]
fn a_full_server_refuses_leases_and_still_gives_and_takes_sessions() {
    let server = server_or_skip!("--maxmemory-policy", "noeviction");
    let store = server.store();
    let held = lease(&store, 1);
    let _: String = server.command("CONFIG SET maxmemory 1");
    // The lease is freed first, and with that the script may write.
    let published = store.publish(&key(), Some(&held), &record(1, held.taken_at(), MINUTE), None);
    assert_eq!(published.unwrap(), Published::Stored);
    session(&store);
    let ask = Ask::new(2).with_held(Some(SessionId::from_bits(1)));
    let error = store.take(&key(), &ask).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full, "{error}");
    let longer = record(2, held.taken_at(), MINUTE * 2);
    let error = store.publish(&key(), None, &longer, None).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full, "{error}");
    assert_eq!(session(&store).0.id(), SessionId::from_bits(1));
    let _: String = server.command("CONFIG SET maxmemory 0");
    assert!(matches!(store.take(&key(), &ask), Ok(Taken::Lease(_))));
}

#[test]
fn a_replica_gives_sessions_and_no_leases() {
    let server = server_or_skip!();
    let store = server.store();
    let held = lease(&store, 1);
    store.publish(&key(), Some(&held), &record(1, held.taken_at(), MINUTE), None).unwrap();
    // Of a master that is away.
    let _: String = server.command(&format!("REPLICAOF 127.0.0.1 {}", free_port()));
    session(&store);
    let error = store.take(&key(), &Ask::new(2).with_held(Some(SessionId::from_bits(1)))).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("READONLY"), "{error}");
    let _: String = server.command("CONFIG SET replica-serve-stale-data no");
    let error = store.take(&key(), &Ask::new(2)).unwrap_err();
    assert!(error.to_string().contains("MASTERDOWN"), "{error}");
}

#[test]
fn a_loading_server_is_not_ready() {
    let mut server =
        server_or_skip!("--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024");
    let _: i64 =
        server.words(&["EVAL", "for i = 1, 20000 do redis.call('SET', 'k' .. i, i) end return 1", "0"]);
    let _: String = server.command("SAVE");
    assert!(server.directory().join("dump.rdb").exists());
    server.restart();
    let store = server.store();
    let error = store.take(&key(), &Ask::new(1)).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("LOADING"), "{error}");
}

/// A server whose clock is set by a file.
fn server_with_clock() -> Option<(Server, PathBuf, tempfile::TempDir)> {
    if !is_installed("redis-server") || !is_installed("faketime") {
        return None;
    }
    // `faketime` knows where its library is.
    let output = std::process::Command::new("faketime")
        .args(["-f", "+0s", "printenv", "LD_PRELOAD"])
        .output()
        .unwrap();
    let library = String::from_utf8(output.stdout).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    fs::write(&clock, "+0s").unwrap();
    let variables = [
        // The allocator that redis-server is linked with reads the clock before the library is ready.
        ("LD_PRELOAD", format!("{}:libc.so.6", library.trim())),
        ("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap().to_owned()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
    Some((Server::start_with_variables(&[], &variables), clock, folder))
}

#[test]
fn a_clock_that_is_set_back_ends_sessions_leases_and_backoffs() {
    let Some((server, clock, _folder)) = server_with_clock() else { return };
    let store = server.store();
    let held = lease(&store, 1);
    store.publish(&key(), Some(&held), &record(1, held.taken_at(), MINUTE), None).unwrap();
    let held = match store.take(&key(), &Ask::new(2).with_held(Some(SessionId::from_bits(1)))) {
        Ok(Taken::Lease(lease)) => lease,
        other => panic!("{other:?}"),
    };
    fs::write(&clock, "-3600s").unwrap();
    // Both would live for another hour.
    let next = lease(&store, 3);
    assert!(held.taken_at() > next.taken_at());
    // A session that the first holder publishes now, with an end in the old time, is not credible.
    let published = store.publish(&key(), Some(&held), &record(2, held.taken_at(), MINUTE), None);
    assert_eq!(published.unwrap(), Published::Expired);
    let published = store.publish(&key(), Some(&next), &record(3, next.taken_at(), MINUTE), None);
    assert_eq!(published.unwrap(), Published::Stored);
    assert_eq!(session(&store).0.id(), SessionId::from_bits(3));
    fs::write(&clock, "+7200s").unwrap();
    assert!(matches!(store.take(&key(), &Ask::new(4)), Ok(Taken::Lease(_))));

    let failure = kaltura_auth::Error::from_source(std::io::Error::other("down"), true);
    let failure = store::StoredFailure::new(&failure, 1);
    store.fail(&key(), &lease(&store, 4), &failure, MINUTE).unwrap();
    assert!(matches!(store.take(&key(), &Ask::new(5)), Ok(Taken::Backoff { .. })));
    fs::write(&clock, "+0s").unwrap();
    assert!(matches!(store.take(&key(), &Ask::new(5)), Ok(Taken::Lease(_))));
}

/// A program at a port that answers each packet with this text, with nothing if there is none, and the number of
/// connections to it. `None` closes each connection.
fn pretended_server(answer: Option<&'static str>) -> (RedisStore, Arc<AtomicUsize>) {
    let (port, connections) = pretended_port(answer);
    let url = format!("redis://u:hush@127.0.0.1:{port}").parse().unwrap();
    (RedisStore::new(url).unwrap(), connections)
}

/// The port of a [`pretended_server`].
fn pretended_port(answer: Option<&'static str>) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            counted.fetch_add(1, Ordering::Relaxed);
            let Some(answer) = answer else { continue };
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).is_ok_and(|length| length > 0) {
                    if stream.write_all(answer.as_bytes()).is_err() {
                        break;
                    }
                }
            });
        }
    });
    (port, connections)
}

#[test]
fn a_master_that_two_sentinels_name_is_tried_once() {
    let (master, connections) = pretended_port(Some("-WRONGPASS hush\r\n"));
    let master = master.to_string();
    let answer = format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{master}\r\n", master.len()).leak();
    let (one, other) = (pretended_port(Some(answer)).0, pretended_port(Some(answer)).0);
    let url = format!("redis+sentinel://u:hush@127.0.0.1:{one},127.0.0.1:{other}/main").parse().unwrap();
    let error = RedisStore::new(url).unwrap().time().unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Denied, "{error}");
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

#[test]
fn a_lost_connection_is_replaced_once_and_a_refused_one_is_not() {
    for (answer, kind, expected) in
        [(None, StoreErrorKind::Unavailable, 2), (Some("-WRONGPASS hush\r\n"), StoreErrorKind::Denied, 1)]
    {
        let (store, connections) = pretended_server(answer);
        assert_eq!(store.time().unwrap_err().kind(), kind);
        assert_eq!(connections.load(Ordering::Relaxed), expected, "{kind:?}");
    }
}

#[test]
fn a_port_that_never_answers_is_given_up() {
    let (store, _) = pretended_server(Some(""));
    let start = Instant::now();
    let error = store.time().unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::TimedOut, "{error}");
    assert!(start.elapsed() < GENEROUS);
}

#[test]
fn another_program_at_the_port_is_reported_without_what_it_repeats() {
    for (answer, kind) in [
        (
            "-ERR unknown command `HELLO`, with args beginning with: `3` `AUTH` `u` `hush`\r\n",
            StoreErrorKind::Other,
        ),
        ("-hush hush\r\n", StoreErrorKind::Other),
        ("-WRONGPASS hush\r\n", StoreErrorKind::Denied),
        ("HTTP/1.1 400 hush\r\n\r\n", StoreErrorKind::Corrupt),
        ("+hush\r\n", StoreErrorKind::Corrupt),
        ("$4\r\nhush\r\n", StoreErrorKind::Corrupt),
        ("*-7\r\n", StoreErrorKind::Corrupt),
    ] {
        let (store, _) = pretended_server(Some(answer));
        let error = store.take(&key(), &Ask::new(1)).unwrap_err();
        let mut texts = format!("{error} {error:?}");
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            texts += &format!(" {error} {error:?}");
            source = error.source();
        }
        assert!(!texts.contains("hush"), "{texts}");
        assert_eq!(error.kind(), kind, "{answer:?}: {error}");
    }
}

#[test]
fn dropping_a_call_leaves_the_store_usable() {
    let server = server_or_skip!();
    let store = server.store();
    for _ in 0..50 {
        let key = key();
        let ask = Ask::new(1);
        let mut call = std::pin::pin!(store::SessionStore::take(&store, &key, &ask));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let _ = std::future::Future::poll(call.as_mut(), &mut context);
    }
    let _ = lease(&store, 1);
}
