//! Opening and inspecting texts that may be a KS.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kaltura_ks::{ClaimsSummary, KsFields, OpenError, open as open_ks, unverified_claims};
use kaltura_types::{AdminSecret, Ks, KsEnvelope, KsHeader, PartnerId, SessionType, UnixTime, UserId};

/// What a KS is made of.
pub const WORDS: [&str; 24] = [
    "v2|", "|", ";", "&", "=", "_e=", "_t=2", "_u=", "_m=", "_d=", "%2C", "%00", "[", "]", "%5B", "%5D",
    "all:*", "*", ",", ":", "/", "djJ8", "1234567", "\0",
];

const SECRET: &str = "a0b1c2d3e4f5061728394a5b6c7d8e9f";
const NOW: UnixTime = UnixTime::from_seconds(1_795_493_361);

/// The bytes as a KS: as they are, and as what its Base64 contains.
pub fn inspect(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for ks in [Ks::new(text.as_ref()), Ks::new(URL_SAFE_NO_PAD.encode(data))] {
        let envelope = KsEnvelope::decode(&ks);
        assert_eq!(ks.issue().is_none(), envelope.is_ok(), "a KS without an issue can be decoded");
        assert_eq!(KsHeader::parse(&ks).is_ok(), envelope.is_ok());
        if let Some(issue) = ks.issue() {
            assert!(!issue.advice().is_empty() && !issue.to_string().is_empty());
        }
        let _ = Ks::looks_like_ks(ks.expose());
        if let Ok(Some(claims)) = unverified_claims(&ks) {
            let summary = ClaimsSummary::new(&claims, NOW);
            assert!(serde_json::to_string(&summary).is_ok());
            let _ = (summary.restrictions.lines(), claims.session_id_hash());
            let _ = (claims.is_admin(), claims.is_anonymous(), claims.is_widget_session());
        }
        if let Ok(opened) = open_ks(&ks, &[AdminSecret::new(SECRET), AdminSecret::new("")]) {
            let shown = format!("{opened:?}");
            assert!(!shown.contains(opened.digest_hex()), "the digest is a part of the credential");
            assert!(opened.claims().is_expired_at(NOW) || !ClaimsSummary::new(opened.claims(), NOW).expired);
        }
    }
}

/// The bytes as the user, privileges and additional data of a KS that is signed: one line each.
pub fn open(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.splitn(3, '\n');
    let (user, privileges, additional) = (lines.next(), lines.next(), lines.next());
    let number = i64::try_from(data.len()).unwrap_or(0);
    let mut fields =
        KsFields::new(PartnerId::new(number), SessionType::Admin, UnixTime::from_seconds(number));
    if let Some(user) = user {
        fields = fields.user(user);
    }
    if let Some(privileges) = privileges {
        fields = fields.privileges(privileges);
    }
    if let Some(additional) = additional {
        fields = fields.additional_data(additional);
    }
    let (secret, other, random) = (AdminSecret::new(SECRET), AdminSecret::new("another"), [7; 16]);
    for ks in [fields.sign_v2_unchecked(&secret, random), fields.sign_v1_unchecked(&secret, "1.5")] {
        assert!(matches!(
            open_ks(&ks, std::slice::from_ref(&secret)),
            Ok(_) | Err(OpenError::BracketedPrivilege)
        ));
        assert_eq!(open_ks(&ks, std::slice::from_ref(&other)).err(), Some(OpenError::NoSecretMatches));
        inspect(ks.expose().as_bytes());
    }
    for (signed, is_v1) in [(fields.sign_v2(&secret, random), false), (fields.sign_v1(&secret, "1.5"), true)]
    {
        let Ok(ks) = signed else { continue };
        let opened = open_ks(&ks, std::slice::from_ref(&secret));
        let Ok(opened) = opened else { panic!("what was checked and signed cannot be opened: {opened:?}") };
        let claims = opened.claims();
        let absent = if is_v1 { Some("") } else { None };
        assert_eq!(claims.user().map(UserId::as_str), user.or(absent));
        assert_eq!(claims.additional_data(), additional.or(absent));
        assert_eq!(claims.partner_id().get(), number);
        assert!(claims.is_admin() && claims.extra_fields().is_empty());
    }
}
