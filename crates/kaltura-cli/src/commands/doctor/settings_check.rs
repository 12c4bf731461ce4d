//! The settings: whether all that a login needs is there, and whether it looks as it should.

use kaltura_auth::{AppTokenCredentials, AppTokenLogin, CredentialIssue, ServiceUrl, SessionRequest};
use kaltura_types::{AppTokenId, AppTokenValue, HashType, PartnerId};

use super::DoctorCommand;
use super::check::{Finding, Have, Subject};
use crate::config::{Setting, Settings};
use crate::error::{ExitCode, Failure};
use crate::output::Ui;

/// What is known of the login, as far as it is there.
pub(super) struct Known {
    pub(super) partner: Have<PartnerId>,
    pub(super) token_id: Have<AppTokenId>,
    pub(super) credentials: Have<AppTokenCredentials>,
    /// The hash type that is set, if any.
    pub(super) hash_type: Option<HashType>,
    /// The profile in use.
    pub(super) profile: Option<String>,
    request: SessionRequest,
}

impl Known {
    /// The login. What is missing stands empty, so that the way to the server can be looked at all the same: the
    /// first request has nothing of it but the account, and partner 0 gets an answer of the API too.
    pub(super) fn login(&self, url: &ServiceUrl) -> AppTokenLogin {
        let credentials = self.credentials.clone().unwrap_or_else(|_| {
            let nobody = PartnerId::new(0);
            AppTokenCredentials::new(self.partner.unwrap_or(nobody), "", "", HashType::Sha256)
        });
        AppTokenLogin::new(url.clone(), credentials).request(self.request.clone())
    }
}

#[cfg(test)]
impl Known {
    /// What a test knows: all that these credentials hold.
    pub(super) fn of_test(credentials: AppTokenCredentials) -> Self {
        Self {
            partner: Ok(credentials.partner_id()),
            token_id: Ok(credentials.id().clone()),
            hash_type: Some(credentials.hash_type()),
            credentials: Ok(credentials),
            profile: None,
            request: SessionRequest::new(),
        }
    }
}

/// Looks at the settings, all of them at once.
pub(super) fn look(ui: &Ui, command: &DoctorCommand, settings: &Settings) -> (Finding, Known) {
    // A wrong URL is told by the check of it.
    let service_url = command.server.service_url(settings).ok();
    let parts = command.token.parts(ui, settings, service_url.as_ref());
    let request = command.request.request(settings);
    let hash_type = parts.hash_type.and_then(|set| match set {
        None if command.detect => Ok(None),
        set => settings.required(&Setting::HASH_TYPE, set).map(Some),
    });

    let mut wrong = Vec::new();
    let partner = kept(parts.partner, &mut wrong);
    let token_id = kept(parts.id, &mut wrong).map(AppTokenId::new);
    let hash_type = kept(hash_type, &mut wrong);
    let value = kept(parts.value, &mut wrong);
    let request = kept(request, &mut wrong);
    let credentials = match (&partner, &token_id, hash_type, value, &request) {
        (Ok(partner), Ok(id), Ok(hash_type), Ok(value), Ok(_)) => {
            let hash_type = hash_type.unwrap_or(HashType::Sha256);
            Ok(AppTokenCredentials::new(*partner, id.clone(), value, hash_type))
        }
        _ => Err(Subject::Settings),
    };
    let known = Known {
        partner,
        token_id,
        credentials,
        hash_type: hash_type.unwrap_or_default(),
        profile: settings.profile().map(|profile| profile.name().to_string()),
        request: request.unwrap_or_default(),
    };
    (finding(&known, &wrong), known)
}

/// Notes why something is not there.
fn kept<T>(part: Result<T, Failure>, wrong: &mut Vec<Failure>) -> Have<T> {
    part.map_err(|failure| {
        wrong.push(failure);
        Subject::Settings
    })
}

fn finding(known: &Known, wrong: &[Failure]) -> Finding {
    let profile =
        known.profile.as_ref().map_or_else(|| "no profile".to_owned(), |name| format!("profile {name}"));
    let credentials = match (wrong, &known.credentials) {
        ([], Ok(credentials)) => credentials,
        ([only], _) => {
            let message = format!("{profile}: {}", only.story());
            return Finding { message, ..Finding::of(only) };
        }
        _ => {
            let stories: Vec<String> = wrong.iter().map(Failure::story).collect();
            return Finding::failed(
                ExitCode::Usage,
                format!("{profile}: {}", stories.join("; ")),
                "Keep them in a profile: `kaltura profile add`. Or give each by its option or its variable: \
                 `kaltura doctor --help` tells them.",
            );
        }
    };
    let hash_type = known.hash_type.map_or_else(|| "no hash type".to_owned(), |it| it.to_string());
    let id = if credentials.id().is_well_formed() {
        credentials.id().as_str()
    } else {
        // It may be the token's value, put in the wrong place.
        "of an unusual id"
    };
    let message = format!("{profile}: partner {}, app token {id}, {hash_type}", credentials.partner_id());
    let credential_issues: Vec<&str> =
        credentials.credential_issues().into_iter().map(CredentialIssue::advice).collect();
    if credential_issues.is_empty() {
        return Finding::ok(message);
    }
    Finding::warning(message, format!("{} If the login fails, begin with that.", credential_issues.join(" ")))
}

/// What must not be seen, should somebody echo it.
pub(super) fn secrets(known: &Known) -> Vec<AppTokenValue> {
    let mut secrets = Vec::new();
    if let Ok(credentials) = &known.credentials {
        secrets.push(credentials.value().clone());
    }
    if let Ok(id) = &known.token_id
        && !id.is_well_formed()
    {
        secrets.push(AppTokenValue::new(id.as_str()));
    }
    secrets
}
