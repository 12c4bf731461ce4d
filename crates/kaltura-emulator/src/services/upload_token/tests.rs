use std::time::Duration;

use kaltura_types::SessionType;
use serde_json::{Value, json};

use crate::test_client::{builder, emulator};
use crate::{Emulator, RoleSeed};

#[test]
fn a_token_has_what_was_given_and_nothing_else() {
    let emulator = emulator();
    let ks = emulator.user_ks("alice");
    let add = |token: Value| emulator.call("uploadToken.add", json!({ "ks": ks, "uploadToken": token }));
    for (given, name, expected) in [
        (json!({ "fileSize": 1.5 }), "fileSize", json!("2")),
        (json!({ "fileSize": "abc" }), "fileSize", json!("0")),
        (json!({ "fileSize": null }), "fileSize", json!("0")),
        (json!({ "fileSize": -7 }), "fileSize", json!("-7")),
        (json!({ "fileSize": "1e30" }), "fileSize", json!(i64::MAX.to_string())),
        (json!({ "fileName": null }), "fileName", json!("")),
        (json!({ "fileName": "é".repeat(300) }), "fileName", json!("é".repeat(256))),
        (json!({ "autoFinalize": -1 }), "autoFinalize", json!(false)),
        (json!({ "autoFinalize": "TRUE", "fileSize": 1 }), "autoFinalize", json!(true)),
        (json!([]), "status", json!(0)),
        (json!(null), "fileSize", Value::Null),
        (json!({ "autoFinalize": 1 }), "code", json!("UPLOAD_TOKEN_MISSING_FILE_SIZE")),
        (json!({ "autoFinalize": 2 }), "code", json!("INVALID_ENUM_VALUE")),
        (json!({ "fileName": "\u{1}" }), "code", json!("INVALID_PARAMETER_CHAR")),
        (json!({ "uploadedFileSize": 1 }), "code", json!("PROPERTY_VALIDATION_NOT_UPDATABLE")),
        (json!({ "attachedObjectId": "0_x" }), "code", json!("PROPERTY_VALIDATION_NOT_UPDATABLE")),
    ] {
        assert_eq!(add(given.clone())[name], expected, "{given}");
    }
}

#[test]
fn a_token_belongs_to_the_user_and_not_to_the_session() {
    let emulator = emulator();
    let alice = emulator.user_ks("alice");
    let token = emulator.upload_token(&alice);
    let sessions = [
        (alice, true),
        (emulator.ks(SessionType::User, "ALICE", "sview:*"), true),
        (emulator.user_ks("bob"), false),
        (emulator.user_ks(""), false),
        (emulator.admin_ks(), true),
    ];
    for (ks, owns) in &sessions {
        let error = if *owns { Value::Null } else { json!("UPLOAD_TOKEN_NOT_FOUND") };
        let parameters = json!({ "ks": ks, "uploadTokenId": token });
        assert_eq!(emulator.error("uploadToken.get", parameters), error);
        assert_eq!(emulator.upload(ks, &token, json!({ "finalChunk": false }), "x")["code"], error);
        let list = emulator.call("uploadToken.list", json!({ "ks": ks }));
        assert_eq!(list["totalCount"], i64::from(*owns));
    }
    // A user who was deleted and comes back is another one.
    let admin = json!({ "ks": emulator.admin_ks(), "userId": "alice" });
    assert_eq!(emulator.call("user.delete", admin)["status"], 2);
    let parameters = json!({ "ks": sessions[0].0, "uploadTokenId": token });
    assert_eq!(emulator.error("uploadToken.get", parameters), "UPLOAD_TOKEN_NOT_FOUND");
}

#[test]
fn roles_limit_what_a_session_can_do_with_tokens() {
    let emulator = builder().role(RoleSeed::new(99, "NO_UPLOADS")).build().unwrap();
    let mut sessions = vec![(emulator.widget_ks(), [false, true, true, false, false])];
    for (role, allowed) in [
        ("UPLOAD_BASE_ROLE", [true; 5]),
        ("CAPTURE_DEVICE_ROLE", [true, true, true, true, false]),
        ("PLAYBACK_BASE_ROLE", [false, true, true, false, false]),
        ("NO_UPLOADS", [false; 5]),
    ] {
        for session_type in [SessionType::User, SessionType::Admin] {
            sessions.push((emulator.ks(session_type, "u", &format!("setrole:{role}")), allowed));
        }
    }
    for (ks, allowed) in sessions {
        let actions = ["add", "get", "list", "upload", "delete"];
        let is_allowed = actions.map(|action| {
            let parameters = json!({ "ks": ks, "uploadTokenId": "0_x", "fileData": "x" });
            emulator.error(&format!("uploadToken.{action}"), parameters) != "SERVICE_FORBIDDEN"
        });
        assert_eq!(is_allowed, allowed);
    }
}

#[test]
fn a_list_is_filtered_and_ordered() {
    let emulator = emulator();
    let ks = emulator.user_ks("alice");
    for (name, size) in [("b.mp4", 5), ("a.mp4", 0), ("c.mp4", 7)] {
        let token = json!({ "fileName": name, "fileSize": size });
        let token = emulator.call("uploadToken.add", json!({ "ks": ks, "uploadToken": token }));
        if name == "c.mp4" {
            emulator.upload(&ks, &token["id"], json!({}), "x");
        }
        emulator.clock().advance(Duration::from_secs(1));
    }
    // The token of `u` is used.
    let used = emulator.call("uploadToken.add", json!({ "ks": ks, "uploadToken": { "fileName": "u.mp4" } }));
    emulator.upload(&ks, &used["id"], json!({}), "x");
    let entry = json!({ "ks": ks, "mediaEntry": { "mediaType": 1 }, "uploadTokenId": used["id"] });
    assert_eq!(emulator.error("media.addFromUploadedFile", entry), Value::Null);
    let listed = |filter: Value| {
        let list = emulator.call("uploadToken.list", json!({ "ks": ks, "filter": filter }));
        let Some(objects) = list["objects"].as_array() else { return list["code"].to_string() };
        let mut names: Vec<&str> = objects.iter().map(|token| token["fileName"].as_str().unwrap()).collect();
        if filter.get("orderBy").is_none() {
            names.sort_unstable();
        }
        assert_eq!(list["totalCount"], names.len());
        names.concat().replace(".mp4", "")
    };
    for (filter, expected) in [
        (json!({ "idIn": "", "idEqual": "", "statusIn": "" }), "abcu"),
        (json!({ "orderBy": "+createdAt" }), "bacu"),
        (json!({ "orderBy": "-createdAt" }), "ucab"),
        (json!({ "statusEqual": 2 }), "c"),
        (json!({ "statusIn": "0,1" }), "ab"),
        (json!({ "statusEqual": "" }), "\"INVALID_ENUM_VALUE\""),
        (json!({ "statusEqual": "x" }), "\"INVALID_ENUM_VALUE\""),
        (json!({ "fileNameEqual": "A.MP4" }), "a"),
        (json!({ "fileNameEqual": "u.mp4" }), ""),
        (json!({ "fileNameEqual": "u.mp4", "statusEqual": 3 }), "u"),
        (json!({ "fileSizeEqual": 0 }), "a"),
        (json!({ "userIdEqual": "Alice" }), "abcu"),
        (json!({ "userIdEqual": "" }), ""),
        (json!({ "userIdEqual": "nosuch" }), ""),
    ] {
        assert_eq!(listed(filter.clone()), expected, "{filter}");
    }
}

#[test]
fn only_a_part_with_a_file_name_is_a_file() {
    let emulator = emulator();
    let ks = emulator.user_ks("alice");
    let token = emulator.upload_token(&ks);
    for (file, error) in [
        (json!("text"), "UPLOAD_ERROR"),
        (json!({ "name": "a.mp4" }), "UPLOAD_ERROR"),
        (Value::Null, "MISSING_MANDATORY_PARAMETER"),
    ] {
        let parameters = json!({ "ks": ks, "uploadTokenId": token, "fileData": file });
        assert_eq!(emulator.error("uploadToken.upload", parameters), error, "{file}");
    }
    let untouched = emulator.call("uploadToken.get", json!({ "ks": ks, "uploadTokenId": token }));
    assert_eq!((&untouched["status"], &untouched["fileName"]), (&json!(0), &Value::Null));
}

#[test]
fn a_partial_upload_is_too_old_after_seven_days_and_a_pending_one_is_not() {
    let emulator = emulator();
    let [partial, pending] = [(); 2].map(|()| emulator.upload_token(&emulator.user_ks("u")));
    let first = json!({ "finalChunk": false });
    emulator.upload(&emulator.user_ks("u"), &partial, first.clone(), "abc");
    emulator.clock().advance(Duration::from_secs(604_801));
    let ks = emulator.user_ks("u");
    let refused = emulator.upload(&ks, &partial, json!({ "resume": 1, "resumeAt": 3 }), "def");
    assert_eq!(refused["code"], "UPLOAD_PASSED_MAX_RESUME_TIME_ALLOWED");
    assert_eq!(refused["args"], json!({ "MAX_RESUME_TIME": "604800" }));
    assert_eq!(emulator.upload(&ks, &pending, first, "abc")["status"], 1);
}

fn with_missing_chunk(emulator: &Emulator) -> (String, Value) {
    let ks = emulator.user_ks("u");
    let token = emulator.upload_token(&ks);
    emulator.upload(&ks, &token, json!({ "finalChunk": false }), "abc");
    (ks, token)
}

#[test]
fn a_final_chunk_that_comes_too_early_can_be_sent_again() {
    let emulator = emulator();
    let (ks, token) = with_missing_chunk(&emulator);
    let last = json!({ "resume": 1, "resumeAt": 6 });
    let refused = emulator.upload(&ks, &token, last.clone(), "ghi");
    assert_eq!(refused["code"], "UPLOAD_TOKEN_CANNOT_MATCH_EXPECTED_SIZE");
    let middle = json!({ "resume": 1, "finalChunk": 0, "resumeAt": 3 });
    assert_eq!(emulator.upload(&ks, &token, middle, "def")["status"], 1);
    let complete = emulator.upload(&ks, &token, last, "ghi");
    assert_eq!((&complete["status"], &complete["uploadedFileSize"]), (&json!(2), &json!("9")));
    assert_eq!(emulator.uploaded(token.as_str().unwrap()).unwrap(), "abcdefghi");
}

#[test]
fn uploads_beyond_the_memory_are_refused_with_the_limit() {
    let emulator = builder().upload_memory(10).build().unwrap();
    let ks = emulator.user_ks("u");
    let [first, second] = [(); 2].map(|()| emulator.upload_token(&ks));
    assert_eq!(emulator.upload(&ks, &first, json!({}), "1234567890")["status"], 2);
    let refused = emulator.upload(&ks, &second, json!({}), "1");
    assert_eq!(refused["code"], "UPLOAD_ERROR");
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("at most 10 bytes") && message.contains("upload_memory"), "{message}");
    emulator.call("uploadToken.delete", json!({ "ks": ks, "uploadTokenId": first }));
    assert_eq!(emulator.upload(&ks, &second, json!({}), "1")["status"], 2);
}
