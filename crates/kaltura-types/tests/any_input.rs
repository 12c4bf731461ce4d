//! For any input: nothing panics, unknown values survive, secrets do not.

use kaltura_types::{
    ApiError, AppToken, AppTokenId, AppTokenList, BareKs, HashType, Ks, Open, Privileges, Scalar,
    SessionInfo, SessionType, WidgetSession, payload, redact, redact_server_text,
};
use proptest::prelude::*;
use serde_json::Value;

/// Any JSON, with the member names of the API, so that decoding gets past the first member.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        "-?[0-9]{1,25}".prop_map(Value::from),
        Just(Value::from("KalturaAPIException")),
    ];
    let name = prop_oneof![
        "(result|executionTime|error|code|message|args|objectType|ks|expiry|partnerId|userId|sessionType|privileges)",
        "(id|token|status|hashType|sessionDuration|objects|totalCount)",
        ".{0,6}",
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn decode_as_each_type(body: &[u8]) {
    let _ = payload::decode::<Value>(body);
    let _ = payload::decode::<WidgetSession>(body);
    let _ = payload::decode::<SessionInfo>(body);
    let _ = payload::decode::<AppToken>(body);
    let _ = payload::decode::<AppTokenList>(body);
    let _ = payload::decode::<BareKs>(body);
    let _ = payload::decode::<()>(body);
    if let Err(error) = payload::decode::<SessionInfo>(body) {
        let _ = format!("{error} {error:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_decoder_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        decode_as_each_type(&body);
    }

    #[test]
    fn no_text_makes_the_decoder_panic(body in ".{0,200}") {
        decode_as_each_type(body.as_bytes());
    }

    #[test]
    fn no_json_makes_the_decoder_panic(json in any_json(), cut in any::<prop::sample::Index>()) {
        let body = json.to_string();
        decode_as_each_type(body.as_bytes());
        decode_as_each_type(&body.as_bytes()[..cut.index(body.len() + 1)]);
    }

    #[test]
    fn privileges_of_any_text_survive_a_round_trip(text in ".{0,80}") {
        let read = Privileges::parse(&text);
        prop_assert_eq!(Privileges::parse(&read.to_string()), read);
    }

    #[test]
    fn privileges_in_the_grammar_survive_a_round_trip(text in "([a-c*0 ]{0,2}(:[a-c*/: ]{0,4})?,?){0,8}") {
        let read = Privileges::parse(&text);
        prop_assert_eq!(&Privileges::parse(&read.to_string()), &read);
        let token = AppTokenId::new("0_abcdefgh");
        let granted = Privileges::for_app_token_session(&token, &read, &Privileges::parse("x:1,a:*"));
        prop_assert!(granted.to_string().starts_with("sessionid:0_abcdefgh"));
    }

    #[test]
    fn built_privileges_are_read_back_unchanged(name in ".{1,6}", values in prop::collection::vec(".{1,6}", 0..4)) {
        if let Ok(built) = Privileges::builder().add_all(name.clone(), values.clone()).build() {
            let read = Privileges::parse(&built.to_string());
            prop_assert_eq!(read.iter().count(), 1);
            prop_assert_eq!(read.get(&name).map(|privilege| privilege.values().to_vec()), Some(values));
        }
    }

    #[test]
    fn known_secrets_never_survive(before in ".{0,20}", secret in "[a-z:]{6,12}", after in ".{0,20}") {
        let clean = redact(&format!("{before}{secret}{after}"), &[&secret]).into_owned();
        prop_assert!(!clean.contains(&secret));
        let error = ApiError::new(&secret, &clean, [(secret.clone(), secret.clone())]).redacted(&[&secret]);
        let shown = format!("{error} {error:?}");
        prop_assert!(!shown.contains(&secret));
        let shown = redact_server_text(&format!("{before}{secret}{after}"), &[&secret]);
        prop_assert!(!shown.contains(&secret) && shown.chars().count() < 220);
    }

    #[test]
    fn no_text_makes_redaction_panic(text in "[%&#;x0-9a-fü\\\\u{}=\n <>br]{0,60}", secret in "[0-9a-fü]{1,6}") {
        let clean = redact(&text, &[&secret]);
        prop_assert!(!clean.contains(&secret) || "(redacted)".contains(&secret));
        let shown = redact_server_text(&text, &[&secret]);
        prop_assert!(!shown.replace("(redacted)", "|").contains(&secret), "{shown}");
    }

    #[test]
    fn open_sets_keep_unknown_values(number in any::<i64>(), text in ".{0,10}") {
        for json in [Value::from(number), Value::from(text)] {
            let session: Open<SessionType> = serde_json::from_value(json.clone())?;
            let hash: Open<HashType> = serde_json::from_value(json.clone())?;
            if session.known().is_none() {
                prop_assert_eq!(serde_json::to_value(&session)?, json.clone());
            }
            if hash.known().is_none() {
                prop_assert_eq!(serde_json::to_value(&hash)?, json.clone());
            }
            let scalar: Scalar = serde_json::from_value(json.clone())?;
            prop_assert_eq!(serde_json::to_value(&scalar)?, json);
        }
    }

    #[test]
    fn no_text_makes_looks_like_ks_panic(text in ".{0,80}") {
        let _ = Ks::looks_like_ks(&text);
    }
}
