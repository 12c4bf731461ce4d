//! Results of `session.*` and `appToken.*` (wire contract, section 3).

use kaltura_types::{
    AppTokenId, AppTokenStatus, AppTokenValue, HashType, Ks, PartnerId, SessionType, UnixTime, UserId,
};
use serde_json::{Value, json};

use super::{AnyResult, ExpiresIn, MockResponse, SERVER_TIME, generate_ks};

/// One day: the server's default lifetime of a session, in seconds.
const DEFAULT_LIFETIME: i64 = 86_400;

/// The result of `session.startWidgetSession`.
#[derive(Clone, Copy, Debug)]
pub struct WidgetSessionResult(());

/// A widget session with a KS of [`generate_ks`].
pub fn widget_session(partner: PartnerId) -> MockResponse<WidgetSessionResult> {
    MockResponse::from_json(
        WidgetSessionResult(()),
        json!({
            "partnerId": partner.get(),
            "ks": generate_ks(partner).expose(),
            "userId": 0,
            "objectType": "KalturaStartWidgetSessionResponse",
        }),
    )
}

impl MockResponse<WidgetSessionResult> {
    /// Sets the KS.
    pub fn ks(self, ks: &Ks) -> Self {
        self.with_field("ks", ks.expose())
    }

    /// Sets the user to the string `"0"`, as the guides show it.
    pub fn user_as_string(self) -> Self {
        self.with_field("userId", "0")
    }
}

/// The result of `appToken.startSession` and of `session.get`.
#[derive(Clone, Copy, Debug)]
pub struct SessionResult {
    partner: PartnerId,
    numbers_as_strings: bool,
}

/// The result of `appToken.startSession`: a USER session of one day, without user and privileges, with a KS
/// of [`generate_ks`]. The partner is a string, type and expiry are numbers.
pub fn session(partner: PartnerId) -> MockResponse<SessionResult> {
    let object = json!({
        "ks": generate_ks(partner).expose(),
        "sessionType": 0,
        "partnerId": partner.to_string(),
        "userId": "",
        "privileges": "",
        "objectType": "KalturaSessionInfo",
    });
    MockResponse::from_json(SessionResult { partner, numbers_as_strings: false }, object)
        .expires_in(DEFAULT_LIFETIME)
}

/// The result of `session.get`: as [`session`], but without KS and user, and all numbers are strings.
pub fn session_info(partner: PartnerId) -> MockResponse<SessionResult> {
    let object = json!({
        "sessionType": "0",
        "partnerId": partner.to_string(),
        "privileges": "",
        "objectType": "KalturaSessionInfo",
    });
    MockResponse::from_json(SessionResult { partner, numbers_as_strings: true }, object)
        .expires_in(DEFAULT_LIFETIME)
}

impl MockResponse<SessionResult> {
    /// Sets the KS.
    pub fn ks(self, ks: &Ks) -> Self {
        self.with_field("ks", ks.expose())
    }

    /// Sets the user.
    pub fn user(self, user: impl Into<UserId>) -> Self {
        self.with_field("userId", user.into().as_str())
    }

    /// Sets the type.
    pub fn session_type(self, session_type: SessionType) -> Self {
        let number = self.number(session_type.number());
        self.with_field("sessionType", number)
    }

    /// Sets the expiry to this many seconds after the server time of the response. Zero or less gives an
    /// expired session.
    pub fn expires_in(mut self, seconds: i64) -> Self {
        self.expires_in = Some(ExpiresIn { seconds, as_string: self.result.numbers_as_strings });
        self
    }

    /// Sets the expiry.
    pub fn expires_at(self, time: UnixTime) -> Self {
        let number = self.number(time.as_seconds());
        self.with_field("expiry", number)
    }

    /// Sets the privileges, in the API's format: `sview:*,edit:0_abc`.
    pub fn privileges(self, privileges: impl ToString) -> Self {
        self.with_field("privileges", privileges.to_string())
    }

    /// Sets the partner as a number, as the server does for a JSON request that has `partnerId`.
    pub fn partner_as_number(self) -> Self {
        let partner = self.result.partner;
        self.with_field("partnerId", partner.get())
    }

    fn number(&self, number: i64) -> Value {
        if self.result.numbers_as_strings { number.to_string().into() } else { number.into() }
    }
}

/// The result of `session.start` and `session.impersonate`: a KS as a JSON string.
pub fn started_session(ks: &Ks) -> MockResponse {
    super::json(ks.expose())
}

/// The result of `appToken.get`, `add` and `update`.
#[derive(Clone, Copy, Debug)]
pub struct AppTokenResult(());

/// An active app token with hash type SHA-1 and sessions of one day, as `appToken.add` creates it by default.
pub fn app_token(
    partner: PartnerId,
    id: impl Into<AppTokenId>,
    token: impl Into<AppTokenValue>,
) -> MockResponse<AppTokenResult> {
    let object = json!({
        "id": id.into().as_str(),
        "token": token.into().expose(),
        "partnerId": partner.get(),
        "createdAt": SERVER_TIME.as_seconds(),
        "updatedAt": SERVER_TIME.as_seconds(),
        "status": AppTokenStatus::Active.number(),
        "sessionDuration": DEFAULT_LIFETIME,
        "hashType": HashType::Sha1.as_str(),
        "objectType": "KalturaAppToken",
    });
    MockResponse::from_json(AppTokenResult(()), object)
}

impl MockResponse<AppTokenResult> {
    /// Sets the status of the token.
    pub fn token_status(self, status: AppTokenStatus) -> Self {
        self.with_field("status", status.number())
    }

    /// Sets the hash type.
    pub fn hash_type(self, hash_type: HashType) -> Self {
        self.with_field("hashType", hash_type.as_str())
    }

    /// Sets the expiry of the token.
    pub fn expires_at(self, time: UnixTime) -> Self {
        self.with_field("expiry", time.as_seconds())
    }

    /// Sets the type of its sessions.
    pub fn session_type(self, session_type: SessionType) -> Self {
        self.with_field("sessionType", session_type.number())
    }

    /// Sets the user of its sessions.
    pub fn session_user(self, user: impl Into<UserId>) -> Self {
        self.with_field("sessionUserId", user.into().as_str())
    }

    /// Sets the lifetime of its sessions, in seconds.
    pub fn session_duration(self, seconds: i64) -> Self {
        self.with_field("sessionDuration", seconds)
    }

    /// Sets the privileges of its sessions, in the API's format: `sview:*,edit:0_abc`.
    pub fn session_privileges(self, privileges: impl ToString) -> Self {
        self.with_field("sessionPrivileges", privileges.to_string())
    }

    /// Sets the description.
    pub fn description(self, description: &str) -> Self {
        self.with_field("description", description)
    }
}

/// The result of `appToken.list`: one page with all tokens.
///
/// For a page of a longer list, set the total: `.with_field("totalCount", 40)`.
pub fn app_token_list(tokens: impl IntoIterator<Item = MockResponse<AppTokenResult>>) -> MockResponse {
    let objects: Vec<Value> = tokens.into_iter().map(|token| token.result_value()).collect();
    let list = json!({
        "totalCount": objects.len(),
        "objects": objects,
        "objectType": "KalturaAppTokenListResponse",
    });
    MockResponse::from_json(AnyResult(()), list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaltura_auth::WireResponse;
    use kaltura_types::{AppTokenList, BareKs, Open, SessionInfo, payload};

    const PARTNER: PartnerId = PartnerId::new(1_234_567);

    fn body(response: impl Into<WireResponse>) -> Vec<u8> {
        response.into().body().to_vec()
    }

    fn json_of(response: impl Into<WireResponse>) -> Value {
        serde_json::from_slice(&body(response)).unwrap()
    }

    #[test]
    fn a_session_decodes_to_what_was_set() {
        let ks = generate_ks(PARTNER);
        let response = session(PARTNER)
            .ks(&ks)
            .user("alice")
            .session_type(SessionType::Admin)
            .privileges("sview:0_a/0_b")
            .expires_in(60);
        let session: SessionInfo = payload::decode(&body(response)).unwrap();
        assert_eq!(session.ks, Some(ks));
        assert_eq!(session.user_id, Some("alice".into()));
        assert_eq!(session.session_type, Some(Open::Known(SessionType::Admin)));
        assert_eq!(session.partner_id, Some(PARTNER));
        assert_eq!(session.expiry, Some(SERVER_TIME.plus_seconds(60)));
        assert_eq!(session.privileges.unwrap().to_string(), "sview:0_a/0_b");
    }

    #[test]
    fn numbers_have_the_json_type_of_each_action() {
        assert_eq!(
            json_of(session(PARTNER).session_type(SessionType::Admin).without_field("ks")),
            json!({
                "sessionType": 2, "partnerId": "1234567", "userId": "", "expiry": 1_795_579_755, "privileges": "",
                "objectType": "KalturaSessionInfo",
            })
        );
        assert_eq!(json_of(session(PARTNER).partner_as_number())["partnerId"], 1_234_567);
        assert_eq!(
            json_of(session_info(PARTNER).expires_at(UnixTime::from_seconds(5))),
            json!({
                "sessionType": "0", "partnerId": "1234567", "expiry": "5", "privileges": "",
                "objectType": "KalturaSessionInfo",
            })
        );
        assert_eq!(json_of(session_info(PARTNER))["expiry"], "1795579755");
    }

    #[test]
    fn a_started_session_is_a_bare_ks() {
        let ks = generate_ks(PARTNER);
        assert_eq!(payload::decode::<BareKs>(&body(started_session(&ks))).unwrap().into_ks(), ks);
    }

    #[test]
    fn a_widget_session_has_no_user() {
        assert_eq!(json_of(widget_session(PARTNER))["userId"], 0);
        let ks = generate_ks(PARTNER);
        let variant = json_of(widget_session(PARTNER).ks(&ks).user_as_string());
        assert_eq!((&variant["userId"], &variant["ks"]), (&json!("0"), &json!(ks.expose())));
    }

    #[test]
    fn an_app_token_decodes_to_what_was_set() {
        let token = app_token(PartnerId::new(7), "0_abcdefgh", "3f78")
            .hash_type(HashType::Sha256)
            .token_status(AppTokenStatus::Disabled)
            .expires_at(UnixTime::from_seconds(9))
            .session_type(SessionType::Admin)
            .session_user("alice")
            .session_duration(60)
            .session_privileges("sview:*")
            .description("for the tests");
        let list: AppTokenList = payload::decode(&body(app_token_list([token]))).unwrap();
        let token = &list.objects[0];
        assert_eq!((list.total_count, token.id.as_str(), token.token.expose()), (1, "0_abcdefgh", "3f78"));
        assert_eq!(token.hash_type, Some(HashType::Sha256.into()));
        assert_eq!(token.status, AppTokenStatus::Disabled.into());
        assert_eq!(token.expiry, Some(UnixTime::from_seconds(9)));
        assert_eq!(token.session_type, Some(SessionType::Admin.into()));
        assert_eq!(token.session_user_id, Some("alice".into()));
        assert_eq!(token.session_duration.unwrap().get(), 60);
        assert_eq!(token.session_privileges.as_ref().unwrap().to_string(), "sview:*");
        assert_eq!(token.description.as_deref(), Some("for the tests"));
    }

    #[test]
    fn unset_fields_of_an_app_token_are_absent() {
        assert_eq!(
            json_of(app_token(PartnerId::new(7), "0_k3lglus4", "746b")),
            json!({
                "id": "0_k3lglus4", "token": "746b", "partnerId": 7, "createdAt": 1_795_493_355,
                "updatedAt": 1_795_493_355, "status": 2, "sessionDuration": 86_400, "hashType": "SHA1",
                "objectType": "KalturaAppToken",
            })
        );
    }
}
