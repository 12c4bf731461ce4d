//! Opening a KS with the partner's secrets, as the server does it.

use std::fmt;

use kaltura_types::{AdminSecret, Ks, KsBody, KsEnvelope, KsVersion, MalformedKs};

use crate::claims::KsClaims;
use crate::content::Content;
use crate::digest::HexDigest;
use crate::{v1, v2};

/// Opens a KS: verifies that it was signed with one of `secrets`, and reads its claims.
///
/// The claims are read when the first of them is asked for, so that a program that only verifies a KS does not pay for
/// them.
///
/// A partner may have several admin secrets; each is tried. The order does not matter, except for
/// [`OpenedKs::secret_index`]. The session of an opened KS may have expired ([`KsClaims::is_expired_at`]), or may
/// have been ended, which only the server knows.
///
/// # Errors
///
/// [`OpenError`], for exactly the texts that the server refuses or fails on.
///
/// ```
/// # use kaltura_types::{AdminSecret, Ks, UnixTime};
/// let ks = Ks::new(
///     "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c",
/// );
/// let secrets = [AdminSecret::new("an older secret"), AdminSecret::new("a0b1c2d3e4f5061728394a5b6c7d8e9f")];
/// let opened = kaltura_ks::open(&ks, &secrets)?;
/// let claims = opened.claims();
/// assert_eq!(claims.user().unwrap().as_str(), "admin");
/// assert!(claims.is_admin());
/// assert!(!claims.is_expired_at(UnixTime::from_seconds(1_999_999_999)));
/// assert_eq!(opened.secret_index(), 1);
/// # Ok::<(), kaltura_ks::OpenError>(())
/// ```
pub fn open(ks: &Ks, secrets: &[AdminSecret]) -> Result<OpenedKs, OpenError> {
    open_envelope(&KsEnvelope::decode(ks)?, secrets)
}

/// Opens a KS that was decoded, as [`open()`] does: for programs with several partners, whose secrets depend on
/// [`KsEnvelope::header`].
///
/// # Errors
///
/// [`OpenError`], but not [`OpenError::Malformed`].
pub fn open_envelope(envelope: &KsEnvelope, secrets: &[AdminSecret]) -> Result<OpenedKs, OpenError> {
    let partner = envelope.partner_text();
    let (secret_index, (content, digest)) = match envelope.body() {
        KsBody::V1 { signature, fields } => first_match(secrets, |secret| {
            let digest = v1::verify(signature, fields, secret)?;
            Some((Content::copy_of(partner, v1::rand(fields), fields), digest))
        })?,
        KsBody::V2 { ciphertext } => {
            let opened = first_match(secrets, |secret| v2::decrypt(partner, ciphertext, secret))?;
            let (_, (content, _)) = &opened;
            if v2::has_array(content.text()) {
                return Err(OpenError::BracketedPrivilege);
            }
            opened
        }
    };
    Ok(OpenedKs { claims: KsClaims::new(envelope.header(), content), digest, secret_index })
}

fn first_match<T>(
    secrets: &[AdminSecret],
    open: impl Fn(&AdminSecret) -> Option<T>,
) -> Result<(usize, T), OpenError> {
    let mut opened = secrets.iter().map(open).enumerate();
    opened.find_map(|(index, opened)| Some((index, opened?))).ok_or(OpenError::NoSecretMatches)
}

/// A KS whose signature was verified.
#[derive(Clone)]
pub struct OpenedKs {
    claims: KsClaims,
    digest: HexDigest,
    secret_index: usize,
}

impl OpenedKs {
    /// The version.
    #[must_use]
    pub const fn version(&self) -> KsVersion {
        self.claims.version()
    }

    /// The claims: user, type, expiry, privileges.
    #[must_use]
    pub const fn claims(&self) -> &KsClaims {
        &self.claims
    }

    /// The text of all fields: a query string in version 2, nine fields separated by `;` in version 1. Do not log it:
    /// with the random part, it is enough to sign the same KS again.
    #[must_use]
    pub fn fields_text(&self) -> &str {
        // Bytes that are not UTF-8 were replaced.
        str::from_utf8(self.claims.content().text()).unwrap_or_default()
    }

    /// The part that makes each KS unique: 16 random bytes in version 2; in version 1 the text of the time at which it
    /// was created, if the field is present.
    #[must_use]
    pub fn random(&self) -> Option<&[u8]> {
        self.claims.content().random()
    }

    /// The SHA-1 inside the KS, in hex, by which `session.end` identifies it (wire contract, section 6.2).
    #[must_use]
    pub fn digest_hex(&self) -> &str {
        // Hex digits are UTF-8.
        str::from_utf8(&self.digest).unwrap_or_default()
    }

    /// The index of the secret that it was signed with.
    #[must_use]
    pub const fn secret_index(&self) -> usize {
        self.secret_index
    }
}

/// Neither the random part nor the digest is shown: they are part of the credential.
impl fmt::Debug for OpenedKs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenedKs")
            .field("version", &self.version())
            .field("claims", &self.claims)
            .field("secret_index", &self.secret_index)
            .finish_non_exhaustive()
    }
}

/// Why a KS could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The text is not a KS.
    #[error(transparent)]
    Malformed(#[from] MalformedKs),
    /// It was signed with another secret, or was altered.
    #[error("the KS is signed with none of the admin secrets that were given, or was altered")]
    NoSecretMatches,
    /// The name of a privilege has a pair of brackets, such as `a[b]`. The server fails with an empty HTTP 500 on
    /// each use of such a KS (wire contract, section 5.2).
    #[error(
        "the KS has a privilege with brackets in its name, on which the server fails; sign it again without them"
    )]
    BracketedPrivilege,
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use kaltura_types::{PartnerId, UnixTime, UserId};
    use proptest::prelude::*;

    fn secret() -> AdminSecret {
        AdminSecret::new("secret")
    }

    fn open_v2(fields: &str) -> Result<OpenedKs, OpenError> {
        let append = |sealed: &mut Vec<u8>| sealed.extend_from_slice(fields.as_bytes());
        open(&v2::seal(PartnerId::new(1), [7; 16], &secret(), fields.len(), append), &[secret()])
    }

    // With the secret, fields can be signed that a server would never write.
    proptest! {
        #[test]
        fn any_signed_fields_are_opened_without_panic(
            fields in prop_oneof![any::<String>(), "(%?[0-9A-F_eutmd&=+;\\[\\]. ]){0,40}"],
        ) {
            match open_v2(&fields) {
                Ok(opened) => prop_assert_eq!(opened.fields_text(), fields.trim_end_matches('\0')),
                Err(error) => prop_assert!(matches!(error, OpenError::BracketedPrivilege)),
            }
            let ks = v1::seal(&format!("1;{fields};;"), &secret());
            prop_assert!(open(&ks, &[secret()]).is_ok());
        }
    }

    #[test]
    fn absent_fields_are_not_empty_fields() {
        let opened = open_v2("sview=%2A&_e=5").unwrap();
        let claims = opened.claims();
        assert_eq!((claims.user(), claims.session_type_text(), claims.additional_data()), (None, None, None));
        let opened = open_v2("_u=&_d=").unwrap();
        assert_eq!(opened.claims().user().map(UserId::as_str), Some(""));
        assert_eq!((opened.claims().additional_data(), opened.claims().expiry()), (Some(""), None));
        assert!(opened.claims().is_expired_at(UnixTime::from_seconds(1)));
    }

    #[test]
    fn unknown_fields_are_privileges() {
        let opened = open_v2("_x=1&new+field=a%2Cb&_e=5").unwrap();
        assert_eq!(opened.claims().privileges_text(), Some("_x:1,new_field:a,b"));
        assert_eq!(opened.claims().privileges().get("new_field").unwrap().values(), ["a,b"]);
    }

    #[test]
    fn all_alone_is_written_as_an_asterisk() {
        let text = |fields| open_v2(fields).unwrap().claims().privileges_text().unwrap().to_owned();
        assert_eq!(text("all=%2A&_e=5"), "*");
        assert_eq!(text("all=%2A&list=%2A&_e=5"), "all:*,list:*");
        assert_eq!(text("all=x&_e=5"), "all:x");
    }

    #[test]
    fn a_pair_of_brackets_is_refused_unless_it_is_overwritten() {
        for fields in ["a%5Bb%5D=1&_e=5", "a%5bb%5d=1&_e=5", "a[b]=1&_e=5", "_e=5&_u[]=1"] {
            assert_eq!(open_v2(fields).err(), Some(OpenError::BracketedPrivilege), "{fields}");
        }
        assert!(open_v2("a=%5Bb%5D&b=[c]&_e=5").is_ok());
        assert!(open_v2("_e%5Bb%5D=1&_e=5").is_ok_and(|opened| opened.claims().expiry_text() == Some("5")));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_replaced() {
        assert_eq!(open_v2("_u=%FFx").unwrap().claims().user().unwrap().as_str(), "\u{fffd}x");
    }

    #[test]
    fn an_escape_completes_the_character_before_it() {
        let append = |sealed: &mut Vec<u8>| sealed.extend_from_slice(b"_u=\xc3%A9&_d=\xc3");
        let opened = open(&v2::seal(PartnerId::new(1), [7; 16], &secret(), 12, append), &[secret()]).unwrap();
        let claims = opened.claims();
        assert_eq!(claims.user().map(UserId::as_str), Some("\u{e9}"));
        assert_eq!(claims.additional_data(), Some("\u{fffd}"));
        assert_eq!(opened.fields_text(), "_u=\u{fffd}%A9&_d=\u{fffd}");
    }

    #[test]
    fn the_content_is_that_which_was_signed() {
        let append = |sealed: &mut Vec<u8>| sealed.extend_from_slice(b"_u=\xff&_e=5");
        let opened = open(&v2::seal(PartnerId::new(1), [7; 16], &secret(), 11, append), &[secret()]).unwrap();
        assert_eq!((opened.fields_text(), opened.random()), ("_u=\u{fffd}&_e=5", Some(&[7; 16][..])));
        // SHA-1 of the random bytes and the fields.
        assert_eq!(opened.digest_hex(), "e91d8597811b09099ac3841d964ac44a54298eda");
        let opened = open(&v1::seal("1;1;5;0;\u{e9};u;;;", &secret()), &[secret()]).unwrap();
        assert_eq!(
            (opened.fields_text(), opened.random()),
            ("1;1;5;0;\u{e9};u;;;", Some("\u{e9}".as_bytes()))
        );
        let opened = open(&v1::seal("1;1;5", &secret()), &[secret()]).unwrap();
        assert_eq!((opened.fields_text(), opened.random()), ("1;1;5", None));
    }

    #[test]
    fn a_signature_in_upper_case_is_refused() {
        let signed = |signature: &str| {
            let ks = Ks::new(STANDARD.encode(format!("{signature}|1;1;5;0;r;u;;;")));
            open(&ks, &[secret()]).map(|opened| opened.digest_hex().to_owned())
        };
        // SHA-1 of `secret1;1;5;0;r;u;;;`.
        let signature = "ae818d39122c6bf73080735eb20581ff97acbabd";
        assert_eq!(signed(signature).as_deref(), Ok(signature));
        assert_eq!(signed(&signature.to_uppercase()), Err(OpenError::NoSecretMatches));
        assert_eq!(signed(&signature[1..]), Err(OpenError::NoSecretMatches));
    }
}
