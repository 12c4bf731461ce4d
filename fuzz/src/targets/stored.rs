//! What stores have kept: records, and the files of the file store.

use std::cell::OnceCell;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use kaltura_auth::store::{Record, StoreKey, StoredFailure};
use kaltura_auth::{Session, StoredSession};
use kaltura_store::file::FileStore;
use tempfile::TempDir;

/// What records are made of.
pub const WORDS: [&str; 24] = [
    "{",
    "}",
    "\"",
    ":",
    ",",
    "\"version\":1",
    "\"version\":2",
    "\"id\":",
    "\"session\":",
    "\"ks\":",
    "\"lifetime_ms\":",
    "\"expires_at_ms\":",
    "\"widget_ks\":",
    "\"partner_id\":",
    "\"user_id\":",
    "\"privileges\":",
    "\"adjustments\":",
    "\"written\":",
    "\"content\":",
    "\"failure\":",
    "\"duration_ms\":",
    "null",
    "18446744073709551615",
    "00000000000000000000000000000007",
];

/// The bytes as each kind of record. What can be read is written and read again unchanged.
pub fn records(data: &[u8]) {
    if let Ok(Some(record)) = Record::from_json(data) {
        let written = record.to_json_exposing_ks();
        let Ok(Some(read)) = Record::from_json(written.as_bytes()) else { panic!("{written}") };
        assert_eq!(record, read);
        if let Some(left) = record.left_at(record.expires_at()) {
            panic!("{left:?} are left at the end");
        }
        let session = Session::from_stored(record.into_session());
        assert!(!format!("{session:?}").contains(session.ks().expose()) || session.ks().expose().len() < 32);
    }
    if let Ok(stored) = serde_json::from_slice::<StoredSession>(data) {
        let Ok(written) = serde_json::to_string(&stored) else { panic!("{stored:?}") };
        assert_eq!(serde_json::from_str::<StoredSession>(&written).ok().as_ref(), Some(&stored));
        let session = Session::from_stored(stored);
        let again = Session::from_stored(session.to_stored_exposing_ks());
        assert_eq!(session, again);
    }
    if let Ok(Some(failure)) = StoredFailure::from_json(data) {
        let Ok(Some(read)) = StoredFailure::from_json(failure.to_json().as_bytes()) else {
            panic!("{failure:?}")
        };
        assert_eq!(failure.to_json(), read.to_json());
        let error = failure.to_error();
        assert!(!error.to_string().is_empty() && !error.hint().is_empty());
    }
}

/// The key of the files.
#[must_use]
pub fn key() -> StoreKey {
    StoreKey::builder("fuzz").part("account", "1234567").build()
}

/// The bytes as the files of a session and of a backoff.
pub fn files(data: &[u8]) {
    thread_local! {
        static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
    }
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| {
            let Ok(folder) = tempfile::tempdir() else { panic!("there is no place for temporary files") };
            folder
        });
        write_files(folder.path(), data);
        let store = FileStore::new(folder.path());
        match store.read(&key()) {
            Ok(Some((record, left))) => assert!(!left.is_zero() && left <= record.lifetime()),
            Ok(None) => {}
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        assert_eq!(store.keys().ok(), Some(vec![key()]));
        store.remove_ended();
    });
}

/// Writes the bytes as the files of a session and of a backoff.
pub fn write_files(folder: &Path, data: &[u8]) {
    for ending in ["session", "backoff"] {
        let path = folder.join(format!("{}.{ending}", key().as_hex()));
        let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
        let Ok(()) = file.and_then(|mut file| file.write_all(data)) else {
            panic!("a file cannot be written")
        };
    }
}
