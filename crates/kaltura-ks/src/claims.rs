//! The claims of a KS about its session, and how the server interprets them.

use std::cmp::Ordering;
use std::fmt;
use std::sync::OnceLock;

use kaltura_types::{
    ApiEnum as _, Ks, KsBody, KsEnvelope, KsHeader, KsVersion, MalformedKs, Open, PartnerId, Privileges,
    Scalar, SessionType, UnixTime, UserId,
};
use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

use crate::content::Content;
use crate::{php, v1, v2};

/// The fields of a KS, as text and as values.
///
/// `None` is an absent field, which is not the same as an empty one. In version 1, all of its nine fields are
/// present: a value that was null when it was signed is read as empty. Bytes that are not UTF-8 are read as `U+FFFD`.
#[derive(Clone)]
pub struct KsClaims {
    version: KsVersion,
    partner_id: PartnerId,
    content: Content,
    fields: OnceLock<Fields>,
}

/// The fields as the server reads them.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) partner_pattern: Option<String>,
    pub(crate) expiry: Option<String>,
    pub(crate) session_type: Option<String>,
    pub(crate) user: Option<UserId>,
    pub(crate) privileges_text: Option<String>,
    pub(crate) privileges: Privileges,
    pub(crate) master_partner: Option<String>,
    pub(crate) additional_data: Option<String>,
    pub(crate) extra_fields: Vec<String>,
}

impl KsClaims {
    pub(crate) fn new(header: KsHeader, content: Content) -> Self {
        let (version, partner_id) = (header.version(), header.partner_id());
        let mut claims = Self { version, partner_id, content, fields: OnceLock::new() };
        let text = claims.content.text();
        if str::from_utf8(text).is_err() {
            // An escape beside such a byte may be the rest of its character, so that the fields are read before.
            let text = Zeroizing::new(String::from_utf8_lossy(text).into_owned());
            claims.fields();
            claims.content.replace_text(&text);
        }
        claims
    }

    pub(crate) const fn content(&self) -> &Content {
        &self.content
    }

    pub(crate) const fn version(&self) -> KsVersion {
        self.version
    }

    /// Reads the fields when the first of them is asked for: a program that verifies many KSs may need none.
    fn fields(&self) -> &Fields {
        self.fields.get_or_init(|| match self.version {
            KsVersion::V1 => v1::read(self.content.text()),
            KsVersion::V2 => v2::read(self.content.text()),
        })
    }

    /// The partner of the session. Version 2 does not sign it: only the secret that opens the KS identifies the
    /// partner.
    #[must_use]
    pub const fn partner_id(&self) -> PartnerId {
        self.partner_id
    }

    /// The second partner field of version 1, where the server repeats the partner id.
    #[must_use]
    pub fn partner_pattern(&self) -> Option<&str> {
        self.fields().partner_pattern.as_deref()
    }

    /// The time at which the session ends; `None` if the field is absent or not a whole number.
    #[must_use]
    pub fn expiry(&self) -> Option<UnixTime> {
        self.expiry_text()?.parse().ok().map(UnixTime::from_seconds)
    }

    /// The text of the expiry.
    #[must_use]
    pub fn expiry_text(&self) -> Option<&str> {
        self.fields().expiry.as_deref()
    }

    /// Whether the session has expired at `now`. At exactly its expiry it has (wire contract, section 6.4). An expiry
    /// that is not a number is compared as PHP does.
    #[must_use]
    pub fn is_expired_at(&self, now: UnixTime) -> bool {
        php::compare(self.expiry_text(), now.as_seconds()) != Ordering::Greater
    }

    /// The type of the session, which may be neither USER nor ADMIN.
    #[must_use]
    pub fn session_type(&self) -> Option<Open<SessionType>> {
        let text = self.session_type_text()?;
        let code = text.parse().map_or_else(|_| Scalar::Text(text.to_owned()), Scalar::Number);
        Some(SessionType::from_wire(&code).map_or(Open::Other(code), Open::Known))
    }

    /// The text of the type.
    #[must_use]
    pub fn session_type_text(&self) -> Option<&str> {
        self.fields().session_type.as_deref()
    }

    /// Whether the server treats it as an ADMIN session: any type from 1 up (wire contract, section 6.4).
    #[must_use]
    pub fn is_admin(&self) -> bool {
        php::compare(self.session_type_text(), 1) != Ordering::Less
    }

    /// The user. `0` (as in a widget session), an empty text and an absent user mean no user (anonymous).
    #[must_use]
    pub fn user(&self) -> Option<&UserId> {
        self.fields().user.as_ref()
    }

    /// Whether the session has no user (anonymous): the user is absent, empty or `0`.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.user().is_none_or(|user| matches!(user.as_str(), "" | "0"))
    }

    /// Whether the server treats it as a widget session: type 0, no user, and `widget:1` anywhere in the text of its
    /// privileges (wire contract, section 6.4).
    #[must_use]
    pub fn is_widget_session(&self) -> bool {
        php::compare(self.session_type_text(), 0) == Ordering::Equal
            && self.is_anonymous()
            && self.privileges_text().is_some_and(|text| text.contains("widget:1"))
    }

    /// The privileges, as the server parses them.
    #[must_use]
    pub fn privileges(&self) -> &Privileges {
        &self.fields().privileges
    }

    /// The text of the privileges. Version 1 contains the text itself; version 2 contains fields, from which the
    /// server rebuilds the text (wire contract, section 5.2).
    #[must_use]
    pub fn privileges_text(&self) -> Option<&str> {
        self.fields().privileges_text.as_deref()
    }

    /// The group of sessions that `session.end` ends as a whole: the first part of the value of the privilege
    /// `sessionid`. For all sessions of an app token it is the id of the token.
    #[must_use]
    pub fn session_id(&self) -> Option<String> {
        self.privileges().get("sessionid")?.values().first().cloned()
    }

    /// The server's identifier of an ended group: hex SHA-1 of partner id, `_` and session id (wire contract, section
    /// 6.2).
    #[must_use]
    pub fn session_id_hash(&self) -> Option<String> {
        let marker = format!("{}_{}", self.content.partner(), self.session_id()?);
        Some(hex::encode(Sha1::digest(marker)))
    }

    /// The partner that impersonates this one (wire contract, section 4.5).
    #[must_use]
    pub fn master_partner_id(&self) -> Option<PartnerId> {
        self.master_partner_text()?.parse().ok()
    }

    /// The text of the impersonating partner; empty in a version 1 KS that has none.
    #[must_use]
    pub fn master_partner_text(&self) -> Option<&str> {
        self.fields().master_partner.as_deref()
    }

    /// The last field of the KS: any text.
    #[must_use]
    pub fn additional_data(&self) -> Option<&str> {
        self.fields().additional_data.as_deref()
    }

    /// The fields after the ninth of a version 1 KS, which the server ignores. A `;` in the user or in the privileges
    /// shifts the fields after it, and the last ones end up here.
    #[must_use]
    pub fn extra_fields(&self) -> &[String] {
        &self.fields().extra_fields
    }
}

/// Reads the claims of a version 1 KS, which are in clear text. **Not authentic**: only [`open()`](crate::open())
/// verifies the signature. `None` for version 2, which is encrypted.
///
/// # Errors
///
/// [`MalformedKs`] if the text is not a KS of either version.
pub fn unverified_claims(ks: &Ks) -> Result<Option<KsClaims>, MalformedKs> {
    let envelope = KsEnvelope::decode(ks)?;
    let KsBody::V1 { fields, .. } = envelope.body() else { return Ok(None) };
    let content = Content::copy_of(envelope.partner_text(), None, fields);
    Ok(Some(KsClaims::new(envelope.header(), content)))
}

impl PartialEq for KsClaims {
    fn eq(&self, other: &Self) -> bool {
        self.content.partner() == other.content.partner() && self.fields() == other.fields()
    }
}

impl Eq for KsClaims {}

/// Additional data may contain secrets and is left out.
impl fmt::Debug for KsClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KsClaims")
            .field("partner", &self.content.partner())
            .field("expiry", &self.expiry_text())
            .field("session_type", &self.session_type_text())
            .field("user", &self.user())
            .field("privileges", &self.privileges_text())
            .field("master_partner", &self.master_partner_text())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;

    /// The claims of a KS of partner 7654321 with these fields.
    fn claims(fields: &str) -> KsClaims {
        claims_of("7654321", fields)
    }

    fn claims_of(partner: &str, fields: &str) -> KsClaims {
        let text = format!("signature|{partner};7654321;{fields}");
        let ks = Ks::new(base64::engine::general_purpose::STANDARD.encode(text));
        unverified_claims(&ks).unwrap().unwrap()
    }

    #[test]
    fn claims_are_equal_if_partner_and_fields_are() {
        let claims = claims("2000000000;0");
        assert_eq!(claims.expiry_text(), Some("2000000000"));
        assert_eq!(claims, claims_of("7654321", "2000000000;0"));
        for (partner, fields) in
            [("7654322", "2000000000;0"), ("07654321", "2000000000;0"), ("7654321", "2000000001;0")]
        {
            assert_ne!(claims, claims_of(partner, fields), "{partner};{fields}");
        }
    }

    #[test]
    fn a_session_has_expired_at_its_expiry() {
        let at = |now| claims("2000000000").is_expired_at(UnixTime::from_seconds(now));
        assert_eq!([1_999_999_999, 2_000_000_000, 2_000_000_001].map(at), [false, true, true]);
    }

    #[test]
    fn an_expiry_that_is_not_a_number_is_compared_as_text() {
        for (text, is_expired) in
            [("", true), ("soon", false), ("1e3", true), ("99999999999999999999", false)]
        {
            assert_eq!(claims(text).expiry(), None);
            assert_eq!(claims(text).expiry_text(), Some(text));
            assert_eq!(
                claims(text).is_expired_at(UnixTime::from_seconds(2_000_000_000)),
                is_expired,
                "{text}"
            );
        }
    }

    #[test]
    fn admin_is_any_type_from_1() {
        for (text, is_admin) in
            [("0", false), ("1", true), ("2", true), ("-1", false), ("1.5", true), ("", false)]
        {
            assert_eq!(claims(&format!("1;{text}")).is_admin(), is_admin, "{text}");
        }
        assert_eq!(claims("1;2").session_type(), Some(Open::Known(SessionType::Admin)));
        assert_eq!(claims("1;7").session_type(), Some(Open::Other(Scalar::Number(7))));
        assert_eq!(claims("1;x").session_type(), Some(Open::Other(Scalar::Text("x".to_owned()))));
        assert_eq!((claims("1").session_type(), claims("1").is_admin()), (None, false));
    }

    #[test]
    fn a_widget_session_has_no_user_and_the_privilege_widget() {
        for (fields, is_widget) in [
            ("1;0;r;0;view:*,widget:1", true),
            ("1;0;r;;widget:1", true),
            ("1;0;r;0;mywidget:12", true),
            ("1;0;r;u;view:*,widget:1", false),
            ("1;2;r;0;view:*,widget:1", false),
            ("1;0;r;0;view:*", false),
            ("1;0;r;0;view:*,widget:2", false),
            ("1;0;r;00;widget:1", false),
            ("1", false),
        ] {
            assert_eq!(claims(fields).is_widget_session(), is_widget, "{fields}");
        }
    }

    #[test]
    fn a_session_group_is_identified_by_partner_and_session_id() {
        let group = |privileges| claims(&format!("1;0;r;u;{privileges}"));
        assert_eq!(group("sview:*").session_id_hash(), None);
        assert_eq!(group("sessionid").session_id_hash(), None);
        assert_eq!(group("list:*,sessionid:0_a").session_id().as_deref(), Some("0_a"));
        assert_eq!(group("sessionid:0_a/x").session_id().as_deref(), Some("0_a"));
        // SHA-1 of `7654321_0_a`.
        let hash = "d5a7de4d67aefb48da0de1fa030420b3588e22af";
        assert_eq!(group("sessionid:0_a").session_id_hash().as_deref(), Some(hash));
    }

    #[test]
    fn a_semicolon_shifts_the_fields_after_it() {
        let shifted = claims("1;0;r;a;b;7;sview:*;x;y;z");
        assert_eq!(shifted.partner_pattern(), Some("7654321"));
        assert_eq!(shifted.user(), Some(&UserId::new("a")));
        assert_eq!(shifted.privileges_text(), Some("b"));
        assert_eq!(shifted.master_partner_id(), Some(PartnerId::new(7)));
        assert_eq!(shifted.additional_data(), Some("sview:*"));
        assert_eq!(shifted.extra_fields(), ["x", "y", "z"]);
    }
}
