//! Version 2: encrypted fields (wire contract, sections 6.1 and 6.2).

use std::borrow::Cow;

use aes::Aes128;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use cbc::cipher::{Block, BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use kaltura_types::{AdminSecret, Ks, KsEnvelope, PartnerId, Privilege, UserId};
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::claims::KsClaims;
use crate::fields::KsFields;
use crate::php::{self, Value};

const EXPIRY: &str = "_e";
const SESSION_TYPE: &str = "_t";
const USER: &str = "_u";
const MASTER_PARTNER: &str = "_m";
const ADDITIONAL_DATA: &str = "_d";

/// The names of the fields that are not privileges.
pub(crate) const FIELD_NAMES: [&str; 5] = [EXPIRY, SESSION_TYPE, USER, MASTER_PARTNER, ADDITIONAL_DATA];

const HASH_LENGTH: usize = 20;
const RANDOM_LENGTH: usize = 16;
const BLOCK_LENGTH: usize = 16;
const IV: [u8; BLOCK_LENGTH] = [0; BLOCK_LENGTH];

/// Writes the privileges and the other fields as a query string.
pub(crate) fn write(fields: &KsFields) -> Zeroizing<String> {
    let privileges = fields.privileges.as_deref().unwrap_or_default();
    let mut written: Vec<(&str, Option<Cow<'_, str>>)> =
        privilege_items(privileges).map(|(name, value)| (name, Some(value.into()))).collect();
    written.extend([
        (EXPIRY, Some(fields.expiry.as_seconds().to_string().into())),
        (SESSION_TYPE, Some(fields.session_type_text().into())),
        (USER, fields.user.as_ref().map(|user| user.as_str().into())),
        (MASTER_PARTNER, fields.master_partner_id.map(|id| id.to_string().into())),
        (ADDITIONAL_DATA, fields.additional_data.as_deref().map(Into::into)),
    ]);
    keep_last_values(&mut written);

    let length =
        written.iter().flat_map(|(name, value)| [Some(name.len()), value.as_ref().map(|value| value.len())]);
    // Room for all of it: where a buffer was before it grew, a copy of the text would remain.
    let mut query =
        Zeroizing::new(String::with_capacity(3 * length.flatten().sum::<usize>() + 2 * written.len()));
    for (name, value) in written {
        if let Some(value) = value {
            php::append_pair(&mut query, name, &value);
        }
    }
    query
}

/// An array of PHP: a name that is set again keeps its position and gets the last value. The others get none.
fn keep_last_values(written: &mut [(&str, Option<Cow<'_, str>>)]) {
    let mut by_name: Vec<usize> = (0..written.len()).collect();
    by_name.sort_by_key(|position| written[*position].0);
    // From the end, so that the last value reaches the first position.
    for pair in by_name.windows(2).rev() {
        let (one, other) = (pair[0], pair[1]);
        if written[one].0 == written[other].0 {
            written[one].1 = written[other].1.take();
        }
    }
}

/// Names and values of the privileges, as the server splits the text when it signs: items are trimmed, empty
/// items and `0` are dropped, and `*` is short for `all:*` (wire contract, section 5.2).
pub(crate) fn privilege_items(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(',').map(php::trim).filter_map(|item| match item {
        "" | "0" => None,
        "*" => Some(("all", "*")),
        _ => Some(item.split_once(':').unwrap_or((item, ""))),
    })
}

/// Hashes, encrypts and encodes the fields.
pub(crate) fn seal(
    partner: PartnerId,
    fields: &str,
    random: [u8; RANDOM_LENGTH],
    secret: &AdminSecret,
) -> Ks {
    let hash = Sha1::new().chain_update(random).chain_update(fields).finalize();
    let length = HASH_LENGTH + RANDOM_LENGTH + fields.len();
    let mut sealed = Zeroizing::new(Vec::with_capacity(length.next_multiple_of(BLOCK_LENGTH)));
    sealed.extend_from_slice(&hash);
    sealed.extend_from_slice(&random);
    sealed.extend_from_slice(fields.as_bytes());
    sealed.resize(length.next_multiple_of(BLOCK_LENGTH), 0);
    let (blocks, _) = Block::<Aes128>::slice_as_chunks_mut(&mut sealed);
    cbc::Encryptor::<Aes128>::new((&*key_of(secret)).into(), &IV.into()).encrypt_blocks(blocks);
    let parts = [b"v2|", partner.to_string().as_bytes(), b"|", &sealed].concat();
    Ks::new(URL_SAFE.encode(parts))
}

/// 16 random bytes for a version 2 KS, from the operating system's cryptographic source.
///
/// Only with the feature `getrandom`, which is on by default. Without such a source, as on bare WebAssembly, the
/// caller supplies the bytes.
///
/// # Errors
///
/// [`RandomUnavailable`] if the source fails.
///
/// ```
/// assert_ne!(kaltura_ks::random_bytes()?, kaltura_ks::random_bytes()?);
/// # Ok::<(), kaltura_ks::RandomUnavailable>(())
/// ```
#[cfg(feature = "getrandom")]
pub fn random_bytes() -> Result<[u8; RANDOM_LENGTH], RandomUnavailable> {
    let mut bytes = [0; RANDOM_LENGTH];
    getrandom::fill(&mut bytes).map_err(RandomUnavailable)?;
    Ok(bytes)
}

/// The operating system's source of random bytes failed.
#[cfg(feature = "getrandom")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the operating system returned no random bytes; check its random device, or supply the bytes yourself"
)]
pub struct RandomUnavailable(#[source] getrandom::Error);

/// The decrypted content; its hash was verified.
pub(crate) struct Decrypted {
    pub(crate) hash: String,
    pub(crate) random: Zeroizing<Vec<u8>>,
    pub(crate) fields: Zeroizing<Vec<u8>>,
}

/// Decrypts with one secret; `None` if the KS was not signed with it.
pub(crate) fn decrypt(ciphertext: &[u8], secret: &AdminSecret) -> Option<Decrypted> {
    let mut plain = Zeroizing::new(ciphertext.to_vec());
    let (blocks, []) = Block::<Aes128>::slice_as_chunks_mut(&mut plain) else { return None };
    cbc::Decryptor::<Aes128>::new((&*key_of(secret)).into(), &IV.into()).decrypt_blocks(blocks);
    let end = plain.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let (hash, rest) = plain[..end].split_at_checked(HASH_LENGTH)?;
    if !bool::from(Sha1::digest(rest).as_slice().ct_eq(hash)) {
        return None;
    }
    // The server also accepts a signed content with fewer than 16 random bytes.
    let (random, fields) = rest.split_at(rest.len().min(RANDOM_LENGTH));
    Some(Decrypted {
        hash: hex_of(hash),
        random: Zeroizing::new(random.to_vec()),
        fields: Zeroizing::new(fields.to_vec()),
    })
}

/// `hex::encode` collects character by character.
fn hex_of(hash: &[u8]) -> String {
    let mut digits = vec![0; 2 * hash.len()];
    let encoded = hex::encode_to_slice(hash, &mut digits);
    debug_assert!(encoded.is_ok(), "the length is right");
    into_text(digits)
}

fn key_of(secret: &AdminSecret) -> Zeroizing<[u8; 16]> {
    let hash: Zeroizing<[u8; HASH_LENGTH]> = Zeroizing::new(Sha1::digest(secret.expose()).into());
    let mut key = Zeroizing::new([0; 16]);
    key.copy_from_slice(&hash[..16]);
    key
}

/// Reads the fields: five have fixed names, all others are privileges. `None` if one is an array, which makes
/// the server fail (wire contract, section 5.2).
pub(crate) fn read(envelope: &KsEnvelope, fields: &[u8]) -> Option<KsClaims> {
    let mut variables: Vec<(String, String)> = Vec::new();
    for (name, value) in php::parse_query(fields) {
        let Value::Text(value) = value else { return None };
        variables.push((into_text(name), into_text(value)));
    }
    let mut take = |name| {
        let at = variables.iter().position(|(present, _)| present == name)?;
        Some(variables.remove(at).1)
    };
    let (expiry, session_type, user) = (take(EXPIRY), take(SESSION_TYPE), take(USER));
    let (master_partner, additional_data) = (take(MASTER_PARTNER), take(ADDITIONAL_DATA));
    Some(KsClaims {
        partner_id: envelope.header().partner_id(),
        partner_text: envelope.partner_text().to_owned(),
        partner_pattern: None,
        expiry,
        session_type,
        user: user.map(UserId::from),
        privileges_text: Some(privileges_text(&variables)),
        privileges: variables.into_iter().map(|(name, value)| Privilege::new(name, parts(&value))).collect(),
        master_partner,
        additional_data,
        extra_fields: Vec::new(),
    })
}

/// The text that the server rebuilds from the privileges; `all:*` alone becomes `*`.
fn privileges_text(privileges: &[(String, String)]) -> String {
    let mut text =
        String::with_capacity(privileges.iter().map(|(name, value)| name.len() + value.len() + 2).sum());
    for (place, (name, value)) in privileges.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        text.push_str(name);
        if !value.is_empty() {
            text.push(':');
            text.push_str(value);
        }
    }
    if text == "all:*" { "*".to_owned() } else { text }
}

fn parts(value: &str) -> Vec<String> {
    if value.is_empty() { Vec::new() } else { value.split('/').map(str::to_owned).collect() }
}

fn into_text(bytes: Vec<u8>) -> String {
    // Without a copy if it is UTF-8.
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
