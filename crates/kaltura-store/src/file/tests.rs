use std::fs;

use kaltura_auth::store::StoreErrorKind;
use kaltura_auth::types::{Ks, PartnerId};
use kaltura_auth::{Error, Session};
use kaltura_testing::conformance::store as conformance;
use tempfile::TempDir;

use super::clock::TestClock;
use super::*;

const MINUTE: Duration = Duration::from_secs(60);

impl Clock for Arc<TestClock> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

struct Scene {
    clock: Arc<TestClock>,
    around: TempDir,
    store: FileStore,
}

fn key() -> StoreKey {
    StoreKey::builder("test").build()
}

fn ask(id: u128) -> Ask {
    Ask::new(id)
}

impl Scene {
    fn new() -> Self {
        let (clock, around) = (Arc::new(TestClock::new()), tempfile::tempdir().unwrap());
        let store = FileStore::with_clock(around.path().join("sessions"), Box::new(Arc::clone(&clock)));
        Self { clock, around, store }
    }

    /// The same store as another process sees it.
    fn other(&self) -> FileStore {
        FileStore::with_clock(self.store.folder().to_owned(), Box::new(Arc::clone(&self.clock)))
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.store.folder().join(format!("{}{ending}", key().as_hex()))
    }

    fn record(&self, id: u128, lifetime: Duration) -> Record {
        let session = Session::new(PartnerId::new(7), Ks::new(format!("djJ8N3w{id}")));
        let end = self.clock.now().store_time().plus(lifetime);
        Record::new(SessionId::from_bits(id), session.to_stored_exposing_ks(), lifetime, end)
    }

    fn publish(&self, id: u128, lifetime: Duration) -> Published {
        self.store.publish_now(&key(), None, &self.record(id, lifetime), None).unwrap()
    }

    /// The session that another process gets, and the time that it has left.
    fn session(&self) -> Option<(u128, Duration)> {
        match self.other().take_now(&key(), &ask(99)).unwrap() {
            Taken::Session { record, left } => Some((record.id().to_bits(), left)),
            _ => None,
        }
    }
}

fn lease(taken: Taken) -> Lease {
    match taken {
        Taken::Lease(lease) => lease,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_time_left_is_that_of_the_boot_clock_whatever_is_done_to_the_wall_clock() {
    let scene = Scene::new();
    assert_eq!(scene.publish(1, 10 * MINUTE), Published::Stored);
    for change in [-3_600_000, 7_200_000] {
        scene.clock.set_wall(change);
        assert_eq!(scene.session(), Some((1, 10 * MINUTE)));
    }
    scene.clock.advance(9 * MINUTE);
    assert_eq!(scene.session(), Some((1, MINUTE)));
    scene.clock.advance(MINUTE);
    assert_eq!(scene.session(), None);
}

#[test]
fn after_a_restart_it_is_that_of_the_wall_clock_and_never_more_than_was_left() {
    let scene = Scene::new();
    scene.publish(1, 10 * MINUTE);
    scene.clock.advance(4 * MINUTE);
    scene.clock.restart();
    assert_eq!(scene.session(), Some((1, 6 * MINUTE)));
    // The record and its widget KS are then by the clock of now.
    let Taken::Session { record, left } = scene.store.take_now(&key(), &ask(1)).unwrap() else { panic!() };
    assert_eq!(record.left_at(scene.clock.now().store_time()), Some(left));
    // Set back to before it was written: that clock does not tell.
    scene.clock.set_wall(-5 * 60_000);
    assert_eq!(scene.session(), None);
}

#[test]
fn a_session_that_lives_longer_stays_unless_it_is_replaced() {
    let scene = Scene::new();
    scene.publish(1, 2 * MINUTE);
    assert_eq!(scene.publish(2, MINUTE), Published::Kept);
    assert_eq!(scene.session(), Some((1, 2 * MINUTE)));
    let replaces = Some(SessionId::from_bits(1));
    let record = scene.record(3, MINUTE);
    assert_eq!(scene.store.publish_now(&key(), None, &record, replaces).unwrap(), Published::Stored);
    assert_eq!(scene.session(), Some((3, MINUTE)));
    scene.clock.advance(MINUTE);
    assert_eq!(scene.store.publish_now(&key(), None, &record, None).unwrap(), Published::Expired);
}

#[test]
fn what_is_broken_cut_or_of_another_key_or_version_is_absent_and_reported() {
    let scene = Scene::new();
    scene.publish(1, 10 * MINUTE);
    let whole = fs::read_to_string(scene.path(SESSION)).unwrap();
    let other = StoreKey::builder("other").build();
    let texts = [
        String::new(),
        "\u{0}".repeat(100),
        "null".to_owned(),
        whole.replace("\"version\":1,\"key\"", "\"version\":2,\"key\""),
        whole.replace(key().as_hex(), other.as_hex()),
        whole.replace("lifetime_ms", "x"),
    ];
    let cuts = (0..whole.len()).step_by(7).map(|length| whole[..length].to_owned());
    for text in texts.into_iter().chain(cuts) {
        fs::write(scene.path(SESSION), &text).unwrap();
        let lease = lease(scene.store.take_now(&key(), &ask(1)).unwrap());
        let trouble = lease.trouble().unwrap_or_else(|| panic!("{text}"));
        assert_eq!(trouble.kind(), StoreErrorKind::Corrupt, "{text}");
        assert!(!format!("{trouble:?} {trouble}").contains("djJ8"), "{trouble:?}");
        let record = scene.record(2, MINUTE);
        assert_eq!(
            scene.store.publish_now(&key(), Some(&lease), &record, None).unwrap(),
            Published::Stored,
            "{text}"
        );
        assert_eq!(scene.session(), Some((2, MINUTE)));
    }
}

#[cfg(unix)]
#[test]
fn nothing_in_the_place_of_a_file_blocks() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    for ending in [SESSION, BACKOFF, ".lock"] {
        let scene = Scene::new();
        scene.store.take_now(&key(), &ask(1)).unwrap();
        fs::remove_file(scene.path(ending)).unwrap_or_default();
        mknodat(CWD, scene.path(ending), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let taken = scene.other().take_now(&key(), &ask(2));
        if ending == ".lock" {
            let error = taken.unwrap_err();
            assert!(error.kind() == StoreErrorKind::Denied && !error.is_retryable(), "{error:?}");
        } else {
            assert_eq!(lease(taken.unwrap()).trouble().unwrap().kind(), StoreErrorKind::Denied);
        }
        // The session is shared all the same.
        assert_eq!(scene.publish(3, MINUTE), Published::Stored);
        assert_eq!(scene.session(), Some((3, MINUTE)));
    }
}

#[test]
fn a_lease_ends_with_its_holder_also_if_that_is_cancelled() {
    let scene = Scene::new();
    let held = lease(scene.store.take_now(&key(), &ask(1)).unwrap());
    // The same question again, as after a lost answer.
    let again = lease(scene.store.take_now(&key(), &ask(1)).unwrap());
    let other = scene.other();
    assert!(matches!(other.take_now(&key(), &ask(2)), Ok(Taken::Held { left }) if left <= lease::DURATION));
    assert!(matches!(scene.store.take_now(&key(), &ask(2)), Ok(Taken::Held { .. })));
    drop(held);
    assert!(matches!(other.take_now(&key(), &ask(2)), Ok(Taken::Held { .. })));
    drop(again);
    let taken = lease(other.take_now(&key(), &ask(2)).unwrap());
    other.release_now(&key(), &taken);
    assert!(!other.extend_now(&key(), &taken));
    assert!(matches!(scene.store.take_now(&key(), &ask(3)), Ok(Taken::Lease(_))));
}

#[test]
fn a_holder_that_shows_no_sign_of_life_loses_the_lease_to_one_other() {
    let scene = Scene::new();
    let stopped = lease(scene.store.take_now(&key(), &ask(1)).unwrap());
    let (one, two) = (scene.other(), scene.other());
    scene.clock.advance(lease::DURATION - Duration::from_millis(1));
    assert!(scene.store.extend_now(&key(), &stopped));
    scene.clock.advance(lease::DURATION - Duration::from_millis(1));
    let left = |store: &FileStore, id| match store.take_now(&key(), &ask(id)).unwrap() {
        Taken::Held { left } => left,
        other => panic!("{other:?}"),
    };
    assert_eq!(left(&one, 2), Duration::from_millis(1));
    scene.clock.advance(Duration::from_millis(1));
    // It may have been taken anew in this very moment.
    assert_eq!(left(&one, 2), Duration::from_millis(250));
    scene.clock.advance(Duration::from_millis(250));
    let taken = lease(one.take_now(&key(), &ask(2)).unwrap());
    assert!(left(&two, 3) <= Duration::from_millis(250));
    scene.clock.advance(Duration::from_millis(250));
    assert!(left(&two, 3) > MINUTE / 60, "the second lease counts");

    // The stopped one goes on. It has lost the lease, and its failure is not for the others.
    assert!(!scene.store.extend_now(&key(), &stopped));
    let failure = StoredFailure::new(&failed(), 1);
    scene.store.fail_now(&key(), &stopped, &failure, MINUTE).unwrap();
    assert!(!scene.path(BACKOFF).exists());
    one.fail_now(&key(), &taken, &failure, MINUTE).unwrap();
    assert!(matches!(two.take_now(&key(), &ask(3)), Ok(Taken::Backoff { left: MINUTE, .. })));
}

#[test]
fn a_lease_ends_to_the_millisecond_and_each_holder_is_looked_at_anew() {
    let scene = Scene::new();
    let first = lease(scene.store.take_now(&key(), &ask(1)).unwrap());
    let other = scene.other();
    let left = || match other.take_now(&key(), &ask(2)).unwrap() {
        Taken::Held { left } => left,
        other => panic!("{other:?}"),
    };
    scene.clock.advance(lease::DURATION);
    assert!(!scene.store.extend_now(&key(), &first));
    assert_eq!(left(), Duration::from_millis(250));
    drop(first);
    let _second = lease(scene.store.take_now(&key(), &ask(3)).unwrap());
    scene.clock.advance(lease::DURATION);
    assert_eq!(left(), Duration::from_millis(250), "this one may extend its lease in this very moment");
}

fn failed() -> Error {
    Error::from_source(std::io::Error::other("no"), false)
}

#[test]
fn a_backoff_ends_with_its_time_with_a_session_or_when_it_is_ended() {
    let scene = Scene::new();
    let failure = StoredFailure::new(&failed(), 1);
    let fail = || {
        let lease = lease(scene.store.take_now(&key(), &ask(1)).unwrap());
        scene.store.fail_now(&key(), &lease, &failure, MINUTE).unwrap();
    };
    let is_free = || matches!(scene.other().take_now(&key(), &ask(2)), Ok(Taken::Lease(_)));
    fail();
    scene.clock.advance(MINUTE / 2);
    assert!(
        matches!(scene.other().take_now(&key(), &ask(2)), Ok(Taken::Backoff { left, .. }) if left == MINUTE / 2)
    );
    scene.clock.advance(MINUTE / 2);
    assert!(is_free());
    fail();
    assert!(!is_free());
    scene.store.end_backoff(&key()).unwrap();
    assert!(is_free());
    fail();
    scene.publish(1, MINUTE);
    scene.clock.advance(MINUTE);
    assert!(is_free());
}

#[test]
fn a_session_is_removed_unless_a_process_logs_in() {
    let scene = Scene::new();
    assert_eq!(scene.store.remove(&key()).unwrap(), Removed::Nothing);
    assert!(!scene.store.folder().exists());
    scene.publish(1, MINUTE);
    let held = lease(scene.store.take_now(&key(), &ask(1).with_held(Some(SessionId::from_bits(1)))).unwrap());
    assert_eq!(scene.other().remove(&key()).unwrap(), Removed::LoginUnderWay);
    drop(held);
    assert_eq!(scene.other().read(&key()).unwrap().unwrap().1, MINUTE);
    assert_eq!(scene.other().remove(&key()).unwrap(), Removed::Session);
    assert_eq!(scene.other().remove(&key()).unwrap(), Removed::Nothing);
    assert!(scene.other().read(&key()).unwrap().is_none());
}

#[test]
fn a_login_removes_what_has_ended_and_nothing_else() {
    let scene = Scene::new();
    let keys: Vec<StoreKey> = (0..5)
        .map(|number: u8| StoreKey::builder("test").part("number", number.to_string()).build())
        .collect();
    let file = |key: &StoreKey, ending: &str| scene.store.folder().join(format!("{}{ending}", key.as_hex()));
    let lives = [MINUTE, MINUTE, 3 * MINUTE, MINUTE];
    for (key, life) in keys.iter().zip(lives) {
        scene.store.publish_now(key, None, &scene.record(1, life), None).unwrap();
    }
    let failed_lease = lease(scene.store.take_now(&keys[4], &ask(1)).unwrap());
    let failure = StoredFailure::new(&failed(), 1);
    scene.store.fail_now(&keys[4], &failed_lease, &failure, MINUTE).unwrap();
    let (broken, foreign) = (file(&keys[3], SESSION), scene.store.folder().join("notes.session"));
    fs::write(&broken, "{").unwrap();
    fs::write(&foreign, "mine").unwrap();
    let unfinished = [".new-old", ".new-young"].map(|name| scene.store.folder().join(name));
    for path in &unfinished {
        fs::write(path, "half").unwrap();
    }
    let past = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(&unfinished[0]).unwrap().set_modified(past).unwrap();

    scene.clock.advance(2 * MINUTE);
    let _login = lease(scene.store.take_now(&keys[1], &ask(7)).unwrap());
    scene.publish(2, MINUTE);
    assert!(
        !file(&keys[0], SESSION).exists() && !file(&keys[4], BACKOFF).exists() && !unfinished[0].exists()
    );
    // That of a login under way, one that is good, one that is broken, what is not ours, what is being written.
    for path in [file(&keys[1], SESSION), file(&keys[2], SESSION), broken, foreign, unfinished[1].clone()] {
        assert!(path.exists(), "{path:?}");
    }
    assert!(file(&keys[0], ".lock").exists());

    let mut expected: Vec<&StoreKey> = keys.iter().collect();
    let own = key();
    expected.push(&own);
    expected.sort_by_key(|key| key.as_hex());
    assert_eq!(scene.store.keys().unwrap().iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_folder_that_cannot_be_used_is_an_error_with_its_kind() {
    let scene = Scene::new();
    let file = scene.around.path().join("file");
    fs::write(&file, "").unwrap();
    for folder in [file.clone(), file.join("inside")] {
        let store = FileStore::new(folder);
        let error = store.take_now(&key(), &ask(1)).unwrap_err();
        assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
        assert!(store.read(&key()).is_err());
        let record = scene.record(1, MINUTE);
        assert!(store.publish_now(&key(), None, &record, None).is_err());
    }
}

/// Two handles, as two processes have them. They measure real time.
fn two_stores() -> (TempDir, FileStore, FileStore) {
    let around = tempfile::tempdir().unwrap();
    let folder = around.path().join("sessions");
    (around, FileStore::new(&folder), FileStore::new(&folder))
}

#[test]
fn the_store_keeps_the_contract() {
    let (_around, one, other) = two_stores();
    futures_executor::block_on(conformance::check(&one, &other)).assert_passed();
    futures_executor::block_on(conformance::check(&one, &one)).assert_passed();
}

#[test]
fn the_blocking_store_keeps_the_contract() {
    let (_around, one, other) = two_stores();
    conformance::check_blocking(&one, &other).assert_passed();
}
