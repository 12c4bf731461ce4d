//! The JSON Schema of the seed and the reader of the seed accept the same documents.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use boon::{Compiler, SchemaIndex, Schemas};
use kaltura_emulator::{Emulator, Seed};
use serde_json::{Value, json};

struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn new() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let schema = serde_json::from_str(Seed::JSON_SCHEMA).unwrap();
        compiler.add_resource("seed.schema.json", schema).unwrap();
        let index = compiler.compile("seed.schema.json", &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn accepts(&self, seed: &Value) -> bool {
        self.schemas.validate(seed, self.index).is_ok()
    }
}

/// A document with each member that the schema has, in each collection.
fn full() -> Value {
    json!({
        "$schema": "seed.schema.json", "_about": "x", "clock": 5,
        "partners": [{ "id": 7, "description": "x", "adminSecrets": ["x"], "userSecret": "x", "ksVersion": 1,
                       "ksMaxExpiry": 600, "status": "contentBlocked", "hasAnonymousUser": false,
                       "hasDefaultWidget": false }],
        "widgets": [{ "id": "_7", "partnerId": 7, "entryId": "0_a", "roles": "1", "privileges": "view:*",
                      "privacyContext": "x" }],
        "users": [{ "id": "u", "partnerId": 7, "status": "deleted" }],
        "appTokens": [{ "id": "0_t", "partnerId": 7, "token": "x", "hashType": "SHA512", "status": "disabled",
                        "expiry": 1, "sessionType": 2, "sessionUserId": "u", "sessionDuration": 5,
                        "sessionPrivileges": "list:*", "description": "x", "createdAt": 1, "updatedAt": 1 }],
        "roles": [{ "id": 1, "systemName": "R", "permits": ["media.get"] }],
        "entries": [{ "id": "0_a", "partnerId": 7, "name": "x", "userId": "u", "description": "x", "tags": "x", "duration": 1,
                      "createdAt": 1 }]
    })
}

#[test]
fn the_samples_are_valid() {
    let schema = Schema::new();
    let recorded = include_str!("../../../tests/vectors/seed.json");
    let started = serde_json::to_value(Emulator::new().seed()).unwrap();
    for seed in [json!({}), full(), serde_json::from_str(recorded).unwrap(), started] {
        assert!(schema.accepts(&seed), "{seed}");
        Seed::from_json(&seed.to_string()).unwrap();
    }
}

/// Reads `$defs/NAME` for a collection, and the root for none.
fn definition<'a>(schema: &'a Value, collection: Option<&str>) -> &'a Value {
    match collection {
        None => schema,
        Some(name) => {
            let reference = schema["properties"][name]["items"]["$ref"].as_str().unwrap();
            &schema["$defs"][reference.rsplit('/').next().unwrap()]
        }
    }
}

#[test]
fn the_schema_has_exactly_the_members_of_the_reader() {
    let schema: Value = serde_json::from_str(Seed::JSON_SCHEMA).unwrap();
    let full = full();
    for collection in [
        None,
        Some("partners"),
        Some("widgets"),
        Some("users"),
        Some("appTokens"),
        Some("roles"),
        Some("entries"),
    ] {
        let sample = collection.map_or(&full, |name| &full[name][0]);
        let mut members: Vec<&String> =
            definition(&schema, collection)["properties"].as_object().unwrap().keys().collect();
        let mut sampled: Vec<&String> = sample.as_object().unwrap().keys().collect();
        members.sort();
        sampled.sort();
        assert_eq!(members, sampled, "{collection:?}: the sample has each member of the schema");
        // The reader names all of its members if one is unknown.
        let mut unknown = json!({});
        match collection {
            None => unknown["nosuch"] = json!(1),
            Some(name) => unknown[name] = json!([{ "nosuch": 1 }]),
        }
        let message = Seed::from_json(&unknown.to_string()).unwrap_err().to_string();
        let mut read: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
        read.sort_unstable();
        assert_eq!(members, read, "{collection:?}: {message}");
    }
}

#[test]
fn both_refuse_the_same_mistakes() {
    let schema = Schema::new();
    for (pointer, mistake) in [
        ("/partners/0/id", json!("x")),
        ("/partners/0/adminSecrets", json!("x")),
        ("/partners/0/status", json!("gone")),
        ("/partners/0/ksVersion", json!(3)),
        ("/partners/0/hasDefaultWidget", json!(1)),
        ("/widgets/0/privileges", json!(1)),
        ("/users/0/status", json!(null)),
        ("/appTokens/0/hashType", json!("SHA3")),
        ("/appTokens/0/sessionType", json!(1)),
        ("/appTokens/0/status", json!(2)),
        ("/appTokens/0/sessionDuration", json!("x")),
        ("/roles/0/permits", json!("media.get")),
        ("/entries/0/name", json!(null)),
        ("/entries", json!({})),
    ] {
        let mut seed = full();
        *seed.pointer_mut(pointer).unwrap() = mistake;
        assert!(!schema.accepts(&seed), "the schema accepts {pointer}");
        assert!(Seed::from_json(&seed.to_string()).is_err(), "the reader accepts {pointer}");
    }
}
