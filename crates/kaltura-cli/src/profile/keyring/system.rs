//! The keyring through the crates for each system.

use std::sync::Arc;

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store;
use keyring_core::api::CredentialStoreApi as _;
use keyring_core::{Entry, Error};
#[cfg(windows)]
use windows_native_keyring_store::Store;
#[cfg(all(unix, not(target_os = "macos")))]
use zbus_secret_service_keyring_store::Store;
use zeroize::Zeroizing;

use super::{KeyringItem, KeyringTrouble};
use crate::secret_input::Secret;

pub(super) fn keep(item: &KeyringItem, secret: &str) -> Result<(), KeyringTrouble> {
    entry(item)?.set_secret(secret.as_bytes()).map_err(trouble)
}

pub(super) fn secret(item: &KeyringItem) -> Result<Option<Secret>, KeyringTrouble> {
    let bytes = match entry(item)?.get_secret() {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(Error::NoEntry) => return Ok(None),
        Err(error) => return Err(trouble(error)),
    };
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| KeyringTrouble::Refused("the secret in it is not UTF-8 text".to_owned()))?;
    Ok(Some(Zeroizing::new(text.to_owned())))
}

pub(super) fn forget(item: &KeyringItem) -> Result<bool, KeyringTrouble> {
    match entry(item)?.delete_credential() {
        Ok(()) => Ok(true),
        Err(Error::NoEntry) => Ok(false),
        Err(error) => Err(trouble(error)),
    }
}

fn entry(item: &KeyringItem) -> Result<Entry, KeyringTrouble> {
    let store: Arc<Store> = Store::new().map_err(|error| KeyringTrouble::Absent(told(error)))?;
    store.build(&item.service, &item.account, None).map_err(trouble)
}

fn trouble(error: Error) -> KeyringTrouble {
    match error {
        Error::NoStorageAccess(_) => KeyringTrouble::Locked(told(error)),
        Error::PlatformFailure(_) => KeyringTrouble::Absent(told(error)),
        error => KeyringTrouble::Refused(told(error)),
    }
}

/// Some variants hold what stands in the keyring, which is not told.
fn told(error: Error) -> String {
    match error {
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => cause.to_string(),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "what is in it is no text".to_owned(),
        Error::Ambiguous(_) => "it has several secrets of this name".to_owned(),
        error => error.to_string(),
    }
}
