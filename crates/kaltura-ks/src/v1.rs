//! Version 1: signed clear text (wire contract, section 6.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaltura_types::{AdminSecret, Ks, Privileges, UserId};
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::claims::Fields;
use crate::digest::{HexDigest, hex_digest};
use crate::fields::KsFields;

/// Writes the nine fields. An absent field becomes empty.
pub(crate) fn write(fields: &KsFields, rand: &str) -> Zeroizing<String> {
    let partner = fields.partner_id;
    Zeroizing::new(format!(
        "{partner};{partner};{};{};{rand};{};{};{};{}",
        fields.expiry.as_seconds(),
        fields.session_type_text(),
        fields.user.as_ref().map_or("", UserId::as_str),
        fields.privileges.as_deref().unwrap_or_default(),
        fields.master_partner_id.map(|id| id.to_string()).unwrap_or_default(),
        fields.additional_data.as_deref().unwrap_or_default(),
    ))
}

/// Signs and encodes the fields. The alphabet is the standard one, unlike in version 2.
pub(crate) fn seal(info: &str, secret: &AdminSecret) -> Ks {
    let signature = sign(info.as_bytes(), secret);
    let signed = Zeroizing::new([&signature, b"|".as_slice(), info.as_bytes()].concat());
    Ks::new(STANDARD.encode(&*signed))
}

/// The signature, if it is the right one for this secret and these fields.
pub(crate) fn verify(signature: &[u8], info: &[u8], secret: &AdminSecret) -> Option<HexDigest> {
    let expected = sign(info, secret);
    bool::from(expected.as_slice().ct_eq(signature)).then_some(expected)
}

fn sign(info: &[u8], secret: &AdminSecret) -> HexDigest {
    hex_digest(&Sha1::new().chain_update(secret.expose()).chain_update(info).finalize().into())
}

/// Reads the fields by position.
pub(crate) fn read(text: &[u8]) -> Fields {
    let text = String::from_utf8_lossy(text);
    let mut fields = text.split(';').map(str::to_owned).skip(1);
    let partner_pattern = fields.next();
    let expiry = fields.next();
    let session_type = fields.next();
    let _rand = fields.next();
    let user = fields.next().map(UserId::from);
    let privileges_text = fields.next();
    Fields {
        partner_pattern,
        expiry,
        session_type,
        user,
        // Absent privileges are parsed like empty text, which is one privilege with an empty name.
        privileges: Privileges::parse(privileges_text.as_deref().unwrap_or_default()),
        privileges_text,
        master_partner: fields.next(),
        additional_data: fields.next(),
        extra_fields: fields.collect(),
    }
}

/// The field that makes each KS unique: the time at which it was created, with a fraction of a second.
pub(crate) fn rand(info: &[u8]) -> Option<&[u8]> {
    info.split(|&byte| byte == b';').nth(4)
}
