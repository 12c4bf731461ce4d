//! A media entry of the seed, so that a session has something to prove itself on.

use kaltura_types::{PartnerId, UnixTime};
use serde::Deserialize;

/// A video that `get` and `list` of the services `media` and `baseEntry` show.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EntrySeed {
    pub(crate) id: String,
    pub(crate) partner_id: PartnerId,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) tags: Option<String>,
    /// In seconds.
    #[serde(default)]
    pub(crate) duration: i64,
    #[serde(default)]
    pub(crate) created_at: Option<UnixTime>,
}

impl EntrySeed {
    /// A video of a partner.
    #[must_use]
    pub fn new(id: impl Into<String>, partner: PartnerId, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            partner_id: partner,
            name: name.into(),
            description: None,
            tags: None,
            duration: 0,
            created_at: None,
        }
    }

    /// Describes it.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Tags it, with commas between the tags.
    #[must_use]
    pub fn tags(mut self, tags: impl Into<String>) -> Self {
        self.tags = Some(tags.into());
        self
    }

    /// How long it plays, in seconds.
    #[must_use]
    pub const fn duration(mut self, seconds: i64) -> Self {
        self.duration = seconds;
        self
    }

    /// When it was made; the time of the emulator's start otherwise.
    #[must_use]
    pub const fn created_at(mut self, time: UnixTime) -> Self {
        self.created_at = Some(time);
        self
    }

    /// What an emulator has that was given no seed.
    pub(crate) fn samples(partner: PartnerId) -> [Self; 3] {
        [
            Self::new("0_sample01", partner, "Welcome").description("A first look around").tags("intro"),
            Self::new("0_sample02", partner, "Lecture 1").tags("lecture,2026").duration(2_700),
            Self::new("0_sample03", partner, "Café & <more>").duration(95),
        ]
    }
}
