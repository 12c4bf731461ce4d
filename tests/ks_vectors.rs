//! KS strings that the real server signed and parsed, signed and opened again by `kaltura-ks`.
//!
//! `ks.json` has single KS strings with all their fields; `exchanges.json` has recorded HTTP exchanges and the opened
//! KS strings of their responses. Other vectors of the same form can replace them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a vector of another form fails the test, also in shared functions"
)]

use std::collections::BTreeMap;
use std::error::Error;

use kaltura_ks::{KsClaims, KsFields, OpenError, OpenedKs, open, php_random_bytes};
use kaltura_tests::vectors;
use kaltura_types::{AdminSecret, Ks, KsHeader, KsVersion, MalformedKs, Open, PartnerId, Scalar, UnixTime};
use serde_json::{Map, Value, json};

/// The admin secrets of each partner.
type Secrets = BTreeMap<i64, Vec<AdminSecret>>;

fn vectors() -> Value {
    kaltura_tests::read(vectors::KS)
}

fn secrets_of(vectors: &Value) -> Secrets {
    let list = |text: &str| text.split(',').map(AdminSecret::new).collect();
    let partner = |(id, entry): (&String, &Value)| (id.parse().unwrap(), list(entry[1].as_str().unwrap()));
    vectors["secrets"].as_object().unwrap().iter().map(partner).collect()
}

fn items(value: &Value) -> &[Value] {
    let items = value.as_array().unwrap();
    assert!(!items.is_empty(), "no vectors");
    items
}

/// A string or number as PHP converts it to a string; `None` for null.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        other => panic!("neither string nor number: {other}"),
    }
}

fn ks(value: &Value) -> Ks {
    Ks::new(value.as_str().unwrap())
}

fn fields(input: &Value) -> KsFields {
    let number = |name: &str| input[name].as_i64();
    let session_type = match number("type") {
        Some(0) => Open::Known(kaltura_types::SessionType::User),
        Some(2) => Open::Known(kaltura_types::SessionType::Admin),
        Some(other) => Open::Other(Scalar::Number(other)),
        None => Open::Other(Scalar::Text(text(&input["type"]).unwrap_or_default())),
    };
    let expiry = UnixTime::from_seconds(number("expiry").unwrap());
    let mut fields = KsFields::new(PartnerId::new(number("partnerId").unwrap()), session_type, expiry);
    if let Some(user) = text(&input["userId"]) {
        fields = fields.user(user);
    }
    if let Some(privileges) = text(&input["privileges"]) {
        fields = fields.privileges(privileges);
    }
    if let Some(master) = text(&input["masterPartnerId"]) {
        fields = fields.master_partner(master.parse().unwrap());
    }
    if let Some(data) = text(&input["additionalData"]) {
        fields = fields.additional_data(data);
    }
    fields
}

/// The claims of a KS as fields to sign.
fn fields_of(claims: &KsClaims) -> KsFields {
    fields(&json!({
        "partnerId": claims.partner_id().get(),
        "userId": claims.user().map(|user| user.as_str()),
        "type": claims.session_type_text().map(|text| text.parse::<i64>().unwrap()),
        "expiry": claims.expiry().unwrap().as_seconds(),
        "privileges": claims.privileges_text(),
        "masterPartnerId": claims.master_partner_text().filter(|text| !text.is_empty()),
        "additionalData": claims.additional_data(),
    }))
}

/// Signs the fields of an opened KS again.
fn sign_again(opened: &OpenedKs, secrets: &[AdminSecret]) -> Ks {
    let secret = &secrets[opened.secret_index()];
    let fields = fields_of(opened.claims());
    let random = opened.random().unwrap();
    match opened.version() {
        KsVersion::V1 => fields.sign_v1_unchecked(secret, str::from_utf8(random).unwrap()),
        _ => fields.sign_v2_unchecked(secret, random.try_into().unwrap()),
    }
}

#[test]
fn each_ks_is_signed_byte_for_byte() {
    let vectors = vectors();
    for vector in items(&vectors["vectors"]) {
        let (name, input) = (&vector["name"], &vector["input"]);
        let secret = AdminSecret::new(input["secret"].as_str().unwrap());
        let signed = match &input["version"] {
            Value::Number(version) if version.as_i64() == Some(1) => {
                fields(input).sign_v1_unchecked(&secret, vector["rand"].as_str().unwrap())
            }
            _ => fields(input).sign_v2_unchecked(&secret, random(vector)),
        };
        assert_eq!(signed.expose(), vector["ks"].as_str().unwrap(), "{name}");
    }
}

#[test]
fn random_bytes_of_the_server_follow_from_the_seed() {
    let vectors = vectors();
    let seeded = |vector: &&Value| vector["srand_seed"].is_i64();
    let seeded: Vec<&Value> = items(&vectors["vectors"]).iter().filter(seeded).collect();
    assert!(!seeded.is_empty());
    for vector in seeded {
        assert_eq!(
            php_random_bytes(vector["srand_seed"].as_i64().unwrap()),
            random(vector),
            "{}",
            vector["name"]
        );
    }
}

fn random(vector: &Value) -> [u8; 16] {
    hex::decode(vector["random_hex"].as_str().unwrap()).unwrap().try_into().unwrap()
}

#[test]
fn each_ks_is_opened_as_by_the_server() {
    let vectors = vectors();
    let secrets = secrets_of(&vectors);
    for vector in items(&vectors["vectors"]) {
        let name = vector["name"].as_str().unwrap();
        check_parse(name, &ks(&vector["ks"]), &vector["parse"], &secrets);
        let partner = vector["input"]["partnerId"].as_i64().unwrap();
        let Ok(opened) = open(&ks(&vector["ks"]), &secrets[&partner]) else { continue };
        // `matchedSecretIndex` is 1 in every vector, so the secret itself is compared.
        let secret = secrets[&partner][opened.secret_index()].expose();
        assert_eq!(secret, vector["input"]["secret"].as_str().unwrap(), "{name}");
        assert_eq!(opened.digest_hex(), vector["sha1_hex"].as_str().unwrap(), "{name}");
        let written = vector.get("fields").or_else(|| vector.get("info")).unwrap();
        assert_eq!(opened.fields_text(), written.as_str().unwrap(), "{name}");
    }
}

#[test]
fn each_malformed_ks_is_rejected_as_by_the_server() {
    let vectors = vectors();
    let secrets = secrets_of(&vectors);
    for vector in items(&vectors["malformed"]) {
        check_parse(vector["name"].as_str().unwrap(), &ks(&vector["ks"]), &vector["parse"], &secrets);
    }
}

fn check_parse(name: &str, ks: &Ks, parse: &Value, secrets: &Secrets) {
    let header = KsHeader::parse(ks);
    let partner = header.as_ref().ok().map(|header| header.partner_id().get());
    let known = partner.and_then(|partner| secrets.get(&partner));
    let result = open(ks, known.map_or(&[], Vec::as_slice));
    let error_text = format!("{header:?} {result:?}");
    assert!(ks.expose().is_empty() || !error_text.contains(ks.expose()), "{name}: the error shows the KS");

    match parse["result"].as_str().unwrap() {
        "ok" => {
            let opened = result.unwrap_or_else(|error| panic!("{name}: {error}"));
            check_claims(name, &opened, &parse["parsed"]);
        }
        "false" => {
            let error = result.expect_err(name);
            let log = parse["log"][0].as_str().unwrap_or_default();
            let reason = REASONS.iter().find(|(words, _)| log.starts_with(words));
            // The server tries to open a KS that was cut.
            let was_cut = matches!(error, OpenError::Malformed(MalformedKs::Truncated { .. }));
            assert!(
                reason.is_none_or(|(_, reason)| {
                    error == *reason || (was_cut && *reason == OpenError::NoSecretMatches)
                }),
                "{name}: {error:?}, but the server: {log}"
            );
        }
        result if result.starts_with("null") => assert!(known.is_none(), "{name}: the partner is known"),
        // The server failed with an internal error.
        _ => assert_eq!(result.err(), Some(OpenError::BracketedPrivilege), "{name}"),
    }
}

/// The server's log messages for invalid KS strings.
const REASONS: [(&str, OpenError); 4] = [
    ("Couldn't base 64 decode", OpenError::Malformed(MalformedKs::NotBase64)),
    ("Couldn't find | seperator", OpenError::Malformed(MalformedKs::NoSeparator)),
    ("Couldn't find 3 seperated parts", OpenError::Malformed(MalformedKs::TooFewParts)),
    ("Hash doesn't match", OpenError::NoSecretMatches),
];

fn check_claims(name: &str, opened: &OpenedKs, expected: &Value) {
    let claims = opened.claims();
    let rand = opened.random().map(|random| match opened.version() {
        KsVersion::V1 => String::from_utf8(random.to_vec()).unwrap(),
        _ => hex::encode(random),
    });
    let privilege =
        |privilege: &kaltura_types::Privilege| (privilege.name().to_owned(), json!(privilege.values()));
    let privileges: Map<String, Value> = claims.privileges().iter().map(privilege).collect();
    let found = json!({
        "partner_id": claims.partner_id().to_string(),
        "partner_pattern": claims.partner_pattern(),
        "valid_until": claims.expiry_text(),
        "type": claims.session_type_text(),
        "rand": rand,
        "user": claims.user().map(|user| user.as_str()),
        "privileges": claims.privileges_text(),
        "master_partner_id": claims.master_partner_text(),
        "additional_data": claims.additional_data(),
        "hash": opened.digest_hex(),
        "real_str": opened.fields_text(),
        "parsedPrivileges": privileges,
        "isAdmin": claims.is_admin(),
        "isWidgetSession": claims.is_widget_session(),
        "isAnonymousSession": claims.is_anonymous(),
        "sessionIdHash": claims.session_id_hash(),
    });
    for (field, value) in found.as_object().unwrap() {
        assert_eq!(*value, expected[field], "{name}: {field}");
    }
    // The order of the privileges matters, and a JSON object does not preserve it.
    let in_order: Vec<&str> = claims.privileges().iter().map(|privilege| privilege.name()).collect();
    let text = claims.privileges_text().unwrap_or_default();
    if !in_order.is_empty() && text != "*" {
        let mut names: Vec<&str> = Vec::new();
        for name in text.split(',').map(|item| item.split(':').next().unwrap()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        assert_eq!(in_order, names, "{name}");
    }
}

#[test]
fn issued_ks_is_issued_again_from_the_same_request() -> Result<(), Box<dyn Error>> {
    let vectors = vectors();
    let secrets = secrets_of(&vectors);
    let secrets_for = |ks: &Ks| KsHeader::parse(ks).map(|header| &secrets[&header.partner_id().get()]);
    for vector in items(&vectors["generateSession"]) {
        let ks = ks(&vector["ks"]);
        let secrets = secrets_for(&ks)?;
        let opened = open(&ks, secrets)?;
        assert_eq!(opened.claims().expiry_text(), vector["valid_until"].as_str());
        assert_eq!(opened.random(), Some(&random(vector)[..]));
        assert_eq!(opened.claims().privileges_text(), vector["privileges"].as_str());

        let requested: Vec<KsFields> = ["time_before", "time_after"]
            .map(|time| {
                let expiry = vector[time].as_i64().unwrap() + vector["relative_expiry"].as_i64().unwrap();
                with_expiry(opened.claims(), expiry)
            })
            .into();
        let issued = requested.into_iter().map(|fields| {
            let (fields, random) = fields.apply_download_asset_rule(random(vector));
            fields.sign_v2_unchecked(&secrets[0], random)
        });
        assert!(issued.into_iter().any(|issued| issued == ks), "{}", vector["privileges"]);
    }

    let repeatable = &vectors["downloadasset_repeatable"];
    for which in ["first", "second"] {
        let ks = ks(&repeatable[which]);
        let secrets = secrets_for(&ks)?;
        let opened = open(&ks, secrets)?;
        let (fields, random) = fields_of(opened.claims()).apply_download_asset_rule([0; 16]);
        assert_eq!(fields.sign_v2_unchecked(&secrets[0], random), ks, "{which}");
    }
    Ok(())
}

fn with_expiry(claims: &KsClaims, expiry: i64) -> KsFields {
    let expiry = UnixTime::from_seconds(expiry);
    let fields = KsFields::new(claims.partner_id(), claims.session_type().unwrap(), expiry);
    fields.user(claims.user().unwrap().clone()).privileges(claims.privileges_text().unwrap())
}

#[test]
fn each_ks_in_a_recorded_response_is_opened_and_signed_again() {
    let exchanges: Value = kaltura_tests::read(vectors::EXCHANGES);
    let seed: Value = kaltura_tests::read(vectors::SEED);
    let secrets_of = |partner: &Value| {
        let secrets = items(&partner["adminSecrets"]).iter();
        (partner["id"].as_i64().unwrap(), secrets.map(|secret| secret.as_str().unwrap().into()).collect())
    };
    let secrets: Secrets = items(&seed["partners"]).iter().map(secrets_of).collect();

    let mut count = 0;
    for exchange in items(&exchanges["exchanges"]) {
        for issued in exchange["response_ks"].as_array().into_iter().flatten() {
            let (number, ks) = (&exchange["n"], ks(&issued["ks"]));
            let secrets = &secrets[&KsHeader::parse(&ks).unwrap().partner_id().get()];
            let opened = open(&ks, secrets).unwrap_or_else(|error| panic!("{number}: {error}"));
            let claims = opened.claims();
            let found = json!({
                "partnerId": claims.partner_id().to_string(),
                "user": claims.user().map(|user| user.as_str()),
                "type": claims.session_type_text(),
                "validUntil": claims.expiry_text(),
                "privileges": claims.privileges_text(),
                "master": claims.master_partner_text(),
                "fields": opened.fields_text(),
            });
            for (field, value) in found.as_object().unwrap() {
                assert_eq!(*value, issued[field], "{number}: {field}");
            }
            assert_eq!(sign_again(&opened, secrets), ks, "{number}");
            count += 1;
        }
    }
    assert!(count > 0, "no exchange has a KS in its response");
}
