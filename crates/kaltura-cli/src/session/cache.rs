//! The sessions that the command keeps for itself: a file store for each app token, in the folder for caches.
//!
//! The value of the token is no part of their keys, as it is where machines share a store. So a session is found
//! without the command, keyring or person that has the value. Only the user can read the folder.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{io, thread};

use kaltura_auth::store::{Record, StoreKey};
use kaltura_auth::{ServiceUrl, SessionRequest};
use kaltura_store::file::{FileError, FileStore, Removed};
use kaltura_types::PartnerId;

use super::command_store::SILENCE;
use crate::config::{CACHES_VARIABLE, Environment, caches_folder};
use crate::files::ForeignOwner;
use crate::output::Ui;

/// At how many other tokens a login looks.
const MOST_OTHERS: usize = 5;
/// How often to look whether a login is still in progress.
const POLL: Duration = Duration::from_millis(50);

/// Why there is no session cache, or why it cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("there is no place for the session cache: set HOME or KALTURA_CACHE_DIR")]
    NoFolder,
    #[error(
        "the session cache {} belongs to {owner}; it is not used. {}",
        path.display(), owner.hint(CACHES_VARIABLE)
    )]
    ForeignFolder { path: PathBuf, owner: ForeignOwner },
    #[error("session cache: {0}")]
    File(FileError),
    #[error("session cache: cannot read {}: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error("session cache: another kaltura process is logging in, in {}", .0.display())]
    LoginInProgress(PathBuf),
}

/// The folder with the sessions of all app tokens.
#[derive(Debug)]
pub(crate) struct SessionCache {
    pub(crate) folder: PathBuf,
}

/// A session with its key and the time that it has left, or why it cannot be read.
pub(crate) type KeyedSession = (StoreKey, Result<(Record, Duration), Trouble>);

/// The sessions of one app token.
#[derive(Clone, Debug)]
pub(crate) struct TokenSessions {
    pub(super) store: FileStore,
}

impl SessionCache {
    pub(crate) fn of(environment: &Environment) -> Result<Self, Trouble> {
        let caches = caches_folder(environment).ok_or(Trouble::NoFolder)?;
        let folder = caches.join("sessions");
        for path in [&caches, &folder] {
            if let Some(owner) = ForeignOwner::of_folder(path, environment) {
                return Err(Trouble::ForeignFolder { path: path.clone(), owner });
            }
        }
        Ok(Self { folder })
    }

    /// The sessions of a token. Its value has no part in this.
    pub(crate) fn token(
        &self,
        service_url: &ServiceUrl,
        partner: PartnerId,
        token_id: &str,
    ) -> TokenSessions {
        let name = StoreKey::builder("kaltura command, app token")
            .part("service_url", service_url.as_str())
            .part("partner", partner.to_string())
            .part("token_id", token_id)
            .build();
        TokenSessions { store: FileStore::new(self.folder.join(name.as_hex())) }
    }

    /// The folders of the tokens that have sessions.
    pub(crate) fn token_folders(&self) -> Result<Vec<PathBuf>, Trouble> {
        let tokens = self.all()?;
        Ok(tokens.iter().map(|token| token.store.folder().to_owned()).collect())
    }

    /// The sessions of all tokens.
    fn all(&self) -> Result<Vec<TokenSessions>, Trouble> {
        let is_ours =
            |entry: &DirEntry| is_name(&entry.file_name()) && entry.file_type().is_ok_and(|it| it.is_dir());
        let folders = entries(&self.folder)
            .map_err(|error| Trouble::Unreadable { path: self.folder.clone(), error })?;
        let sessions = |entry: DirEntry| TokenSessions { store: FileStore::new(entry.path()) };
        Ok(folders.into_iter().filter(is_ours).map(sessions).collect())
    }
}

impl TokenSessions {
    /// The key of the session that is requested so.
    pub(crate) fn key(request: &SessionRequest) -> StoreKey {
        StoreKey::builder("kaltura command, session")
            .optional_part("user", request.get_user_id().map(|user| user.as_str()))
            .optional_part("type", request.get_session_type().map(|it| it.to_string()))
            .optional_part("lifetime", request.get_lifetime().map(|it| it.as_seconds().to_string()))
            .optional_part("privileges", request.get_privileges().map(ToString::to_string))
            .optional_part("widget", request.get_widget_id().map(|widget| widget.as_str()))
            .build()
    }

    /// The session that is requested so, if it is valid, and the time that it has left.
    pub(crate) fn read(&self, request: &SessionRequest) -> Result<Option<(Record, Duration)>, Trouble> {
        self.store.read(&Self::key(request)).map_err(Trouble::File)
    }

    /// Removes ended sessions of some other tokens, each time of others.
    pub(super) fn remove_ended_of_others(&self, random: u128) {
        let folder = self.store.folder();
        let mut others = folder.parent().and_then(|cache| entries(cache).ok()).unwrap_or_default();
        others.retain(|entry| is_name(&entry.file_name()) && entry.path() != folder);
        let count = others.len().max(1);
        let start = usize::try_from(random % count as u128).unwrap_or_default();
        for entry in others.iter().cycle().skip(start).take(MOST_OTHERS.min(others.len())) {
            FileStore::new(entry.path()).remove_ended();
        }
    }

    /// All valid sessions, each with its key and the time that it has left.
    pub(crate) fn valid(&self) -> Result<Vec<KeyedSession>, Trouble> {
        let keys = self.store.keys().map_err(Trouble::File)?;
        let session = |key: StoreKey| {
            let session = self.store.read(&key).map_err(Trouble::File).transpose()?;
            Some((key, session))
        };
        Ok(keys.into_iter().filter_map(session).collect())
    }
}

/// How many sessions were removed.
#[derive(Debug, Default)]
pub(crate) struct Forgotten {
    pub(crate) count: usize,
    /// Why not all were, the first reason.
    pub(crate) trouble: Option<Trouble>,
}

impl Forgotten {
    /// How long a login in progress is waited for by a command that has something else to do.
    pub(crate) const ASIDE: Duration = Duration::from_secs(5);

    /// Removes the sessions of one token that are kept on this machine, or of all. A login in progress is waited for as
    /// long as `patience` says.
    pub(crate) fn of(
        ui: &Ui,
        environment: &Environment,
        token: Option<(&ServiceUrl, PartnerId, &str)>,
        patience: Duration,
    ) -> Self {
        let mut forgotten = Self::default();
        let tokens = SessionCache::of(environment).and_then(|cache| match token {
            Some((service_url, partner, id)) => Ok(vec![cache.token(service_url, partner, id)]),
            None => cache.all(),
        });
        match tokens {
            Ok(tokens) => forgotten.forget(ui, &tokens, patience),
            // Then nothing was ever kept.
            Err(Trouble::NoFolder) => {}
            Err(trouble) => forgotten.trouble = Some(trouble),
        }
        forgotten
    }

    /// Removes all sessions of these tokens. A login in progress is waited for, so that its session goes too, but for no
    /// longer than this in all. One that cannot be removed does not keep the others.
    fn forget(&mut self, ui: &Ui, tokens: &[TokenSessions], patience: Duration) {
        let mut waited = Duration::ZERO;
        loop {
            // The session of a login has another key than its lease: only a round that finds no login is the last.
            let first = self.forget_once(tokens);
            let Some(folder) = first.or_else(|| self.forget_once(tokens)) else { return };
            if waited >= patience {
                return self.add(Trouble::LoginInProgress(folder));
            }
            thread::sleep(POLL);
            waited += POLL;
            if waited == SILENCE {
                ui.note("waiting for another kaltura process that is logging in");
            }
        }
    }

    /// Returns a folder in which a login is in progress, if there is one.
    fn forget_once(&mut self, tokens: &[TokenSessions]) -> Option<PathBuf> {
        let mut in_progress = None;
        for TokenSessions { store } in tokens {
            let keys = store.keys().unwrap_or_else(|error| {
                self.add(Trouble::File(error));
                Vec::new()
            });
            for key in keys {
                match store.remove(&key) {
                    Ok(Removed::LoginUnderWay) => in_progress = Some(store.folder().to_owned()),
                    Ok(removed) => self.count += usize::from(removed == Removed::Session),
                    Err(error) => self.add(Trouble::File(error)),
                }
            }
        }
        in_progress
    }

    /// `1 session`, or more of them; nothing if there was none.
    pub(crate) fn sessions(&self) -> Option<String> {
        match self.count {
            0 => None,
            1 => Some("1 session".to_owned()),
            count => Some(format!("{count} sessions")),
        }
    }

    /// What is to be said if sessions are left.
    pub(crate) fn note(&self) -> Option<String> {
        let trouble = self.trouble.as_ref()?;
        Some(format!("not all sessions of the app token could be removed from this machine: {trouble}"))
    }

    fn add(&mut self, trouble: Trouble) {
        self.trouble.get_or_insert(trouble);
    }
}

/// What is in a folder; nothing if there is none.
fn entries(folder: &Path) -> io::Result<Vec<DirEntry>> {
    match fs::read_dir(folder).and_then(Iterator::collect) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

fn is_name(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| StoreKey::from_hex(name).is_some())
}
