//! Version 2: encrypted fields (wire contract, sections 6.1 and 6.2).

use std::borrow::Cow;

use aes::Aes128;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use cbc::cipher::{Block, BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use kaltura_types::{AdminSecret, Ks, Open, PartnerId, Privilege, Scalar, UserId};
use memchr::{memchr, memchr_iter};
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::claims::Fields;
use crate::content::Content;
use crate::digest::{HexDigest, hex_digest};
use crate::fields::KsFields;
use crate::php::{self, Value};
use crate::secret_bytes::SecretBytes;

const EXPIRY: &str = "_e";
const SESSION_TYPE: &str = "_t";
const USER: &str = "_u";
const MASTER_PARTNER: &str = "_m";
const ADDITIONAL_DATA: &str = "_d";

/// The names of the fields that are not privileges.
pub(crate) const FIELD_NAMES: [&str; 5] = [EXPIRY, SESSION_TYPE, USER, MASTER_PARTNER, ADDITIONAL_DATA];

/// Version and partner id: a number of 64 bits.
const MAX_PREFIX: usize = 24;
const HASH_LENGTH: usize = 20;
const RANDOM_LENGTH: usize = 16;
const BLOCK_LENGTH: usize = 16;
const IV: [u8; BLOCK_LENGTH] = [0; BLOCK_LENGTH];

/// A name and its value. Absent fields have no value.
pub(crate) type Pair<'a> = (&'a str, Option<&'a str>);

/// Signs the privileges and the other fields. A name that occurs twice gets its last value.
pub(crate) fn sign(fields: &KsFields, random: [u8; RANDOM_LENGTH], secret: &AdminSecret) -> Ks {
    // Room for the other fields, too.
    let mut privileges = Vec::with_capacity(16);
    privileges.extend(items(fields).filter_map(name_and_value).map(|(name, value)| (name, Some(value))));
    seal_pairs(fields, privileges, true, random, secret)
}

/// The same for privileges that were checked: their names differ from each other and from those of the fields.
pub(crate) fn sign_checked(
    fields: &KsFields,
    privileges: Vec<Pair<'_>>,
    random: [u8; RANDOM_LENGTH],
    secret: &AdminSecret,
) -> Ks {
    seal_pairs(fields, privileges, false, random, secret)
}

fn seal_pairs(
    fields: &KsFields,
    privileges: Vec<Pair<'_>>,
    may_repeat: bool,
    random: [u8; RANDOM_LENGTH],
    secret: &AdminSecret,
) -> Ks {
    let mut digits = [itoa::Buffer::new(); 3];
    let [expiry, session_type, master_partner] = &mut digits;
    let session_type = match &fields.session_type {
        Open::Known(known) => session_type.format(known.number()),
        Open::Other(Scalar::Number(number)) => session_type.format(*number),
        Open::Other(Scalar::Text(text)) => text,
    };
    let mut pairs: Vec<Pair<'_>> = privileges;
    pairs.extend([
        (EXPIRY, Some(expiry.format(fields.expiry.as_seconds()))),
        (SESSION_TYPE, Some(session_type)),
        (USER, fields.user.as_ref().map(UserId::as_str)),
        (MASTER_PARTNER, fields.master_partner_id.map(|id| master_partner.format(id.get()))),
        (ADDITIONAL_DATA, fields.additional_data.as_deref()),
    ]);
    if may_repeat {
        keep_last_values(&mut pairs);
    }
    let length = |(name, value): &Pair<'_>| name.len() + value.map_or(0, str::len);
    // Escaped, a byte is three. Each pair has two separators.
    let max_length = pairs.iter().map(|pair| 3 * length(pair) + 2).sum();
    let present = pairs.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
    seal(fields.partner_id, random, secret, max_length, |sealed| php::append_query(sealed, present))
}

/// So few names are compared faster than they are sorted.
const FEW: usize = 16;

/// Whether the names are few and differ from each other.
pub(crate) fn are_few_and_distinct(pairs: &[Pair<'_>]) -> bool {
    let occurs_before = |place: usize| pairs[..place].iter().any(|(name, _)| *name == pairs[place].0);
    pairs.len() <= FEW && !(1..pairs.len()).any(occurs_before)
}

/// An array of PHP: a name that is set again keeps its position and gets the last value. The others get none.
fn keep_last_values(pairs: &mut [Pair<'_>]) {
    if are_few_and_distinct(pairs) {
        return;
    }
    let mut by_name: Vec<usize> = (0..pairs.len()).collect();
    by_name.sort_by_key(|position| pairs[*position].0);
    // From the end, so that the last value reaches the first position.
    for neighbours in by_name.windows(2).rev() {
        let (one, other) = (neighbours[0], neighbours[1]);
        if pairs[one].0 == pairs[other].0 {
            pairs[one].1 = pairs[other].1.take();
        }
    }
}

/// The items of the privileges, as the server splits the text when it signs: they are trimmed, and empty ones are
/// dropped (wire contract, section 5.2).
pub(crate) fn items(fields: &KsFields) -> impl Iterator<Item = &str> {
    let text = fields.privileges.as_deref().unwrap_or_default();
    php::split(text, b',').map(php::trim).filter(|item| !item.is_empty())
}

/// Name and value of an item. `0` is dropped, and `*` is short for `all:*`.
pub(crate) fn name_and_value(item: &str) -> Option<(&str, &str)> {
    match item {
        "0" => None,
        "*" => Some(("all", "*")),
        _ => Some(item.split_once(':').unwrap_or((item, ""))),
    }
}

/// Hashes, encrypts and encodes the fields that `append_fields` appends: at most `max_length` bytes.
pub(crate) fn seal(
    partner: PartnerId,
    random: [u8; RANDOM_LENGTH],
    secret: &AdminSecret,
    max_length: usize,
    append_fields: impl FnOnce(&mut Vec<u8>),
) -> Ks {
    // Room for all of it: where a buffer was before it grew, a copy of the text would remain.
    let mut sealed = Vec::with_capacity(MAX_PREFIX + HASH_LENGTH + RANDOM_LENGTH + max_length + BLOCK_LENGTH);
    for part in ["v2|", itoa::Buffer::new().format(partner.get()), "|"] {
        sealed.extend_from_slice(part.as_bytes());
    }
    let start = sealed.len();
    let signed_start = start + HASH_LENGTH;
    sealed.extend_from_slice(&[0; HASH_LENGTH]);
    sealed.extend_from_slice(&random);
    append_fields(&mut sealed);
    let hash = Sha1::digest(&sealed[signed_start..]);
    sealed[start..signed_start].copy_from_slice(&hash);
    sealed.resize(start + (sealed.len() - start).next_multiple_of(BLOCK_LENGTH), 0);
    // Nothing of the plain text is left in the buffer.
    let (blocks, _) = Block::<Aes128>::slice_as_chunks_mut(&mut sealed[start..]);
    cbc::Encryptor::<Aes128>::new((&*key_of(secret)).into(), &IV.into()).encrypt_blocks(blocks);
    Ks::new(URL_SAFE.encode(sealed))
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

/// Decrypts with one secret, and returns the content and its hash; `None` if the KS was not signed with this secret.
pub(crate) fn decrypt(
    partner: &str,
    ciphertext: &[u8],
    secret: &AdminSecret,
) -> Option<(Content, HexDigest)> {
    let mut bytes = SecretBytes([partner.as_bytes(), ciphertext].concat());
    let plain = &mut bytes.0[partner.len()..];
    let (blocks, []) = Block::<Aes128>::slice_as_chunks_mut(plain) else { return None };
    cbc::Decryptor::<Aes128>::new((&*key_of(secret)).into(), &IV.into()).decrypt_blocks(blocks);
    let length = plain.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let (hash, signed) = plain[..length].split_first_chunk::<HASH_LENGTH>()?;
    if !bool::from(Sha1::digest(signed).as_slice().ct_eq(hash)) {
        return None;
    }
    let digest = hex_digest(hash);
    // The server also accepts fewer random bytes than 16.
    let random_end = length.min(HASH_LENGTH + RANDOM_LENGTH);
    let random = partner.len() + HASH_LENGTH..partner.len() + random_end;
    bytes.0.truncate(partner.len() + length);
    Some((Content::new(bytes, partner.len(), random), digest))
}

fn key_of(secret: &AdminSecret) -> Zeroizing<[u8; 16]> {
    let hash: Zeroizing<[u8; HASH_LENGTH]> = Zeroizing::new(Sha1::digest(secret.expose()).into());
    let mut key = Zeroizing::new([0; 16]);
    key.copy_from_slice(&hash[..16]);
    key
}

/// Whether a privilege is an array, which makes the server fail (wire contract, section 5.2).
pub(crate) fn has_array(fields: &[u8]) -> bool {
    // Most KSs have no bracket at all.
    let is_bracket = |at: usize| matches!(fields[at + 1..], [b'5', b'B' | b'b', ..]);
    let may_have_array = memchr(b'[', fields).is_some() || memchr_iter(b'%', fields).any(is_bracket);
    may_have_array && php::parse_query(fields).iter().any(|(_, value)| *value == Value::Array)
}

/// Reads the fields: five have fixed names, all others are privileges. None is an array.
pub(crate) fn read(text: &[u8]) -> Fields {
    let mut fields = Fields::default();
    // The text of the privileges is shorter than that of the fields: its separators are not, and its names are not
    // escaped.
    let mut privileges_text = String::with_capacity(text.len());
    let variables = php::parse_query(text);
    let mut privileges = Vec::with_capacity(variables.len());
    for (name, value) in variables {
        let Value::Text(value) = value else { continue };
        let (name, value) = (into_text(name), into_text(value));
        let field = match &*name {
            EXPIRY => &mut fields.expiry,
            SESSION_TYPE => &mut fields.session_type,
            USER => {
                fields.user = Some(value.into_owned().into());
                continue;
            }
            MASTER_PARTNER => &mut fields.master_partner,
            ADDITIONAL_DATA => &mut fields.additional_data,
            _ => {
                if !privileges.is_empty() {
                    privileges_text.push(',');
                }
                push_privilege(&mut privileges_text, &name, &value);
                privileges.push(Privilege::new(name, parts(&value)));
                continue;
            }
        };
        *field = Some(value.into_owned());
    }
    if privileges_text == "all:*" {
        privileges_text = "*".to_owned();
    }
    fields.privileges_text = Some(privileges_text);
    fields.privileges = privileges.into_iter().collect();
    fields
}

/// Appends a privilege to the text that the server rebuilds.
fn push_privilege(text: &mut String, name: &str, value: &str) {
    text.push_str(name);
    if !value.is_empty() {
        text.push(':');
        text.push_str(value);
    }
}

fn parts(value: &str) -> Vec<String> {
    if value.is_empty() { Vec::new() } else { value.split('/').map(str::to_owned).collect() }
}

/// Without a copy if it is UTF-8.
pub(crate) fn into_text(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => {
            str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Into::into)
        }
        Cow::Owned(bytes) => String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
            .into(),
    }
}
