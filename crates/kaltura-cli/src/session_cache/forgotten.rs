//! Sessions that were removed.

use std::time::Duration;

use kaltura_auth::ServiceUrl;
use kaltura_types::PartnerId;

use super::{TokenFolder, Trouble};
use crate::environment::Environment;

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
        environment: Environment,
        service_url: &ServiceUrl,
        partner: PartnerId,
        token_id: &str,
    ) -> Self {
        let mut forgotten = Self::default();
        match TokenFolder::of(environment, service_url, partner, token_id) {
            Ok(folder) => folder.forget(ASIDE, &mut forgotten),
            // Then nothing was ever kept.
            Err(Trouble::NoFolder) => {}
            Err(trouble) => forgotten.trouble = Some(trouble),
        }
        forgotten
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

impl TokenFolder {
    /// Removes all sessions. A login under way is waited for, so that its session goes too, but for no longer than
    /// this. One that can not be removed does not keep the others.
    pub(crate) fn forget(&self, patience: Duration, forgotten: &mut Forgotten) {
        let sessions = match self.sessions() {
            Ok(sessions) => sessions,
            Err(trouble) => return forgotten.add(Err(trouble)),
        };
        let mut patience = patience;
        for session in sessions {
            let outcome = session.lock_within(patience).and_then(|lock| lock.remove());
            if matches!(&outcome, Err(trouble) if trouble.is_held()) {
                patience = Duration::ZERO;
            }
            forgotten.add(outcome);
        }
        self.remove_if_empty();
    }
}
