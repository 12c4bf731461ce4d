//! The claims of the demo, each of them checked on what really went over the wire.

use kaltura_auth::{ErrorKind, TokenHash};
use kaltura_emulator::Emulator;
use kaltura_types::{ErrorCode, HashType, Ks, SessionType};
use serde_json::Value;

use super::plot::{Played, Refused, USER};
use super::story::Story;
use super::trace::Recorded;

/// Adds each claim to the story.
pub(super) fn check(
    story: &mut Story,
    emulator: &Emulator,
    wire: &[Recorded],
    played: &[Played],
    refused: &Refused,
) {
    story.check("each of the four hash types has logged in", all_hash_types(played));
    story.check("each session is what its token says: of that user, and USER", all_as_the_tokens_say(played));
    story.check(
        "each session lists the videos of the account",
        played.iter().all(|one| one.videos.total_count > 0),
    );
    story.check(
        "without a session the same call is refused",
        refused.call.as_ref().is_some_and(|refusal| *refusal.code() == ErrorCode::ServiceForbidden),
    );
    story.check("each hash was made from the very KS that it was sent with", each_hash_fits(wire, played));
    story.check("no token value was sent in any request", no_value_was_sent(wire, played));
    story.check(
        "a wrong token value is refused, and the hint says what to look at",
        refused.login.kind() == ErrorKind::InvalidTokenHash && refused.login.hint().contains("token value"),
    );
    story.check(
        format!("all {} requests went over HTTP, and the server answered as many", wire.len()),
        emulator.calls().len() == wire.len(),
    );
}

fn all_hash_types(played: &[Played]) -> bool {
    HashType::ALL.iter().all(|wanted| played.iter().any(|one| one.credentials.hash_type() == *wanted))
}

fn all_as_the_tokens_say(played: &[Played]) -> bool {
    played.iter().all(|one| {
        one.session.user_id().is_some_and(|user| user.as_str() == USER)
            && one.session.session_type().and_then(|kind| kind.known()) == Some(&SessionType::User)
            && one.session.partner_id() == one.credentials.partner_id()
    })
}

/// The second request of the login with this token, of the first such login.
fn login<'a>(wire: &'a [Recorded], one: &Played) -> Option<&'a Recorded> {
    let id = Some(Value::from(one.credentials.id().as_str()));
    wire.iter().find(|sent| sent.action() == "appToken.startSession" && sent.parameter("id") == id)
}

fn each_hash_fits(wire: &[Recorded], played: &[Played]) -> bool {
    played.iter().all(|one| {
        let Some(sent) = login(wire, one) else { return false };
        let text = |name| sent.parameter(name).and_then(|value| value.as_str().map(str::to_owned));
        let (Some(ks), Some(hash)) = (text("ks"), text("tokenHash")) else { return false };
        let expected = TokenHash::new(one.credentials.hash_type(), &Ks::new(ks), one.credentials.value());
        hash == expected.expose()
    })
}

fn no_value_was_sent(wire: &[Recorded], played: &[Played]) -> bool {
    played.iter().all(|one| {
        let value = one.credentials.value().expose();
        // The id is looked for in the same way, so that this can not hold by looking in the wrong place.
        let id_was_sent = wire.iter().any(|sent| sent.sent_anywhere(one.credentials.id().as_str()));
        id_was_sent && !wire.iter().any(|sent| sent.sent_anywhere(value))
    })
}

#[cfg(test)]
mod tests {
    use kaltura_auth::{AppTokenCredentials, ServiceUrl, Session, WireRequest, WireResponse};
    use kaltura_types::{Parameters, PartnerId};
    use serde_json::json;

    use super::*;
    use crate::commands::demo::plot::MediaList;

    const VALUE: &str = "3f786850e387550fdab836ed7e6dc881";

    fn played(hash_type: HashType) -> Played {
        let partner = PartnerId::new(7);
        Played {
            credentials: AppTokenCredentials::new(partner, "0_a", VALUE, hash_type),
            session: Session::new(partner, Ks::new("k"))
                .with_user_id(USER)
                .with_session_type(SessionType::User),
            videos: MediaList { total_count: 3 },
        }
    }

    fn sent(parameters: Value) -> Vec<Recorded> {
        let Value::Object(parameters) = parameters else { panic!("an object") };
        let parameters: Parameters = parameters;
        let request = WireRequest::json(&ServiceUrl::US, "appToken", "startSession", parameters);
        vec![Recorded { request, response: WireResponse::new(200, "null") }]
    }

    fn hash(ks: &str) -> String {
        TokenHash::new(HashType::Sha1, &Ks::new(ks), &VALUE.into()).expose().to_owned()
    }

    #[test]
    fn a_hash_of_another_ks_is_found() {
        let played = [played(HashType::Sha1)];
        let good = sent(json!({ "id": "0_a", "ks": "one", "tokenHash": hash("one") }));
        assert!(each_hash_fits(&good, &played));
        let bad = sent(json!({ "id": "0_a", "ks": "two", "tokenHash": hash("one") }));
        assert!(!each_hash_fits(&bad, &played));
        assert!(!each_hash_fits(&[], &played));
    }

    #[test]
    fn a_value_that_was_sent_is_found_wherever_it_stands() {
        let played = [played(HashType::Sha1)];
        let good = sent(json!({ "id": "0_a" }));
        assert!(no_value_was_sent(&good, &played));
        assert!(!no_value_was_sent(&sent(json!({ "id": "0_a", "note": [VALUE] })), &played));
        let request = good[0].request.clone().with_header("x-note", VALUE);
        let bad = [Recorded { request, response: WireResponse::new(200, "null") }];
        assert!(!no_value_was_sent(&bad, &played));
        assert!(!no_value_was_sent(&[], &played), "nothing was looked at");
    }

    #[test]
    fn a_hash_type_that_was_left_out_is_found() {
        let all: Vec<Played> = HashType::ALL.into_iter().map(played).collect();
        assert!(all_hash_types(&all));
        assert!(!all_hash_types(&all[1..]));
    }

    #[test]
    fn a_session_of_somebody_else_is_found() {
        let mut one = played(HashType::Md5);
        assert!(all_as_the_tokens_say(std::slice::from_ref(&one)));
        one.session = one.session.with_user_id("other");
        assert!(!all_as_the_tokens_say(&[one]));
    }
}
