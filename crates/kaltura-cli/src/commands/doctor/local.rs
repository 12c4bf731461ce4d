//! What only this machine knows: the settings, the session cache, and the files of the profiles.

use std::fs::{self, File};
use std::path::Path;

use kaltura_auth::{AppTokenCredentials, AppTokenLogin, CredentialIssue, ServiceUrl, SessionRequest};
use kaltura_client::diagnosis::Diagnosis;
use kaltura_types::{AppTokenId, AppTokenValue, HashType, PartnerId};

use super::DoctorCommand;
use super::report::Line;
use crate::config::{CACHES_VARIABLE, Environment, SETTINGS_VARIABLE, Setting, Settings};
use crate::error::{ExitCode, Failure};
use crate::files::{self, ForeignOwner};
use crate::output::Ui;
use crate::profile::{Config, Profile, ProfileSecret, SecretPlace, StoredSecret};
use crate::session::{SessionCache, Trouble};

/// What is known of the login, as far as it is set.
pub(super) struct LoginInputs {
    pub(super) partner: Option<PartnerId>,
    pub(super) profile: Option<String>,
    token_id: Option<AppTokenId>,
    credentials: Option<AppTokenCredentials>,
    hash_type: Option<HashType>,
    request: SessionRequest,
}

impl LoginInputs {
    /// The diagnosis of the login; without credentials, that of the server and the account.
    pub(super) fn diagnosis(&self, url: &ServiceUrl, detect: bool) -> Diagnosis {
        let Some(credentials) = &self.credentials else {
            let mut diagnosis = Diagnosis::of_server(url.clone());
            if let Some(partner) = self.partner {
                diagnosis = diagnosis.partner_id(partner);
            }
            return match &self.token_id {
                Some(id) => diagnosis.app_token_id(id.clone()),
                None => diagnosis,
            };
        };
        let login = AppTokenLogin::new(url.clone(), credentials.clone()).request(self.request.clone());
        match (self.hash_type, detect) {
            (None, _) => Diagnosis::new(login).hash_type_unknown(),
            (Some(_), true) => Diagnosis::new(login).detect_hash_type(),
            (Some(_), false) => Diagnosis::new(login),
        }
    }

    /// What no line may show.
    pub(super) fn secrets(&self) -> impl Iterator<Item = AppTokenValue> {
        let value = self.credentials.as_ref().map(|credentials| credentials.value().clone());
        // It may be the value in the wrong place.
        let id = self.token_id.as_ref().filter(|id| !id.is_well_formed());
        value.into_iter().chain(id.map(|id| AppTokenValue::new(id.as_str())))
    }
}

/// Checks the settings, all of them at once.
pub(super) fn settings(ui: &Ui, command: &DoctorCommand, settings: &Settings) -> (Line, LoginInputs) {
    // A wrong URL is reported by its own check.
    let url = command.server.service_url(settings).ok();
    let parts = command.token.parts(ui, settings, url.as_ref());
    let hash_type = parts.hash_type.and_then(|set| match set {
        None if command.detect => Ok(None),
        set => settings.required(&Setting::HASH_TYPE, set).map(Some),
    });
    let mut wrong = Vec::new();
    let partner = keep(parts.partner, &mut wrong);
    let token_id = keep(parts.id, &mut wrong).map(AppTokenId::new);
    let hash_type = keep(hash_type, &mut wrong);
    let value = keep(parts.value, &mut wrong);
    let request = keep(command.request.request(settings), &mut wrong);
    let credentials = match (partner, &token_id, hash_type, value, &request) {
        (Some(partner), Some(id), Some(hash_type), Some(value), Some(_)) => {
            let hash_type = hash_type.unwrap_or(HashType::Sha256);
            Some(AppTokenCredentials::new(partner, id.clone(), value, hash_type))
        }
        _ => None,
    };
    let inputs = LoginInputs {
        partner,
        token_id,
        credentials,
        hash_type: hash_type.flatten(),
        profile: settings.profile().map(|profile| profile.name.to_string()),
        request: request.unwrap_or_default(),
    };
    (settings_line(&inputs, &wrong), inputs)
}

/// Collects why something is missing.
fn keep<T>(part: Result<T, Failure>, wrong: &mut Vec<Failure>) -> Option<T> {
    part.map_err(|failure| wrong.push(failure)).ok()
}

fn settings_line(inputs: &LoginInputs, wrong: &[Failure]) -> Line {
    let profile =
        inputs.profile.as_ref().map_or_else(|| "no profile".to_owned(), |name| format!("profile {name}"));
    let Some(credentials) = &inputs.credentials else {
        let texts: Vec<String> = wrong.iter().map(Failure::text).collect();
        let message = format!("{profile}: {}", texts.join("; "));
        let (class, remedy) = match wrong {
            [only] => (only.exit_code(), only.hint()),
            _ => (ExitCode::Usage, None),
        };
        let remedy = remedy.unwrap_or(
            "Store them in a profile with `kaltura profile add`, or set each by its option or variable: see \
             `kaltura doctor --help`.",
        );
        return Line::failed("settings", class, message, remedy);
    };
    let hash_type = inputs.hash_type.map_or_else(|| "no hash type".to_owned(), |it| it.to_string());
    let id = if credentials.id().is_well_formed() { credentials.id().as_str() } else { "with an unusual id" };
    let message = format!("{profile}: partner {}, app token {id}, {hash_type}", credentials.partner_id());
    let issues: Vec<&str> =
        credentials.credential_issues().into_iter().map(CredentialIssue::advice).collect();
    if issues.is_empty() {
        Line::ok("settings", message)
    } else {
        Line::warning(
            "settings",
            message,
            format!("{} If the login fails, check this first.", issues.join(" ")),
        )
    }
}

/// Says that a region is set and not used, because a URL is set beside it.
pub(super) fn ignored_region(environment: &Environment) -> Option<String> {
    let [url, region] = [Setting::SERVICE_URL, Setting::REGION].map(|setting| setting.variable);
    (environment.is_set(url) && environment.is_set(region))
        .then(|| format!("{region} is ignored, because {url} is set"))
}

/// Writes a file into the folder with the sessions, and removes it.
pub(super) fn session_cache(ui: &Ui, environment: &Environment) -> Line {
    let warning = |message: String, remedy: String| Line::warning("session cache", message, remedy);
    let cache = match SessionCache::of(environment) {
        Ok(cache) => cache,
        Err(Trouble::ForeignFolder { path, owner }) => {
            let message = format!("{} belongs to {owner}, so each command logs in", path.display());
            return warning(message, owner.hint(CACHES_VARIABLE));
        }
        Err(_) => {
            return warning(
                "there is no directory for it, so each command logs in".to_owned(),
                "Set HOME, or set KALTURA_CACHE_DIR to an absolute path.".to_owned(),
            );
        }
    };
    let shown = cache.folder.display();
    let tokens = try_to_write(ui, &cache.folder)
        .map_err(|error| error.to_string())
        .and_then(|()| cache.token_folders().map_err(|trouble| trouble.to_string()));
    let tokens = match tokens {
        Ok(tokens) => tokens,
        Err(error) => {
            return warning(
                format!("{shown} cannot be written, so each command logs in: {error}"),
                "Make the directory writable for you, or set KALTURA_CACHE_DIR to another one.".to_owned(),
            );
        }
    };
    // The store refuses such a folder of a token. Its name is no secret, but would be hidden as one.
    for opened in tokens.iter().filter_map(|folder| File::open(folder).ok()) {
        if let Some(owner) = ForeignOwner::of_file(&opened) {
            let message = format!("a folder in {shown} belongs to {owner}: its sessions are not used");
            return warning(message, owner.hint(CACHES_VARIABLE));
        }
        if files::is_open_to_others(&opened) {
            let message = format!("other users can use a folder in {shown}: its sessions are not used");
            return warning(message, format!("Run: chmod -R go-rwx '{shown}'"));
        }
    }
    match File::open(&cache.folder) {
        Ok(opened) if files::is_open_to_others(&opened) => warning(
            format!("other users can list {shown}"),
            format!("Run: chmod 700 '{shown}'. The sessions in it are readable only by you nevertheless."),
        ),
        _ => Line::ok("session cache", format!("{shown} is writable, and only by you")),
    }
}

/// The folder is created if it is missing, as by any command that stores a session.
fn try_to_write(ui: &Ui, folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!("doctor-{}", std::process::id()));
    let written = files::lock(ui, &path);
    let _ = fs::remove_file(&path);
    written.map(drop)
}

/// Checks who can change the file with the profiles, and read the secrets of the profile in use.
pub(super) fn files(environment: &Environment, profile: Option<&Profile>) -> Line {
    let Some(path) = Config::path(environment).filter(|path| path.exists()) else {
        return Line::skipped("files", "no profiles found");
    };
    let (mut problems, mut commands, mut foreign) = (Vec::new(), Vec::new(), None);
    for path in path.parent().into_iter().chain([path.as_path()]) {
        if let Some(owner) = File::open(path).ok().as_ref().and_then(ForeignOwner::of_file) {
            problems.push(format!("{} belongs to {owner}", path.display()));
            foreign = Some(owner.hint(SETTINGS_VARIABLE));
        }
        if files::others_may(path.metadata(), 0o022) {
            problems.push(format!(
                "other users can change {}, and so the command that gives a secret",
                path.display()
            ));
            commands.push(format!("chmod go-w '{}'", path.display()));
        }
    }
    for secret in ProfileSecret::ALL {
        if let Some(SecretPlace::File(path) | SecretPlace::Stored(StoredSecret::File(path))) =
            profile.and_then(|profile| profile.place_of(secret))
            && files::others_may(path.metadata(), 0o077)
        {
            problems.push(format!("other users can read {} with {}", path.display(), secret.what));
            commands.push(format!("chmod 600 '{}'", path.display()));
        }
    }
    if problems.is_empty() {
        return Line::ok("files", format!("{} is writable only by you", path.display()));
    }
    let run = (!commands.is_empty()).then(|| format!("Run: {}", commands.join("; ")));
    let remedy = foreign.into_iter().chain(run).collect::<Vec<_>>().join(" ");
    Line::warning("files", problems.join("; "), remedy)
}
