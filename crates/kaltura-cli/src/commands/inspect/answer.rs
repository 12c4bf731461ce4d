//! What a KS says, for people and for programs.

use std::fmt::Write as _;

use kaltura_auth::Fingerprint;
use kaltura_ks::{ClaimsSummary, OpenedKs, unverified_claims};
use kaltura_types::{Ks, KsHeader, PartnerId, UnixTime};
use serde::Serialize;

use crate::output::{one_line, style};
use crate::time;

/// All that is known of a KS. The KS itself is not in it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    version: u8,
    partner_id: PartnerId,
    fingerprint: String,
    /// In characters.
    length: usize,
    /// Whether the signature was checked, and is that of the secret.
    proven: bool,
    /// Nothing if the KS is encrypted and was not opened.
    claims: Option<ClaimsSummary>,
}

impl Answer {
    pub(super) fn new(ks: &Ks, header: &KsHeader, opened: Option<&OpenedKs>, now: UnixTime) -> Self {
        let unverified = unverified_claims(ks).ok().flatten();
        let claims = opened.map(OpenedKs::claims).or(unverified.as_ref());
        Self {
            version: header.version().number(),
            partner_id: header.partner_id(),
            fingerprint: Fingerprint::from_ks(ks).to_string(),
            length: ks.expose().chars().count(),
            proven: opened.is_some(),
            claims: claims.map(|claims| ClaimsSummary::new(claims, now)),
        }
    }

    /// What must be known to understand what is shown.
    pub(super) const fn note(&self) -> Option<&'static str> {
        match (self.proven, &self.claims) {
            (true, _) => None,
            (false, Some(_)) => Some(
                "the signature was not checked, so anybody may have written this: give the account's admin \
                 secret by KALTURA_ADMIN_SECRET, --admin-secret-file or --admin-secret-stdin",
            ),
            (false, None) => Some(
                "the rest is encrypted: give the account's admin secret by KALTURA_ADMIN_SECRET, \
                 --admin-secret-file or --admin-secret-stdin",
            ),
        }
    }

    pub(super) fn as_text(&self) -> String {
        let Self { version, fingerprint, length, .. } = self;
        let mut text = format!(
            "{}KS version {version}{:#}, fingerprint {fingerprint}, {length} characters\n",
            style::HEADING,
            style::HEADING
        );
        let signature = if self.proven { "good, of the given admin secret" } else { "not checked" };
        let mut lines = vec![("partner", self.partner_id.to_string()), ("signature", signature.to_owned())];
        if let Some(claims) = &self.claims {
            add_lines(claims, &mut lines);
        }
        for (label, value) in lines {
            let _ = writeln!(text, "  {}{label:<11}{:#}{}", style::QUIET, style::QUIET, one_line(&value));
        }
        text
    }
}

fn add_lines(claims: &ClaimsSummary, lines: &mut Vec<(&'static str, String)>) {
    let user = claims.user_id.clone().unwrap_or_else(|| "nobody".to_owned());
    let session_type = claims.session_type.clone().unwrap_or_else(|| "none".to_owned());
    let kind = if claims.widget_session { " (of a widget)" } else { "" };
    lines.push(("user", user));
    lines.push(("type", session_type + kind));
    lines.push(("until", until(claims)));
    let privileges = if claims.privileges.is_empty() { "none" } else { &claims.privileges };
    lines.push(("privileges", privileges.to_owned()));
    lines.extend(claims.restrictions.lines().into_iter().map(|line| ("restricted", line)));
    if let Some(group) = &claims.group {
        lines.push(("group", format!("{group}: session.end ends all sessions of it")));
    }
    if let Some(master) = claims.master_partner_id {
        lines.push(("master", format!("partner {master}, which impersonates this one")));
    }
    if let Some(data) = &claims.additional_data {
        lines.push(("data", data.clone()));
    }
}

fn until(claims: &ClaimsSummary) -> String {
    let when = match claims.expiry {
        Some(expiry) => time::show_time(expiry),
        None => format!("{:?}, which is no time", claims.expiry_text),
    };
    match claims.expires_in {
        _ if claims.expired => format!("{when}: it is over"),
        Some(seconds) => format!("{when}, in {}", time::show_duration(seconds)),
        None => when,
    }
}

#[cfg(test)]
mod tests {
    use kaltura_ks::{KsFields, open};
    use kaltura_types::{AdminSecret, SessionType};

    use super::*;

    const END: UnixTime = UnixTime::from_seconds(1_795_496_955);

    fn fields() -> KsFields {
        KsFields::new(PartnerId::new(1_234_567), SessionType::User, END)
    }

    fn answer(ks: &Ks, secret: Option<&str>, now: UnixTime) -> Answer {
        let opened = secret.map(|secret| open(ks, &[AdminSecret::new(secret)]).unwrap());
        Answer::new(ks, &KsHeader::parse(ks).unwrap(), opened.as_ref(), now)
    }

    fn lines(answer: &Answer) -> Vec<String> {
        anstream::adapter::strip_str(&answer.as_text()).to_string().lines().map(str::to_owned).collect()
    }

    fn sealed(fields: &KsFields) -> Ks {
        fields.sign_v2(&AdminSecret::new("secret"), [7; 16]).unwrap()
    }

    #[test]
    fn the_last_second_is_over() {
        let ks = sealed(&fields());
        let before = answer(&ks, Some("secret"), END.plus_seconds(-61)).claims.unwrap();
        assert_eq!((before.expired, before.expires_in), (false, Some(61)));
        assert!(until(&before).ends_with(", in 1 min 1 s"), "{}", until(&before));
        let at_the_end = answer(&ks, Some("secret"), END).claims.unwrap();
        assert_eq!((at_the_end.expired, at_the_end.expires_in), (true, Some(0)));
        assert!(until(&at_the_end).ends_with(": it is over"), "{}", until(&at_the_end));
    }

    #[test]
    fn all_that_a_ks_says_has_a_line() {
        let ks = sealed(
            &fields()
                .user("a\u{1b}lice")
                .privileges("sview:*,sessionid:0_importer,actionslimit:3")
                .master_partner(PartnerId::new(99))
                .additional_data("note"),
        );
        let shown = lines(&answer(&ks, Some("secret"), END.plus_seconds(-3600)));
        for line in [
            "  partner    1234567",
            "  signature  good, of the given admin secret",
            "  user       a lice",
            "  type       USER",
            "  privileges sview:*,sessionid:0_importer,actionslimit:3",
            "  restricted good for 3 calls",
            "  group      0_importer: session.end ends all sessions of it",
            "  master     partner 99, which impersonates this one",
            "  data       note",
        ] {
            assert!(shown.iter().any(|one| one == line), "{line}\n{shown:#?}");
        }
        assert!(!shown.concat().contains(&ks.expose()[..12]), "{shown:#?}");
    }

    #[test]
    fn an_encrypted_ks_shows_its_outside_only() {
        let ks = sealed(&fields().user("alice"));
        let answer = answer(&ks, None, END);
        assert_eq!(lines(&answer).len(), 3);
        assert!(answer.note().is_some_and(|note| note.contains("encrypted")));
        let document = serde_json::to_value(&answer).unwrap();
        assert_eq!((&document["claims"], &document["proven"]), (&serde_json::Value::Null, &false.into()));
    }

    #[test]
    fn version_1_shows_all_but_proves_nothing() {
        let ks = fields().sign_v1(&AdminSecret::new("secret"), "1.5").unwrap();
        let unproven = answer(&ks, None, END);
        assert!(unproven.note().is_some_and(|note| note.contains("anybody may have written this")));
        let document = serde_json::to_value(&unproven).unwrap();
        assert_eq!(document["claims"]["expiry"], END.as_seconds());
        for absent in ["userId", "group", "groupHash", "masterPartnerId", "additionalData"] {
            assert!(document["claims"][absent].is_null(), "{absent}: {document}");
        }
        assert!(answer(&ks, Some("secret"), END).note().is_none());
    }
}
