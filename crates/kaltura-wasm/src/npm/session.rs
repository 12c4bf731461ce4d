//! A session for JavaScript.

use std::sync::Arc;

use js_sys::{Object, Reflect};
use kaltura_auth::KsLabel;
use wasm_bindgen::prelude::*;

/// A session: what the server granted.
///
/// The KS is readable only by the property `ks`: it is not part of the session's text, of its JSON, or of what
/// `console.log` shows.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Session(pub(super) Arc<kaltura_auth::Session>);

#[wasm_bindgen]
impl Session {
    /// The KS (Kaltura Session), which authorizes calls. Whoever has it can act with the privileges of the session
    /// until it expires.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn ks(&self) -> String {
        self.0.ks().expose().to_owned()
    }

    /// The partner that the session is for.
    #[wasm_bindgen(getter, js_name = partnerId)]
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the ids of partners have at most ten digits")]
    pub fn partner_id(&self) -> f64 {
        self.0.partner_id().get() as f64
    }

    /// The user; `undefined` for an anonymous session.
    #[wasm_bindgen(getter, js_name = userId)]
    #[must_use]
    pub fn user_id(&self) -> Option<String> {
        self.0.user_id().map(|user| user.as_str().to_owned())
    }

    /// The type: `USER` or `ADMIN`, or the number of another one.
    #[wasm_bindgen(getter, js_name = sessionType)]
    #[must_use]
    pub fn session_type(&self) -> Option<String> {
        self.0.session_type().map(ToString::to_string)
    }

    /// The privileges, separated by commas.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn privileges(&self) -> String {
        self.0.privileges().to_string()
    }

    /// When the session expires, as Unix time in seconds, by the server's clock.
    #[wasm_bindgen(getter, js_name = expiresAt)]
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "exact for 285 million years")]
    pub fn expires_at(&self) -> Option<f64> {
        self.0.expires_at().map(|time| time.as_seconds() as f64)
    }

    /// The differences between what was requested and what the server granted, as sentences. Usually empty.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn adjustments(&self) -> Vec<String> {
        self.0.adjustments().iter().map(ToString::to_string).collect()
    }

    /// All properties except the KS.
    #[wasm_bindgen(js_name = toJSON, unchecked_return_type = "Omit<SessionProperties, 'ks'>")]
    #[must_use]
    pub fn to_json(&self) -> JsValue {
        let properties = Object::new();
        for (name, value) in [
            ("partnerId", Some(self.partner_id().into())),
            ("userId", self.user_id().map(Into::into)),
            ("sessionType", self.session_type().map(Into::into)),
            ("privileges", Some(self.privileges().into())),
            ("expiresAt", self.expires_at().map(Into::into)),
            ("adjustments", Some(self.adjustments().into())),
        ] {
            if let Some(value) = value {
                // A new object takes every property.
                let _ = Reflect::set(&properties, &name.into(), &value);
            }
        }
        properties.into()
    }

    /// A text without the KS, for logs. It contains version, partner and fingerprint of the KS, by which sessions can be
    /// told apart.
    #[wasm_bindgen(js_name = toString)]
    #[must_use]
    pub fn to_text(&self) -> String {
        let user = self.0.user_id().map_or("no user", |user| user.as_str());
        let expiry = self.0.expires_at().map_or_else(|| "unknown".to_owned(), |time| time.to_string());
        format!("Session({}, {user}, expires {expiry})", KsLabel::new(self.0.ks()))
    }
}
