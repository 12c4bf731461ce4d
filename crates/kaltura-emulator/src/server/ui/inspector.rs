//! The tools of the page: what a KS says, and the token hash of a KS and an app token. Nothing leaves the process.

use kaltura_auth::{Fingerprint, TokenHash};
use kaltura_ks::{ClaimsSummary, OpenedKs, unverified_claims};
use kaltura_types::{AdminSecret, AppTokenValue, HashType, Ks, KsHeader, PartnerId, PrivilegeWarning};
use serde::{Deserialize, Serialize};

use crate::Emulator;

/// What is to be inspected. The types of the members have a redacted `Debug`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Inspection {
    ks: String,
    /// Empty for none: then the secrets of the emulator's partner are tried.
    #[serde(default)]
    admin_secret: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Inspected {
    version: u8,
    partner_id: PartnerId,
    fingerprint: String,
    /// In characters.
    length: usize,
    /// Whether the signature was checked and is right.
    proven: bool,
    /// Whether the emulator's own secret opened it.
    is_own: bool,
    claims: Option<ClaimsSummary>,
    restrictions: Vec<String>,
    /// `None` if it is not a session of this emulator.
    ended: Option<bool>,
    notes: Vec<String>,
}

/// Reads a KS: all of it with the admin secret, or if it is one of the emulator.
pub(super) fn inspect(emulator: &Emulator, body: &[u8]) -> Result<Inspected, String> {
    let Inspection { ks, admin_secret } = read(body)?;
    // People paste line breaks with it.
    let ks = Ks::new(ks.trim());
    let header = match (KsHeader::parse(&ks), ks.issue()) {
        (Ok(header), None) => header,
        (Err(malformed), None) => return Err(sentence(&malformed.to_string())),
        (_, Some(issue)) => {
            let length = ks.expose().chars().count();
            return Err(format!(
                "{} {} It has {length} characters.",
                sentence(&issue.to_string()),
                issue.advice()
            ));
        }
    };
    let now = emulator.clock().now();
    let mut notes = Vec::new();
    let backend = emulator.backend();
    let partner = backend.state.partners.get(&header.partner_id());
    let own = partner.and_then(|partner| kaltura_ks::open(&ks, &partner.admin_secrets).ok());
    let is_own = own.is_some();
    let given =
        (!admin_secret.is_empty()).then(|| kaltura_ks::open(&ks, &[AdminSecret::new(admin_secret.trim())]));
    let opened = match given {
        Some(Ok(opened)) => Some(opened),
        Some(Err(error)) if !is_own => {
            let error = sentence(&error.to_string());
            return Err(format!("{error} The KS names partner {}.", header.partner_id()));
        }
        _ => own,
    };
    let unverified = unverified_claims(&ks).ok().flatten();
    let claims = opened.as_ref().map(OpenedKs::claims).or(unverified.as_ref());
    match (&opened, claims) {
        (Some(_), _) => {}
        (None, Some(_)) => notes.push(
            "The signature was not checked: anyone may have written this. With the account's admin secret it is checked."
                .to_owned(),
        ),
        (None, None) => notes.push(
            "Everything else is encrypted: the account's admin secret shows it.".to_owned(),
        ),
    }
    let ended = opened.as_ref().filter(|_| is_own).map(|opened| {
        let is_ended = |marker: &str| backend.state.is_ended(marker);
        is_ended(opened.digest_hex())
            || opened.claims().session_id_hash().is_some_and(|group| is_ended(&group))
    });
    if let Some(claims) = claims {
        // In a session of an app token, the server has set them.
        let is_surprising =
            |warning: &PrivilegeWarning| !matches!(warning, PrivilegeWarning::SetByServer { .. });
        let warnings = claims.privileges().warnings();
        notes.extend(warnings.iter().filter(|one| is_surprising(one)).map(|one| sentence(&one.to_string())));
    }
    let claims = claims.map(|claims| ClaimsSummary::new(claims, now));
    if ended == Some(true) {
        notes.push("This session was ended: each call with it gets INVALID_KS.".to_owned());
    } else if opened.is_some() && !is_own {
        notes.push("Only the server that issued it knows whether it was ended.".to_owned());
    }
    if claims.as_ref().is_some_and(|claims| claims.expired) {
        notes.push("By the emulator's clock it has expired.".to_owned());
    }
    Ok(Inspected {
        version: header.version().number(),
        partner_id: header.partner_id(),
        fingerprint: Fingerprint::from_ks(&ks).to_string(),
        length: ks.expose().chars().count(),
        proven: opened.is_some(),
        is_own,
        restrictions: claims.as_ref().map(|claims| claims.restrictions.lines()).unwrap_or_default(),
        claims,
        ended,
        notes,
    })
}

/// What is to be hashed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Hashing {
    ks: String,
    token: String,
    hash_type: HashType,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Hashed {
    token_hash: String,
    hash_type: HashType,
    /// Of the KS.
    fingerprint: String,
    notes: Vec<String>,
}

/// Hashes a KS and a token value as they are.
pub(super) fn hash(body: &[u8]) -> Result<Hashed, String> {
    let Hashing { ks, token, hash_type } = read(body)?;
    let (ks, token) = (Ks::new(ks), AppTokenValue::new(token));
    Ok(Hashed {
        token_hash: TokenHash::new(hash_type, &ks, &token).expose().to_owned(),
        hash_type,
        fingerprint: Fingerprint::from_ks(&ks).to_string(),
        notes: TokenHash::check(&ks, &token).iter().map(|warning| sentence(&warning.to_string())).collect(),
    })
}

/// A message of the library as a sentence.
fn sentence(message: &str) -> String {
    let mut rest = message.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", rest.as_str().trim_end_matches('.'))
}

fn read<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, String> {
    // The message of the error may contain a value.
    serde_json::from_slice(body)
        .map_err(|error| format!("the body is not what this needs ({:?})", error.classify()))
}
