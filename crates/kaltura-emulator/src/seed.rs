//! The state that an emulator starts from.

mod app_token;
mod entry;
mod partner;
mod role;
mod user;
mod widget;

use kaltura_types::UnixTime;
use serde::Deserialize;
use serde_json::error::Category;

pub use self::app_token::AppTokenSeed;
pub use self::entry::EntrySeed;
pub use self::partner::{PartnerSeed, PartnerStatus};
pub use self::role::RoleSeed;
pub use self::user::{UserSeed, UserStatus};
pub use self::widget::WidgetSeed;

/// Partners, widgets, users, app tokens, roles and entries that an emulator starts with.
///
/// Made piece by piece, or read from JSON:
///
/// ```
/// # use kaltura_emulator::{Emulator, Seed};
/// let seed = Seed::from_json(r#"{
///     "partners": [{ "id": 1234567, "adminSecrets": ["a0b1c2d3"], "userSecret": "f9e8d7c6" }],
///     "widgets": [{ "id": "_1234567", "partnerId": 1234567 }],
///     "appTokens": [{ "id": "0_importer", "partnerId": 1234567, "token": "0123456789abcdef",
///                     "hashType": "SHA256", "sessionDuration": 3600 }]
/// }"#)?;
/// let emulator = Emulator::builder().seed(seed).build()?;
/// assert_eq!(emulator.app_token().id().as_str(), "0_importer");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// In JSON a field that is absent is NULL, as in the server's database: an app token without
/// `sessionDuration` gives sessions that are over at once (wire contract, section 3). A field that the
/// emulator does not know is an error. All times are Unix seconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Seed {
    #[serde(rename = "_about")]
    _about: Option<serde::de::IgnoredAny>,
    clock: Option<i64>,
    pub(super) partners: Vec<PartnerSeed>,
    pub(super) widgets: Vec<WidgetSeed>,
    pub(super) users: Vec<UserSeed>,
    pub(super) app_tokens: Vec<AppTokenSeed>,
    pub(super) roles: Vec<RoleSeed>,
    pub(super) entries: Vec<EntrySeed>,
}

impl Seed {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a seed from JSON.
    ///
    /// # Errors
    ///
    /// [`InvalidSeed`] with the place of the mistake.
    pub fn from_json(json: &str) -> Result<Self, InvalidSeed> {
        serde_json::from_str(json).map_err(|error| InvalidSeed::of(&error))
    }

    /// The time at which the seed was written, if it says so. An emulator's clock does not start there by
    /// itself; [`Clock::frozen_at`](super::Clock::frozen_at) makes one that does.
    #[must_use]
    pub fn written_at(&self) -> Option<UnixTime> {
        self.clock.map(UnixTime::from_seconds)
    }

    /// Adds a partner. The first one is what the emulator's accessors speak of.
    #[must_use]
    pub fn partner(mut self, partner: PartnerSeed) -> Self {
        self.partners.push(partner);
        self
    }

    /// Adds a widget.
    #[must_use]
    pub fn widget(mut self, widget: WidgetSeed) -> Self {
        self.widgets.push(widget);
        self
    }

    /// Adds a user.
    #[must_use]
    pub fn user(mut self, user: UserSeed) -> Self {
        self.users.push(user);
        self
    }

    /// Adds an app token.
    #[must_use]
    pub fn app_token(mut self, token: AppTokenSeed) -> Self {
        self.app_tokens.push(token);
        self
    }

    /// Adds a role, which the privilege `setrole` names.
    #[must_use]
    pub fn role(mut self, role: RoleSeed) -> Self {
        self.roles.push(role);
        self
    }

    /// Adds an entry that `media.list` and `baseEntry.list` show.
    #[must_use]
    pub fn entry(mut self, entry: EntrySeed) -> Self {
        self.entries.push(entry);
        self
    }

    /// Appends what another seed holds.
    #[must_use]
    pub(super) fn and(mut self, other: Self) -> Self {
        self.clock = self.clock.or(other.clock);
        self.partners.extend(other.partners);
        self.widgets.extend(other.widgets);
        self.users.extend(other.users);
        self.app_tokens.extend(other.app_tokens);
        self.roles.extend(other.roles);
        self.entries.extend(other.entries);
        self
    }
}

/// A text that is no seed. The message says in which line, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a seed of the emulator: {what} at line {line} column {column}")]
pub struct InvalidSeed {
    what: String,
    line: usize,
    column: usize,
}

impl InvalidSeed {
    /// What serde says of names is kept. What it says of values is not: it quotes them, and in a seed they may be
    /// secrets.
    fn of(error: &serde_json::Error) -> Self {
        let said = error.to_string();
        let of_names = ["unknown field", "missing field", "duplicate field"];
        let what = match error.classify() {
            Category::Data if of_names.iter().any(|start| said.starts_with(start)) => {
                said.split(" at line ").next().unwrap_or_default().to_owned()
            }
            Category::Data => "a value of the wrong kind".to_owned(),
            Category::Eof => "it ends too early".to_owned(),
            Category::Syntax | Category::Io => "it is not JSON".to_owned(),
        };
        Self { what, line: error.line(), column: error.column() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_nobody_knows_is_an_error_that_names_it() {
        for json in [
            r#"{"partner": []}"#,
            r#"{"partners": [{"id": 1, "secret": "x"}]}"#,
            r#"{"appTokens": [{"id": "0_a", "duration": 1}]}"#,
        ] {
            let message = Seed::from_json(json).unwrap_err().to_string();
            assert!(message.contains("unknown field") && message.contains("line 1"), "{message}");
        }
    }

    #[test]
    fn a_value_in_the_wrong_place_is_not_quoted() {
        for json in [
            r#"{"clock": "hush"}"#,
            r#"{"partners": [{"id": "hush"}]}"#,
            r#"{"appTokens": "hush"}"#,
            r#"{"hush"#,
        ] {
            let error = Seed::from_json(json).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
            assert!(error.to_string().contains("line 1"), "{error}");
        }
    }

    #[test]
    fn a_seed_shows_no_secret() {
        let seed = Seed::from_json(
            r#"{"partners": [{"id": 1, "adminSecrets": ["hush1"], "userSecret": "hush2"}],
                "appTokens": [{"id": "0_a", "partnerId": 1, "token": "hush3"}]}"#,
        );
        assert!(!format!("{:?}", seed.unwrap()).contains("hush"));
    }
}
