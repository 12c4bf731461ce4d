//! The files of the session cache.

use std::fs;
use std::path::{Path, PathBuf};

use crate::emulator_process::text_of;

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
