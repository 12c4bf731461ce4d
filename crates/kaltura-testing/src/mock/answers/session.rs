//! Answers of the service `session`, and of `appToken.startSession` (wire contract, section 3).

use kaltura_types::{Ks, PartnerId, SessionType, UnixTime, UserId};
use serde_json::{Value, json};

use super::{Answer, AnyResult, made_up_ks};

/// A day: the server's default.
const DEFAULT_LIFETIME: i64 = 86_400;

/// The answer to `session.startWidgetSession`.
#[derive(Clone, Copy, Debug)]
pub struct WidgetSessionResult(());

/// A widget session with a KS of its own, which [`made_up_ks`] gives.
pub fn widget_session(partner: PartnerId) -> Answer<WidgetSessionResult> {
    Answer::of_json(
        WidgetSessionResult(()),
        json!({
            "partnerId": partner.get(),
            "ks": made_up_ks(partner).expose(),
            "userId": 0,
            "objectType": "KalturaStartWidgetSessionResponse",
        }),
    )
}

impl Answer<WidgetSessionResult> {
    /// With this KS.
    pub fn ks(self, ks: &Ks) -> Self {
        self.with("ks", ks.expose())
    }

    /// With the user as the text `"0"`, as the guides show it.
    pub fn user_as_text(self) -> Self {
        self.with("userId", "0")
    }
}

/// The answer to `appToken.startSession`, and, in another spelling, to `session.get`.
#[derive(Clone, Copy, Debug)]
pub struct SessionResult {
    partner: PartnerId,
    numbers_as_text: bool,
}

/// What `appToken.startSession` answers: a USER session for a day, of nobody and without privileges, with a
/// KS that [`made_up_ks`] gives. The partner is a text, type and expiry are numbers.
pub fn session(partner: PartnerId) -> Answer<SessionResult> {
    let object = json!({
        "ks": made_up_ks(partner).expose(),
        "sessionType": 0,
        "partnerId": partner.to_string(),
        "userId": "",
        "expiry": 0,
        "privileges": "",
        "objectType": "KalturaSessionInfo",
    });
    Answer::of_json(SessionResult { partner, numbers_as_text: false }, object).expires_in(DEFAULT_LIFETIME)
}

/// What `session.get` answers: the same, without the KS and without a user, and every number as a text.
pub fn session_info(partner: PartnerId) -> Answer<SessionResult> {
    let object = json!({
        "sessionType": "0",
        "partnerId": partner.to_string(),
        "userId": Value::Null,
        "expiry": "0",
        "privileges": "",
        "objectType": "KalturaSessionInfo",
    });
    Answer::of_json(SessionResult { partner, numbers_as_text: true }, object).expires_in(DEFAULT_LIFETIME)
}

impl Answer<SessionResult> {
    /// With this KS.
    pub fn ks(self, ks: &Ks) -> Self {
        self.with("ks", ks.expose())
    }

    /// Of this user.
    pub fn user(self, user: impl Into<UserId>) -> Self {
        self.with("userId", user.into().as_str())
    }

    /// Of this type.
    pub fn of_type(self, session_type: SessionType) -> Self {
        let number = self.number(session_type.number());
        self.with("sessionType", number)
    }

    /// Ends so many seconds after the time of the answer; with zero or less it is over on arrival.
    pub fn expires_in(mut self, seconds: i64) -> Self {
        let as_text = self.result().numbers_as_text;
        self.set_expiry_in(seconds, as_text);
        self
    }

    /// Ends at this time.
    pub fn expires_at(self, time: UnixTime) -> Self {
        let number = self.number(time.as_seconds());
        self.with("expiry", number)
    }

    /// With these privileges, in the form that the API has them in: `sview:*,edit:0_abc`.
    pub fn privileges(self, privileges: impl ToString) -> Self {
        self.with("privileges", privileges.to_string())
    }

    /// With the partner as a number, as the server answers a JSON request that has `partnerId`.
    pub fn partner_as_number(self) -> Self {
        let partner = self.result().partner;
        self.with("partnerId", partner.get())
    }

    fn number(&self, number: i64) -> Value {
        if self.result().numbers_as_text { number.to_string().into() } else { number.into() }
    }
}

/// What `session.start` and `session.impersonate` answer: a KS as a bare text.
pub fn started_session(ks: &Ks) -> Answer {
    Answer::of_json(AnyResult(()), ks.expose().into())
}

#[cfg(test)]
mod tests {
    use super::super::SERVER_TIME;
    use super::*;
    use kaltura_auth::WireResponse;
    use kaltura_types::{BareKs, Open, SessionInfo, payload};
    use serde::de::DeserializeOwned;

    const PARTNER: PartnerId = PartnerId::new(1_234_567);

    fn read<T: DeserializeOwned>(answer: impl Into<WireResponse>) -> T {
        payload::decode(answer.into().body()).unwrap()
    }

    fn text(answer: impl Into<WireResponse>) -> String {
        String::from_utf8(answer.into().body().to_vec()).unwrap()
    }

    #[test]
    fn a_session_reads_as_it_was_said() {
        let ks = made_up_ks(PARTNER);
        let said = session(PARTNER)
            .ks(&ks)
            .user("alice")
            .of_type(SessionType::Admin)
            .privileges("sview:0_a/0_b")
            .expires_in(60);
        let read: SessionInfo = read(said);
        assert_eq!(read.ks, Some(ks));
        assert_eq!(read.user_id, Some("alice".into()));
        assert_eq!(read.session_type, Some(Open::Known(SessionType::Admin)));
        assert_eq!(read.partner_id, Some(PARTNER));
        assert_eq!(read.expiry, Some(SERVER_TIME.plus_seconds(60)));
        assert_eq!(read.privileges.unwrap().to_string(), "sview:0_a/0_b");
    }

    #[test]
    fn numbers_are_spelled_as_each_action_spells_them() {
        let started = text(session(PARTNER).of_type(SessionType::Admin).without("ks"));
        assert_eq!(
            started,
            r#"{"sessionType":2,"partnerId":"1234567","userId":"","expiry":1795579755,"privileges":"","objectType":"KalturaSessionInfo"}"#
        );
        assert!(text(session(PARTNER).partner_as_number()).contains(r#""partnerId":1234567,"#));
        let got = text(session_info(PARTNER).expires_at(UnixTime::from_seconds(5)));
        assert_eq!(
            got,
            r#"{"sessionType":"0","partnerId":"1234567","expiry":"5","privileges":"","objectType":"KalturaSessionInfo"}"#
        );
    }

    #[test]
    fn a_bare_ks_is_one() {
        let ks = made_up_ks(PARTNER);
        assert_eq!(read::<BareKs>(started_session(&ks)).into_ks(), ks);
    }

    #[test]
    fn a_widget_session_is_of_nobody() {
        assert!(text(widget_session(PARTNER)).contains(r#""userId":0,"#));
        let ks = made_up_ks(PARTNER);
        let odd = text(widget_session(PARTNER).ks(&ks).user_as_text());
        assert!(odd.contains(r#""userId":"0","#) && odd.contains(ks.expose()), "{odd}");
    }
}
