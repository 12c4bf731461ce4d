//! Inputs to begin with: the vectors of the real server's code, and what covers the rest of a target.

use std::time::Duration;

use kaltura_auth::blocking::SessionStore as _;
use kaltura_auth::store::{Record, StoreTime};
use kaltura_auth::{Session, SessionId};
use kaltura_store::file::FileStore;
use kaltura_types::{Ks, PartnerId};
use serde_json::Value;

use crate::targets::stored;

/// The state of the emulator in which the exchanges were recorded.
pub const SEED: &str = include_str!("../../tests/vectors/seed.json");

const EXCHANGES: [&str; 3] = [
    include_str!("../../tests/vectors/exchanges.json"),
    include_str!("../../tests/vectors/exchanges-2.json"),
    include_str!("../../tests/vectors/exchanges-3.json"),
];

fn json(text: &str) -> Value {
    let Ok(value) = serde_json::from_str(text) else { panic!("the vectors are JSON") };
    value
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn owned<const N: usize>(texts: [&str; N]) -> Vec<Vec<u8>> {
    texts.map(|text| text.as_bytes().to_vec()).into()
}

fn exchanges() -> Vec<Value> {
    EXCHANGES.iter().flat_map(|file| list(&json(file)["exchanges"]).cloned().collect::<Vec<_>>()).collect()
}

/// Each KS of the vectors, well formed or not.
#[must_use]
pub fn ks() -> Vec<Vec<u8>> {
    let vectors = json(include_str!("../../tests/vectors/ks.json"));
    let all = list(&vectors["vectors"]).chain(list(&vectors["malformed"]));
    let mut seeds: Vec<Vec<u8>> = all.map(|vector| text(&vector["ks"]).as_bytes().to_vec()).collect();
    seeds.extend(list(&vectors["vectors"]).map(|vector| text(&vector["fields"]).as_bytes().to_vec()));
    seeds.extend(owned(["null", "b'djJ8'", "\"djJ8\"", "ks=djJ8", "{\"ks\":\"djJ8\"}", "djJ8%3D"]));
    seeds
}

/// Users, privileges and additional data of the vectors.
#[must_use]
pub fn signed_fields() -> Vec<Vec<u8>> {
    let vectors = json(include_str!("../../tests/vectors/ks.json"));
    let input = |vector: &Value| {
        let input = &vector["input"];
        let (user, privileges) = (text(&input["userId"]), text(&input["privileges"]));
        format!("{user}\n{privileges}\n{}", text(&input["additionalData"])).into_bytes()
    };
    list(&vectors["vectors"]).map(input).collect()
}

/// The bodies of the recorded responses.
#[must_use]
pub fn responses() -> Vec<Vec<u8>> {
    exchanges().iter().map(|exchange| text(&exchange["response"]["body"]).as_bytes().to_vec()).collect()
}

/// The privileges of the vectors, those of a token with those that are requested.
#[must_use]
pub fn privileges() -> Vec<Vec<u8>> {
    let vectors = json(include_str!("../../tests/vectors/privileges.json"));
    let parsed = list(&vectors["parse"]).map(|vector| text(&vector["input"]).as_bytes().to_vec());
    let merged = list(&vectors["merge"]).map(|vector| {
        format!("{}\n{}", text(&vector["tokenPrivileges"]), text(&vector["sessionPrivileges"])).into_bytes()
    });
    parsed.chain(merged).collect()
}

/// A secret in each spelling, in a text.
#[must_use]
pub fn redaction() -> Vec<Vec<u8>> {
    let texts =
        ["3f786850e387550fdab836ed7e6dc881 IS THE SECRET, of a Token", "ab+cd/ef:gh|ij X%&#; <WBR>\\U"];
    (0..60)
        .map(|spelling| {
            let text = texts[spelling % texts.len()];
            let first = [u8::try_from(spelling).unwrap_or(0), u8::try_from(spelling / 2).unwrap_or(0)];
            [&first, text.as_bytes()].concat()
        })
        .collect()
}

/// The recorded requests: their line, their content type, their body.
#[must_use]
pub fn requests() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = exchanges()
        .iter()
        .map(|exchange| {
            let request = &exchange["request"];
            let is_type = |header: &&Value| text(&header[0]).eq_ignore_ascii_case("content-type");
            let content_type = list(&request["headers"]).find(is_type).map_or("", |header| text(&header[1]));
            format!("{}\n{content_type}\n{}", text(&request["line"]), text(&request["body"])).into_bytes()
        })
        .collect();
    seeds.extend(owned([
        "service=session\naction=startWidgetSession\nwidgetId=_1234567\nformat=1",
        "service=appToken\naction=list\nfilter[idEqual]=0_a\nfilter:idIn=0_b\npager[pageSize]=1\nformat=1",
        "service=session\naction=start\nsecret=a0b1c2d3e4f5061728394a5b6c7d8e9f\npartnerId=1234567\nprivileges=a:b",
    ]));
    seeds
}

/// References as texts of calls.
#[must_use]
pub fn references() -> Vec<Vec<u8>> {
    owned([
        "0_token0001\n{2:result:objects:0:id}\n{3:result:id}",
        "{2:result:objects:_all:id}\n{2:result:totalCount}\n{1:result:code}",
        "{{1:result}}\n{2:result:objects:_all:_all}\n{9:result}",
    ])
}

/// Responses to a login and to calls, some with echoes.
#[must_use]
pub fn answers() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = exchanges()
        .iter()
        .map(|exchange| {
            let response = &exchange["response"];
            format!("{}\n\n\npa-1\n{}", response["status"], text(&response["body"])).into_bytes()
        })
        .collect();
    let error = |message: &str| {
        format!(
            "200\n120\nTue, 24 Nov 2026 03:22:35 GMT\n{message}\n{{\"code\":\"INVALID_KS\",\"message\":\"{message}\",\
             \"objectType\":\"KalturaAPIException\",\"args\":{{\"KS\":\"{message}\"}}}}"
        )
    };
    for echo in ["\x01", "\x02", "\x03", "\x04", "\x05", "\x06"] {
        seeds.push(error(&format!("Invalid KS \\\"{echo}\\\"")).into_bytes());
        seeds.push(format!("503\n\n\n{echo}\n<html>{echo}").into_bytes());
        seeds.push(format!("200\n\n\n\n[{{\"objects\":[{{\"id\":\"{echo}\"}}]}},null]").into_bytes());
    }
    seeds
}

/// Parameters of a call.
#[must_use]
pub fn parameters() -> Vec<Vec<u8>> {
    owned([
        "filter.idEqual=0_a1b2c3d4\npager.pageSize:=5",
        "filter[idEqual]=0_a\nlist:=[1,{\"a\":null}]",
        "entryId=0_a\n-\n\n{\"filter\":{\"idEqual\":\"0_b\",\"adminSecret\":\"hush\"}}",
        "ks=djJ8MTIzNDU2N3w\nsecret=x",
        "a.b.c[d][e].f=1\na.b.c=2",
        "partnerId=5\nformat=2\nservice=x",
    ])
}

/// Files with profiles.
#[must_use]
pub fn profiles() -> Vec<Vec<u8>> {
    owned([
        "",
        "default_profile = \"work\"\n\n[profiles.work] # mine\npartner_id = 1234567\napp_token_id = \"0_a\"\n\
         token_command = \"pass show x\"\nservice_url = \"https://video.example.com\"\nuser = \"u\"\n\
         lifetime = \"1h\"\nprivileges = \"sview:*\"\n",
        "profiles.a.region = \"eu\"\nprofiles.b = { partner_id = 7 }\n",
        "[profiles]\n[profiles.\"x y\"]\nstore = \"redis://h\"\n",
    ])
}

fn record() -> Record {
    const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c";
    let session = Session::new(PartnerId::new(1_234_567), Ks::new(KS)).to_stored_exposing_ks();
    let lifetime = Duration::from_secs(1 << 40);
    Record::new(SessionId::from_bits(7), session, lifetime, StoreTime::from_millis(1 << 49))
}

/// Records of stores.
#[must_use]
pub fn records() -> Vec<Vec<u8>> {
    let mut seeds = owned([
        r#"{"version":1,"step":"start_session","kind":"transport","failures":1,"http_status":503,"retry_after_ms":7}"#,
        r#"{"ks":"djJ8","partner_id":7,"user_id":"u","session_type":2,"privileges":"a:b,,c","expires_at":9}"#,
    ]);
    seeds.push(record().to_json_exposing_ks().into_bytes());
    seeds
}

/// Files of the file store, as it writes them now.
#[must_use]
pub fn session_files() -> Vec<Vec<u8>> {
    let Ok(folder) = tempfile::tempdir() else { panic!("there is no place for temporary files") };
    let store = FileStore::new(folder.path().join("store"));
    let published = store.publish(&stored::key(), None, &record(), None);
    let path = store.folder().join(format!("{}.session", stored::key().as_hex()));
    let Ok(file) = std::fs::read(path) else { panic!("nothing was stored: {published:?}") };
    vec![file, b"{}".to_vec()]
}

/// URLs, durations, rules and headers.
#[must_use]
pub fn settings() -> Vec<Vec<u8>> {
    let mut seeds = owned([
        "https://video.example.com/api_v3/",
        "http://127.0.0.1:8080",
        "https://[::1]:1/a/b",
        "1h30m",
        "90s",
        "1.5d",
        "120",
        "Tue, 24 Nov 2026 03:22:35 GMT",
        "session.start status=503 times=2",
        "proxy.example.com:3128\n.example.com,10.0.0.0/8,*",
        "10/1m",
        "1ms..2ms",
        "1234567,1795493361",
    ]);
    seeds.push(SEED.as_bytes().to_vec());
    seeds
}
