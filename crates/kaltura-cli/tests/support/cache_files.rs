//! The files of the session cache.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::server::text_of;

/// All files of the cache whose names end so, sorted.
pub(crate) fn cache_files(cache: &Path, ending: &str) -> Vec<PathBuf> {
    let in_folder = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
    };
    let tokens = in_folder(&cache.join("sessions"));
    let mut files: Vec<PathBuf> = tokens.iter().flat_map(|token| in_folder(token)).collect();
    files.retain(|path| text_of(path).ends_with(ending));
    files.sort();
    files
}

/// The only one of them.
pub(crate) fn cache_file(cache: &Path, ending: &str) -> PathBuf {
    let mut files = cache_files(cache, ending);
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// Lets a session end.
pub(crate) fn let_it_end(session: &Path) {
    let mut record: Value = serde_json::from_slice(&fs::read(session).unwrap()).unwrap();
    record["content"]["expires_at_ms"] = 1.into();
    // Written into the file that is there, which keeps its mode.
    fs::write(session, record.to_string()).unwrap();
}
