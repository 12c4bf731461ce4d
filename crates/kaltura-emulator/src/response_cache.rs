//! The server's response cache (wire contract, sections 4.2 and 7).

use std::collections::HashMap;

use kaltura_types::ErrorCode;
use sha1::{Digest as _, Sha1};

use crate::dispatch::checks::ActionOutcome;
use crate::request::Parameters;
use crate::response::value::{ApiValue, Failure};
use crate::services::Time;

/// How long a widget session is repeated, in milliseconds.
const SESSION_LIFE: i64 = 600_000;
/// How long an error is repeated, in milliseconds.
const ERROR_LIFE: i64 = 120_000;

/// Results that are repeated for the same parameters.
#[derive(Default)]
pub(crate) struct ResponseCache {
    is_on: bool,
    entries: HashMap<Key, Entry>,
    /// The time at which expired entries are removed next, in milliseconds.
    cleared_at: i64,
}

struct Entry {
    value: ApiValue,
    ends_at: i64,
}

/// The key of a request: a hash of all parameters except those for logs and browsers.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key(String);

impl Key {
    /// The key of a request; `None` if it contains `nocache`.
    pub(crate) fn of(parameters: &Parameters) -> Option<Self> {
        Self::with_prefix("", parameters)
    }

    /// The key of a request within a multirequest, which has a separate entry.
    pub(crate) fn of_part(parameters: &Parameters) -> Option<Self> {
        Self::with_prefix("part of a multirequest", parameters)
    }

    fn with_prefix(prefix: &str, parameters: &Parameters) -> Option<Self> {
        if parameters.contains_key("nocache") {
            return None;
        }
        let mut counted: Vec<_> =
            parameters.iter().filter(|(name, _)| !matches!(name.as_str(), "clientTag" | "kalsig")).collect();
        counted.sort_by_key(|(name, _)| name.as_str());
        let mut hash = Sha1::new().chain_update(prefix);
        for (name, value) in counted {
            // A null byte is escaped in the value, so that two requests cannot have the same text.
            let value = serde_json::to_string(value).unwrap_or_default();
            hash.update(format!("\0{name}\0{value}"));
        }
        Some(Self(hex::encode(&hash.finalize()[..16])))
    }

    /// The key in the headers.
    pub(crate) fn name(&self) -> String {
        format!("cache_v3-{}", self.0)
    }
}

impl ResponseCache {
    pub(crate) fn new(is_on: bool) -> Self {
        Self { is_on, ..Self::default() }
    }

    pub(crate) const fn is_on(&self) -> bool {
        self.is_on
    }

    pub(crate) fn get(&self, key: Option<&Key>, time: Time) -> Option<&ApiValue> {
        let entry = self.entries.get(key.filter(|_| self.is_on)?)?;
        (time.milliseconds < entry.ends_at).then_some(&entry.value)
    }

    /// Stores a result if it can be cached. Returns whether it did.
    pub(crate) fn keep(&mut self, key: Option<&Key>, outcome: &ActionOutcome, time: Time) -> bool {
        let (Some(key), Some(life)) = (key, life(outcome)) else { return false };
        let value = match &outcome.result {
            Ok(value) => value.clone(),
            Err(Failure::ApiException(exception)) => ApiValue::Error(exception.clone()),
            Err(Failure::Fatal) => return false,
        };
        self.keep_for(key, value, life, time)
    }

    /// Stores the result of a multirequest whose parts are all cached.
    pub(crate) fn keep_all(&mut self, key: Option<&Key>, results: &[ApiValue], time: Time) -> bool {
        let Some(key) = key else { return false };
        let has_errors = results.iter().any(|value| matches!(value, ApiValue::Error(_)));
        let life = if has_errors { ERROR_LIFE } else { SESSION_LIFE };
        self.keep_for(key, results.to_vec().into(), life, time)
    }

    fn keep_for(&mut self, key: &Key, value: ApiValue, life: i64, time: Time) -> bool {
        if self.is_on {
            if time.milliseconds >= self.cleared_at {
                self.entries.retain(|_, entry| time.milliseconds < entry.ends_at);
                self.cleared_at = time.milliseconds.saturating_add(ERROR_LIFE);
            }
            let ends_at = time.milliseconds.saturating_add(life);
            self.entries.insert(key.clone(), Entry { value, ends_at });
        }
        self.is_on
    }
}

/// How long a result is cached, if it is. Only calls without a KS or with a widget session are cached. An action that
/// starts a session for a user forbids the cache after it has checked the credentials.
fn life(outcome: &ActionOutcome) -> Option<i64> {
    if outcome.ks.as_ref().is_some_and(|ks| !ks.opened.claims().is_widget_session()) {
        return None;
    }
    match &outcome.result {
        Ok(_) => outcome
            .action
            .is_some_and(|action| action.is("session", "startWidgetSession"))
            .then_some(SESSION_LIFE),
        Err(Failure::ApiException(exception)) => {
            let is_kept = if outcome.was_run {
                matches!(
                    exception.code,
                    ErrorCode::AppTokenIdNotFound
                        | ErrorCode::AppTokenNotActive
                        | ErrorCode::InvalidAppTokenHash
                        | ErrorCode::InvalidWidgetId
                        | ErrorCode::InternalServerError
                )
            } else {
                !matches!(exception.code, ErrorCode::InvalidKs | ErrorCode::ActionBlocked)
            };
            is_kept.then_some(ERROR_LIFE)
        }
        Err(Failure::Fatal) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::test_json;
    use serde_json::json;

    fn key(value: &serde_json::Value) -> Option<String> {
        Key::of(&test_json::parameters(value)).map(|key| key.0)
    }

    #[test]
    fn parameters_for_logs_are_not_in_the_key() {
        let plain = key(&json!({"a": "1", "b": "2"}));
        assert_eq!(key(&json!({"b": "2", "a": "1", "clientTag": "x", "kalsig": "y"})), plain);
        assert_ne!(key(&json!({"a": "1", "b": "3"})), plain);
        assert_ne!(key(&json!({"a": "1", "b": "2", "c": ""})), plain);
        assert_eq!(key(&json!({"a": "1", "b": "2", "nocache": ""})), None);
    }

    #[test]
    fn an_entry_expires() {
        let time = |milliseconds| Time { now: kaltura_types::UnixTime::from_seconds(0), milliseconds };
        let key = Key("k".to_owned());
        let mut cache = ResponseCache::new(true);
        assert!(cache.keep_all(Some(&key), &[ApiValue::Null], time(0)));
        assert!(cache.get(Some(&key), time(SESSION_LIFE - 1)).is_some());
        assert!(cache.get(Some(&key), time(SESSION_LIFE)).is_none());
        assert!(!ResponseCache::new(false).keep_all(Some(&key), &[ApiValue::Null], time(0)));
    }
}
