//! What a command answers about one app token: the token, its value if that was asked for, and warnings.

use std::fmt::Write as _;
use std::path::Path;

use kaltura_auth::ServiceUrl;
use kaltura_types::{AppToken, UnixTime};
use serde::Serialize;

use super::account::Account;
use super::shown::{ShownToken, line};
use super::value::{KeptValue, ValuePlace};
use crate::error::Failure;
use crate::output::{Ui, one_line, style};

/// Puts the value of a token to its place, and tells of the token. `done` is what was done with it, such as `Made`.
pub(super) fn tell_of(
    ui: &Ui,
    token: &AppToken,
    done: &str,
    place: ValuePlace,
    account: &Account,
    warnings: &[String],
    json: bool,
) -> Result<(), Failure> {
    warn(ui, warnings, json);
    let value = place.keep(token)?;
    warn(ui, value.notes(), json);
    let warnings = [warnings, value.notes()].concat();
    let answer = Answer::new(token, &value, account.clock().now(), account.service_url(), &warnings);
    if json { ui.print_json(&answer) } else { ui.print(&answer.as_text(done)) }
}

/// Tells people the warnings, beside the answer. Programs find them in it.
pub(super) fn warn(ui: &Ui, warnings: &[String], json: bool) {
    if !json {
        for warning in warnings {
            ui.note(warning);
        }
    }
}

/// A token with its value, if that was asked for, and with what is to be warned about. Programs find the value by the
/// name that it has in the API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer<'a> {
    #[serde(flatten)]
    token: ShownToken<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "token")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_file: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a str>,
    service_url: &'a str,
    warnings: &'a [String],
}

impl<'a> Answer<'a> {
    pub(super) fn new(
        token: &'a AppToken,
        value: &'a KeptValue,
        now: UnixTime,
        service_url: &'a ServiceUrl,
        warnings: &'a [String],
    ) -> Self {
        Self {
            token: ShownToken::new(token, now),
            value: value.shown().map(|value| value.expose()),
            value_file: value.file(),
            profile: value.profile(),
            service_url: service_url.as_str(),
            warnings,
        }
    }

    /// Lines for people, with what was done before them, such as `Made`.
    pub(super) fn as_text(&self, done: &str) -> String {
        let id = one_line(self.token.id.as_str());
        let mut text = format!("{}{done}{:#} app token {id}", style::GOOD, style::GOOD);
        let _ = writeln!(text, " at {}", self.service_url);
        text += &self.token.lines();
        text + &line(
            "value",
            &match (self.value, self.value_file, self.profile) {
                (Some(value), ..) => value.to_owned(),
                (None, Some(path), _) => format!("in {}", path.display()),
                (None, None, Some(profile)) => format!("kept for the profile {profile}"),
                (None, None, None) => format!("not shown: kaltura token get {id} --show-value"),
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(1_795_493_355);

    #[test]
    fn the_value_is_shown_only_if_it_is_asked_for() {
        let token = json!({ "id": "0_a", "token": "hush-hush", "partnerId": 7, "status": 2 });
        let token: AppToken = serde_json::from_value(token).unwrap();
        let texts = |value: &KeptValue| {
            let answer = Answer::new(&token, value, NOW, &ServiceUrl::US, &[]);
            answer.as_text("Found") + &serde_json::to_string(&answer).unwrap()
        };
        assert!(!texts(&KeptValue::Hidden).contains("hush"));
        assert!(!texts(&KeptValue::File("there".into())).contains("hush"));
        assert_eq!(texts(&KeptValue::Shown(token.token.clone())).matches("hush-hush").count(), 2);
    }

    #[test]
    fn what_comes_from_elsewhere_stays_in_its_line() {
        let odd = json!({
            "id": "0_a\u{7}", "token": "t", "partnerId": 7, "status": 2, "description": "a\u{1b}[2J\nb",
            "sessionUserId": "u\rv",
        });
        let odd: AppToken = serde_json::from_value(odd).unwrap();
        let text = Answer::new(&odd, &KeptValue::Hidden, NOW, &ServiceUrl::US, &[]).as_text("Found");
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert!(plain.contains("description a [2J b\n") && plain.contains("user        u v\n"), "{plain}");
    }
}
