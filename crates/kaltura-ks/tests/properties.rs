//! Properties of every KS: signed values are read back, altered ones are refused, nothing panics.

use std::fmt::Debug;
use std::panic::{RefUnwindSafe, UnwindSafe};

use kaltura_ks::{InvalidKsFields, KsClaims, KsFields, OpenError, OpenedKs, open, unverified_claims};
use kaltura_types::{
    AdminSecret, Ks, KsHeader, KsVersion, Open, PartnerId, Scalar, SessionType, UnixTime, UserId,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

const RESERVED: [&str; 5] = ["_e", "_t", "_u", "_m", "_d"];

/// Any text, with more of the characters that have a meaning in a KS.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-c0;|,:/&=+%*~\\[\\]. \t\0é]{0,12}"]
}

fn session_type() -> impl Strategy<Value = Open<SessionType>> {
    any::<i64>().prop_map(|number| match number {
        0 => Open::Known(SessionType::User),
        2 => Open::Known(SessionType::Admin),
        other => Open::Other(Scalar::Number(other)),
    })
}

/// Fields with any privileges, and the values that they were built from.
fn fields(privileges: impl Strategy<Value = String>) -> impl Strategy<Value = (KsFields, Expected)> {
    (
        (any::<i64>(), session_type(), any::<i64>()),
        (option::of(text()), privileges, option::of(any::<i64>()), option::of(text())),
    )
        .prop_map(|((partner, session_type, expiry), (user, privileges, master, data))| {
            let expiry = UnixTime::from_seconds(expiry);
            let mut fields = KsFields::new(PartnerId::new(partner), session_type.clone(), expiry);
            fields = fields.privileges(privileges.clone());
            if let Some(user) = &user {
                fields = fields.user(user.as_str());
            }
            if let Some(master) = master {
                fields = fields.master_partner(PartnerId::new(master));
            }
            if let Some(data) = &data {
                fields = fields.additional_data(data.as_str());
            }
            (fields, Expected { partner, session_type, expiry, user, privileges, master, data })
        })
}

#[derive(Clone, Debug)]
struct Expected {
    partner: i64,
    session_type: Open<SessionType>,
    expiry: UnixTime,
    user: Option<String>,
    privileges: String,
    master: Option<i64>,
    data: Option<String>,
}

impl Expected {
    /// The privileges of a version 2 KS: trimmed items, without the empty ones.
    fn items_of_version_2(&self) -> Vec<(String, String)> {
        let items =
            self.privileges.split(',').map(|item| item.trim_matches([' ', '\t', '\n', '\r', '\0', '\x0b']));
        let items =
            items.filter(|item| !item.is_empty()).map(|item| if item == "*" { "all:*" } else { item });
        items
            .map(|item| item.split_once(':').unwrap_or((item, "")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    fn check_all_but_privileges(&self, claims: &KsClaims) {
        assert_eq!(claims.partner_id().get(), self.partner);
        assert_eq!(claims.session_type().as_ref(), Some(&self.session_type));
        assert_eq!(claims.expiry(), Some(self.expiry));
        assert_eq!(claims.master_partner_id().map(PartnerId::get), self.master);
    }
}

fn secret() -> AdminSecret {
    AdminSecret::new("the admin secret")
}

fn items_of(claims: &KsClaims) -> Vec<(String, String)> {
    claims.privileges().iter().map(|one| (one.name().to_owned(), one.values().join("/"))).collect()
}

proptest! {
    #[test]
    fn version_2_returns_what_was_signed(
        (fields, expected) in fields(prop_oneof![text(), "[a-z]{1,3}(:[a-z/.\\[\\]*]{0,4})?( ?,[a-z]{1,3}:[a-z]){0,4}"]),
        random: [u8; 16],
    ) {
        let Ok(ks) = fields.sign_v2(&secret(), random) else { return Ok(()) };
        let opened = open(&ks, &[AdminSecret::new("another"), secret()]).unwrap();
        expected.check_all_but_privileges(opened.claims());
        prop_assert_eq!(opened.version(), KsVersion::V2);
        prop_assert_eq!(opened.secret_index(), 1);
        prop_assert_eq!(opened.random(), Some(&random[..]));
        prop_assert_eq!(opened.claims().user().map(UserId::as_str), expected.user.as_deref());
        prop_assert_eq!(opened.claims().additional_data(), expected.data.as_deref());
        prop_assert_eq!(items_of(opened.claims()), expected.items_of_version_2());
    }

    #[test]
    fn version_2_accepts_all_privileges_with_plain_names(
        (fields, _) in fields(btree_map("[!-+./-9;-~&&[^.\\[]]{1,8}", "[ -+\\--~é]{0,8}", 0..6).prop_map(|items| {
            let items: Vec<String> = items
                .into_iter()
                .filter(|(name, _)| !RESERVED.contains(&name.as_str()))
                .map(|(name, value)| format!("{name}:{value}"))
                .collect();
            items.join(",")
        })),
        random: [u8; 16],
    ) {
        prop_assert!(fields.sign_v2(&secret(), random).is_ok(), "{fields:?}");
    }

    #[test]
    fn version_1_returns_what_was_signed((fields, expected) in fields(text()), rand in "[0-9]{1,10}\\.[0-9]{1,4}") {
        let has_semicolon = [&expected.user, &expected.data, &Some(expected.privileges.clone())]
            .into_iter()
            .flatten()
            .any(|text| text.contains(';'));
        let signed = fields.sign_v1(&secret(), &rand);
        prop_assert_eq!(signed.is_err(), has_semicolon);
        let Ok(ks) = signed else { return Ok(()) };
        let opened = open(&ks, &[secret()]).unwrap();
        expected.check_all_but_privileges(opened.claims());
        prop_assert_eq!(opened.version(), KsVersion::V1);
        prop_assert_eq!(opened.random(), Some(rand.as_bytes()));
        // Version 1 does not distinguish absent and empty.
        let claims = opened.claims();
        prop_assert_eq!(claims.user().map(UserId::as_str), Some(expected.user.as_deref().unwrap_or_default()));
        prop_assert_eq!(claims.additional_data(), Some(expected.data.as_deref().unwrap_or_default()));
        prop_assert_eq!(claims.privileges_text(), Some(expected.privileges.as_str()));
        let unverified = unverified_claims(&ks).unwrap();
        prop_assert_eq!(unverified.as_ref(), Some(claims));
    }

    #[test]
    fn any_fields_can_be_signed_unchecked((fields, _) in fields(text()), random: [u8; 16], rand in text()) {
        for ks in [fields.sign_v2_unchecked(&secret(), random), fields.sign_v1_unchecked(&secret(), &rand)] {
            prop_assert!(KsHeader::parse(&ks).is_ok());
            match open(&ks, &[secret()]) {
                Ok(_) | Err(OpenError::BracketedPrivilege) => {}
                Err(error) => prop_assert!(false, "{error}"),
            }
            prop_assert_eq!(open(&ks, &[AdminSecret::new("another")]).err(), Some(OpenError::NoSecretMatches));
            prop_assert_eq!(open(&ks, &[]).err(), Some(OpenError::NoSecretMatches));
        }
    }

    #[test]
    fn an_altered_ks_is_refused(
        (fields, _) in fields("[a-z]{0,9}".prop_map(|name| name + ":1")),
        random: [u8; 16],
        at: prop::sample::Index,
        other in "[A-Za-z0-9_-]",
    ) {
        for ks in [fields.sign_v2_unchecked(&secret(), random), fields.sign_v1_unchecked(&secret(), "1.5")] {
            let text = ks.expose().trim_end_matches('=');
            // The last character has unused bits.
            let at = at.index(text.len() - 1);
            let altered = Ks::new(format!("{}{other}{}", &text[..at], &text[at + 1..]));
            let same = text[at..=at].replace('+', "-").replace('/', "_") == other;
            if let Ok(opened) = open(&altered, &[secret()]) {
                // The partner id of version 2 is not signed: another number opens with the same secret.
                let partner = KsHeader::parse(&ks).unwrap().partner_id();
                prop_assert!(same || opened.claims().partner_id() != partner, "{at} {other}");
            }
        }
    }

    #[test]
    fn nothing_panics(text in any::<String>(), bytes in vec(any::<u8>(), 0..200), start in "(v2\\|(-?[0-9]{0,3}\\|)?)?") {
        let start = start.into_bytes();
        for ks in [Ks::new(text), Ks::new(base64(&[&start[..], &bytes].concat()))] {
            let _ = (KsHeader::parse(&ks).map(|header| format!("{header} {header:?}")), unverified_claims(&ks));
            let _ = open(&ks, &[AdminSecret::new(""), secret()]);
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(feature = "getrandom")]
#[test]
fn each_ks_is_unique() {
    let fields = KsFields::new(PartnerId::new(1), SessionType::User, UnixTime::from_seconds(2_000_000_000));
    let sign = || fields.sign_v2(&secret(), kaltura_ks::random_bytes().unwrap()).unwrap();
    assert_ne!(sign(), sign());
}

#[test]
fn debug_does_not_show_the_ks() {
    let fields = KsFields::new(PartnerId::new(1), SessionType::Admin, UnixTime::from_seconds(2_000_000_000));
    let fields = fields.user("alice").additional_data("canary in the data");
    let random = *b"canary in random";
    for ks in
        [fields.sign_v2(&secret(), random).unwrap(), fields.sign_v1(&secret(), "canary in random").unwrap()]
    {
        let opened = open(&ks, &[secret()]).unwrap();
        assert!(opened.fields_text().contains("canary"), "the canary is in the KS");
        let header = KsHeader::parse(&ks).unwrap();
        let claims = unverified_claims(&ks).unwrap();
        // Each of them shows the user.
        let parts = [&fields as &dyn Debug, &opened, opened.claims()].map(|part| format!("{part:?}"));
        assert!(parts.iter().all(|part| part.contains("alice")), "{parts:?}");
        let shown = format!("{parts:?} {opened:#?} {header:?} {header} {claims:?}");
        for hidden in [ks.expose(), opened.digest_hex(), "canary", &format!("{random:?}")] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}

#[test]
fn public_types_are_send_and_sync() {
    fn is_send_and_sync<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}
    is_send_and_sync::<(KsClaims, KsFields, OpenedKs, OpenError, InvalidKsFields)>();
}
