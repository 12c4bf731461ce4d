//! The keyring of the system: the Secret Service on Linux and the BSDs, the keychain of macOS, the Credential
//! Manager of Windows.
//!
//! It is opened only to read or store a secret: it may ask the user to unlock it. A service that does not answer
//! is treated as if there were none.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::secret_input::Secret;

/// How long the service may take to answer that it is there.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// How long it may take after that: the user may have to type a password.
const UNLOCK_LIMIT: Duration = Duration::from_secs(120);

/// One secret in the keyring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyringItem {
    /// The items of one folder of settings have it in common.
    pub(super) service: String,
    /// What the secret belongs to.
    pub(super) account: String,
    /// The account that older versions used, which was named by the profile.
    pub(super) old_account: String,
}

/// The keyring did not do what was asked. The texts hold no secret.
#[derive(Clone, Debug, thiserror::Error)]
#[cfg_attr(not(feature = "keyring"), expect(dead_code, reason = "without a keyring, each item is absent"))]
pub(crate) enum KeyringError {
    /// There is no keyring, or it does not answer.
    #[error("no system keyring available ({0})")]
    Absent(String),
    /// It is locked.
    #[error("the system keyring is locked, or denies access ({0})")]
    Locked(String),
    /// It is open, and the operation failed.
    #[error("the system keyring refused the request ({0})")]
    Refused(String),
}

impl KeyringError {
    pub(crate) const fn hint(&self) -> &'static str {
        match self {
            Self::Absent(_) => {
                "On Linux, the keyring belongs to the desktop session. Without one, store the secret in a file \
                 (--store file), or use a command that prints it (--token-command)."
            }
            Self::Locked(_) => "Unlock the keyring and try again.",
            Self::Refused(_) => "Check the item in the keyring program of your system.",
        }
    }
}

/// What is done with an item.
#[cfg_attr(not(feature = "keyring"), expect(dead_code, reason = "without a keyring, each item is absent"))]
enum Operation {
    Store(Secret),
    Read,
    Delete,
}

impl KeyringItem {
    /// Stores the secret, in place of the one that is there.
    pub(super) fn store(&self, secret: &str) -> Result<(), KeyringError> {
        self.on(&self.account, Operation::Store(Secret::new(secret.to_owned()))).map(drop)
    }

    /// The secret; nothing if there is none. One under the old name gets the new one.
    pub(super) fn secret(&self) -> Result<Option<Secret>, KeyringError> {
        if let Some(secret) = self.on(&self.account, Operation::Read)? {
            return Ok(Some(secret));
        }
        let old = self.on(&self.old_account, Operation::Read)?;
        if let Some(secret) = &old
            && self.store(secret).is_ok()
        {
            // If it stays, it is not read again.
            let _ = self.on(&self.old_account, Operation::Delete);
        }
        Ok(old)
    }

    /// Deletes it, and reports whether there was one.
    pub(super) fn delete(&self) -> Result<bool, KeyringError> {
        let is_new = self.on(&self.account, Operation::Delete)?.is_some();
        Ok(self.on(&self.old_account, Operation::Delete)?.is_some() || is_new)
    }

    /// Works on one item in a thread of its own, which is left behind when it takes too long. A deleted item is
    /// returned as an empty secret.
    fn on(&self, account: &str, operation: Operation) -> Result<Option<Secret>, KeyringError> {
        let (connected, is_connected) = channel();
        let (sender, result) = channel();
        let (service, account) = (self.service.clone(), account.to_owned());
        let work = move || {
            let outcome = system::Keyring::connect().and_then(|keyring| {
                let _ = connected.send(());
                keyring.run(&service, &account, operation)
            });
            let _ = sender.send(outcome);
        };
        let absent = |why: &str| KeyringError::Absent(why.to_owned());
        thread::Builder::new()
            .name("keyring".to_owned())
            .spawn(work)
            .map_err(|error| absent(&error.to_string()))?;
        if is_connected.recv_timeout(CONNECT_LIMIT) == Err(RecvTimeoutError::Timeout) {
            return Err(absent("it does not answer"));
        }
        result.recv_timeout(UNLOCK_LIMIT).unwrap_or_else(|_| Err(absent("it does not answer")))
    }
}

#[cfg(all(feature = "keyring", any(unix, windows), any(not(target_vendor = "apple"), target_os = "macos")))]
mod system {
    use std::sync::Arc;

    #[cfg(target_os = "macos")]
    use apple_native_keyring_store::keychain::Store;
    use keyring_core::Error;
    use keyring_core::api::CredentialStoreApi as _;
    #[cfg(windows)]
    use windows_native_keyring_store::Store;
    #[cfg(all(unix, not(target_os = "macos")))]
    use zbus_secret_service_keyring_store::Store;
    use zeroize::Zeroizing;

    use super::{KeyringError, Operation};
    use crate::secret_input::Secret;

    pub(super) struct Keyring(Arc<Store>);

    impl Keyring {
        pub(super) fn connect() -> Result<Self, KeyringError> {
            Store::new().map(Self).map_err(|error| KeyringError::Absent(text(error)))
        }

        pub(super) fn run(
            &self,
            service: &str,
            account: &str,
            operation: Operation,
        ) -> Result<Option<Secret>, KeyringError> {
            let entry = self.0.build(service, account, None).map_err(classified)?;
            let outcome = match operation {
                Operation::Store(secret) => entry.set_secret(secret.as_bytes()).map(|()| None),
                Operation::Read => entry.get_secret().map(|bytes| Some(Zeroizing::new(bytes))),
                Operation::Delete => entry.delete_credential().map(|()| Some(Zeroizing::default())),
            };
            match outcome {
                Ok(None) | Err(Error::NoEntry) => Ok(None),
                Ok(Some(bytes)) => match std::str::from_utf8(&bytes) {
                    Ok(text) => Ok(Some(Zeroizing::new(text.to_owned()))),
                    Err(_) => Err(KeyringError::Refused("the stored secret is not UTF-8 text".to_owned())),
                },
                Err(error) => Err(classified(error)),
            }
        }
    }

    fn classified(error: Error) -> KeyringError {
        match error {
            Error::NoStorageAccess(_) => KeyringError::Locked(text(error)),
            Error::PlatformFailure(_) => KeyringError::Absent(text(error)),
            error => KeyringError::Refused(text(error)),
        }
    }

    /// Some variants hold what is in the keyring, which is left out.
    fn text(error: Error) -> String {
        match error {
            Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => cause.to_string(),
            Error::BadEncoding(_) | Error::BadDataFormat(..) => "the stored secret is not text".to_owned(),
            Error::Ambiguous(_) => "several items have this name".to_owned(),
            error => error.to_string(),
        }
    }
}

#[cfg(not(all(
    feature = "keyring",
    any(unix, windows),
    any(not(target_vendor = "apple"), target_os = "macos")
)))]
mod system {
    use super::{KeyringError, Operation};
    use crate::secret_input::Secret;

    /// A build without the feature `keyring`, or for a system without a known keyring.
    pub(super) enum Keyring {}

    impl Keyring {
        pub(super) fn connect() -> Result<Self, KeyringError> {
            Err(KeyringError::Absent("this build of kaltura supports none".to_owned()))
        }

        pub(super) fn run(&self, _: &str, _: &str, _: Operation) -> Result<Option<Secret>, KeyringError> {
            match *self {}
        }
    }
}
