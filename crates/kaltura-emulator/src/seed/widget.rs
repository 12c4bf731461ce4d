//! A widget of the seed.

use kaltura_types::{PartnerId, WidgetId};
use serde::Deserialize;

/// A widget, through which anybody may start an unprivileged session.
///
/// A partner that is made in code gets its default widget by itself; a seed that is read from JSON names it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WidgetSeed {
    pub(crate) id: WidgetId,
    pub(crate) partner_id: PartnerId,
    #[serde(default)]
    pub(crate) entry_id: Option<String>,
    #[serde(default)]
    pub(crate) roles: Option<String>,
    #[serde(default)]
    pub(crate) privileges: Option<String>,
    #[serde(default)]
    pub(crate) privacy_context: Option<String>,
}

impl WidgetSeed {
    /// A widget of a partner.
    #[must_use]
    pub fn new(id: impl Into<WidgetId>, partner: PartnerId) -> Self {
        Self {
            id: id.into(),
            partner_id: partner,
            entry_id: None,
            roles: None,
            privileges: None,
            privacy_context: None,
        }
    }

    /// The default widget of a partner.
    #[must_use]
    pub fn default_of(partner: PartnerId) -> Self {
        Self::new(WidgetId::default_of(partner), partner)
    }

    /// Limits its sessions to an entry: `limitentry` (wire contract, section 4.2).
    #[must_use]
    pub fn entry(mut self, id: impl Into<String>) -> Self {
        self.entry_id = Some(id.into());
        self
    }

    /// Gives its sessions a role: `setrole`.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.roles = Some(role.into());
        self
    }

    /// Gives its sessions these privileges instead of `view:*`.
    #[must_use]
    pub fn privileges(mut self, privileges: impl Into<String>) -> Self {
        self.privileges = Some(privileges.into());
        self
    }

    /// Gives its sessions a privacy context: `privacycontext`.
    #[must_use]
    pub fn privacy_context(mut self, context: impl Into<String>) -> Self {
        self.privacy_context = Some(context.into());
        self
    }
}
