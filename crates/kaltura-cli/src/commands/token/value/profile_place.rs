//! A profile that takes the value of an app token, and all else that a login with it needs.

use kaltura_auth::{AppTokenCredentials, Region, ServiceUrl};
use kaltura_types::{AppToken, AppTokenId};
use zeroize::Zeroizing;

use super::KeptValue;
use crate::config::{Environment, Setting};
use crate::error::Failure;
use crate::output::Ui;
use crate::profile::{Config, NewPlace, ProfileChanges, ProfileEditor, ProfileName, ProfileSecret};

/// A profile that is about to be made or changed. Nobody else changes profiles meanwhile.
pub(in crate::commands::token) struct ProfilePlace {
    editor: ProfileEditor,
    name: ProfileName,
    server: (&'static Setting, String),
}

impl ProfilePlace {
    /// Sees to it that the profile can be saved.
    pub(super) fn begin(
        ui: &Ui,
        name: &ProfileName,
        service_url: &ServiceUrl,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        Config::read(environment)?.refuse_namesake(name)?;
        let server = server(service_url)?;
        Ok(Self { editor: ProfileEditor::open(ui, environment)?, name: name.clone(), server })
    }

    /// Refuses a profile that logs in with a token other than the one whose place the new one takes.
    pub(super) fn refuse_another_token(&self, replaced: Option<&AppTokenId>) -> Result<(), Failure> {
        let name = &self.name;
        let before = self.editor.config().find(name.as_str());
        let kept = before.and_then(|profile| profile.text(Setting::APP_TOKEN_ID.entry));
        match kept {
            Some(kept) if replaced.is_none_or(|replaced| replaced.as_str() != kept) => {
                let message = format!("the profile {name} logs in with another app token");
                Err(Failure::usage(message).with_hint("Take another name, or say --force to replace that."))
            }
            _ => Ok(()),
        }
    }

    /// Saves the profile, with the value of the token.
    pub(super) fn finish(mut self, token: &AppToken) -> Result<KeptValue, Failure> {
        let (server, url) = self.server;
        let mut settings = vec![
            (server, url),
            (&Setting::PARTNER_ID, token.partner_id.to_string()),
            (&Setting::APP_TOKEN_ID, token.id.to_string()),
        ];
        // One that is not known here can not log in; the profile says so then.
        let credentials = AppTokenCredentials::from_app_token(token);
        settings.extend(credentials.map(|it| (&Setting::HASH_TYPE, it.hash_type().to_string())));
        let value = Zeroizing::new(token.token.expose().to_owned());
        let secrets = vec![(ProfileSecret::AppToken, NewPlace::Kept(value))];
        let changes = ProfileChanges { settings, secrets, ..ProfileChanges::default() };
        let saved = self.editor.save(&self.name, &changes).map_err(|failure| {
            let id = &token.id;
            failure.with_hint(format!(
                "The token is there, and the server keeps its value: `kaltura token get {id} --value-file FILE`."
            ))
        })?;
        Ok(KeptValue::Profile(self.name, saved.notes))
    }
}

/// The entry that leads to the server.
fn server(service_url: &ServiceUrl) -> Result<(&'static Setting, String), Failure> {
    let region = Region::ALL.into_iter().find(|region| ServiceUrl::from(*region) == *service_url);
    if let Some(region) = region {
        return Ok((&Setting::REGION, region.to_string()));
    }
    let url = service_url.to_string();
    // An http:// URL that was allowed for this once would not be taken from the profile.
    match url.parse::<ServiceUrl>() {
        Ok(_) => Ok((&Setting::SERVICE_URL, url)),
        Err(error) => Err(Failure::usage(format!("the server can not be kept in a profile: {error}"))),
    }
}
