//! The state of the app token, which only an admin session may see.

use kaltura_auth::AppTokenCredentials;
use kaltura_client::{Client, ErrorKind};
use kaltura_types::{AppToken, AppTokenId, AppTokenStatus, HashType, Open, UnixTime};

use super::check::{Finding, Outcome};
use super::login;
use super::settings_check::Known;
use crate::error::{ExitCode, Failure};
use crate::time;

/// A token that ends sooner than this is worth a warning: 14 days.
const SOON: i64 = 14 * 86_400;

/// Reads the token with an admin session.
pub(super) async fn look(client: &Client, id: &AppTokenId, known: &Known, server_now: UnixTime) -> Outcome {
    Outcome::nothing(match client.app_tokens().get(id).await {
        Ok(token) => Look { token: &token, known, server_now }.finding(),
        Err(error) if error.kind() == ErrorKind::NotFound => Finding {
            message: "the account has no such app token, or no longer".to_owned(),
            ..Finding::of(&Failure::from(error))
        }
        .and_then("`kaltura token list` shows those that there are."),
        Err(error) => {
            let is_refused = matches!(error.kind(), ErrorKind::KsRefused(_));
            let finding = Finding::of(&Failure::from(error));
            if is_refused {
                finding
                    .and_then("The session was signed here with the admin secret: check that, and the clock.")
            } else {
                finding
            }
        }
    })
}

/// The token, and what it is held against.
struct Look<'a> {
    token: &'a AppToken,
    known: &'a Known,
    server_now: UnixTime,
}

impl Look<'_> {
    fn finding(&self) -> Finding {
        let told = self.told();
        let failed = |why: &str, remedy: &str| {
            Finding::failed(ExitCode::Authentication, format!("{why}: {told}"), remedy)
        };
        let token = self.token;
        if token.status != Open::Known(AppTokenStatus::Active) {
            return failed("it cannot log in", "No action of the API enables a token. Create a new one.");
        }
        match self.seconds_left() {
            Some(..=0) => {
                return failed(
                    "it is past its end",
                    "Create a new one, or move its end: `kaltura token update`.",
                );
            }
            Some(left) if left < SOON => {
                let left = time::show_duration(left.unsigned_abs());
                return Finding::warning(
                    format!("it ends in {left}: {told}"),
                    "Move its end with `kaltura token update`, or make its successor with `kaltura token rotate`.",
                );
            }
            _ => {}
        }
        if token.session_duration.is_none_or(|duration| duration.get() <= 0) {
            return failed(
                "its sessions are over at once",
                "Set its session duration with `kaltura token update`, or make a new one.",
            );
        }
        if self.credentials().is_some_and(|credentials| *credentials.value() != token.token) {
            return failed("its value is another than the one that is set", "Set the value again.");
        }
        match (self.known.hash_type, self.hash_type()) {
            (Some(set), Some(right)) if set != right => failed(
                &format!("its hash type is {right}, not {set}"),
                &login::where_to_put(right, self.known),
            ),
            _ => Finding::ok(told),
        }
    }

    fn credentials(&self) -> Option<&AppTokenCredentials> {
        self.known.credentials.as_ref().ok()
    }

    /// A token that was made without one has SHA1 (wire contract, section 3).
    fn hash_type(&self) -> Option<HashType> {
        self.token.hash_type.as_ref().map_or(Some(HashType::Sha1), |it| it.known().copied())
    }

    fn seconds_left(&self) -> Option<i64> {
        self.token.expiry.map(|expiry| expiry.seconds_since(self.server_now))
    }

    /// What the token is: never its value.
    fn told(&self) -> String {
        let token = self.token;
        let end = match self.seconds_left() {
            None => "without an end of its own".to_owned(),
            Some(left @ ..=0) => format!("ended {} ago", time::show_duration(left.unsigned_abs())),
            Some(left) => format!("ends in {}", time::show_duration(left.unsigned_abs())),
        };
        let length = token.session_duration.map_or(0, |it| u64::try_from(it.get()).unwrap_or(0));
        let session_type =
            token.session_type.as_ref().map_or_else(|| "any type".to_owned(), |it| format!("type {it}"));
        let user = token.session_user_id.as_ref().map(ToString::to_string).filter(|user| !user.is_empty());
        let user = user.map_or_else(|| "any user".to_owned(), |user| format!("user {user}"));
        let privileges = token.session_privileges.as_ref().map(ToString::to_string).unwrap_or_default();
        let privileges = if privileges.is_empty() {
            "no privileges".to_owned()
        } else {
            format!("privileges {privileges}")
        };
        let length = time::show_duration(length);
        format!("{}, {end}, sessions of {length}, {session_type}, {user}, {privileges}", token.status)
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::{AppTokenValue, PartnerId};
    use serde_json::{Value, json};

    use super::super::check::{Subject, Verdict};
    use super::*;

    const NOW: i64 = 1_795_493_355;
    const VALUE: &str = "0123456789abcdef0123456789abcdef";

    fn finding(changes: &Value) -> Finding {
        let mut token = json!({ "id": "0_importer", "token": VALUE, "partnerId": 1_234_567, "status": 2, "hashType": "SHA256",
            "sessionDuration": 3600, "sessionPrivileges": "list:*" });
        for (name, value) in changes.as_object().unwrap() {
            token[name] = value.clone();
        }
        let token: AppToken = serde_json::from_value(token).unwrap();
        let partner = PartnerId::new(1_234_567);
        let credentials = AppTokenCredentials::new(partner, "0_importer", VALUE, HashType::Sha256);
        let known = Known::of_test(credentials);
        Look { token: &token, known: &known, server_now: UnixTime::from_seconds(NOW) }.finding()
    }

    #[test]
    fn each_state_has_its_verdict() {
        for (changes, verdict, said) in [
            (
                json!({}),
                Verdict::Ok,
                "ACTIVE, without an end of its own, sessions of 1 h, any type, any user, privileges list:*",
            ),
            (json!({ "sessionUserId": "alice", "sessionType": 2 }), Verdict::Ok, "type ADMIN, user alice"),
            (json!({ "expiry": NOW + 15 * 86_400 }), Verdict::Ok, "ends in 15 days"),
            (json!({ "expiry": NOW + 13 * 86_400 }), Verdict::Warning, "it ends in 13 days"),
            (json!({ "expiry": NOW }), Verdict::Failed, "ended 0 s ago"),
            (json!({ "expiry": NOW - 3600 }), Verdict::Failed, "it is past its end: ACTIVE, ended 1 h ago"),
            (json!({ "status": 1 }), Verdict::Failed, "it cannot log in: DISABLED"),
            (json!({ "sessionDuration": 0 }), Verdict::Failed, "its sessions are over at once"),
            (json!({ "token": "f".repeat(32) }), Verdict::Failed, "its value is another"),
            (json!({ "hashType": "MD5" }), Verdict::Failed, "its hash type is MD5, not SHA256"),
            (json!({ "hashType": null }), Verdict::Failed, "its hash type is SHA1, not SHA256"),
            (json!({ "hashType": "SHA3" }), Verdict::Ok, "ACTIVE"),
        ] {
            let finding = finding(&changes);
            assert_eq!(finding.verdict, verdict, "{finding:?}");
            assert!(finding.message.contains(said), "{finding:?}");
        }
    }

    #[test]
    fn a_value_that_is_not_known_is_not_compared() {
        let token: AppToken = serde_json::from_value(json!({
            "id": "0_importer", "token": VALUE, "partnerId": 1, "status": 2, "sessionDuration": 60,
        }))
        .unwrap();
        let value = AppTokenValue::new("f".repeat(32));
        let credentials = AppTokenCredentials::new(PartnerId::new(1), "0_importer", value, HashType::Sha1);
        let mut known = Known::of_test(credentials);
        known.credentials = Err(Subject::Settings);
        let look = Look { token: &token, known: &known, server_now: UnixTime::from_seconds(NOW) };
        assert_eq!(look.finding().verdict, Verdict::Ok);
    }
}
