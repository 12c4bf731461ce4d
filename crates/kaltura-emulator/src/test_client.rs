//! What the tests of the rooms call the emulator with.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use kaltura_auth::TokenHash;
use kaltura_ks::{KsFields, OpenedKs};
use kaltura_types::{Ks, PartnerId, SessionType, UnixTime};
use serde_json::{Value, json};

use super::{Clock, EmulatedAppToken, Emulator, EmulatorBuilder, PartnerSeed};

pub(super) const PARTNER: PartnerId = PartnerId::new(1_234_567);
pub(super) const NOW: i64 = 1_800_000_000;
pub(super) const ADMIN_SECRET: &str = "admin secret";
pub(super) const USER_SECRET: &str = "user secret";

/// A builder with one partner of known secrets, and a clock that stands at [`NOW`].
pub(super) fn builder() -> EmulatorBuilder {
    Emulator::builder()
        .partner(PartnerSeed::new(PARTNER).admin_secret(ADMIN_SECRET).user_secret(USER_SECRET))
        .clock(Clock::frozen_at(UnixTime::from_seconds(NOW)))
        .random_seed(1)
}

pub(super) fn emulator() -> Emulator {
    builder().build().unwrap()
}

/// The body of an answer.
pub(super) fn body(response: &http::Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

impl Emulator {
    pub(super) fn send(&self, request: http::request::Builder, body: &str) -> http::Response<Bytes> {
        let request = request.body(Bytes::from(body.to_owned())).unwrap();
        self.handle(&request, IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// The whole answer to a call with JSON.
    pub(super) fn answer(&self, action: &str, parameters: &Value) -> http::Response<Bytes> {
        let (service, action) = action.split_once('.').unwrap();
        let uri = format!("/api_v3/service/{service}/action/{action}?format=1");
        let request = http::Request::post(uri).header("content-type", "application/json");
        self.send(request, &parameters.to_string())
    }

    /// The body of the answer to a call with JSON.
    pub(super) fn call(&self, action: &str, parameters: Value) -> Value {
        serde_json::from_slice(self.answer(action, &parameters).body()).unwrap()
    }

    /// The code of the error that a call is answered with, and for `INVALID_KS` the reason; `null` if none.
    pub(super) fn error(&self, action: &str, parameters: Value) -> Value {
        let answer = self.call(action, parameters);
        if answer["code"] == "INVALID_KS" { answer["args"]["KSID"].clone() } else { answer["code"].clone() }
    }

    pub(super) fn widget_ks(&self) -> String {
        let widget = json!({ "widgetId": format!("_{}", self.partner_id()), "nocache": 1 });
        self.call("session.startWidgetSession", widget)["ks"].as_str().unwrap().to_owned()
    }

    /// A KS as the first partner would sign it.
    pub(super) fn ks(&self, session_type: SessionType, user: &str, privileges: &str) -> String {
        let expiry = self.clock().now().plus_seconds(3600);
        let fields = KsFields::new(self.partner_id(), session_type, expiry).user(user).privileges(privileges);
        fields.sign_v2_unchecked(self.admin_secret(), [7; 16]).expose().to_owned()
    }

    pub(super) fn admin_ks(&self) -> String {
        self.ks(SessionType::Admin, "admin", "disableentitlement")
    }

    /// The parameters of a login with a token, with more of them.
    pub(super) fn login(&self, token: &EmulatedAppToken, more: Value) -> Value {
        let ks = self.widget_ks();
        let hash = TokenHash::new(token.hash_type(), &Ks::new(ks.as_str()), token.value());
        let mut parameters = json!({ "id": token.id().as_str(), "tokenHash": hash.expose(), "ks": ks });
        for (name, value) in more.as_object().unwrap() {
            parameters[name] = value.clone();
        }
        parameters
    }

    /// What a KS of the first partner says.
    pub(super) fn opened(&self, ks: &Value) -> OpenedKs {
        let secret = self.admin_secret().clone();
        kaltura_ks::open(&Ks::new(ks.as_str().unwrap()), &[secret]).unwrap()
    }

    /// In how many seconds a KS of the first partner ends.
    pub(super) fn life(&self, ks: &Value) -> i64 {
        let expiry = self.opened(ks).claims().expiry().unwrap();
        expiry.seconds_since(self.clock().now())
    }
}
