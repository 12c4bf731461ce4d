//! Version 2: encrypted fields (wire contract, sections 6.1 and 6.2).

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
use crate::php::query::{self, Value};

const EXPIRY: &str = "_e";
const SESSION_TYPE: &str = "_t";
const USER: &str = "_u";
const MASTER_PARTNER: &str = "_m";
const ADDITIONAL_DATA: &str = "_d";

/// The names of the fields that are no privileges.
pub(crate) const RESERVED: [&str; 5] = [EXPIRY, SESSION_TYPE, USER, MASTER_PARTNER, ADDITIONAL_DATA];

const HASH_LENGTH: usize = 20;
const RANDOM_LENGTH: usize = 16;
const BLOCK_LENGTH: usize = 16;
const IV: [u8; BLOCK_LENGTH] = [0; BLOCK_LENGTH];

/// Writes the privileges and the other fields as a query string.
pub(crate) fn write(fields: &KsFields) -> Zeroizing<String> {
    let mut written: Vec<(&str, Option<String>)> = Vec::new();
    // An array of PHP: a name that is set again keeps its place.
    let mut set = |name, value| match written.iter_mut().find(|(present, _)| *present == name) {
        Some((_, present)) => *present = value,
        None => written.push((name, value)),
    };
    for (name, value) in privilege_items(fields.privileges.as_deref().unwrap_or_default()) {
        set(name, Some(value.to_owned()));
    }
    set(EXPIRY, Some(fields.expiry.to_string()));
    set(SESSION_TYPE, Some(fields.session_type_text()));
    set(USER, fields.user.as_ref().map(|user| user.as_str().to_owned()));
    set(MASTER_PARTNER, fields.master_partner_id.map(|id| id.to_string()));
    set(ADDITIONAL_DATA, fields.additional_data.clone());

    let mut query = Zeroizing::new(String::new());
    for (name, value) in written {
        if let Some(value) = value {
            query::append(&mut query, name, &value);
        }
    }
    query
}

/// Names and values of the privileges, as the server takes the text apart when it signs: items are
/// trimmed, the empty ones and `0` dropped, and `*` is short for `all:*` (wire contract, section 5.2).
pub(crate) fn privilege_items(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(',').map(trim).filter_map(|item| match item {
        "" | "0" => None,
        "*" => Some(("all", "*")),
        _ => Some(item.split_once(':').unwrap_or((item, ""))),
    })
}

/// Takes away what PHP calls blanks.
pub(crate) fn trim(item: &str) -> &str {
    item.trim_matches([' ', '\t', '\n', '\r', '\0', '\x0b'])
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
    let parts = [format!("v2|{partner}|").as_bytes(), &sealed].concat();
    Ks::new(URL_SAFE.encode(parts))
}

/// What was encrypted, once the hash has proven it.
pub(crate) struct Opened {
    pub(crate) hash: String,
    pub(crate) random: Zeroizing<Vec<u8>>,
    pub(crate) fields: Zeroizing<Vec<u8>>,
}

/// Decrypts with one secret; `None` if that is not the secret that the KS was signed with.
pub(crate) fn decrypt(cipher_text: &[u8], secret: &AdminSecret) -> Option<Opened> {
    let mut plain = Zeroizing::new(cipher_text.to_vec());
    let (blocks, []) = Block::<Aes128>::slice_as_chunks_mut(&mut plain) else { return None };
    cbc::Decryptor::<Aes128>::new((&*key_of(secret)).into(), &IV.into()).decrypt_blocks(blocks);
    let end = plain.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let (hash, rest) = plain[..end].split_at_checked(HASH_LENGTH)?;
    if !bool::from(Sha1::digest(rest).as_slice().ct_eq(hash)) {
        return None;
    }
    // Whoever has the secret can sign less than 16 random bytes; the server does not mind.
    let (random, fields) = rest.split_at(rest.len().min(RANDOM_LENGTH));
    Some(Opened {
        hash: hex::encode(hash),
        random: Zeroizing::new(random.to_vec()),
        fields: Zeroizing::new(fields.to_vec()),
    })
}

fn key_of(secret: &AdminSecret) -> Zeroizing<[u8; 16]> {
    let hash: Zeroizing<[u8; HASH_LENGTH]> = Zeroizing::new(Sha1::digest(secret.expose()).into());
    let mut key = Zeroizing::new([0; 16]);
    key.copy_from_slice(&hash[..16]);
    key
}

/// Reads the fields: five have reserved names, all others are privileges. `None` if one is an array, at
/// which the server fails (wire contract, section 5.2).
pub(crate) fn read(envelope: &KsEnvelope, fields: &[u8]) -> Option<KsClaims> {
    let mut variables: Vec<(String, String)> = Vec::new();
    for (name, value) in query::parse(fields) {
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
        surplus: Vec::new(),
    })
}

/// The text that the server makes of the privileges; `all:*` alone is shown as `*`.
fn privileges_text(privileges: &[(String, String)]) -> String {
    let items: Vec<String> = privileges
        .iter()
        .map(|(name, value)| if value.is_empty() { name.clone() } else { format!("{name}:{value}") })
        .collect();
    let text = items.join(",");
    if text == "all:*" { "*".to_owned() } else { text }
}

fn parts(value: &str) -> Vec<String> {
    if value.is_empty() { Vec::new() } else { value.split('/').map(str::to_owned).collect() }
}

fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}
