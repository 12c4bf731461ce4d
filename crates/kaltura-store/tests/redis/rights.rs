//! The least rights of a user, as the documentation of `RedisStore` lists them.

use kaltura_auth::blocking::SessionStore;
use kaltura_auth::store::{Ask, StoreError, StoreErrorKind, StoredFailure, Taken};
use kaltura_auth::{Error, SessionId};
use kaltura_store::redis::RedisStore;

use super::server::{Server, server_or_skip};
use super::{MINUTE, key, record};

/// The commands of the documentation.
fn documented_commands() -> Vec<String> {
    let text = include_str!("../../src/redis/store.rs");
    let rule = text.lines().skip_while(|line| !line.contains("ACL SETUSER worker"));
    let words = rule.take_while(|line| !line.contains("```")).flat_map(str::split_whitespace);
    words.filter(|word| word.starts_with('+')).map(str::to_owned).collect()
}

fn set_user(server: &Server, keys: &str, channels: &str, commands: &[String]) {
    let mut words = vec!["ACL", "SETUSER", "worker", "reset", "on", ">hush", "resetchannels"];
    words.extend([keys, channels].into_iter().filter(|rule| !rule.is_empty()));
    words.extend(commands.iter().map(String::as_str));
    let _: String = server.words(&words);
}

/// Every step. The first error, and whether a waiting process is woken by messages.
fn use_all(server: &Server) -> (Result<(), StoreError>, bool) {
    let _: String = server.command("FLUSHALL");
    let store = server.store_of("worker", "hush");
    let steps = steps(&store);
    // Subscribing ends the first wait. Without the right to subscribe it takes its whole time.
    let start = std::time::Instant::now();
    store.wait_for_change(&key(), MINUTE / 20);
    let subscribed = start.elapsed() < MINUTE / 20;
    let published: String = server.command("INFO commandstats");
    let published =
        published.contains("cmdstat_publish:calls=") && !published.contains("cmdstat_publish:calls=0,");
    (steps, subscribed && published)
}

fn steps(store: &RedisStore) -> Result<(), StoreError> {
    let failure = StoredFailure::new(&Error::from_source(std::io::Error::other("down"), true), 1);
    let take = |id: u128| store.take(&key(), &Ask::new(id));
    let Taken::Lease(lease) = take(1)? else { panic!("held") };
    assert!(matches!(take(2)?, Taken::Held { .. }));
    store.extend(&key(), &lease)?;
    store.fail(&key(), &lease, &failure, MINUTE)?;
    assert!(matches!(take(3)?, Taken::Backoff { .. }));
    let now = store.time()?;
    store.publish(&key(), Some(&lease), &record(1, now, MINUTE), None)?;
    assert!(matches!(take(4)?, Taken::Session { .. }));
    let renewal = Ask::new(5).with_held(Some(SessionId::from_bits(1)));
    let Taken::Lease(lease) = store.take(&key(), &renewal)? else { panic!("held") };
    store.release(&key(), &lease)
}

#[test]
fn the_documented_rights_are_enough_and_each_is_needed() {
    let server = server_or_skip!();
    let commands = documented_commands();
    assert!(commands.len() > 8, "{commands:?}");
    set_user(&server, "~kaltura:1:*", "&kaltura:1:*", &commands);
    let (result, is_woken) = use_all(&server);
    result.unwrap();
    assert!(is_woken);
    let log: Vec<redis::Value> = server.command("ACL LOG");
    assert!(log.is_empty(), "{log:?}");

    for removed in &commands {
        let rest: Vec<_> = commands.iter().filter(|command| *command != removed).cloned().collect();
        set_user(&server, "~kaltura:1:*", "&kaltura:1:*", &rest);
        let _: String = server.command("CONFIG RESETSTAT");
        let _: String = server.command("ACL LOG RESET");
        let (result, is_woken) = use_all(&server);
        match removed.as_str() {
            "+publish" | "+subscribe" => {
                result.unwrap();
                assert!(!is_woken, "{removed}");
            }
            "+unsubscribe" => result.unwrap(),
            _ => {
                let error = result.unwrap_err();
                assert_eq!(error.kind(), StoreErrorKind::Denied, "{removed}: {error}");
                assert!(error.to_string().contains("NOPERM"), "{removed}: {error}");
            }
        }
    }
}

#[test]
fn keys_are_needed_and_channels_are_not() {
    let server = server_or_skip!();
    let commands = documented_commands();
    set_user(&server, "~other:*", "&kaltura:1:*", &commands);
    let error = use_all(&server).0.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Denied, "{error}");
    set_user(&server, "~kaltura:1:*", "", &commands);
    let (result, is_woken) = use_all(&server);
    result.unwrap();
    assert!(!is_woken);
}

#[test]
fn a_wrong_password_is_denied_and_not_shown() {
    let server = server_or_skip!("--requirepass", "correct");
    for (user, password) in [("", "hush"), ("nosuchuser", "hush")] {
        let store = server.store_of(user, password);
        let error = store.take(&key(), &Ask::new(1)).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Denied);
        assert!(!format!("{error} {error:?} {store:?}").contains("hush"));
    }
    // Without a password.
    let error = server.store().take(&key(), &Ask::new(1)).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Denied, "{error}");
    let taken = server.store_of("", "correct").take(&key(), &Ask::new(1));
    assert!(matches!(taken, Ok(Taken::Lease(_))), "{taken:?}");
}
