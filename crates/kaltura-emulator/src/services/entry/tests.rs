use std::time::Duration;

use kaltura_types::{PartnerId, SessionType};
use serde_json::{Value, json};

use crate::test_client::{NOW, builder, emulator};
use crate::{Emulator, EntrySeed, PartnerSeed};

const OTHER: PartnerId = PartnerId::new(7);

/// The id of a new entry.
fn entry(emulator: &Emulator, ks: &str) -> Value {
    let parameters = json!({ "ks": ks, "entry": { "name": "n", "mediaType": 1 } });
    emulator.call("media.add", parameters)["id"].clone()
}

fn get(emulator: &Emulator, id: &Value) -> Value {
    emulator.call("baseEntry.get", json!({ "ks": emulator.admin_ks(), "entryId": id }))
}

fn add_content(emulator: &Emulator, ks: &str, entry: &Value, token: &Value) -> Value {
    let resource = json!({ "objectType": "KalturaUploadedFileTokenResource", "token": token });
    emulator.call("media.addContent", json!({ "ks": ks, "entryId": entry, "resource": resource }))
}

/// The error code, `NOT_OWNED` for `INVALID_KS` with -4, or null.
fn error(response: &Value) -> Value {
    if response["args"]["ERR_CODE"] == "-4" {
        assert_eq!(response["args"], json!({ "KSID": "", "ERR_CODE": "-4", "ERR_DESC": "INVALID_TYPE" }));
        json!("NOT_OWNED")
    } else {
        response["code"].clone()
    }
}

#[test]
fn members_of_a_new_entry_depend_on_the_session() {
    let emulator = emulator();
    let (user, admin) = (emulator.user_ks("alice"), emulator.admin_ks());
    emulator.unblock_user(&"alice".into());
    for (ks, member, value, property, expected) in [
        (&user, "userId", json!("ALICE"), "userId", json!("alice")),
        (&user, "userId", json!(""), "code", json!("INVALID_KS")),
        (&admin, "userId", json!("new user"), "creatorId", json!("new user")),
        (&admin, "creatorId", json!("x"), "creatorId", json!("admin")),
        (&user, "startDate", json!(NOW), "startDate", Value::Null),
        (&admin, "startDate", json!(NOW), "startDate", json!(NOW)),
        (&user, "referenceId", json!("x"), "code", json!("PROPERTY_VALIDATION_MIN_LENGTH")),
        (&user, "categories", json!(""), "code", json!("PROPERTY_VALIDATION_ADMIN_PROPERTY")),
        (&admin, "categories", json!("a>b,c"), "categories", json!("a>b,c")),
        (&user, "categoriesIds", json!("99"), "code", json!("CATEGORY_NOT_FOUND")),
        (&admin, "categoriesIds", json!("1"), "categories", json!("a")),
        (&user, "adminTags", json!("x"), "code", json!("PROPERTY_VALIDATION_ADMIN_PROPERTY")),
        (&admin, "adminTags", json!("xy"), "adminTags", json!("xy")),
        (&user, "tags", json!("a,b"), "tags", json!("")),
        (&user, "conversionProfileId", json!(999), "code", json!("CONVERSION_PROFILE_ID_NOT_FOUND")),
        (&user, "accessControlId", json!(999), "code", json!("ACCESS_CONTROL_ID_NOT_FOUND")),
        (&user, "partnerData", json!("x"), "partnerData", json!("x")),
        (&user, "rootEntryId", json!("0_x"), "code", json!("PROPERTY_VALIDATION_NOT_UPDATABLE")),
        (&user, "name", Value::Null, "code", json!("WRONG_REQUEST_LANGUAGE")),
        (&user, "name__null", json!(""), "name", json!("")),
        (&user, "name", json!(""), "name", json!("")),
        (&user, "description", json!("\u{1}"), "code", json!("INVALID_PARAMETER_CHAR")),
        (&user, "mediaType", Value::Null, "code", json!("INVALID_ENUM_VALUE")),
        (&user, "objectType", json!("KalturaPlaylist"), "objectType", json!("KalturaMediaEntry")),
    ] {
        let mut entry = json!({ "mediaType": 1 });
        entry[member] = value.clone();
        let response = emulator.call("media.add", json!({ "ks": ks, "entry": entry }));
        assert_eq!(response[property], expected, "{member} {value}");
    }
    let schedule = json!({ "mediaType": 1, "startDate": NOW, "endDate": NOW - 1 });
    let refused = emulator.error("media.add", json!({ "ks": admin, "entry": schedule }));
    assert_eq!(refused, "INVALID_ENTRY_SCHEDULE_DATES");
    let unnamed = emulator.call("media.add", json!({ "ks": user, "entry": { "mediaType": 1 } }));
    assert_eq!(unnamed["name"], format!("1234567_{NOW}"));
    assert_eq!(
        emulator.error("media.add", json!({ "ks": user, "entry": {} })),
        "PROPERTY_VALIDATION_CANNOT_BE_NULL"
    );
}

#[test]
fn a_refused_add_creates_neither_entry_nor_user() {
    let emulator = emulator();
    let ks = emulator.admin_ks();
    let refused = json!({ "mediaType": 1, "userId": "fresh", "accessControlId": 999 });
    emulator.call("media.add", json!({ "ks": ks, "entry": refused }));
    assert_eq!(emulator.error("user.get", json!({ "ks": ks, "userId": "fresh" })), "INVALID_USER_ID");
    let all = json!({ "ks": ks, "filter": { "statusIn": "7" } });
    assert_eq!(emulator.call("media.count", all), 0);
}

#[test]
fn who_may_change_an_entry() {
    let emulator = builder()
        .partner(PartnerSeed::new(OTHER))
        .entry(EntrySeed::new("0_foreign", OTHER, "x").user("bob"))
        .build()
        .unwrap();
    let alice = emulator.user_ks("alice");
    let own = entry(&emulator, &alice);
    let id = own.as_str().unwrap();
    let bob = |privileges: &str| emulator.ks(SessionType::User, "bob", privileges);
    for (ks, allowed) in [
        (emulator.user_ks("ALICE"), true),
        (bob("edit:*"), true),
        (bob(&format!("edit:0_x/{id}")), true),
        (bob("*"), true),
        (emulator.admin_ks(), true),
        (bob(""), false),
        (bob("list:*,sview:*,edituser:*,disableentitlement"), false),
        (bob("edit"), false),
        (bob("edit:0_other"), false),
        (bob("*,sview:*"), false),
        (emulator.widget_ks(), false),
        (String::new(), false),
    ] {
        let update = json!({ "ks": ks, "entryId": own, "mediaEntry": { "description": "d" } });
        let expected = if allowed { Value::Null } else { json!("NOT_OWNED") };
        assert_eq!(error(&emulator.call("media.update", update)), expected, "{ks}");
    }
    let delete =
        |ks: &str, id: &str| error(&emulator.call("media.delete", json!({ "ks": ks, "entryId": id })));
    assert_eq!(delete(&bob("edit:*"), "0_foreign"), "NOT_OWNED");
    assert_eq!(delete(&emulator.admin_ks(), "0_foreign"), "ENTRY_ID_NOT_FOUND");
    assert_eq!(delete(&bob(""), "0_nosuch"), "ENTRY_ID_NOT_FOUND");
    // Ownership is checked before the members, and those after the existence.
    let status = json!({ "ks": bob(""), "entryId": own, "mediaEntry": { "status": 2 } });
    assert_eq!(error(&emulator.call("media.update", status)), "NOT_OWNED");
}

#[test]
fn a_user_that_may_edit_an_entry_may_not_share_or_give_it_away() {
    let emulator = emulator();
    let (alice, bob) = (emulator.user_ks("alice"), emulator.user_ks("bob"));
    let shared = json!({ "mediaType": 1, "entitledUsersEdit": "carol, bob" });
    let id = emulator.call("media.add", json!({ "ks": alice, "entry": shared }))["id"].clone();
    let change = |ks: &str, entry: Value| {
        error(&emulator.call("media.update", json!({ "ks": ks, "entryId": id, "mediaEntry": entry })))
    };
    assert_eq!(change(&bob, json!({ "name": "x" })), Value::Null);
    assert_eq!(change(&bob, json!({ "entitledUsersEdit": "bob" })), "NOT_OWNED");
    assert_eq!(change(&bob, json!({ "userId": "bob" })), "NOT_OWNED");
    assert_eq!(change(&alice, json!({ "userId": "bob" })), "NOT_OWNED");
    assert_eq!(error(&emulator.call("baseEntry.delete", json!({ "ks": bob, "entryId": id }))), "NOT_OWNED");
    assert_eq!(error(&emulator.call("media.delete", json!({ "ks": bob, "entryId": id }))), Value::Null);
}

#[test]
fn an_update_changes_what_is_given() {
    let emulator = emulator();
    let ks = emulator.user_ks("alice");
    let id = entry(&emulator, &ks);
    emulator.clock().advance(Duration::from_secs(5));
    let read = get(&emulator, &id);
    let change =
        |entry: Value| emulator.call("media.update", json!({ "ks": ks, "entryId": id, "mediaEntry": entry }));
    let changed = change(json!({ "description": "d", "tags": "aa" }));
    assert_eq!((&changed["name"], &changed["description"]), (&json!("n"), &json!("d")));
    assert_eq!(change(json!({ "tags": "" }))["tags"], "");
    assert_eq!(change(json!({}))["updatedAt"], NOW + 5);
    for name in
        ["mediaType", "id", "partnerId", "creatorId", "plays", "duration", "version", "rank", "dataUrl"]
    {
        assert_eq!(error(&change(json!({ name: read[name] }))), Value::Null, "{name}");
    }
    for (name, value) in [
        ("status", read["status"].clone()),
        ("createdAt", read["createdAt"].clone()),
        ("updatedAt", json!(1)),
        ("replacementStatus", json!(0)),
        ("mediaType", json!(2)),
        ("sourceType", json!("1")),
        ("creatorId", json!("bob")),
        ("thumbnailUrl", json!("x")),
        ("searchText", json!("x")),
    ] {
        let refused = change(json!({ "name": "lost", name: value }));
        assert_eq!(refused["code"], "PROPERTY_VALIDATION_NOT_UPDATABLE", "{name}");
        assert_eq!(refused["args"]["PROP_NAME"], format!("KalturaMediaEntry::{name}"));
    }
    assert_eq!(get(&emulator, &id)["name"], "n");
}

#[test]
fn an_uploaded_entry_is_converted_after_the_time_that_was_set() {
    let emulator = builder().conversion_time(Some(Duration::from_secs(60))).build().unwrap();
    let ks = emulator.user_ks("alice");
    let (id, token) = (entry(&emulator, &ks), emulator.uploaded_token(&ks));
    assert_eq!(add_content(&emulator, &ks, &id, &token)["status"], 1);
    emulator.clock().advance(Duration::from_secs(59));
    let own = json!({ "ks": ks });
    assert_eq!(get(&emulator, &id)["status"], 1);
    assert_eq!(emulator.call("media.count", own.clone()), 0);
    emulator.clock().advance(Duration::from_secs(1));
    assert_eq!(emulator.call("media.count", own), 1);
    let ready = get(&emulator, &id);
    assert_eq!((&ready["status"], &ready["updatedAt"]), (&json!(2), &json!(NOW + 60)));
    assert_eq!(emulator.uploaded(id.as_str().unwrap()).unwrap(), "hello");
}

#[test]
fn an_image_is_ready_at_once() {
    let emulator = emulator();
    let ks = emulator.user_ks("alice");
    let image = json!({ "ks": ks, "entry": { "mediaType": 2 } });
    let id = emulator.call("media.add", image)["id"].clone();
    assert_eq!(add_content(&emulator, &ks, &id, &emulator.uploaded_token(&ks))["status"], 2);
}

#[test]
fn a_token_that_is_deleted_frees_the_entry_that_waits_for_it() {
    let emulator = emulator();
    let ks = emulator.user_ks("alice");
    let [first, second] = [(); 2].map(|()| entry(&emulator, &ks));
    let token = emulator.uploaded_token(&ks);
    add_content(&emulator, &ks, &first, &token);
    // A used token gives no error, but also no file.
    assert_eq!(add_content(&emulator, &ks, &second, &token)["status"], 0);
    assert_eq!(error(&add_content(&emulator, &ks, &second, &token)), "ENTRY_ALREADY_WITH_CONTENT");
    let parameters = json!({ "ks": ks, "uploadTokenId": token });
    assert_eq!(emulator.call("uploadToken.delete", parameters), Value::Null);
    assert_eq!(
        (&get(&emulator, &first)["status"], &get(&emulator, &second)["status"]),
        (&json!(1), &json!(7))
    );
    assert_eq!(error(&add_content(&emulator, &ks, &second, &token)), "UPLOAD_TOKEN_NOT_FOUND");
    assert_eq!(get(&emulator, &second)["status"], 7);
}

#[test]
fn of_two_entries_that_wait_for_a_token_the_last_one_gets_the_file() {
    let emulator = emulator();
    let ks = emulator.user_ks("alice");
    let entries = [(); 2].map(|()| entry(&emulator, &ks));
    let token = emulator.upload_token(&ks);
    for entry in &entries {
        assert_eq!(add_content(&emulator, &ks, entry, &token)["status"], 0);
    }
    assert_eq!(emulator.upload(&ks, &token, json!({}), "hello")["status"], 3);
    assert_eq!(entries.map(|entry| get(&emulator, &entry)["status"].clone()), [json!(0), json!(1)]);
}

#[test]
fn without_a_resource_nothing_happens() {
    let emulator = emulator();
    let ks = emulator.user_ks("alice");
    let id = entry(&emulator, &ks);
    assert_eq!(emulator.call("media.addContent", json!({ "ks": ks, "entryId": id }))["status"], 7);
}

#[test]
fn add_from_uploaded_file_needs_a_complete_file() {
    let emulator = emulator();
    let ks = emulator.user_ks("alice");
    let add = |token: &Value| {
        let parameters = json!({ "ks": ks, "mediaEntry": { "mediaType": 1 }, "uploadTokenId": token });
        emulator.error("media.addFromUploadedFile", parameters)
    };
    let token = emulator.uploaded_token(&ks);
    assert_eq!(add(&emulator.upload_token(&ks)), "UPLOAD_TOKEN_INVALID_STATUS_FOR_ADD_ENTRY");
    assert_eq!(add(&token), Value::Null);
    assert_eq!(add(&token), "UPLOAD_TOKEN_INVALID_STATUS_FOR_ADD_ENTRY");
    assert_eq!(add(&json!("0_nosuch")), "INTERNAL_SERVERL_ERROR");
}

#[test]
fn an_entry_without_a_type_gets_it_with_its_content() {
    let emulator = emulator();
    let ks = emulator.user_ks("alice");
    let add = |more: Value| emulator.call("baseEntry.add", more);
    let untyped = add(json!({ "ks": ks, "entry": { "name": "n" } }));
    assert_eq!(untyped["objectType"], "KalturaBaseEntry");
    let resource =
        |token: &Value| json!({ "objectType": "KalturaUploadedFileTokenResource", "token": token });
    let add_content = |action: &str, token: &Value| {
        let parameters = json!({ "ks": ks, "entryId": untyped["id"], "resource": resource(token) });
        emulator.call(action, parameters)
    };
    let token = emulator.uploaded_token(&ks);
    assert_eq!(error(&add_content("media.addContent", &token)), "ENTRY_ID_NOT_FOUND");
    let early = emulator.upload_token(&ks);
    assert_eq!(error(&add_content("baseEntry.addContent", &early)), "ENTRY_TYPE_NOT_SUPPORTED");
    let typed = add_content("baseEntry.addContent", &token);
    assert_eq!((&typed["objectType"], &typed["mediaType"]), (&json!("KalturaMediaEntry"), &json!(1)));
    let media = json!({ "objectType": "KalturaMediaEntry", "mediaType": 5 });
    let media = add(json!({ "ks": ks, "entry": media }));
    assert_eq!((&media["objectType"], &media["mediaType"]), (&json!("KalturaMediaEntry"), &json!(5)));
}

#[test]
fn lists_and_counts_show_ready_entries_unless_the_filter_asks_for_others() {
    let emulator = emulator();
    let ks = emulator.user_ks("alice");
    let new = entry(&emulator, &ks);
    let deleted = entry(&emulator, &ks);
    emulator.call("media.delete", json!({ "ks": ks, "entryId": deleted }));
    let ids = format!("{},{}", new.as_str().unwrap(), deleted.as_str().unwrap());
    for (filter, found) in [
        (json!({}), 0),
        (json!({ "userIdEqual": "alice" }), 0),
        (json!({ "idIn": ids }), 0),
        (json!({ "idIn": ids, "statusIn": "7,0,1,2" }), 1),
        (json!({ "statusEqual": 7 }), 1),
        (json!({ "idEqual": new }), 1),
        (json!({ "idEqual": deleted }), 1),
    ] {
        let parameters = json!({ "ks": ks, "filter": filter });
        for service in ["media", "baseEntry"] {
            let list = emulator.call(&format!("{service}.list"), parameters.clone());
            assert_eq!(list["totalCount"], found, "{filter}");
            assert_eq!(emulator.call(&format!("{service}.count"), parameters.clone()), found, "{filter}");
        }
    }
    assert_eq!(error(&get(&emulator, &deleted)), "ENTRY_ID_NOT_FOUND");
}

#[test]
fn a_user_counts_own_entries() {
    let emulator = builder()
        .entry(EntrySeed::new("0_alice", crate::test_client::PARTNER, "a").user("alice"))
        .entry(EntrySeed::new("0_none", crate::test_client::PARTNER, "b"))
        .build()
        .unwrap();
    let count = |ks: &str, filter: Value| emulator.call("media.count", json!({ "ks": ks, "filter": filter }));
    for (ks, found) in [
        (emulator.user_ks("alice"), 1),
        (emulator.user_ks("bob"), 0),
        (emulator.ks(SessionType::User, "bob", "list:*"), 2),
        (emulator.ks(SessionType::User, "bob", "*"), 2),
        (emulator.ks(SessionType::User, "bob", "list:0_alice"), 0),
        (emulator.admin_ks(), 2),
    ] {
        assert_eq!(count(&ks, json!({})), found);
    }
    assert_eq!(count(&emulator.user_ks("bob"), json!({ "idIn": "0_alice" })), 0);
}

#[test]
fn roles_limit_what_a_session_can_do_with_entries() {
    let emulator = emulator();
    let actions = ["add", "addContent", "update", "get", "list", "count", "delete"]
        .map(|action| format!("media.{action}"));
    for (ks, allowed) in [
        ("UPLOAD_BASE_ROLE", [false; 7]),
        ("CAPTURE_DEVICE_ROLE", [true, true, true, false, false, false, false]),
        ("PLAYBACK_BASE_ROLE", [false, false, false, true, true, true, false]),
    ]
    .map(|(role, allowed)| (emulator.ks(SessionType::Admin, "u", &format!("setrole:{role}")), allowed))
    .into_iter()
    .chain([(emulator.widget_ks(), [false, true, true, true, true, true, true])])
    {
        let parameters = json!({
            "ks": ks, "entryId": "0_x", "entry": { "mediaType": 1 }, "mediaEntry": {},
        });
        let is_allowed = actions
            .each_ref()
            .map(|action| emulator.error(action, parameters.clone()) != "SERVICE_FORBIDDEN");
        assert_eq!(is_allowed, allowed);
    }
}
