//! The seed: the objects that an emulator starts with.

mod app_token;
mod partner;

use kaltura_types::UnixTime;
use serde::Deserialize;
use serde_json::error::Category;

pub use self::app_token::AppTokenSeed;
pub use self::partner::{EntrySeed, PartnerSeed, PartnerStatus, RoleSeed, UserSeed, UserStatus, WidgetSeed};

/// Partners, widgets, users, app tokens, roles and entries that an emulator starts with.
///
/// It is built in code or read from JSON:
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
/// In JSON an absent field is NULL, as in the server's database: the sessions of an app token without
/// `sessionDuration` are expired at once (wire contract, section 3). An unknown field is an error. All times are Unix
/// seconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Seed {
    #[serde(rename = "_about")]
    _about: Option<serde::de::IgnoredAny>,
    clock: Option<i64>,
    pub(crate) partners: Vec<PartnerSeed>,
    pub(crate) widgets: Vec<WidgetSeed>,
    pub(crate) users: Vec<UserSeed>,
    pub(crate) app_tokens: Vec<AppTokenSeed>,
    pub(crate) roles: Vec<RoleSeed>,
    pub(crate) entries: Vec<EntrySeed>,
}

impl Seed {
    /// An empty seed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a seed from JSON.
    ///
    /// # Errors
    ///
    /// [`InvalidSeed`] with line and column.
    pub fn from_json(json: &str) -> Result<Self, InvalidSeed> {
        serde_json::from_str(json).map_err(|error| InvalidSeed::from_json(&error))
    }

    /// The time at which the seed was written, if it contains one. The emulator's clock does not use it; create one
    /// with [`Clock::frozen_at`](crate::Clock::frozen_at).
    #[must_use]
    pub fn written_at(&self) -> Option<UnixTime> {
        self.clock.map(UnixTime::from_seconds)
    }

    /// Adds a partner. The emulator's accessors refer to the first one.
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

    /// Adds a role for the privilege `setrole`.
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

    /// Appends another seed.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
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

/// A text is not a seed. The message contains the cause and its line and column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid seed: {what} at line {line} column {column}")]
pub struct InvalidSeed {
    what: String,
    line: usize,
    column: usize,
}

impl InvalidSeed {
    /// Keeps serde's message about names only. Its messages about values quote them, and a seed contains secrets.
    fn from_json(error: &serde_json::Error) -> Self {
        let message = error.to_string();
        let about_names = ["unknown field", "missing field", "duplicate field"];
        let what = match error.classify() {
            Category::Data if about_names.iter().any(|start| message.starts_with(start)) => {
                message.split(" at line ").next().unwrap_or_default().to_owned()
            }
            Category::Data => "a value has the wrong type".to_owned(),
            Category::Eof => "the JSON is incomplete".to_owned(),
            Category::Syntax | Category::Io => "not valid JSON".to_owned(),
        };
        Self { what, line: error.line(), column: error.column() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_field_is_named() {
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
    fn a_value_of_the_wrong_type_is_not_quoted() {
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
    fn debug_shows_no_secret() {
        let seed = Seed::from_json(
            r#"{"partners": [{"id": 1, "adminSecrets": ["hush1"], "userSecret": "hush2"}],
                "appTokens": [{"id": "0_a", "partnerId": 1, "token": "hush3"}]}"#,
        );
        assert!(!format!("{:?}", seed.unwrap()).contains("hush"));
    }
}
