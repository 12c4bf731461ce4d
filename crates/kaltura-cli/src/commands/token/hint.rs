//! What to do when the server refuses to let app tokens be managed.

use kaltura_auth::ErrorKind as LoginErrorKind;
use kaltura_client::{CallError, Error, ErrorKind};
use kaltura_types::{ErrorCode, KsRefusal, PartnerId};

use super::account::Authority;
use crate::time;

/// How far the clocks may be apart, in seconds, before that is told.
const CLOCKS_AGREE: u64 = 60;

/// What to do, where more is known here than where the error comes from. `ahead` is by how many seconds the server's
/// clock is ahead of the one here.
pub(super) fn hint_of(
    error: &Error,
    authority: Authority,
    partner: PartnerId,
    ahead: Option<i64>,
) -> Option<String> {
    if let Some(api) = error.api_error()
        && *api.code() == ErrorCode::InvalidFieldValue
        && api.arg("FIELD_NAME") == Some("sessionUserId")
    {
        return Some(
            "Give --user, of letters, digits and !#$%&'*+?^_`{|}~.@,- only: an account that never had a nameless \
             user takes no token without a user, and a user that is not there is made only if the name is such a one."
                .to_owned(),
        );
    }
    let refusal = match error.kind() {
        ErrorKind::KsRefused(refusal) | ErrorKind::NoSession(LoginErrorKind::KsRefused(refusal)) => refusal,
        ErrorKind::Forbidden if authority == Authority::Ks => {
            return Some(format!(
                "The KS must be of an ADMIN session of the account {partner}, or of a role that may manage app \
                 tokens. Give such a one, or the admin secret by --admin-secret-file, which goes before KALTURA_KS."
            ));
        }
        _ => return None,
    };
    match (authority, refusal) {
        (Authority::Secret, KsRefusal::Expired) => Some(format!(
            "The session was signed by the clock of this machine{}. Set it right.",
            difference(ahead)
        )),
        (Authority::Secret, KsRefusal::Unreadable) => Some(format!(
            "Check that this is the admin secret of the account {partner}, and that the account is in this region."
        )),
        (Authority::Ks, KsRefusal::Expired) => Some(
            "The session of the given KS is over: make a new one, or give the admin secret by --admin-secret-file."
                .to_owned(),
        ),
        (Authority::Ks, KsRefusal::Unreadable) => {
            Some("Check that the KS is whole, and that it is of this region.".to_owned())
        }
        _ => None,
    }
}

fn difference(ahead: Option<i64>) -> String {
    match ahead {
        Some(ahead) if ahead.unsigned_abs() > CLOCKS_AGREE => {
            let direction = if ahead > 0 { "behind" } else { "ahead of" };
            format!(", which is {} {direction} the server's", time::show_duration(ahead.unsigned_abs()))
        }
        _ => String::new(),
    }
}

/// Whether the server may have carried a call out, although it failed.
pub(super) fn may_be_done(error: &Error) -> bool {
    if let Some(error) = error.transport_error() {
        return error.maybe_sent();
    }
    if let Some(failed) = error.call_error() {
        return matches!(failed, CallError::TimedOut { .. } | CallError::UnexpectedStatus { .. });
    }
    error.unexpected_body().is_some() || error.kind() == ErrorKind::ServerFailed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_are_far_apart_are_told() {
        assert_eq!(difference(None), "");
        assert_eq!(difference(Some(-60)), "");
        assert_eq!(difference(Some(7_200)), ", which is 2 h behind the server's");
        assert_eq!(difference(Some(-90)), ", which is 1 min 30 s ahead of the server's");
    }
}
