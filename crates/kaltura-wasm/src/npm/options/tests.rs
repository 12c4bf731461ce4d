use serde_json::json;

use super::*;

/// Valid options with some members replaced.
fn with(members: Value) -> Value {
    let mut options = json!({
        "serviceUrl": "https://www.kaltura.com",
        "partnerId": 1_234_567,
        "appToken": { "id": "0_7jh3eu10", "token": "hush", "hashType": "SHA256" },
    });
    for (name, value) in members.as_object().unwrap() {
        options[name] = value.clone();
    }
    options
}

fn problem(members: Value) -> String {
    ClientOptions::read(with(members)).unwrap_err()
}

#[test]
fn all_options_are_read() {
    let options = ClientOptions::read(with(json!({
        "serviceUrl": "http://video.example.com", "allowPlainHttp": true, "userId": "u", "sessionType": "admin",
        "lifetime": "1h30m", "privileges": "list:*", "widgetId": "_1", "timeout": 2.5, "keepFresh": true,
        "clientTag": "page",
    })))
    .unwrap();
    let request = SessionRequest::new()
        .user_id("u")
        .session_type(SessionType::Admin)
        .lifetime(Lifetime::minutes(90))
        .privileges(Privileges::parse("list:*"))
        .widget_id("_1");
    let token = AppTokenCredentials::new(PartnerId::new(1_234_567), "0_7jh3eu10", "hush", HashType::Sha256);
    let url = ServiceUrl::parse_allowing_http("http://video.example.com").unwrap();
    assert_eq!(options.login, AppTokenLogin::new(url, token).request(request).client_tag("page"));
    assert_eq!((options.timeout, options.keep_fresh), (Duration::from_millis(2500), true));
}

#[test]
fn defaults_are_those_of_the_library() {
    let options = ClientOptions::read(with(json!({ "lifetime": 3600 }))).unwrap();
    assert_eq!((options.timeout, options.keep_fresh), (DEFAULT_TIMEOUT, false));
    let token = AppTokenCredentials::new(PartnerId::new(1_234_567), "0_7jh3eu10", "hush", HashType::Sha256);
    let request = SessionRequest::new().lifetime(Lifetime::hours(1));
    assert_eq!(options.login, AppTokenLogin::new(ServiceUrl::US, token).request(request));
}

#[test]
fn each_wrong_value_is_refused_and_not_shown() {
    for (members, expected) in [
        (json!({ "partnerId": "12hush" }), "partnerId must be a number"),
        (json!({ "partnerId": 1.5 }), "partnerId must be a positive integer"),
        (json!({ "partnerId": -1 }), "partnerId must be a positive integer"),
        (json!({ "partnerId": 0 }), "partnerId must be a positive integer"),
        (json!({ "partnerId": null }), "partnerId must not be null: leave it out"),
        (json!({ "userId": "" }), "userId must not be empty: leave it out"),
        (json!({ "userId": 7 }), "userId must be a string"),
        (json!({ "userId": null }), "userId must not be null: leave it out"),
        (json!({ "keepFresh": 1 }), "keepFresh must be true or false"),
        (json!({ "appToken": "hush" }), "appToken must be an object"),
        (
            json!({ "appToken": { "id": "i", "token": "hush", "hashType": "SHA3" } }),
            "appToken.hashType: not a hash type",
        ),
        (json!({ "appToken": { "id": "i", "token": "hush" } }), "appToken.hashType is missing"),
        (json!({ "serviceUrl": "http://hush.example.com" }), "serviceUrl: "),
        (json!({ "sessionType": "hush" }), "sessionType: not a session type"),
        (json!({ "lifetime": "hush" }), "lifetime: not a duration"),
        (json!({ "lifetime": 0 }), "lifetime: a lifetime is at least one second"),
        (json!({ "lifetime": 1.5 }), "lifetime: "),
        (json!({ "privileges": "a[b],," }), "privileges: "),
        (json!({ "timeout": 30_000 }), "timeout is more than an hour"),
        (json!({ "timeout": 0 }), "timeout must not be zero"),
        (json!({ "timeout": -1 }), "timeout must be a number of seconds"),
        (json!({ "timeout": "hush" }), "timeout must be a number of seconds"),
    ] {
        let problem = problem(members.clone());
        assert!(problem.starts_with(expected) && !problem.contains("hush"), "{members}: {problem}");
    }
}

#[test]
fn an_unknown_name_is_refused_with_a_suggestion() {
    for (members, expected) in [
        (json!({ "userID": "u" }), "unknown option `userID`: did you mean `userId`?"),
        (json!({ "time_out": 5 }), "unknown option `time_out`: did you mean `timeout`?"),
        (json!({ "privilege": "a" }), "unknown option `privilege`: did you mean `privileges`?"),
        (
            json!({ "appToken": { "id": "i", "token": "t", "hash_type": "SHA1" } }),
            "unknown option `appToken.hash_type`: did you mean `appToken.hashType`?",
        ),
    ] {
        assert_eq!(problem(members), expected);
    }
    assert!(problem(json!({ "zzz": 1 })).starts_with("unknown option `zzz`; there are: allowPlainHttp, "));
    let secret = "3f786850e387550fdab836ed7e6dc8813f786850e387550f";
    assert!(!problem(json!({ secret: 1 })).contains(secret));
}

#[test]
fn a_misspelt_required_option_is_named() {
    let mut options = with(json!({ "partnerID": 1_234_567 }));
    options.as_object_mut().unwrap().remove("partnerId");
    assert_eq!(
        ClientOptions::read(options).unwrap_err(),
        "unknown option `partnerID`: did you mean `partnerId`?"
    );
    assert_eq!(ClientOptions::read(json!({})).unwrap_err(), "serviceUrl is missing");
    assert_eq!(ClientOptions::read(json!([])).unwrap_err(), "options must be an object");
}

#[test]
fn options_of_a_call_are_read() {
    let options = json!({ "partnerId": 7, "repeatable": true, "noCache": true, "timeout": "5s", "allowUnfiltered": true });
    let call = SingleCall::read(options).unwrap();
    assert_eq!(call.options, CallOptions::new().partner(PartnerId::new(7)).repeatable(true).nocache());
    assert_eq!((call.timeout, call.allow_unfiltered), (Some(Duration::from_secs(5)), true));
    assert_eq!(
        SingleCall::read(json!({ "repeatabel": true })).unwrap_err(),
        "unknown option `repeatabel`: did you mean `repeatable`?"
    );
    let session = SessionOptions::read(json!({ "validFor": 0.5 })).unwrap();
    assert_eq!(session.valid_for, Duration::from_millis(500));
    assert!(SessionOptions::read(json!({ "validFor": true })).is_err());
}
