//! `Client::call` over a transport that answers at once, beside serialising the parameters and parsing the answer.

use std::hint::black_box;
use std::sync::Arc;

use kaltura_auth::source::FixedSession;
use kaltura_auth::{ServiceUrl, Session, WireResponse, transport_fn};
use kaltura_client::{Client, RawAction};
use kaltura_http::TokioRuntime;
use kaltura_types::{Ks, PartnerId, UnixTime};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{Work, ready};

/// A KS of the usual length.
pub(crate) const KS: &str = "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2cQ5JvXcXTqXnI9a0bDbz1qFCm9mK7n-vVEiGWc3pbkQ0Xw4mZxPHyRAvWfM0nWQjA9A2G";

const SMALL: &str = r#"{"objects":[{"id":"0_abcdefgh","name":"Lecture 1","duration":62}],"totalCount":1,"objectType":"KalturaMediaListResponse"}"#;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only deserialized")]
struct List {
    objects: Vec<Entry>,
    total_count: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only deserialized")]
struct Entry {
    id: String,
    name: String,
    description: Option<String>,
    user_id: String,
    tags: String,
    created_at: i64,
    duration: u64,
    plays: u64,
    download_url: String,
    status: i64,
}

/// A page of 50 entries with what the server sends for each, and more than the struct reads.
fn large_body() -> String {
    let entry = |number: u64| {
        json!({
            "id": format!("0_entry{number:03}"),
            "name": format!("Lecture {number}: Übungen zur Vorlesung"),
            "description": "A recording of the lecture. It has \"quotes\",\nlines, and é.",
            "partnerId": 1_234_567,
            "userId": "lecturer@example.com",
            "creatorId": "lecturer@example.com",
            "tags": "lecture, recording, summer",
            "categories": "Lectures>Mathematics",
            "categoriesIds": "10234,10235",
            "status": 2,
            "moderationStatus": 6,
            "moderationCount": 0,
            "type": 1,
            "createdAt": 1_790_000_000 + number,
            "updatedAt": 1_790_000_500 + number,
            "rank": 0.0,
            "totalRank": 0,
            "votes": 0,
            "downloadUrl": format!("https://cdnapisec.example.com/p/1234567/sp/123456700/playManifest/entryId/0_entry{number:03}/format/download/protocol/https/flavorParamIds/0"),
            "searchText": format!("_PAR_ONLY_ _1234567_ _MEDIA_TYPE_1|  Lecture {number} lecture, recording, summer"),
            "licenseType": -1,
            "version": 0,
            "thumbnailUrl": format!("https://cfvod.example.com/p/1234567/sp/123456700/thumbnail/entry_id/0_entry{number:03}/version/100002"),
            "operationAttributes": [],
            "conversionProfileId": 9_876_543,
            "plays": 12,
            "views": 30,
            "duration": 3600 + number,
            "msDuration": (3600 + number) * 1000,
            "mediaType": 1,
            "dataUrl": format!("https://cdnapisec.example.com/p/1234567/sp/123456700/playManifest/entryId/0_entry{number:03}/format/url/protocol/https"),
            "flavorParamsIds": "0,487041,487051,487061",
            "objectType": "KalturaMediaEntry",
        })
    };
    let objects: Vec<Value> = (0..42).map(entry).collect();
    json!({ "objects": objects, "totalCount": 420, "objectType": "KalturaMediaListResponse" }).to_string()
}

fn client(body: &str) -> Client {
    let runtime = TokioRuntime::new();
    let session = Session::new(PartnerId::new(1_234_567), Ks::new(KS))
        .with_expiry(UnixTime::from_seconds(4_000_000_000));
    let body: Arc<[u8]> = body.as_bytes().into();
    let transport = transport_fn(move |request| {
        black_box(request);
        let response = WireResponse::new(200, &*body);
        async move { Ok(response) }
    });
    Client::builder_with_source(ServiceUrl::US, FixedSession::new(session), transport, runtime).build()
}

fn parameters() -> (&'static str, Value) {
    ("pager", json!({ "pageSize": 30, "pageIndex": 1, "objectType": "KalturaFilterPager" }))
}

pub(crate) fn small() -> Work {
    let client = client(SMALL);
    Box::new(move || {
        let (name, value) = parameters();
        let list = RawAction::new("media", "list").param(name, value);
        black_box(ready(client.call(&list)).unwrap());
    })
}

pub(crate) fn small_baseline() -> Work {
    Box::new(|| drop(black_box(exchange::<Value>(SMALL))))
}

pub(crate) fn large() -> Work {
    let client = client(&large_body());
    Box::new(move || {
        let (name, value) = parameters();
        let list = RawAction::new("media", "list").param(name, value).output::<List>();
        drop(black_box(ready(client.call(&list)).unwrap()));
    })
}

pub(crate) fn large_baseline() -> Work {
    let body = large_body();
    Box::new(move || drop(black_box(exchange::<List>(&body))))
}

/// Writes the same parameters, copies the answer as a transport does, and parses it.
fn exchange<T: serde::de::DeserializeOwned>(answer: &str) -> T {
    let (name, value) = parameters();
    let mut parameters = Map::new();
    parameters.insert(name.to_owned(), value);
    parameters.insert("ks".to_owned(), KS.into());
    parameters.insert("clientTag".to_owned(), kaltura_auth::CLIENT_TAG.into());
    parameters.insert("format".to_owned(), 1.into());
    black_box(serde_json::to_vec(&parameters).unwrap());
    let received = black_box(answer.as_bytes().to_vec());
    serde_json::from_slice(&received).unwrap()
}
