//! A login that failed, as it is told to those who waited for it: they do not repeat, one after the other, what can
//! not succeed.
//!
//! It stands beside the lock, and is written by the one who holds it. Whoever finds there, once the lock is its own,
//! what was not there when it began to wait, has waited for the login that failed. No clock has a part in this.

use std::time::Duration;

use kaltura_auth::runtime::Clock as _;
use kaltura_http::SystemClock;
use kaltura_types::HashType;
use serde::{Deserialize, Serialize};

use crate::config::Environment;
use crate::error::{ExitCode, Failure};
use crate::secret_input::SecretOrigin;

/// The form of the file. Another number is another form.
const VERSION: u32 = 1;
/// What the server says of a value that is not that of the token, or is hashed in another way.
const WRONG_VALUE: &str = "INVALID_APP_TOKEN_HASH";

/// What decides, besides the name of the session, whether a login can succeed: what was said on the command line, and
/// all that a command, a keyring or a proxy may look at in the environment. No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoginWay {
    hash_type: Option<String>,
    value_from: SecretOrigin,
    /// Whether the value is known, so that getting it can not fail any more.
    value_is_known: bool,
    /// How long each request may take.
    timeout: Duration,
    environment: String,
}

/// What stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<W, F> {
    version: u32,
    /// Which process failed, and when: two failures are never the same.
    process: u32,
    failed_at_nanoseconds: String,
    way: W,
    failure: F,
}

impl LoginWay {
    /// A login with this hash type, and a value from there, each request of which may take so long.
    pub(crate) fn new(hash_type: Option<HashType>, value_from: SecretOrigin, timeout: Duration) -> Self {
        let hash_type = hash_type.map(|hash_type| hash_type.to_string());
        let environment = Environment::fingerprint_of_the_process();
        Self { hash_type, value_from, value_is_known: false, timeout, environment }
    }

    /// The same where the value is known already.
    pub(crate) fn with_known_value(self) -> Self {
        Self { value_is_known: true, ..self }
    }

    /// Whether another process that logs in in this way would fail in the same way.
    fn is_shared(&self, failure: &Failure) -> bool {
        match failure.exit_code() {
            // It was told to stop, and the others were not.
            ExitCode::HungUp | ExitCode::Interrupted | ExitCode::Terminated => false,
            // Each has its own settings, and knows at once what is wrong with them.
            ExitCode::Usage => false,
            // A person may type another value, and standard input bring one.
            _ => failure.code() != Some(WRONG_VALUE) || self.value_from != SecretOrigin::Input,
        }
    }

    /// The failure as it is written; nothing if it is not for others.
    pub(super) fn written(&self, failure: &Failure) -> Option<Vec<u8>> {
        let written = Written {
            version: VERSION,
            process: std::process::id(),
            failed_at_nanoseconds: SystemClock::new().unix_time().as_nanos().to_string(),
            way: self,
            failure,
        };
        self.is_shared(failure).then(|| serde_json::to_vec(&written).ok()).flatten()
    }

    /// The failure that is written there, if the login was tried in this way.
    pub(super) fn read(&self, bytes: &[u8]) -> Option<Failure> {
        let written: Written<Self, Failure> = serde_json::from_slice(bytes).ok()?;
        let is_known = written.version == VERSION && written.way == *self;
        is_known
            .then(|| written.failure.within("another kaltura, which this one waited for, could not log in"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(value_from: SecretOrigin) -> LoginWay {
        LoginWay::new(Some(HashType::Sha256), value_from, Duration::from_secs(30))
    }

    fn refused() -> Failure {
        Failure::new(ExitCode::Authentication, "refused").with_hint("Look.")
    }

    #[test]
    fn what_is_written_is_told_to_who_tries_the_same() {
        let way = way(SecretOrigin::Variable("X".to_owned()));
        let written = way.written(&refused()).unwrap();
        let told = way.read(&written).unwrap();
        let message = "another kaltura, which this one waited for, could not log in: refused";
        assert_eq!((told.to_string().as_str(), told.hint()), (message, Some("Look.")));
        assert_eq!(told.exit_code(), ExitCode::Authentication);
        // The same again is another failure.
        assert_ne!(way.written(&refused()).unwrap(), written);

        for other in [
            LoginWay { hash_type: None, ..way.clone() },
            LoginWay { value_from: SecretOrigin::Input, ..way.clone() },
            way.clone().with_known_value(),
            LoginWay { timeout: Duration::from_secs(60), ..way.clone() },
            LoginWay { environment: "another".to_owned(), ..way.clone() },
        ] {
            assert!(other.read(&written).is_none(), "{other:?}");
        }
        for length in 0..written.len() {
            assert!(way.read(&written[..length]).is_none(), "{length}");
        }
        let other = String::from_utf8(written).unwrap().replace("\"version\":1", "\"version\":2");
        assert!(way.read(other.as_bytes()).is_none());
    }

    #[test]
    fn what_another_process_may_do_better_is_kept_from_it() {
        let way = way(SecretOrigin::Variable("X".to_owned()));
        for class in [ExitCode::Interrupted, ExitCode::Terminated, ExitCode::Usage] {
            assert!(way.written(&Failure::new(class, "no")).is_none(), "{class:?}");
        }
        for class in [ExitCode::Local, ExitCode::Network, ExitCode::Server, ExitCode::NotFound] {
            assert!(way.written(&Failure::new(class, "no")).is_some(), "{class:?}");
        }
    }
}
