//! The story as a text for people.

use std::fmt::Write as _;

use kaltura_types::{SessionType, UnixTime};
use serde_json::{Map, Value};

use super::story::{Exchange, Scene, ShownError, Story};
use crate::output::style::{BAD, GOOD, HEADING, NOTE};
use crate::output::{filled, one_line, wrapped};
use crate::time;

impl Story {
    /// Lines for people.
    pub(super) fn as_text(&self) -> String {
        let mut text =
            format!("{HEADING}A Kaltura login with an app token, from beginning to end{HEADING:#}\n\n");
        text += &wrapped(
            "",
            "",
            &format!(
                "A Kaltura server runs in this process for a moment, at {}. It is emulated, but it checks real hashes \
                 and signs real sessions, and every line with an arrow below went over HTTP. A KS is the string that \
                 carries a session; it is a secret, so you see its fingerprint.",
                self.service_url
            ),
        );
        for (number, scene) in (1..).zip(&self.scenes) {
            let _ = write!(text, "\n{HEADING}{number}. {}{HEADING:#}\n", scene.title);
            text += &wrapped("  ", "   ", scene.about);
            text.push('\n');
            text += &scene.as_text();
        }
        if !self.checks.is_empty() {
            let _ = write!(text, "\n{HEADING}Checked on what was sent and received{HEADING:#}\n");
        }
        for check in &self.checks {
            let mark =
                if check.holds { format!("   {GOOD}✓{GOOD:#}") } else { format!("   {BAD}✗{BAD:#}") };
            text += &wrapped(&mark, "     ", &check.claim);
        }
        if self.ok {
            let _ = write!(
                text,
                "\n{HEADING}Next{HEADING:#}\n   \
                 kaltura emulate        keep such a server running, to test your own program\n   \
                 kaltura login --help   log in to your own account\n"
            );
        }
        text
    }
}

impl Scene {
    fn as_text(&self) -> String {
        let mut text = String::new();
        if self.results.is_empty() {
            self.exchanges.iter().for_each(|exchange| text += &exchange.as_text());
        }
        for result in &self.results {
            let _ = writeln!(text, "   {GOOD}✓{GOOD:#} {result}");
        }
        if let Some(ShownError { message, hint, .. }) = &self.error {
            text.push('\n');
            text += &wrapped(&format!("   {BAD}error:{BAD:#}"), "     ", message);
            text += &wrapped(&format!("   {NOTE}hint:{NOTE:#}"), "     ", hint);
        }
        text
    }
}

impl Exchange {
    fn as_text(&self) -> String {
        let sent = format!("   {NOTE}→{NOTE:#} {HEADING}{}{HEADING:#}", self.action);
        let received = match self.received.get("code") {
            None => format!("   {NOTE}←{NOTE:#}"),
            Some(_) => format!("   {BAD}← refused:{BAD:#}"),
        };
        line(&sent, &self.sent) + &line(&received, &self.received)
    }
}

/// Names and values with commas between, behind a label. A pair stays on its line.
fn line(label: &str, members: &Map<String, Value>) -> String {
    let last = members.len().saturating_sub(1);
    let pairs: Vec<String> = members
        .iter()
        .enumerate()
        .map(|(place, (name, value))| {
            let name = if matches!(name.as_str(), "code" | "message") { "" } else { name };
            let comma = if place == last { "" } else { "," };
            format!("{name} {}{comma}", readable(name, value)).trim_start().to_owned()
        })
        .collect();
    filled(label, "       ", pairs.iter().map(String::as_str))
}

/// A value as people say it.
fn readable(name: &str, value: &Value) -> String {
    match (name, value) {
        ("type" | "sessionType", Value::Number(number)) => match number.as_i64() {
            Some(0) => SessionType::User.to_string(),
            Some(2) => SessionType::Admin.to_string(),
            _ => number.to_string(),
        },
        ("expiry", Value::Number(number)) => {
            number.as_i64().map(UnixTime::from_seconds).map_or_else(|| number.to_string(), time::show_time)
        }
        (_, Value::String(text)) => one_line(text).into_owned(),
        (_, other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_exchange_is_two_lines() {
        let exchange = Exchange {
            action: "appToken.startSession".to_owned(),
            sent: json!({ "ks": "7c0d07dc", "id": "0_wlhi5zbo", "tokenHash": "(64 hex digits)" })
                .as_object()
                .cloned()
                .unwrap(),
            received: json!({ "code": "X", "message": "no\nway" }).as_object().cloned().unwrap(),
        };
        assert_eq!(
            anstream::adapter::strip_str(&exchange.as_text()).to_string(),
            "   → appToken.startSession ks 7c0d07dc, id 0_wlhi5zbo, tokenHash (64 hex digits)\n\
             \u{20}  ← refused: X, no way\n"
        );
    }

    #[test]
    fn types_of_sessions_have_names() {
        assert_eq!(readable("type", &json!(2)), "ADMIN");
        assert_eq!(readable("sessionType", &json!(0)), "USER");
        assert_eq!(readable("sessionType", &json!(7)), "7");
        assert_eq!(readable("totalCount", &json!(2)), "2");
    }

    #[test]
    fn a_claim_that_does_not_hold_is_marked_and_nothing_is_advised() {
        let mut story = Story::default();
        story.check("one", true);
        story.check("two", false);
        let text = anstream::adapter::strip_str(&story.as_text()).to_string();
        assert!(text.contains("   ✓ one\n   ✗ two\n"), "{text}");
        assert!(!text.contains("Next"), "{text}");
    }
}
