//! The seed: the objects that an emulator starts with.

mod app_token;
mod partner;

use kaltura_types::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;

pub use self::app_token::AppTokenSeed;
pub(crate) use self::partner::FIRST_PARTNER;
pub use self::partner::{EntrySeed, PartnerSeed, PartnerStatus, RoleSeed, UserSeed, UserStatus, WidgetSeed};

/// Partners, widgets, users, app tokens, roles and entries that an emulator starts with.
///
/// It is built in code or read from JSON:
///
/// ```
/// # use kaltura_emulator::{Emulator, Seed};
/// let seed = Seed::from_json(r#"{
///     "partners": [{ "id": 1234567, "adminSecrets": ["a0b1c2d3"], "userSecret": "f9e8d7c6" }],
///     "appTokens": [{ "id": "0_importer", "token": "0123456789abcdef", "hashType": "SHA256" }]
/// }"#)?;
/// let emulator = Emulator::builder().seed(seed).build()?;
/// assert_eq!(emulator.app_token().id().as_str(), "0_importer");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A seed needs only what matters to a test. Secrets and ids that it does not contain are random; a partner has its
/// default widget; the sessions of an app token live for 86 400 s; what has no `partnerId` belongs to the first
/// partner. `null` is NULL, as in the server's database: the sessions of an app token whose `sessionDuration` is `null`
/// are expired at once (wire contract, section 3). An unknown field is an error. All times are Unix seconds.
/// [`Seed::JSON_SCHEMA`] describes the format.
///
/// Written as JSON, a seed contains its secrets.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Seed {
    #[serde(rename = "_about", skip_serializing)]
    _about: Option<serde::de::IgnoredAny>,
    #[serde(rename = "$schema", skip_serializing)]
    _schema: Option<serde::de::IgnoredAny>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) partners: Vec<PartnerSeed>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) widgets: Vec<WidgetSeed>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) users: Vec<UserSeed>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) app_tokens: Vec<AppTokenSeed>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) roles: Vec<RoleSeed>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
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
    /// [`InvalidSeed`], which names the member, what was expected, and line and column.
    pub fn from_json(json: &str) -> Result<Self, InvalidSeed> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let seed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            InvalidSeed::from_json(error.inner(), &path)
        })?;
        deserializer.end().map_err(|error| InvalidSeed::from_json(&error, "."))?;
        Ok(seed)
    }

    /// The JSON Schema of a seed.
    pub const JSON_SCHEMA: &str = include_str!("../../seed.schema.json");

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

/// A text is not a seed. The message contains the member, what was expected there, and line and column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid seed: {place}{what} at line {line} column {column}")]
pub struct InvalidSeed {
    /// The member and a colon, unless it is the whole document.
    place: String,
    what: String,
    line: usize,
    column: usize,
}

impl InvalidSeed {
    /// Keeps of serde's message what was expected. The rest may quote a value, and a seed contains secrets.
    fn from_json(error: &serde_json::Error, path: &str) -> Self {
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        let quotes_a_value = ["invalid type", "invalid value", "invalid length", "unknown variant"]
            .iter()
            .any(|start| message.starts_with(start));
        let what = match error.classify() {
            Category::Data if quotes_a_value => match message.rfind("expected ") {
                Some(start) => message[start..].to_owned(),
                None => "a value has the wrong type".to_owned(),
            },
            Category::Data => kaltura_types::redact(message, &[]).into_owned(),
            Category::Eof => "the JSON is incomplete".to_owned(),
            Category::Syntax | Category::Io => "not valid JSON".to_owned(),
        };
        let place = if path == "." { String::new() } else { format!("{path}: ") };
        Self { place, what, line: error.line(), column: error.column() }
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
    fn a_mistake_names_the_member_and_what_was_expected() {
        for (json, message) in [
            (
                r#"{"partners": [{"id": 1}, {"id": "hush"}]}"#,
                "partners[1].id: a string that is not a whole number",
            ),
            (
                r#"{"appTokens": [{"hashType": "hush"}]}"#,
                "appTokens[0].hashType: expected MD5, SHA1, SHA256 or SHA512",
            ),
            (
                r#"{"appTokens": [{"sessionType": 7}]}"#,
                "appTokens[0].sessionType: expected 0 (USER) or 2 (ADMIN)",
            ),
            (r#"{"appTokens": [{"token": 7}]}"#, "appTokens[0].token: expected a string"),
            (
                r#"{"partners": [{"id": 1, "status": "hush"}]}"#,
                "partners[0].status: expected one of `active`",
            ),
            (
                r#"{"partners": [{"id": 1, "adminSecrets": "hush"}]}"#,
                "partners[0].adminSecrets: expected a sequence",
            ),
            (r#"{"partners": [{}]}"#, "partners[0]: missing field `id`"),
            (r#"{"clock": "hush"}"#, "clock: expected i64"),
        ] {
            let error = Seed::from_json(json).unwrap_err().to_string();
            assert!(error.starts_with(&format!("invalid seed: {message}")), "{error}");
            assert!(error.contains("at line 1 column"), "{error}");
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
