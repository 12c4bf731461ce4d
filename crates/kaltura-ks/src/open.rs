//! Opening a KS with the partner's secrets, as the server does it.

use std::fmt;
use std::ops::Range;

use kaltura_types::{AdminSecret, Ks, KsBody, KsEnvelope, KsVersion, MalformedKs};
use zeroize::Zeroizing;

use crate::claims::KsClaims;
use crate::digest::HexDigest;
use crate::secret_bytes::SecretBytes;
use crate::{v1, v2};

/// Opens a KS: verifies that it was signed with one of `secrets`, and reads its claims.
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
    match envelope.body() {
        KsBody::V1 { signature, fields } => {
            let (secret_index, digest) =
                first_match(secrets, |secret| v1::verify(signature, fields, secret))?;
            let random = v1::rand(fields);
            let bytes = SecretBytes([random.unwrap_or_default(), fields].concat());
            let content = Content::new(bytes, random.map(|random| 0..random.len()), fields.len());
            let claims = v1::read(envelope, content.text());
            Ok(OpenedKs { version: KsVersion::V1, claims, content, digest, secret_index })
        }
        KsBody::V2 { ciphertext } => {
            let (secret_index, content) = first_match(secrets, |secret| v2::decrypt(ciphertext, secret))?;
            let claims = v2::read(envelope, content.fields()).ok_or(OpenError::BracketedPrivilege)?;
            let digest = content.hash_hex();
            let (random, text_length) = (content.random(), content.fields().len());
            let content = Content::new(content.into_bytes(), Some(random), text_length);
            Ok(OpenedKs { version: KsVersion::V2, claims, content, digest, secret_index })
        }
    }
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
    version: KsVersion,
    claims: KsClaims,
    content: Content,
    digest: HexDigest,
    secret_index: usize,
}

/// What was signed: the random part, and at the end the text of the fields.
#[derive(Clone)]
struct Content {
    bytes: SecretBytes,
    random: Option<Range<usize>>,
    text_start: usize,
}

impl Content {
    /// Bytes of the text that are not UTF-8 are replaced.
    fn new(bytes: SecretBytes, random: Option<Range<usize>>, text_length: usize) -> Self {
        let text_start = bytes.0.len() - text_length;
        let (before, text) = bytes.0.split_at(text_start);
        if str::from_utf8(text).is_ok() {
            return Self { bytes, random, text_start };
        }
        let text = Zeroizing::new(String::from_utf8_lossy(text).into_owned());
        Self { bytes: SecretBytes([before, text.as_bytes()].concat()), random, text_start }
    }

    fn text(&self) -> &str {
        str::from_utf8(&self.bytes.0[self.text_start..]).unwrap_or_default()
    }
}

impl OpenedKs {
    /// The version.
    #[must_use]
    pub const fn version(&self) -> KsVersion {
        self.version
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
        self.content.text()
    }

    /// The part that makes each KS unique: 16 random bytes in version 2; in version 1 the text of the time at which it
    /// was created, if the field is present.
    #[must_use]
    pub fn random(&self) -> Option<&[u8]> {
        self.content.random.clone().map(|random| &self.content.bytes.0[random])
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
            .field("version", &self.version)
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
        assert_eq!(open_v2("a%5Bb%5D=1&_e=5").err(), Some(OpenError::BracketedPrivilege));
        assert!(open_v2("_e%5Bb%5D=1&_e=5").is_ok_and(|opened| opened.claims().expiry_text() == Some("5")));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_replaced() {
        assert_eq!(open_v2("_u=%FFx").unwrap().claims().user().unwrap().as_str(), "\u{fffd}x");
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
