//! Sessions that were removed.

use std::time::Duration;

use kaltura_auth::ServiceUrl;
use kaltura_auth::runtime::Clock as _;
use kaltura_http::SystemClock;
use kaltura_types::PartnerId;

use super::{Lock, TokenFolder, Trouble};
use crate::config::Environment;
use crate::output::Ui;

/// How long a login under way is waited for by who has something else to do.
const ASIDE: Duration = Duration::from_secs(5);

/// How many sessions were removed.
#[derive(Debug, Default)]
pub(crate) struct Forgotten {
    pub(crate) count: usize,
    /// Why not all were, the first reason.
    pub(crate) trouble: Option<Trouble>,
}

impl Forgotten {
    /// Removes the sessions of a token that are kept on this machine, as a part of something else: a login under way
    /// is not waited for for long.
    pub(crate) fn aside(
        ui: &Ui,
        environment: &Environment,
        service_url: &ServiceUrl,
        partner: PartnerId,
        token_id: &str,
    ) -> Self {
        let mut forgotten = Self::default();
        match TokenFolder::of(environment, service_url, partner, token_id) {
            Ok(folder) => forgotten.forget(ui, &[folder], ASIDE),
            // Then nothing was ever kept.
            Err(Trouble::NoFolder) => {}
            Err(trouble) => forgotten.trouble = Some(trouble),
        }
        forgotten
    }

    /// Removes all sessions in these folders. A login under way is waited for, so that its session goes too, but for no
    /// longer than this in all. One that can not be removed does not keep the others: those that nobody is at work on
    /// go first.
    pub(crate) fn forget(&mut self, ui: &Ui, folders: &[TokenFolder], patience: Duration) {
        let mut held = Vec::new();
        for folder in folders {
            let sessions = folder.sessions().unwrap_or_else(|trouble| {
                self.add(Err(trouble));
                Vec::new()
            });
            for session in sessions {
                match session.lock_within(ui, Duration::ZERO).and_then(Lock::remove) {
                    Err(trouble) if trouble.is_held() => held.push(session),
                    outcome => self.add(outcome),
                }
            }
        }
        let clock = SystemClock::new();
        let end = clock.monotonic().saturating_add(patience);
        for session in held {
            let left = end.saturating_sub(clock.monotonic());
            self.add(session.lock_within(ui, left).and_then(Lock::remove));
        }
        folders.iter().for_each(TokenFolder::remove_if_empty);
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
        Some(format!("not all sessions of the app token could be forgotten on this machine: {trouble}"))
    }

    fn add(&mut self, one: Result<bool, Trouble>) {
        match one {
            Ok(was_there) => self.count += usize::from(was_there),
            Err(trouble) => self.trouble = self.trouble.take().or(Some(trouble)),
        }
    }
}
