//! What was given for a profile, and what is still missing.

use kaltura_auth::{AppTokenCredentials, CredentialIssue};
use kaltura_types::{AppTokenValue, HashType, PartnerId, SessionType};

use super::options::{
    AdminSecretPlaceOptions, EntryOptions, KeptSecretOptions, TokenPlaceOptions, service_url,
};
use crate::config::{Environment, Setting};
use crate::error::Failure;
use crate::output::Ui;
use crate::profile::{NewPlace, Profile, ProfileChanges, ProfileSecret};
use crate::secret_input::SecretSource;

/// What was given by options. Whoever asks a person for the rest adds it to the changes.
pub(super) struct Given {
    pub(super) changes: ProfileChanges,
}

/// Something without which nobody could log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    PartnerId,
    AppTokenId,
    HashType,
    TokenValue,
}

impl Missing {
    /// What it is, and how it is given.
    const fn told(self) -> &'static str {
        match self {
            Self::PartnerId => "--partner-id",
            Self::AppTokenId => "--app-token-id",
            Self::HashType => "--hash-type",
            Self::TokenValue => {
                "the value of the app token (--app-token-stdin, --app-token-file, --token-command, \
                 --token-path or --token-variable)"
            }
        }
    }
}

impl Given {
    /// Reads the secrets that are given, and checks what has not been checked yet.
    pub(super) fn read(
        ui: &Ui,
        entries: EntryOptions,
        token: TokenPlaceOptions,
        admin_secret: AdminSecretPlaceOptions,
        kept: &KeptSecretOptions,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let (token_source, admin_source) = (kept.token.source(), kept.admin_secret.source());
        token_source.refuse_an_argument()?;
        admin_source.refuse_an_argument()?;
        token_source.shares_stdin_with(&admin_source)?;
        if kept.store.is_some() && !token_source.is_given() && !admin_source.is_given() {
            return Err(Failure::usage("--store is for a secret that is given now, and none is").with_hint(
                "Give it with --app-token-stdin, --app-token-file, --admin-secret-stdin or --admin-secret-file.",
            ));
        }
        let mut changes = ProfileChanges {
            unset: entries.unset.clone(),
            settings: settings(entries)?,
            store: kept.store,
            ..ProfileChanges::default()
        };
        let TokenPlaceOptions { token_command, token_variable, token_path } = token;
        let places = [(ProfileSecret::AppToken, token_command, token_path, token_variable, token_source)];
        let AdminSecretPlaceOptions { admin_secret_command, admin_secret_variable, admin_secret_path } =
            admin_secret;
        let places = places.into_iter().chain([(
            ProfileSecret::AdminSecret,
            admin_secret_command,
            admin_secret_path,
            admin_secret_variable,
            admin_source,
        )]);
        for (secret, command, path, variable, source) in places {
            let place = command.map(NewPlace::Command).or_else(|| path.map(NewPlace::File));
            let place = match place.or_else(|| variable.map(NewPlace::Variable)) {
                None => kept_now(ui, &source, environment)?,
                place => place,
            };
            changes.secrets.extend(place.map(|place| (secret, place)));
        }
        Ok(Self { changes })
    }

    /// What is missing of a profile that was like this before, if there was one. A profile is for logins, or for
    /// managing app tokens.
    pub(super) fn missing(&self, before: Option<&Profile>) -> Vec<Missing> {
        let has = |setting: &Setting| {
            self.setting(setting).is_some() || before.is_some_and(|it| it.text(setting.entry).is_some())
        };
        let knows = |secret: ProfileSecret| {
            self.changes.secrets.iter().any(|(given, _)| *given == secret)
                || before.is_some_and(|it| it.place_of(secret).is_some())
        };
        let is_for_logins = has(&Setting::APP_TOKEN_ID)
            || knows(ProfileSecret::AppToken)
            || !knows(ProfileSecret::AdminSecret);
        [
            (Missing::PartnerId, has(&Setting::PARTNER_ID)),
            (Missing::AppTokenId, !is_for_logins || has(&Setting::APP_TOKEN_ID)),
            (Missing::HashType, !is_for_logins || has(&Setting::HASH_TYPE)),
            (Missing::TokenValue, !is_for_logins || knows(ProfileSecret::AppToken)),
        ]
        .into_iter()
        .filter_map(|(missing, is_there)| (!is_there).then_some(missing))
        .collect()
    }

    /// Says what is missing.
    pub(super) fn failure(missing: &[Missing]) -> Failure {
        let told: Vec<&str> = missing.iter().map(|missing| missing.told()).collect();
        Failure::usage(format!("the profile is not complete without {}", told.join(", "))).with_hint(
            "`kaltura profile add --help` has examples. Environment variables are not put into a profile.",
        )
    }

    /// What is odd about it.
    pub(super) fn doubts(&self, before: Option<&Profile>) -> Vec<String> {
        let mut doubts = Vec::new();
        let id = Setting::APP_TOKEN_ID;
        let given =
            |secret| self.changes.secrets.iter().find(|(it, _)| *it == secret).map(|(_, place)| place);
        let text = |setting: &Setting| {
            self.setting(setting).or_else(|| before.and_then(|it| it.text(setting.entry)))
        };
        if let Some(NewPlace::Kept(value)) = given(ProfileSecret::AppToken) {
            let value = AppTokenValue::new(value.as_str());
            let id = text(&id).unwrap_or_default();
            let credentials = AppTokenCredentials::new(PartnerId::new(0), id, value, HashType::Sha256);
            doubts.extend(
                credentials.credential_issues().into_iter().map(CredentialIssue::advice).map(str::to_owned),
            );
        }
        for (secret, setting) in
            [(ProfileSecret::AppToken, id), (ProfileSecret::AdminSecret, Setting::PARTNER_ID)]
        {
            let old = before.filter(|it| it.place_of(secret).is_some()).and_then(|it| it.text(setting.entry));
            let new = self.setting(&setting).filter(|new| old.is_some_and(|old| old != *new));
            if let (Some(new), None) = (new, given(secret)) {
                let what = secret.what();
                doubts.push(format!("{what} stays as it was, and is taken for {} {new} now", setting.entry));
            }
        }
        doubts
    }

    /// Whether this setting was given.
    pub(super) fn has(&self, setting: &Setting) -> bool {
        self.setting(setting).is_some()
    }

    /// Takes a setting that was not given. Its text can be read.
    pub(super) fn add(&mut self, setting: &'static Setting, text: String) {
        self.changes.settings.push((setting, text));
        let place = |it: &Setting| Setting::ALL.iter().position(|one| one.entry == it.entry);
        self.changes.settings.sort_by_key(|(it, _)| place(it));
    }

    fn setting(&self, setting: &Setting) -> Option<&str> {
        let mut given = self.changes.settings.iter();
        given.find(|(it, _)| it.entry == setting.entry).map(|(_, text)| text.as_str())
    }
}

fn kept_now(
    ui: &Ui,
    source: &SecretSource<'_>,
    environment: &Environment,
) -> Result<Option<NewPlace>, Failure> {
    // Where no option says so, the environment would be asked.
    if !source.is_given() {
        return Ok(None);
    }
    Ok(source.read(ui, environment)?.map(NewPlace::Kept))
}

/// The settings in the order in which they are written.
fn settings(entries: EntryOptions) -> Result<Vec<(&'static Setting, String)>, Failure> {
    let url = entries.service_url.as_deref().map(service_url).transpose()?;
    let given = [
        (&Setting::SERVICE_URL, url),
        (&Setting::REGION, entries.region.map(|region| region.to_string())),
        (&Setting::PARTNER_ID, entries.partner_id.map(|partner| partner.to_string())),
        (&Setting::APP_TOKEN_ID, entries.app_token_id),
        (&Setting::HASH_TYPE, entries.hash_type.map(|hash_type| hash_type.to_string())),
        (&Setting::USER, entries.user),
        (&Setting::SESSION_TYPE, entries.session_type.map(|wish| SessionType::from(wish).to_string())),
        (&Setting::LIFETIME, entries.lifetime),
        (&Setting::PRIVILEGES, entries.privileges),
        (&Setting::WIDGET_ID, entries.widget_id),
    ];
    Ok(given.into_iter().filter_map(|(setting, text)| Some((setting, text?))).collect())
}
