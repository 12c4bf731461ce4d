//! Candidates that complete values of options and arguments.

use std::ffi::OsStr;

use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};
use kaltura_auth::Region;
use kaltura_types::{HashType, PartnerId};

use crate::config::{Environment, Setting};
use crate::profile::{Config, Profile};

/// Marks what takes the name of a profile. Which there are is known where completion is asked for: see [`profiles_of`].
pub(crate) fn profiles() -> ArgValueCandidates {
    ArgValueCandidates::new(Vec::new)
}

/// The names of the profiles that the environment leads to, each with its account.
pub(crate) fn profiles_of(environment: &Environment) -> ArgValueCandidates {
    let environment = environment.clone();
    ArgValueCandidates::new(move || {
        let config = readable_config(&environment).unwrap_or_default();
        let candidate = |profile: &Profile| {
            CompletionCandidate::new(profile.name.as_str()).help(account_of(profile).map(Into::into))
        };
        config.profiles().map(candidate).collect()
    })
}

pub(crate) fn regions() -> ArgValueCompleter {
    ArgValueCompleter::new(|begun: &OsStr| matching(begun, Region::ALL.map(Region::as_str)))
}

pub(crate) fn hash_types() -> ArgValueCompleter {
    ArgValueCompleter::new(|begun: &OsStr| matching(begun, HashType::ALL.map(HashType::as_str)))
}

/// Actions of the API that are often called, those of them that fit.
pub(crate) fn actions(fits: fn(&str) -> bool) -> ArgValueCompleter {
    ArgValueCompleter::new(move |begun: &OsStr| {
        matching(begun, ACTION_NAMES.into_iter().filter(|name| fits(name)))
    })
}

/// The profiles, unless something is wrong with them: this is not the place to tell. What is no common file could
/// keep its reader waiting.
fn readable_config(environment: &Environment) -> Option<Config> {
    Config::path(environment).filter(|path| path.is_file())?;
    Config::read(environment).ok()
}

/// What is no number is not shown: it may be a secret by mistake.
fn account_of(profile: &Profile) -> Option<String> {
    let number: PartnerId = profile.text(Setting::PARTNER_ID.entry)?.parse().ok()?;
    Some(format!("account {number}"))
}

/// Those that begin so, in any case.
fn matching<'a>(begun: &OsStr, names: impl IntoIterator<Item = &'a str>) -> Vec<CompletionCandidate> {
    let Some(begun) = begun.to_str() else { return Vec::new() };
    let begins = |name: &&str| name.get(..begun.len()).is_some_and(|start| start.eq_ignore_ascii_case(begun));
    names.into_iter().filter(begins).map(CompletionCandidate::new).collect()
}

/// The actions that the documents of this project speak of, less those that `kaltura login` is for. The API has
/// many more; which ones, only the server knows.
pub(super) const ACTION_NAMES: [&str; 16] = [
    "appToken.add",
    "appToken.delete",
    "appToken.get",
    "appToken.list",
    "appToken.update",
    "baseEntry.list",
    "caption_captionAsset.list",
    "media.get",
    "media.list",
    "partner.get",
    "session.end",
    "session.get",
    "system.getTime",
    "system.ping",
    "user.delete",
    "user.get",
];
