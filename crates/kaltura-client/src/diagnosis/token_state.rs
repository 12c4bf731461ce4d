//! The properties of the app token, compared with the credentials.

use kaltura_auth::AppTokenCredentials;
use kaltura_types::{AppToken, AppTokenStatus, HashType, Open, UnixTime, duration};

use super::finding::{Finding, Problem, Stage};
use crate::error::{Error, ErrorKind};

/// A token that expires sooner than this is worth a warning: 14 days, in seconds.
const SOON: i64 = 14 * 86_400;

/// The token, and what it is compared with.
pub(super) struct TokenState<'a> {
    pub(super) token: &'a AppToken,
    pub(super) credentials: Option<&'a AppTokenCredentials>,
    pub(super) knows_hash_type: bool,
    pub(super) server_now: UnixTime,
}

impl TokenState<'_> {
    pub(super) fn finding(&self) -> Finding {
        let token = self.token;
        let failed = |problem, why: &str, remedy: &str| {
            Finding::failed(Stage::TokenState, problem, format!("{why}: {}", self.description()), remedy)
        };
        if token.status != Open::Known(AppTokenStatus::Active) {
            return failed(
                Problem::TokenNotActive(token.status.clone()),
                "the app token cannot log in",
                "No action of the API enables an app token. Create a new one.",
            );
        }
        if self.seconds_left().is_some_and(|left| left <= 0) {
            return failed(
                Problem::TokenExpired,
                "the app token has expired",
                "Create a new one, or extend its expiry with appToken.update.",
            );
        }
        if !token.warnings().is_empty() {
            return failed(
                Problem::SessionsExpireAtOnce,
                "the sessions of the app token expire at once",
                "Set its session duration with appToken.update, or create a new one.",
            );
        }
        if let Some(credentials) = self.credentials {
            if *credentials.value() != token.token {
                return failed(
                    Problem::OtherTokenValue,
                    "the token value differs from the one in the settings",
                    "Set the value again.",
                );
            }
            if let Some(accepted) =
                self.hash_type().filter(|it| self.knows_hash_type && *it != credentials.hash_type())
            {
                return failed(
                    Problem::OtherHashType { accepted },
                    &format!("the hash type is {accepted}, not {}", credentials.hash_type()),
                    "Set the hash type of the app token.",
                );
            }
        }
        match self.seconds_left() {
            Some(seconds) if seconds < SOON => Finding::warning(
                Stage::TokenState,
                Problem::TokenExpiresSoon { seconds },
                self.description(),
                "Extend its expiry with appToken.update, or replace it.",
            ),
            _ => Finding::ok(Stage::TokenState, self.description()),
        }
    }

    /// A token that was created without one has SHA-1 (wire contract, section 3).
    fn hash_type(&self) -> Option<HashType> {
        self.token.hash_type.as_ref().map_or(Some(HashType::Sha1), |it| it.known().copied())
    }

    fn seconds_left(&self) -> Option<i64> {
        self.token.expiry.map(|expiry| expiry.seconds_since(self.server_now))
    }

    /// The properties of the token, without its value.
    fn description(&self) -> String {
        let token = self.token;
        let status = token.status.to_string().to_lowercase();
        let expiry = match self.seconds_left() {
            None => "never expires".to_owned(),
            Some(left @ ..=0) => format!("expired {} ago", duration::describe(left.unsigned_abs())),
            Some(left) => format!("expires in {}", duration::describe(left.unsigned_abs())),
        };
        let length = token.session_duration.map_or(0, |it| u64::try_from(it.get()).unwrap_or(0));
        let length = duration::describe(length);
        let session_type =
            token.session_type.as_ref().map_or_else(|| "any type".to_owned(), |it| format!("type {it}"));
        let user = token.session_user_id.as_ref().map(|user| user.as_str()).filter(|user| !user.is_empty());
        let user = user.map_or_else(|| "any user".to_owned(), |user| format!("user {user}"));
        let privileges = token.session_privileges.as_ref().map(ToString::to_string).unwrap_or_default();
        let privileges = if privileges.is_empty() {
            "no privileges".to_owned()
        } else {
            format!("privileges {privileges}")
        };
        format!("{status}, {expiry}, session duration {length}, {session_type}, {user}, {privileges}")
    }
}

/// The properties could not be read. `ahead` is the clock skew in words, if there is one.
pub(super) fn unreadable(error: Error, ahead: Option<String>) -> Finding {
    let kind = error.kind();
    let problem = match kind {
        ErrorKind::NotFound => Problem::TokenNotFound,
        _ => Problem::TokenUnreadable(kind),
    };
    let finding = Finding::of_error(Stage::TokenState, problem, error);
    match kind {
        ErrorKind::NotFound => finding
            .with_message("the account has no such app token, or it was deleted")
            .with_remedy("Check the app token id, the partner id and the region."),
        ErrorKind::KsRefused(_) => {
            let clock = ahead.map_or_else(String::new, |ahead| format!(" This machine's clock is {ahead}."));
            finding.with_remedy(format!(
                "Check the admin secret. If the session was signed on this machine, also check its clock.{clock}"
            ))
        }
        _ => finding,
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::PartnerId;
    use serde_json::{Value, json};

    use super::super::finding::Severity;
    use super::*;

    const NOW: i64 = 1_795_493_355;
    const VALUE: &str = "0123456789abcdef0123456789abcdef";

    fn token(changes: &Value) -> AppToken {
        let mut token = json!({ "id": "0_importer", "token": VALUE, "partnerId": 1_234_567, "status": 2,
            "hashType": "SHA256", "sessionDuration": 3600, "sessionPrivileges": "list:*" });
        for (name, value) in changes.as_object().unwrap() {
            token[name] = value.clone();
        }
        serde_json::from_value(token).unwrap()
    }

    fn finding(changes: &Value, credentials: Option<&AppTokenCredentials>) -> Finding {
        let (token, server_now) = (token(changes), UnixTime::from_seconds(NOW));
        TokenState { token: &token, credentials, knows_hash_type: true, server_now }.finding()
    }

    #[test]
    fn each_state_has_its_severity() {
        let credentials =
            AppTokenCredentials::new(PartnerId::new(1_234_567), "0_importer", VALUE, HashType::Sha256);
        for (changes, severity, text) in [
            (
                json!({}),
                Severity::Ok,
                "active, never expires, session duration 1 h, any type, any user, privileges list:*",
            ),
            (json!({ "sessionUserId": "alice", "sessionType": 2 }), Severity::Ok, "type ADMIN, user alice"),
            (json!({ "expiry": NOW + 15 * 86_400 }), Severity::Ok, "expires in 15 days"),
            (json!({ "expiry": NOW + 13 * 86_400 }), Severity::Warning, "expires in 13 days"),
            (json!({ "expiry": NOW }), Severity::Failed, "expired 0 s ago"),
            (json!({ "expiry": NOW - 3600 }), Severity::Failed, "has expired: active, expired 1 h ago"),
            (json!({ "status": 1 }), Severity::Failed, "cannot log in: disabled"),
            (json!({ "sessionDuration": 0 }), Severity::Failed, "expire at once"),
            (json!({ "token": "f".repeat(32) }), Severity::Failed, "the token value differs"),
            (json!({ "hashType": "MD5" }), Severity::Failed, "the hash type is MD5, not SHA256"),
            (json!({ "hashType": null }), Severity::Failed, "the hash type is SHA1, not SHA256"),
            (json!({ "hashType": "SHA3" }), Severity::Ok, "active"),
        ] {
            let finding = finding(&changes, Some(&credentials));
            assert_eq!(finding.severity(), severity, "{finding}");
            assert!(finding.message().contains(text) && !finding.to_string().contains(VALUE), "{finding}");
        }
    }

    #[test]
    fn without_credentials_nothing_is_compared() {
        assert_eq!(finding(&json!({ "token": "f".repeat(32) }), None).severity(), Severity::Ok);
    }
}
