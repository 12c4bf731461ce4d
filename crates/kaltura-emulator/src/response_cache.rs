//! The server's response cache (wire contract, sections 4.2 and 7).

use std::collections::HashMap;

use kaltura_types::ErrorCode;
use sha1::{Digest as _, Sha1};

use super::answer::{Answer, Failure};
use super::call::Time;
use super::dispatch::Outcome;
use super::request::Parameters;

/// How long a widget session is given out again, in milliseconds.
const SESSION_LIFE: i64 = 600_000;
/// How long an error is repeated, in milliseconds.
const ERROR_LIFE: i64 = 120_000;

/// Answers that are given out again for the same parameters.
#[derive(Default)]
pub(super) struct ResponseCache {
    is_on: bool,
    entries: HashMap<Key, Entry>,
    /// When what has ended is thrown away next.
    cleared_at: i64,
}

struct Entry {
    answer: Answer,
    ends_at: i64,
}

/// What tells one request from another: all parameters but those that only logs and browsers look at.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Key(String);

impl Key {
    /// The key of a request; none if it asks not to be cached.
    pub(super) fn of(parameters: &Parameters) -> Option<Self> {
        Self::with_prefix("", parameters)
    }

    /// The key of a request within a multirequest, which has an entry of its own.
    pub(super) fn of_part(parameters: &Parameters) -> Option<Self> {
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
            // Both end with what cannot stand in them unescaped.
            hash.update(format!("\0{name}\0{value}"));
        }
        Some(Self(hex::encode(&hash.finalize()[..16])))
    }

    /// What the headers call it.
    pub(super) fn name(&self) -> String {
        format!("cache_v3-{}", self.0)
    }
}

impl ResponseCache {
    pub(super) fn new(is_on: bool) -> Self {
        Self { is_on, ..Self::default() }
    }

    pub(super) const fn is_on(&self) -> bool {
        self.is_on
    }

    pub(super) fn get(&self, key: Option<&Key>, time: Time) -> Option<&Answer> {
        let entry = self.entries.get(key.filter(|_| self.is_on)?)?;
        (time.milliseconds < entry.ends_at).then_some(&entry.answer)
    }

    /// Keeps an answer, if it is of those that are kept. Says whether it did.
    pub(super) fn keep(&mut self, key: Option<&Key>, outcome: &Outcome, time: Time) -> bool {
        let (Some(key), Some(life)) = (key, life(outcome)) else { return false };
        let answer = match &outcome.result {
            Ok(answer) => answer.clone(),
            Err(Failure::ApiException(exception)) => Answer::Error(exception.clone()),
            Err(Failure::Fatal) => return false,
        };
        self.keep_for(key, answer, life, time)
    }

    /// Keeps the answer of a multirequest all whose parts are kept.
    pub(super) fn keep_all(&mut self, key: Option<&Key>, answers: &[Answer], time: Time) -> bool {
        let Some(key) = key else { return false };
        let has_errors = answers.iter().any(|answer| matches!(answer, Answer::Error(_)));
        let life = if has_errors { ERROR_LIFE } else { SESSION_LIFE };
        self.keep_for(key, answers.to_vec().into(), life, time)
    }

    fn keep_for(&mut self, key: &Key, answer: Answer, life: i64, time: Time) -> bool {
        if self.is_on {
            if time.milliseconds >= self.cleared_at {
                self.entries.retain(|_, entry| time.milliseconds < entry.ends_at);
                self.cleared_at = time.milliseconds.saturating_add(ERROR_LIFE);
            }
            let ends_at = time.milliseconds.saturating_add(life);
            self.entries.insert(key.clone(), Entry { answer, ends_at });
        }
        self.is_on
    }
}

/// For how long an outcome is given out again, if it is. Only calls without a KS or with that of a widget
/// count. An action that starts a session in someone's name forbids the cache, once it has checked whose.
fn life(outcome: &Outcome) -> Option<i64> {
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
    use serde_json::json;

    fn key(value: serde_json::Value) -> Option<String> {
        let serde_json::Value::Object(parameters) = value else { panic!("parameters are an object") };
        Key::of(&parameters).map(|key| key.0)
    }

    #[test]
    fn what_only_logs_look_at_does_not_count() {
        let plain = key(json!({"a": "1", "b": "2"}));
        assert_eq!(key(json!({"b": "2", "a": "1", "clientTag": "x", "kalsig": "y"})), plain);
        assert_ne!(key(json!({"a": "1", "b": "3"})), plain);
        assert_ne!(key(json!({"a": "1", "b": "2", "c": ""})), plain);
        assert_eq!(key(json!({"a": "1", "b": "2", "nocache": ""})), None);
    }

    #[test]
    fn an_entry_ends() {
        let time = |milliseconds| Time { now: kaltura_types::UnixTime::from_seconds(0), milliseconds };
        let key = Key("k".to_owned());
        let mut cache = ResponseCache::new(true);
        assert!(cache.keep_all(Some(&key), &[Answer::Null], time(0)));
        assert!(cache.get(Some(&key), time(SESSION_LIFE - 1)).is_some());
        assert!(cache.get(Some(&key), time(SESSION_LIFE)).is_none());
        assert!(!ResponseCache::new(false).keep_all(Some(&key), &[Answer::Null], time(0)));
    }
}
