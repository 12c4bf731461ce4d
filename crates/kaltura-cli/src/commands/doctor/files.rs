//! The files of the profiles: whether others can change what stands in them, or read what is secret.

use std::fs::File;
use std::path::Path;

use super::check::{Finding, Outcome};
use crate::config::{Environment, paths};
use crate::files::Stranger;
use crate::profile::{Config, Profile, ProfileSecret, SecretPlace};

/// Looks at the file with the profiles, and at the secrets of the profile in use that are in files.
pub(super) fn look(environment: &Environment, profile: Option<&Profile>) -> Outcome {
    Outcome::nothing(finding(environment, profile))
}

fn finding(environment: &Environment, profile: Option<&Profile>) -> Finding {
    let Some(path) = Config::path(environment).filter(|path| path.exists()) else {
        return Finding::skipped("there are no profiles");
    };
    let mut open = Vec::new();
    let mut remedies = Vec::new();
    let mut stranger = None;
    for path in path.parent().into_iter().chain([path.as_path()]) {
        if let Some(owner) = File::open(path).ok().as_ref().and_then(Stranger::with_file) {
            open.push(format!("{} belongs to {owner}", path.display()));
            stranger = Some(owner.remedy(paths::SETTINGS_VARIABLE));
        }
        if has_mode(path, 0o022) {
            open.push(format!("others can change {}, and so which command gives a secret", path.display()));
            remedies.push(format!("chmod go-w '{}'", path.display()));
        }
    }
    for secret in ProfileSecret::ALL {
        if let Some(SecretPlace::File(path) | SecretPlace::OwnFile(path)) =
            profile.and_then(|profile| profile.place_of(secret))
            && has_mode(&path, 0o077)
        {
            open.push(format!("others can read {} with {}", path.display(), secret.what()));
            remedies.push(format!("chmod 600 '{}'", path.display()));
        }
    }
    if open.is_empty() {
        return Finding::ok(format!("nobody else can change {}", path.display()));
    }
    let run = (!remedies.is_empty()).then(|| format!("Run: {}", remedies.join("; ")));
    Finding::warning(open.join("; "), stranger.into_iter().chain(run).collect::<Vec<_>>().join(" "))
}

/// Whether others have one of these rights.
#[cfg(unix)]
fn has_mode(path: &Path, rights: u32) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|about| about.permissions().mode() & rights != 0)
}

/// Elsewhere the folders of a user belong to the user alone.
#[cfg(not(unix))]
fn has_mode(_: &Path, _: u32) -> bool {
    false
}
