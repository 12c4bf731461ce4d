//! A role of the seed: which actions a session may call.

use serde::Deserialize;

/// A role, which the privilege `setrole` names by its id or system name.
///
/// A session with `setrole` may call what the role permits, whatever its type.
///
/// ```
/// # use kaltura_emulator::RoleSeed;
/// let role = RoleSeed::new(7, "TOKEN_KEEPER").permits("appToken.get").permits("appToken.list");
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RoleSeed {
    pub(crate) id: i64,
    pub(crate) system_name: String,
    pub(crate) permits: Vec<String>,
}

impl RoleSeed {
    /// A role that permits nothing yet but what needs no session.
    #[must_use]
    pub fn new(id: i64, system_name: impl Into<String>) -> Self {
        Self { id, system_name: system_name.into(), permits: Vec::new() }
    }

    /// Permits an action, written like `appToken.list`, in any case.
    #[must_use]
    pub fn permits(mut self, action: impl Into<String>) -> Self {
        self.permits.push(action.into());
        self
    }

    /// The role for players that every installation has.
    pub(crate) fn playback() -> Self {
        ["appToken.startSession", "baseEntry.get", "baseEntry.list", "media.get", "media.list"]
            .into_iter()
            .fold(Self::new(1, "PLAYBACK_BASE_ROLE"), Self::permits)
    }

    pub(crate) fn allows(&self, action: &str) -> bool {
        self.permits.iter().any(|permitted| permitted.eq_ignore_ascii_case(action))
    }
}
