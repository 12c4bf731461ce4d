//! Notices: where a request needs what the emulator does not have.

use std::collections::HashSet;
use std::fmt;

use crate::dispatch::checks::ActionOutcome;

/// Where the emulator knows less than the server, so that a test may pass that fails there.
/// [`EmulatorBuilder::on_notice`](crate::EmulatorBuilder::on_notice) receives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Notice {
    /// A field of a filter that the emulator does not obey: the list contains also objects that do not match it. The
    /// server may know the field, or ignore it too.
    IgnoredFilter {
        /// Service and action, such as `media.list`.
        action: String,
        /// The field, such as `nameLike`.
        field: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IgnoredFilter { action, field } => {
                write!(
                    f,
                    "the emulator does not know the filter {field:?} of {action}: it matches every object"
                )
            }
        }
    }
}

/// The notices that were given, so that each is given once, and those that are to be given.
#[derive(Default)]
pub(crate) struct Notices {
    given: HashSet<Notice>,
    pending: Vec<Notice>,
}

impl Notices {
    /// The maximum number. The names of fields come from requests, so that there could be any number.
    const MAXIMUM: usize = 1_000;

    /// Notes what the outcome tells.
    pub(crate) fn note(&mut self, outcome: &ActionOutcome) {
        let Some(action) = outcome.action else { return };
        for field in &outcome.ignored_filters {
            let field = field.chars().take(100).collect();
            let notice = Notice::IgnoredFilter { action: action.full_name(), field };
            if self.given.len() < Self::MAXIMUM && self.given.insert(notice.clone()) {
                self.pending.push(notice);
            }
        }
    }

    pub(crate) fn take(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.pending)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use crate::test_client::builder;
    use serde_json::json;

    #[test]
    fn an_ignored_filter_is_noticed_once_and_recorded_with_each_call() {
        let notices = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&notices);
        let emulator = builder().on_notice(move |notice| seen.lock().unwrap().push(notice.to_string()));
        let emulator = emulator.build().unwrap();
        let list = |action: &str, filter| {
            emulator.call(action, json!({ "ks": emulator.admin_ks(), "filter": filter }));
            emulator.calls().last(action).unwrap().ignored_filters().to_vec()
        };
        assert_eq!(list("media.list", json!({ "nameLike": "a", "idEqual": "0_a" })), ["nameLike"]);
        assert_eq!(list("media.list", json!({ "nameLike": "b" })), ["nameLike"]);
        assert_eq!(list("media.list", json!({ "orderBy": "+name", "objectType": "x" })), [""; 0]);
        assert_eq!(
            list("appToken.list", json!({ "tokenEqual": "b", "hashTypeEqual": "MD5" })),
            ["tokenEqual"]
        );
        let message = |field, action| {
            format!("the emulator does not know the filter {field:?} of {action}: it matches every object")
        };
        assert_eq!(
            *notices.lock().unwrap(),
            [message("nameLike", "media.list"), message("tokenEqual", "appToken.list")]
        );
    }

    #[test]
    fn the_response_names_an_ignored_filter() {
        let emulator = builder().build().unwrap();
        let header = |filter| {
            let response =
                emulator.response("media.list", &json!({ "ks": emulator.admin_ks(), "filter": filter }));
            response.headers().get("x-kaltura-emulator").map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(header(json!({ "idEqual": "0_a" })), None);
        let named = header(json!({ "nameEqual": "a", "nameLike": "b" }));
        assert_eq!(named.as_deref(), Some("filter not emulated: media.list nameEqual"));
        let long = header(json!({ "x".repeat(5_000): "a" })).unwrap();
        assert_eq!(long.len(), "filter not emulated: media.list ".len() + 100);
    }
}
