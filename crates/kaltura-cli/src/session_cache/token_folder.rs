//! The folder with the sessions of one token.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use kaltura_auth::ServiceUrl;
use kaltura_types::PartnerId;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{SessionFile, Trouble};
use crate::config::{Environment, paths};
use crate::files::Stranger;

/// What may stand behind the name of a session in a file name: its lock, itself, why there is none, and what is not
/// yet that.
const ENDINGS: [&str; 5] = ["lock", "json", "json.new", "failed", "failed.new"];

/// Where the sessions of one token are kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TokenFolder {
    path: PathBuf,
}

impl TokenFolder {
    /// The folder of a token. Its value has no part in this. Two tokens never share a folder.
    pub(crate) fn of(
        environment: &Environment,
        service_url: &ServiceUrl,
        partner: PartnerId,
        token_id: &str,
    ) -> Result<Self, Trouble> {
        let path = cache(environment)?.join(name_of(&(service_url.as_str(), partner, token_id))?);
        of_no_stranger(path, environment).map(|path| Self { path })
    }

    /// The folders of all tokens.
    pub(crate) fn all(environment: &Environment) -> Result<Vec<Self>, Trouble> {
        Self::all_in(&cache(environment)?)
    }

    /// The folders of all tokens in this folder.
    pub(super) fn all_in(cache: &Path) -> Result<Vec<Self>, Trouble> {
        let is_ours = |entry: &DirEntry| {
            entry.file_type().is_ok_and(|kind| kind.is_dir())
                && entry.file_name().to_str().is_some_and(is_our_name)
        };
        Ok(entries(cache)?.into_iter().filter(is_ours).map(|entry| Self { path: entry.path() }).collect())
    }

    /// Whether it is the folder at this place.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        self.path == path
    }

    /// Removes the folder if nothing is in it any more.
    pub(super) fn remove_if_empty(&self) {
        let _ = fs::remove_dir(&self.path);
    }

    /// The session of which this is wished. Other wishes are another session.
    pub(crate) fn session(&self, wishes: &impl Serialize) -> Result<SessionFile, Trouble> {
        Ok(SessionFile::new(&self.path, &name_of(wishes)?))
    }

    /// All sessions that there are files of, also if it is but the lock of a login under way.
    pub(crate) fn sessions(&self) -> Result<Vec<SessionFile>, Trouble> {
        let names =
            entries(&self.path)?.into_iter().filter_map(|entry| session_name(entry.file_name().to_str()?));
        let names: BTreeSet<String> = names.collect();
        Ok(names.iter().map(|name| SessionFile::new(&self.path, name)).collect())
    }
}

/// The folder of the cache.
fn cache(environment: &Environment) -> Result<PathBuf, Trouble> {
    of_no_stranger(paths::caches(environment).ok_or(Trouble::NoFolder)?, environment)
}

/// Neither is a session of somebody else used, nor is one kept where its owner would be locked out.
fn of_no_stranger(path: PathBuf, environment: &Environment) -> Result<PathBuf, Trouble> {
    match Stranger::with_folder(&path, environment) {
        None => Ok(path),
        Some(owner) => Err(Trouble::FolderOfStranger { path, owner }),
    }
}

/// What is in a folder; nothing if there is none.
fn entries(folder: &Path) -> Result<Vec<DirEntry>, Trouble> {
    let read = fs::read_dir(folder).and_then(Iterator::collect);
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(|error| Trouble::Unreadable { path: folder.to_owned(), error }),
    }
}

/// A name for a file that says nothing of what it is made of. Other parts give another name.
fn name_of(parts: &impl Serialize) -> Result<String, Trouble> {
    let text = serde_json::to_vec(parts).map_err(Trouble::NoName)?;
    Ok(hex::encode(Sha256::digest(text)))
}

/// The name of a session, if this is one of its files.
fn session_name(file: &str) -> Option<String> {
    let (name, ending) = file.split_once('.')?;
    (is_our_name(name) && ENDINGS.contains(&ending)).then(|| name.to_owned())
}

fn is_our_name(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(url: &str, partner: i64, token: &str) -> TokenFolder {
        let environment = Environment::of_test(|_| Some("/cache".into()));
        TokenFolder::of(&environment, &url.parse().unwrap(), PartnerId::new(partner), token).unwrap()
    }

    #[test]
    fn each_token_has_its_folder_and_each_wish_its_file() {
        let one = folder("https://www.kaltura.com", 1, "0_a");
        assert_eq!(one, folder("https://www.kaltura.com", 1, "0_a"));
        for other in [
            folder("https://api.eu.kaltura.com", 1, "0_a"),
            folder("https://www.kaltura.com", 2, "0_a"),
            folder("https://www.kaltura.com", 1, "0_b"),
        ] {
            assert_ne!(one, other);
        }
        assert_eq!(one.session(&"x").unwrap(), one.session(&"x").unwrap());
        assert_ne!(one.session(&"x").unwrap(), one.session(&"y").unwrap());
    }

    #[test]
    fn only_our_own_files_are_sessions() {
        let name = name_of(&1).unwrap();
        for ending in ENDINGS {
            assert_eq!(session_name(&format!("{name}.{ending}")).as_ref(), Some(&name));
        }
        for foreign in [&name, &format!("{name}.txt"), &format!("{}.json", name.to_uppercase()), "notes.json"]
        {
            assert_eq!(session_name(foreign), None, "{foreign}");
        }
    }
}
