//! Calls of the emulator by the unit tests.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use kaltura_auth::TokenHash;
use kaltura_ks::{KsFields, OpenedKs};
use kaltura_types::{Ks, PartnerId, SessionType, UnixTime};
use serde_json::{Value, json};

use super::{Clock, EmulatedAppToken, Emulator, EmulatorBuilder, PartnerSeed};

pub(crate) const PARTNER: PartnerId = PartnerId::new(1_234_567);
pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const ADMIN_SECRET: &str = "admin secret";
pub(crate) const USER_SECRET: &str = "user secret";

/// A builder with one partner with known secrets, and a clock that is frozen at [`NOW`].
pub(crate) fn builder() -> EmulatorBuilder {
    Emulator::builder()
        .partner(PartnerSeed::new(PARTNER).admin_secret(ADMIN_SECRET).user_secret(USER_SECRET))
        .clock(Clock::frozen_at(UnixTime::from_seconds(NOW)))
        .random_seed(1)
}

pub(crate) fn emulator() -> Emulator {
    builder().build().unwrap()
}

/// The body of a response.
pub(crate) fn body(response: &http::Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

impl Emulator {
    pub(crate) fn send(&self, request: http::request::Builder, body: &str) -> http::Response<Bytes> {
        let request = request.body(Bytes::from(body.to_owned())).unwrap();
        self.handle(&request, IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// The whole response to a call with JSON.
    pub(crate) fn response(&self, action: &str, parameters: &Value) -> http::Response<Bytes> {
        let (service, action) = action.split_once('.').unwrap();
        let uri = format!("/api_v3/service/{service}/action/{action}?format=1");
        let request = http::Request::post(uri).header("content-type", "application/json");
        self.send(request, &parameters.to_string())
    }

    /// The body of the response to a call with JSON.
    pub(crate) fn call(&self, action: &str, parameters: Value) -> Value {
        serde_json::from_slice(self.response(action, &parameters).body()).unwrap()
    }

    /// The error code of the response to a call, and for `INVALID_KS` the reason; `null` if there is no error.
    pub(crate) fn error(&self, action: &str, parameters: Value) -> Value {
        let response = self.call(action, parameters);
        if response["code"] == "INVALID_KS" {
            response["args"]["KSID"].clone()
        } else {
            response["code"].clone()
        }
    }

    pub(crate) fn widget_ks(&self) -> String {
        let widget = json!({ "widgetId": format!("_{}", self.partner_id()), "nocache": 1 });
        self.call("session.startWidgetSession", widget)["ks"].as_str().unwrap().to_owned()
    }

    /// A KS as the first partner would sign it.
    pub(crate) fn ks(&self, session_type: SessionType, user: &str, privileges: &str) -> String {
        let expiry = self.clock().now().plus_seconds(3600);
        let fields = KsFields::new(self.partner_id(), session_type, expiry).user(user).privileges(privileges);
        fields.sign_v2_unchecked(self.admin_secret(), [7; 16]).expose().to_owned()
    }

    pub(crate) fn admin_ks(&self) -> String {
        self.ks(SessionType::Admin, "admin", "disableentitlement")
    }

    /// The parameters of a login with a token, and `more`.
    pub(crate) fn login(&self, token: &EmulatedAppToken, more: Value) -> Value {
        let ks = self.widget_ks();
        let hash = TokenHash::new(token.hash_type(), &Ks::new(ks.as_str()), token.value());
        let mut parameters = json!({ "id": token.id().as_str(), "tokenHash": hash.expose(), "ks": ks });
        for (name, value) in more.as_object().unwrap() {
            parameters[name] = value.clone();
        }
        parameters
    }

    /// A KS of the first partner, opened.
    pub(crate) fn opened(&self, ks: &Value) -> OpenedKs {
        let secret = self.admin_secret().clone();
        kaltura_ks::open(&Ks::new(ks.as_str().unwrap()), &[secret]).unwrap()
    }

    /// The remaining lifetime of a KS of the first partner, in seconds.
    pub(crate) fn life(&self, ks: &Value) -> i64 {
        let expiry = self.opened(ks).claims().expiry().unwrap();
        expiry.seconds_since(self.clock().now())
    }
}

/// Uploads and entries.
impl Emulator {
    /// The response to `uploadToken.upload` of a file with this content.
    pub(crate) fn upload(&self, ks: &str, token: &Value, more: Value, content: &str) -> Value {
        let mut parameters = json!({ "ks": ks, "uploadTokenId": token });
        for (name, value) in more.as_object().unwrap() {
            parameters[name] = value.clone();
        }
        let part = |attributes: &str, value: &str| {
            format!("--b\r\nContent-Disposition: form-data; {attributes}\r\n\r\n{value}\r\n")
        };
        let body = format!(
            "{}{}--b--\r\n",
            part("name=\"json\"", &parameters.to_string()),
            part("name=\"fileData\"; filename=\"a.mp4\"", content)
        );
        let request = http::Request::post("/api_v3/service/uploadToken/action/upload?format=1");
        let response = self.send(request.header("content-type", "multipart/form-data; boundary=b"), &body);
        serde_json::from_slice(response.body()).unwrap()
    }

    /// The id of a new upload token.
    pub(crate) fn upload_token(&self, ks: &str) -> Value {
        self.call("uploadToken.add", json!({ "ks": ks }))["id"].clone()
    }

    /// The id of a new upload token with a whole file.
    pub(crate) fn uploaded_token(&self, ks: &str) -> Value {
        let token = self.upload_token(ks);
        assert_eq!(self.upload(ks, &token, json!({}), "hello")["status"], 2);
        token
    }

    pub(crate) fn user_ks(&self, user: &str) -> String {
        self.ks(SessionType::User, user, "")
    }
}
