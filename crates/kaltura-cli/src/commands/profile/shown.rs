//! A profile as it is printed: for people and for programs. Where a secret is, it says; what it is, it does not know.

use std::fmt::Write as _;
use std::path::Path;

use kaltura_auth::{Region, ServiceUrl};
use kaltura_types::AppTokenId;
use serde::Serialize;

use crate::config::{Environment, Setting};
use crate::output::{one_line, style};
use crate::profile::{Config, Profile, ProfileSecret, SecretPlace};
use crate::redaction::{repeatable, repeatable_path};

/// One profile.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownProfile<'a> {
    name: &'a str,
    is_default: bool,
    service_url: String,
    region: Option<&'a str>,
    partner_id: Option<serde_json::Value>,
    app_token_id: Option<String>,
    hash_type: Option<&'a str>,
    user_id: Option<&'a str>,
    session_type: Option<&'a str>,
    lifetime: Option<&'a str>,
    privileges: Option<&'a str>,
    widget_id: Option<&'a str>,
    app_token: Option<ShownPlace>,
    admin_secret: Option<ShownPlace>,
    config_file: String,
    #[serde(skip)]
    profile: &'a Profile,
}

/// Where a secret is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownPlace {
    place: &'static str,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    variable: Option<String>,
    /// Whether it is there, as far as that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_there: Option<bool>,
    /// Why that can not be seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
    /// The entry of the file that says so.
    #[serde(skip)]
    entry: &'static str,
}

impl<'a> ShownProfile<'a> {
    pub(super) fn of(profile: &'a Profile, config: &Config, path: &Path) -> Self {
        let text = |setting: &Setting| profile.text(setting.entry);
        let partner = text(&Setting::PARTNER_ID);
        let place = |secret| profile.place_of(secret).map(|place| ShownPlace::of(secret, place));
        Self {
            name: profile.name().as_str(),
            is_default: config.default_name() == Some(profile.name().as_str()),
            service_url: service_url(profile),
            region: text(&Setting::REGION),
            partner_id: partner.map(|text| text.parse::<i64>().map_or_else(|_| text.into(), Into::into)),
            app_token_id: text(&Setting::APP_TOKEN_ID).map(|id| AppTokenId::new(id).to_string()),
            hash_type: text(&Setting::HASH_TYPE),
            user_id: text(&Setting::USER),
            session_type: text(&Setting::SESSION_TYPE),
            lifetime: text(&Setting::LIFETIME),
            privileges: text(&Setting::PRIVILEGES),
            widget_id: text(&Setting::WIDGET_ID),
            app_token: place(ProfileSecret::AppToken),
            admin_secret: place(ProfileSecret::AdminSecret),
            config_file: path.display().to_string(),
            profile,
        }
    }

    /// Looks whether the secrets are there. The keyring may ask a person to unlock it.
    pub(super) fn look_for_secrets(mut self, environment: &Environment) -> Self {
        let shown = [
            (ProfileSecret::AppToken, self.app_token.as_mut()),
            (ProfileSecret::AdminSecret, self.admin_secret.as_mut()),
        ];
        for (secret, shown) in shown {
            if let (Some(shown), Some(place)) = (shown, self.profile.place_of(secret)) {
                match place.has_secret(environment) {
                    Ok(is_there) => shown.is_there = is_there,
                    Err(trouble) => shown.trouble = Some(trouble.to_string()),
                }
            }
        }
        self
    }

    /// Lines for people, by the names that stand in the file.
    pub(super) fn lines(&self) -> String {
        let mut lines = Vec::new();
        for setting in Setting::ALL {
            let text = match &self.app_token_id {
                Some(id) if setting.entry == Setting::APP_TOKEN_ID.entry => Some(id.as_str()),
                _ => self.profile.text(setting.entry),
            };
            lines.extend(text.map(|text| (setting.entry, text.to_owned())));
        }
        lines.extend(self.app_token.as_ref().map(|place| ("app token", place.told())));
        lines.extend(self.admin_secret.as_ref().map(|place| ("admin secret", place.told())));
        lines.push(("config file", self.config_file.clone()));
        let mut text = String::new();
        for (label, value) in lines {
            let _ = writeln!(text, "  {}{label:<13}{:#}{}", style::QUIET, style::QUIET, one_line(&value));
        }
        text
    }
}

/// Where the profile has the API, whether it says so by a URL, by a region, or not at all.
pub(super) fn service_url(profile: &Profile) -> String {
    let region = profile.text(Setting::REGION.entry).map(|text| match text.parse::<Region>() {
        Ok(region) => ServiceUrl::from(region).to_string(),
        // What is wrong is shown as it stands; whoever uses the profile is told.
        Err(_) => text.to_owned(),
    });
    let url = profile.text(Setting::SERVICE_URL.entry).map(str::to_owned);
    url.or(region).unwrap_or_else(|| ServiceUrl::US.to_string())
}

impl ShownPlace {
    fn of(secret: ProfileSecret, place: SecretPlace) -> Self {
        let [entry, ..] = secret.entries();
        let shown = |place| Self { place, file: None, variable: None, is_there: None, trouble: None, entry };
        match place {
            SecretPlace::Command(_) => shown("command"),
            SecretPlace::File(path) => Self { file: Some(repeatable_path(&path)), ..shown("file") },
            SecretPlace::OwnFile(path) => Self { file: Some(path.display().to_string()), ..shown("ownFile") },
            SecretPlace::Variable(name) => {
                Self { variable: Some(repeatable(&name).into_owned()), ..shown("variable") }
            }
            SecretPlace::Keyring(_) => shown("keyring"),
        }
    }

    fn told(&self) -> String {
        let Self { file, variable, entry, .. } = self;
        let place = match (self.place, file, variable) {
            (_, _, Some(variable)) => format!("in the variable {variable}"),
            ("ownFile", Some(file), _) => format!("in clear text in the file {file}"),
            (_, Some(file), _) => format!("in the file {file}"),
            ("keyring", ..) => "in the keyring".to_owned(),
            _ => format!("what {entry} prints"),
        };
        match (self.is_there, &self.trouble) {
            (_, Some(trouble)) => format!("{place}: {trouble}"),
            (Some(false), None) if self.variable.is_some() => format!("{place}, which is not set"),
            (Some(false), None) if self.file.is_some() => format!("{place}, which is not there"),
            (Some(false), None) => format!("{place}, where it is not"),
            (Some(true) | None, None) => place,
        }
    }
}
