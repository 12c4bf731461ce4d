//! The token hash, and version 2 KSs, beside the bare algorithms over the same bytes.

use std::hint::black_box;

use aes::Aes128;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use cbc::cipher::{Block, BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use kaltura_auth::TokenHash;
use kaltura_ks::KsFields;
use kaltura_types::{AdminSecret, AppTokenValue, HashType, Ks, PartnerId, SessionType, UnixTime};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use crate::Work;
use crate::api_call::KS;

const TOKEN: &str = "5f2a91c27cb1ce4d0be0a0e3a1d5b8c4";
const SECRET: &str = "a0b1c2d3e4f5061728394a5b6c7d8e9f";
const PREFIX: &[u8] = b"v2|1234567|";

pub(crate) fn token_hash() -> Work {
    let (ks, token) = (Ks::new(KS), AppTokenValue::new(TOKEN));
    Box::new(move || drop(black_box(TokenHash::new(HashType::Sha256, black_box(&ks), &token))))
}

pub(crate) fn token_hash_baseline() -> Work {
    Box::new(|| {
        let hash = Sha256::new().chain_update(black_box(KS)).chain_update(TOKEN).finalize();
        drop(black_box(hex::encode(hash)));
    })
}

fn fields() -> KsFields {
    KsFields::new(PartnerId::new(1_234_567), SessionType::User, UnixTime::from_seconds(1_795_496_955))
        .user("lecturer@example.com")
        .privileges("edit:0_abcdefgh,sview:*,enableentitlement,privacycontext:lectures")
}

pub(crate) fn open() -> Work {
    let secrets = [AdminSecret::new(SECRET)];
    let ks = fields().sign_v2(&secrets[0], [7; 16]).unwrap();
    Box::new(move || drop(black_box(kaltura_ks::open(black_box(&ks), &secrets).unwrap())))
}

/// The same, with all claims.
pub(crate) fn claims() -> Work {
    let secrets = [AdminSecret::new(SECRET)];
    let ks = fields().sign_v2(&secrets[0], [7; 16]).unwrap();
    Box::new(move || {
        let opened = kaltura_ks::open(black_box(&ks), &secrets).unwrap();
        black_box(opened.claims().privileges());
    })
}

pub(crate) fn open_baseline() -> Work {
    let ks = fields().sign_v2(&AdminSecret::new(SECRET), [7; 16]).unwrap();
    Box::new(move || {
        let mut bytes = URL_SAFE.decode(black_box(ks.expose())).unwrap();
        let (blocks, _) = Block::<Aes128>::slice_as_chunks_mut(&mut bytes[PREFIX.len()..]);
        cbc::Decryptor::<Aes128>::new((&key()).into(), &[0; 16].into()).decrypt_blocks(blocks);
        black_box(Sha1::digest(&bytes[PREFIX.len() + 20..]));
    })
}

fn key() -> [u8; 16] {
    let mut key = [0; 16];
    key.copy_from_slice(&Sha1::digest(SECRET)[..16]);
    key
}

pub(crate) fn sign() -> Work {
    let (fields, secret) = (fields(), AdminSecret::new(SECRET));
    Box::new(move || drop(black_box(black_box(&fields).sign_v2(&secret, [7; 16]).unwrap())))
}

pub(crate) fn sign_baseline() -> Work {
    let secret = AdminSecret::new(SECRET);
    let signed = fields().sign_v2(&secret, [7; 16]).unwrap();
    let text = kaltura_ks::open(&signed, &[secret]).unwrap().fields_text().to_owned();
    Box::new(move || {
        let hash = Sha1::new().chain_update([7; 16]).chain_update(black_box(&text)).finalize();
        let mut bytes = [PREFIX, &hash, &[7; 16], text.as_bytes()].concat();
        bytes.resize(PREFIX.len() + (bytes.len() - PREFIX.len()).next_multiple_of(16), 0);
        let (blocks, _) = Block::<Aes128>::slice_as_chunks_mut(&mut bytes[PREFIX.len()..]);
        cbc::Encryptor::<Aes128>::new((&key()).into(), &[0; 16].into()).encrypt_blocks(blocks);
        drop(black_box(URL_SAFE.encode(&bytes)));
    })
}
