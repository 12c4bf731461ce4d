//! The server's response cache (wire contract, sections 4.2 and 7).

use std::collections::HashMap;

use kaltura_ks::KsClaims;
use kaltura_types::{ErrorCode, UserId};
use sha1::{Digest as _, Sha1};

use crate::dispatch::checks::ActionOutcome;
use crate::request::{Parameter, Parameters, text};
use crate::response::value::{ApiValue, Failure};
use crate::services::Time;

/// How long a widget session is repeated, in milliseconds.
const SESSION_LIFE: i64 = 600_000;
/// How long an error is repeated, in milliseconds.
const ERROR_LIFE: i64 = 120_000;

/// The maximum number of results. A cache may forget at any time.
const MAX_ENTRIES: usize = 10_000;

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

/// Who calls, which decides what is cached.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Caller {
    /// A caller without a KS.
    Anonymous,
    /// A widget session of the user `0`, as they are issued.
    Widget,
    /// A widget session whose user is empty.
    WidgetWithoutUser,
    /// A KS that is unreadable, wrongly signed, expired, or restricted to others. The KS is not in the key: the error may
    /// contain a KS that somebody else sent.
    Refused,
    /// Any other session. Nothing is cached.
    Personal,
}

impl Caller {
    /// The caller with a KS that is not refused.
    pub(crate) fn of(claims: &KsClaims) -> Self {
        match claims.user().map(UserId::as_str) {
            _ if !claims.is_widget_session() => Self::Personal,
            Some("0") => Self::Widget,
            _ => Self::WidgetWithoutUser,
        }
    }
}

/// The key of a request: a hash of all parameters except those for logs and browsers. A number and its text are the
/// same, so that a form and JSON share an entry.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key(String);

impl Key {
    /// The key of a request; `None` if it contains `nocache`, or if nothing is cached for its caller.
    pub(crate) fn of(parameters: &Parameters, caller: Caller) -> Option<Self> {
        Self::with_prefix("", parameters, caller)
    }

    /// The key of a request within a multirequest, which has a separate entry.
    pub(crate) fn of_part(parameters: &Parameters, caller: Caller) -> Option<Self> {
        Self::with_prefix("part of a multirequest", parameters, caller)
    }

    fn with_prefix(prefix: &str, parameters: &Parameters, caller: Caller) -> Option<Self> {
        if parameters.contains_key("nocache") || caller == Caller::Personal {
            return None;
        }
        let is_refused = caller == Caller::Refused;
        let is_skipped = |name: &str| match name {
            "clientTag" | "kalsig" => true,
            "ks" => is_refused,
            _ => false,
        };
        let mut counted: Vec<_> = parameters.iter().filter(|(name, _)| !is_skipped(name)).collect();
        counted.sort_by_key(|(name, _)| name.as_str());
        let mut hash = Sha1::new().chain_update(prefix);
        if is_refused {
            hash.update("a refused KS");
        }
        for (name, value) in counted {
            // A null byte is escaped in the value, so that two requests cannot have the same text.
            let value = serde_json::to_string(&with_texts(value)).unwrap_or_default();
            hash.update(format!("\0{name}\0{value}"));
        }
        Some(Self(hex::encode(&hash.finalize()[..16])))
    }

    /// The key in the headers.
    pub(crate) fn name(&self) -> String {
        format!("cache_v3-{}", self.0)
    }
}

/// The parameter with the text of each simple value in its place.
fn with_texts(value: &Parameter) -> Parameter {
    match value {
        Parameter::Array(list) => Parameter::Array(list.iter().map(with_texts).collect()),
        Parameter::Object(fields) => {
            Parameter::Object(fields.iter().map(|(name, value)| (name.clone(), with_texts(value))).collect())
        }
        simple => Parameter::String(text(simple).into_owned()),
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
    pub(crate) fn keep(
        &mut self,
        key: Option<&Key>,
        caller: Caller,
        outcome: &ActionOutcome,
        time: Time,
    ) -> bool {
        let (Some(key), Some(life)) = (key, life(caller, outcome)) else { return false };
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
            // With a clock that is frozen, no entry ends.
            if self.entries.len() >= MAX_ENTRIES {
                self.entries.clear();
            }
            let ends_at = time.milliseconds.saturating_add(life);
            self.entries.insert(key.clone(), Entry { value, ends_at });
        }
        self.is_on
    }
}

/// How long a result is cached, if it is. An action that starts a session for a user forbids the cache after it has
/// checked the credentials.
fn life(caller: Caller, outcome: &ActionOutcome) -> Option<i64> {
    let is = |service, name| outcome.action.is_some_and(|action| action.is(service, name));
    match &outcome.result {
        Ok(_) => {
            let is_kept = is("session", "startWidgetSession") || is("system", "ping") || is("media", "get");
            is_kept.then_some(SESSION_LIFE)
        }
        Err(Failure::ApiException(exception)) => {
            let is_kept = match exception.code {
                ErrorCode::InvalidKs => caller == Caller::Refused,
                ErrorCode::ActionBlocked => false,
                ErrorCode::ServiceForbidden => caller != Caller::WidgetWithoutUser,
                _ if !outcome.was_run => true,
                ErrorCode::AppTokenIdNotFound
                | ErrorCode::AppTokenNotActive
                | ErrorCode::InvalidAppTokenHash
                | ErrorCode::InvalidWidgetId
                | ErrorCode::InternalServerError => true,
                _ => is("media", "get"),
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
        Key::of(&test_json::parameters(value), Caller::Anonymous).map(|key| key.0)
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
    fn a_number_has_the_key_of_its_text() {
        let form = key(&json!({"a": "1", "b": {"c": "2", "d": ["1"]}}));
        assert_eq!(key(&json!({"a": 1, "b": {"c": 2, "d": [true]}})), form);
    }

    #[test]
    fn a_ks_is_in_the_key_unless_it_is_refused() {
        let of = |ks: &str, caller| {
            Key::of(&test_json::parameters(&json!({"a": "1", "ks": ks})), caller).map(|key| key.0)
        };
        assert_eq!(of("x", Caller::Refused), of("y", Caller::Refused));
        assert_ne!(of("x", Caller::Widget), of("y", Caller::Widget));
        assert_ne!(of("x", Caller::Widget), of("x", Caller::Refused));
        assert_eq!(of("x", Caller::Personal), None);
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
