//! A session as it is printed: for people and for programs.

use std::fmt::Write as _;

use kaltura_auth::Fingerprint;
use kaltura_auth::ServiceUrl;
use kaltura_types::{HashType, PartnerId, UnixTime, UserId};
use serde::Serialize;

use super::KeptLogin;
use crate::output::{Difference, ks_name, one_line, style};
use crate::time;

/// What a login gave. The KS is in it only if it shall be.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ks: Option<&'a str>,
    fingerprint: String,
    partner_id: PartnerId,
    user_id: Option<&'a UserId>,
    /// `USER`, `ADMIN`, or what else the server said.
    session_type: Option<String>,
    expiry: Option<UnixTime>,
    /// In seconds, by the server's clock.
    expires_in: Option<u64>,
    privileges: String,
    adjustments: Vec<Difference>,
    hash_type: HashType,
    service_url: &'a str,
    /// Whether the server was shown the session, and accepted it.
    verified: bool,
    /// What is wrong with the cache.
    warnings: &'a [String],
    #[serde(skip)]
    ks_name: String,
}

impl<'a> Answer<'a> {
    pub(super) fn new(login: &'a KeptLogin, service_url: &'a ServiceUrl, show_ks: bool) -> Self {
        let KeptLogin { session, hash_type, verified, warnings } = login;
        Self {
            ks: show_ks.then(|| session.ks().expose()),
            fingerprint: Fingerprint::from_ks(session.ks()).to_string(),
            partner_id: session.partner_id(),
            user_id: session.user_id(),
            session_type: session.session_type().map(ToString::to_string),
            expiry: session.expires_at(),
            expires_in: session.granted_lifetime().map(|life| life.as_secs()),
            privileges: session.privileges().to_string(),
            adjustments: Difference::all(session.adjustments()),
            hash_type: *hash_type,
            service_url: service_url.as_str(),
            verified: *verified,
            warnings,
            ks_name: ks_name(session.ks()),
        }
    }

    /// Lines for people. The KS is named, unless it shall be shown.
    pub(super) fn as_text(&self) -> String {
        let user = self.user_id.map_or("nobody", UserId::as_str);
        let until = match (self.expiry, self.expires_in) {
            (Some(expiry), Some(seconds)) => {
                format!("{}, in {}", time::show_time(expiry), time::show_duration(seconds))
            }
            (Some(expiry), None) => time::show_time(expiry),
            (None, _) => "the server did not say".to_owned(),
        };
        let privileges = if self.privileges.is_empty() { "none" } else { &self.privileges };
        let partner = self.partner_id.to_string();
        let ks = self.ks.map_or_else(|| format!("{} (--ks-only prints it)", self.ks_name), str::to_owned);
        let mut text = format!("{}Logged in{:#} to {}\n", style::GOOD, style::GOOD, self.service_url);
        for (label, value) in [
            ("partner", partner.as_str()),
            ("user", user),
            ("type", self.session_type.as_deref().unwrap_or("the server did not say")),
            ("until", &until),
            ("privileges", privileges),
            ("KS", &ks),
        ] {
            let _ = writeln!(text, "  {}{label:<11}{:#}{}", style::QUIET, style::QUIET, one_line(value));
        }
        if self.verified {
            let _ = writeln!(
                text,
                "  {}verified   {:#}the server accepts the session",
                style::QUIET,
                style::QUIET
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use kaltura_auth::Session;
    use kaltura_types::{Ks, Privileges, SessionType};

    use super::*;

    const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";

    fn made(session: Session, verified: bool) -> KeptLogin {
        KeptLogin { session, hash_type: HashType::Md5, verified, warnings: vec!["odd".to_owned()] }
    }

    #[test]
    fn the_text_shows_the_ks_only_if_it_shall() {
        let session = Session::new(PartnerId::new(1_234_567), Ks::new(KS))
            .with_user_id("a\u{1b}lice")
            .with_session_type(SessionType::Admin)
            .with_privileges(Privileges::parse("sview:*,list:*"))
            .with_expiry(UnixTime::from_seconds(1_795_496_955))
            .with_server_time(UnixTime::from_seconds(1_795_493_355));
        let verified = Answer::new(&made(session.clone(), true), &ServiceUrl::US, false).as_text();
        assert!(verified.contains("the server accepts the session"), "{verified}");
        let shown = Answer::new(&made(session.clone(), false), &ServiceUrl::US, true).as_text();
        assert!(shown.ends_with(&format!("{KS}\n")), "{shown}");
        let text = Answer::new(&made(session, false), &ServiceUrl::US, false).as_text();
        assert!(!text.contains("accepts"), "{text}");
        let text = anstream::adapter::strip_str(&text).to_string();
        assert!(!text.contains(&KS[..12]), "{text}");
        for line in [
            "Logged in to https://www.kaltura.com",
            "  partner    1234567",
            "  user       a lice",
            "  type       ADMIN",
            "  privileges sview:*,list:*",
            "  KS         version 2, fingerprint 56ffe41d (--ks-only prints it)",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
        }
        assert!(text.contains(", in 1 h\n"), "{text}");
    }

    #[test]
    fn what_the_server_did_not_say_is_null() {
        let session = Session::new(PartnerId::new(7), Ks::new("odd"));
        let made = made(session, false);
        let answer = Answer::new(&made, &ServiceUrl::EU, true);
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"ks":"odd","fingerprint":"09d801ff","partnerId":7,"userId":null,"sessionType":null,"expiry":null,"expiresIn":null,"privileges":"","adjustments":[],"hashType":"MD5","serviceUrl":"https://api.eu.kaltura.com","verified":false,"warnings":["odd"]}"#
        );
        assert!(answer.as_text().contains("the server did not say"));
    }
}
