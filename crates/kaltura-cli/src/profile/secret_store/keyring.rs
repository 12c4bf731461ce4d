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
    /// Another program has added an item with the same name.
    #[error("the system keyring has several items with this name")]
    Ambiguous,
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
            Self::Ambiguous => {
                "Another program has stored a second value. Replace both with `kaltura profile add`."
            }
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
    use keyring_core::api::CredentialStoreApi as _;
    use keyring_core::{Entry, Error};
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
                Operation::Store(secret) => set(&entry, secret.as_bytes()).map(|()| None),
                Operation::Read => entry.get_secret().map(|bytes| Some(Zeroizing::new(bytes))),
                Operation::Delete => delete(&entry).map(|()| Some(Zeroizing::default())),
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

    /// Of several items with the name one is left. The Secret Service has several if a program with other attributes
    /// has stored a value, such as the keyring command of Python.
    fn set(entry: &Entry, secret: &[u8]) -> Result<(), Error> {
        match entry.set_secret(secret) {
            Err(Error::Ambiguous(items)) => items.iter().enumerate().try_for_each(|(index, item)| {
                if index == 0 { item.set_secret(secret) } else { item.delete_credential() }
            }),
            outcome => outcome,
        }
    }

    /// Deletes all items with the name.
    fn delete(entry: &Entry) -> Result<(), Error> {
        match entry.delete_credential() {
            Err(Error::Ambiguous(items)) => items.iter().try_for_each(Entry::delete_credential),
            outcome => outcome,
        }
    }

    fn classified(error: Error) -> KeyringError {
        match error {
            Error::NoStorageAccess(_) => KeyringError::Locked(text(error)),
            Error::PlatformFailure(_) => KeyringError::Absent(text(error)),
            Error::Ambiguous(_) => KeyringError::Ambiguous,
            error => KeyringError::Refused(text(error)),
        }
    }

    /// Some variants hold what is in the keyring, which is left out.
    fn text(error: Error) -> String {
        match error {
            Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => cause.to_string(),
            Error::BadEncoding(_) | Error::BadDataFormat(..) => "the stored secret is not text".to_owned(),
            error => error.to_string(),
        }
    }

    #[cfg(test)]
    mod tests {
        use keyring_core::mock;

        use super::*;

        /// Three items of one name, and an entry whose next operation finds them.
        fn ambiguous(store: &mock::Store) -> (Entry, [Entry; 3]) {
            let entry = |account: &str| store.build("kaltura", account, None).unwrap();
            let items = [entry("a"), entry("b"), entry("c")];
            items.iter().for_each(|item| item.set_password("old").unwrap());
            let found = entry("name");
            let mock: &mock::Cred = found.as_any().downcast_ref().unwrap();
            mock.set_error(Error::Ambiguous(vec![entry("a"), entry("b"), entry("c")]));
            (found, items)
        }

        fn values(items: &[Entry; 3]) -> [Option<String>; 3] {
            items.each_ref().map(|item| item.get_password().ok())
        }

        #[test]
        fn of_several_items_one_is_left_with_the_new_secret() {
            let (entry, items) = ambiguous(&mock::Store::new().unwrap());
            set(&entry, b"new").unwrap();
            assert_eq!(values(&items), [Some("new".to_owned()), None, None]);
        }

        #[test]
        fn several_items_are_deleted_together() {
            let (entry, items) = ambiguous(&mock::Store::new().unwrap());
            delete(&entry).unwrap();
            assert_eq!(values(&items), [None, None, None]);
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
