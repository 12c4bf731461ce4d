//! The claims of a KS with their meaning: what a program shows to people, or returns as JSON.

use std::fmt;

use kaltura_types::{PartnerId, Privileges, UnixTime};
use serde::Serialize;

use crate::claims::KsClaims;

/// The claims of a KS as a program shows them. As JSON, an absent value is `null`.
///
/// It contains the additional data of the KS, but neither the KS nor what could rebuild it.
///
/// ```
/// # use kaltura_ks::{ClaimsSummary, KsFields, open}; use kaltura_types::*;
/// let (secret, expiry) = (AdminSecret::new("a secret"), UnixTime::from_seconds(2_000_000_000));
/// let fields = KsFields::new(PartnerId::new(1234567), SessionType::User, expiry).privileges("actionslimit:3");
/// let opened = open(&fields.sign_v2(&secret, [7; 16])?, &[secret])?;
/// let summary = ClaimsSummary::new(opened.claims(), UnixTime::from_seconds(1_999_999_940));
/// assert_eq!(summary.expires_in, Some(60));
/// assert_eq!(summary.restrictions.lines(), ["valid for 3 calls"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ClaimsSummary {
    /// The user; `None` also for an empty text, because version 1 cannot say "none" in another way.
    pub user_id: Option<String>,
    /// `USER`, `ADMIN`, or another text.
    pub session_type: Option<String>,
    /// [`KsClaims::is_admin`].
    pub admin: bool,
    /// [`KsClaims::is_widget_session`].
    pub widget_session: bool,
    /// Unix time; `None` if it is absent or not a number.
    pub expiry: Option<UnixTime>,
    /// The text of the expiry, which may not be a number. Not in the JSON.
    #[serde(skip)]
    pub expiry_text: String,
    /// In seconds; 0 if it has expired.
    pub expires_in: Option<u64>,
    /// [`KsClaims::is_expired_at`].
    pub expired: bool,
    /// The text of the privileges; empty if there are none.
    pub privileges: String,
    /// What the privileges take away.
    pub restrictions: Restrictions,
    /// The group of sessions that `session.end` ends as a whole.
    pub group: Option<String>,
    /// The server's identifier of that group.
    pub group_hash: Option<String>,
    /// The partner that impersonates this one.
    pub master_partner_id: Option<PartnerId>,
    /// The last field of the KS.
    pub additional_data: Option<String>,
    /// Whether a version 1 KS has more fields than the format: one of them contains a `;`, most likely the user, and the
    /// server reads all fields after it shifted (wire contract, section 6.3). Not in the JSON.
    #[serde(skip)]
    pub has_shifted_fields: bool,
}

impl ClaimsSummary {
    /// Summarizes claims at a time.
    #[must_use]
    pub fn new(claims: &KsClaims, now: UnixTime) -> Self {
        let left = claims.expiry().map(|expiry| expiry.seconds_since(now));
        Self {
            user_id: claims.user().map(|user| user.as_str().to_owned()).filter(|user| !user.is_empty()),
            session_type: claims.session_type().map(|session_type| session_type.to_string()),
            admin: claims.is_admin(),
            widget_session: claims.is_widget_session(),
            expiry: claims.expiry(),
            expiry_text: claims.expiry_text().unwrap_or_default().to_owned(),
            expires_in: left.map(|seconds| u64::try_from(seconds).unwrap_or(0)),
            expired: claims.is_expired_at(now),
            privileges: claims.privileges_text().unwrap_or_default().to_owned(),
            restrictions: Restrictions::of(claims.privileges()),
            group: claims.session_id(),
            group_hash: claims.session_id_hash(),
            master_partner_id: claims.master_partner_id(),
            additional_data: claims.additional_data().map(str::to_owned).filter(|data| !data.is_empty()),
            has_shifted_fields: !claims.extra_fields().is_empty(),
        }
    }
}

/// Additional data may contain secrets and is left out.
impl fmt::Debug for ClaimsSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimsSummary")
            .field("user_id", &self.user_id)
            .field("session_type", &self.session_type)
            .field("expiry", &self.expiry)
            .field("privileges", &self.privileges)
            .finish_non_exhaustive()
    }
}

/// The privileges that restrict a session, each absent if the session does not have it (wire contract, section 5.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Restrictions {
    /// The number of calls, as it is written. With anything but a number from 1 up, the server refuses each call.
    pub actions_limit: Option<String>,
    /// The only addresses that may use the session.
    pub addresses: Option<Vec<String>>,
    /// The only request URIs; `*` at the end stands for any text.
    pub uris: Option<Vec<String>>,
    /// The role that replaces that of the user.
    pub role: Option<String>,
}

impl Restrictions {
    /// The restrictions among these privileges.
    #[must_use]
    pub fn of(privileges: &Privileges) -> Self {
        let values = |name: &str| privileges.get(name).map(|privilege| privilege.values().to_vec());
        // The other separators than `/` are the privilege's own.
        let text = |name: &str| values(name).map(|values| values.join("/"));
        Self {
            actions_limit: text("actionslimit"),
            addresses: values("iprestrict"),
            uris: text("urirestrict").map(|uris| uris.split('|').map(str::to_owned).collect()),
            role: text("setrole"),
        }
    }

    /// One line of text for each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(limit) = &self.actions_limit {
            lines.push(match limit.parse() {
                Ok(1_u64) => "valid for 1 call".to_owned(),
                Ok(calls @ 2..) => format!("valid for {calls} calls"),
                _ => format!("actionslimit:{limit} is not a number from 1 up: the server refuses each call"),
            });
        }
        if let Some(addresses) = &self.addresses {
            lines.push(format!("only from {}", addresses.join(", ")));
        }
        if let Some(uris) = &self.uris {
            lines.push(format!("only for requests to {}", uris.join(", ")));
        }
        if let Some(role) = &self.role {
            lines.push(format!("with the role {role}"));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use kaltura_types::{AdminSecret, SessionType};

    use super::*;
    use crate::{KsFields, open, unverified_claims};

    const EXPIRY: UnixTime = UnixTime::from_seconds(1_795_496_955);

    fn fields() -> KsFields {
        KsFields::new(PartnerId::new(1_234_567), SessionType::User, EXPIRY)
    }

    fn lines(privileges: &str) -> Vec<String> {
        Restrictions::of(&Privileges::parse(privileges)).lines()
    }

    #[test]
    fn a_session_has_expired_in_its_last_second() {
        let secret = AdminSecret::new("secret");
        let opened = open(&fields().sign_v2(&secret, [7; 16]).unwrap(), &[secret]).unwrap();
        let at = |now| {
            let summary = ClaimsSummary::new(opened.claims(), now);
            (summary.expired, summary.expires_in)
        };
        assert_eq!(at(EXPIRY.plus_seconds(-61)), (false, Some(61)));
        assert_eq!(at(EXPIRY), (true, Some(0)));
        assert_eq!(at(EXPIRY.plus_seconds(9)), (true, Some(0)));
    }

    #[test]
    fn what_a_ks_does_not_say_is_null() {
        let ks = fields().sign_v1(&AdminSecret::new("secret"), "1.5").unwrap();
        let claims = unverified_claims(&ks).unwrap().unwrap();
        let document = serde_json::to_value(ClaimsSummary::new(&claims, EXPIRY)).unwrap();
        assert_eq!(document["expiry"], EXPIRY.as_seconds());
        for absent in ["userId", "group", "groupHash", "masterPartnerId", "additionalData"] {
            assert!(document[absent].is_null(), "{absent}: {document}");
        }
        assert!(document.get("expiryText").is_none());
    }

    #[test]
    fn debug_does_not_show_the_additional_data() {
        let fields = fields().user("alice").additional_data("hush");
        let ks = fields.sign_v1(&AdminSecret::new("secret"), "1.5").unwrap();
        let claims = unverified_claims(&ks).unwrap().unwrap();
        let summary = ClaimsSummary::new(&claims, EXPIRY);
        assert_eq!(summary.additional_data.as_deref(), Some("hush"));
        let shown = format!("{summary:?}");
        assert!(shown.contains("alice") && !shown.contains("hush"), "{shown}");
    }

    #[test]
    fn each_restriction_has_a_line() {
        assert_eq!(lines("sview:*,list:*"), Vec::<String>::new());
        let all = "actionslimit:5,iprestrict:10.0.0.1/10.0.0.2,urirestrict:/api_v3/a/*|/b,setrole:12";
        let expected = [
            "valid for 5 calls",
            "only from 10.0.0.1, 10.0.0.2",
            "only for requests to /api_v3/a/*, /b",
            "with the role 12",
        ];
        assert_eq!(lines(all), expected);
    }

    #[test]
    fn a_limit_that_the_server_refuses_is_named() {
        assert_eq!(lines("actionslimit:1"), ["valid for 1 call"]);
        for limit in ["actionslimit:0", "actionslimit:many", "actionslimit"] {
            assert!(lines(limit)[0].contains("the server refuses each call"), "{limit}");
        }
    }
}
