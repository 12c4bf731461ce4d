//! No keyring: a build without the feature `keyring`, or for a system of which none is known.

use super::{KeyringItem, KeyringTrouble};
use crate::secret_input::Secret;

pub(super) fn keep(_: &KeyringItem, _: &str) -> Result<(), KeyringTrouble> {
    Err(absent())
}

pub(super) fn secret(_: &KeyringItem) -> Result<Option<Secret>, KeyringTrouble> {
    Err(absent())
}

pub(super) fn forget(_: &KeyringItem) -> Result<bool, KeyringTrouble> {
    Err(absent())
}

fn absent() -> KeyringTrouble {
    KeyringTrouble::Absent("this build of kaltura knows none".to_owned())
}
