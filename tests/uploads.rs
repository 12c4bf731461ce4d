//! A file from the client to an entry, over real HTTP: uploaded in chunks, made the content of an entry, converted and
//! listed.
#![cfg(test)]

use std::time::Duration;

use futures_util::TryStreamExt as _;
use futures_util::io::Cursor;
use kaltura_auth::{AppTokenLogin, ServiceUrl};
use kaltura_client::{
    Client, ErrorKind, Multirequest, RawAction, RetryPolicy, UploadError, UploadFailure, blocking,
};
use kaltura_emulator::server::Server;
use kaltura_emulator::{AppTokenSeed, Emulator, Fault, FaultRule};
use kaltura_http::{ReqwestTransport, SystemClock, TokioRuntime};
use kaltura_types::{AddUploadToken, SessionType, UploadToken, UploadTokenId};
use serde_json::{Value, json};

const CHUNK: usize = 64 << 10;

/// The chunks of [`content`]; the last one is not full.
const CHUNKS: usize = 5;

const CONVERSION: Duration = Duration::from_secs(3600);

/// How long a session is valid, in seconds. That of the widget is valid for a day.
const LIFETIME: u32 = 7200;

fn content() -> Vec<u8> {
    let length = u32::try_from((CHUNKS - 1) * CHUNK + 1).unwrap();
    (0..length).map(|index| index.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect()
}

fn emulator() -> Emulator {
    Emulator::builder().conversion_time(Some(CONVERSION)).random_seed(1).build().unwrap()
}

fn login(server: &Server) -> AppTokenLogin {
    let seed = AppTokenSeed::new().session_type(SessionType::User).user("uploader");
    let token = server.emulator().add_app_token(seed.duration(LIFETIME.into())).unwrap();
    AppTokenLogin::new(server.url().clone(), token.credentials())
}

fn client(login: AppTokenLogin) -> Client {
    kaltura_http::client(login).unwrap()
}

fn blocking_client(login: AppTokenLogin) -> blocking::Client {
    kaltura_http::blocking::client(login).unwrap()
}

fn assert_uploaded(server: &Server, file: &UploadToken) {
    assert!(file.is_complete());
    assert_eq!(file.uploaded_file_size, Some(content().len() as u64));
    assert_eq!(server.emulator().uploaded(file.id.expose()).as_deref(), Some(&content()[..]));
}

/// The server's clock jumps, so that the client does not know.
fn expire_session(server: &Server) {
    server.emulator().clock().advance(Duration::from_secs(LIFETIME.into()));
}

fn count(server: &Server, action: &str) -> usize {
    server.emulator().calls().count(action)
}

/// The ids of all entries that `media.list` shows.
async fn listed(client: &Client) -> Vec<Value> {
    let list = RawAction::new("media", "list").param("filter", json!({ "orderBy": "+createdAt" }));
    let entries: Vec<Value> = client.pages(&list).objects().try_collect().await.unwrap();
    entries.into_iter().map(|entry| entry["id"].clone()).collect()
}

#[tokio::test]
async fn file_is_uploaded_across_a_renewal_and_becomes_an_entry() {
    let server = emulator().serve().await.unwrap();
    let client = client(login(&server));
    let content = content();
    let mut progress = Vec::new();
    let file = client
        .upload(Cursor::new(&content), content.len() as u64)
        .file_name("lecture.mp4")
        .chunk_size(CHUNK)
        .on_progress(|now| {
            progress.push(now.uploaded());
            if progress.len() == 3 {
                expire_session(&server);
            }
        })
        .send()
        .await
        .unwrap();
    assert_uploaded(&server, &file);
    let expected: Vec<u64> = (0..CHUNKS).map(|index| (index * CHUNK) as u64).collect();
    assert_eq!(progress, [&expected[..], &[content.len() as u64]].concat());
    assert_eq!(count(&server, "appToken.startSession"), 2);
    assert_eq!(count(&server, "uploadToken.add"), 1);
    // The chunk that the server refused with the session was sent again, and no other.
    assert_eq!(count(&server, "uploadToken.upload"), CHUNKS + 1);

    let entry = json!({ "name": "Lecture", "mediaType": 1 });
    let entry = client.call(&RawAction::new("media", "add").param("entry", entry)).await.unwrap();
    let resource = json!({ "objectType": "KalturaUploadedFileTokenResource", "token": file.id.expose() });
    let add_content = RawAction::new("media", "addContent")
        .param("entryId", entry["id"].clone())
        .param("resource", resource);
    let converting = client.call(&add_content).await.unwrap();
    assert_eq!((&converting["id"], &converting["status"]), (&entry["id"], &json!(1)));
    assert!(!listed(&client).await.contains(&entry["id"]), "an entry that is not converted is listed");

    server.emulator().clock().advance(CONVERSION);
    assert!(listed(&client).await.contains(&entry["id"]), "a converted entry is not listed");
    let id = entry["id"].as_str().unwrap();
    assert_eq!(server.emulator().uploaded(id).as_deref(), Some(&content[..]));
}

#[test]
fn blocking_upload_goes_on_across_a_renewal() {
    let server = emulator().serve_blocking().unwrap();
    let client = blocking_client(login(&server));
    let content = content();
    let mut reports = 0;
    let upload = client.upload(&content[..], content.len() as u64).chunk_size(CHUNK).on_progress(|_| {
        reports += 1;
        if reports == 3 {
            expire_session(&server);
        }
    });
    assert_uploaded(&server, &upload.send().unwrap());
    assert_eq!(reports, CHUNKS + 1);
    assert_eq!(count(&server, "appToken.startSession"), 2);
    assert_eq!(count(&server, "uploadToken.upload"), CHUNKS + 1);
}

#[tokio::test]
async fn entry_is_created_with_its_file_in_one_multirequest() {
    let server = emulator().serve().await.unwrap();
    let client = client(login(&server));
    let mut batch = Multirequest::new();
    let token = batch.add(AddUploadToken::new());
    let entry = json!({ "name": "Lecture", "mediaType": 1 });
    let entry = batch.add(RawAction::new("media", "add").param("entry", entry));
    let resource = json!({ "objectType": "KalturaUploadedFileTokenResource" });
    let add_content = RawAction::new("media", "addContent").param("resource", resource);
    let add_content = add_content.refer("entryId", entry.reference("id"));
    batch.add(add_content.refer("resource.token", token.reference("id")));
    let upload = RawAction::new("uploadToken", "upload").file("fileData", "lecture.mp4", content());
    let upload = batch.add(upload.refer("uploadTokenId", token.reference("id")));

    let mut results = client.multirequest(batch).await.unwrap();
    assert_eq!(results.unresolved_references().len(), 0);
    // Closed: the file is the content of the entry.
    assert_eq!(results.take(upload).unwrap()["status"], 3);
    let id = results.take(entry).unwrap()["id"].clone();
    assert_eq!(server.emulator().uploaded(id.as_str().unwrap()).as_deref(), Some(&content()[..]));
    server.emulator().clock().advance(CONVERSION);
    assert!(listed(&client).await.contains(&id), "a converted entry is not listed");
}

#[tokio::test]
async fn file_is_uploaded_to_an_emulator_in_the_process() {
    let emulator = emulator();
    let login = AppTokenLogin::new(ServiceUrl::US, emulator.app_token().credentials());
    let content = content();
    let length = content.len() as u64;
    let client = Client::builder(login.clone(), emulator.transport(), TokioRuntime::new()).build();
    let upload = client.upload(Cursor::new(&content), length).chunk_size(CHUNK);
    let file = upload.send().await.unwrap();
    assert_eq!(emulator.uploaded(file.id.expose()).as_deref(), Some(&content[..]));

    let client = blocking::Client::builder(login, emulator.transport(), SystemClock::new()).build();
    let file = client.upload(&content[..], length).chunk_size(CHUNK).send().unwrap();
    assert_eq!(emulator.uploaded(file.id.expose()).as_deref(), Some(&content[..]));
    assert_eq!(emulator.calls().count("uploadToken.upload"), 2 * CHUNKS);
}

/// What a program keeps to resume an upload: the id of the token and the offset, from the error.
fn kept(error: &UploadError) -> (UploadTokenId, u64) {
    assert!(matches!(error.failure(), UploadFailure::Read(_)), "{error:?}");
    assert_eq!(error.offset(), 2 * CHUNK as u64);
    (error.token_id().unwrap().clone(), error.offset())
}

#[tokio::test]
async fn interrupted_upload_is_resumed_by_another_client() {
    let server = emulator().serve().await.unwrap();
    let (content, login) = (content(), login(&server));
    let length = content.len() as u64;
    // The reader ends in the third chunk.
    let interrupted = client(login.clone()).upload(Cursor::new(&content[..2 * CHUNK + 9]), length);
    let (id, offset) = kept(&interrupted.chunk_size(CHUNK).send().await.unwrap_err());

    let rest = Cursor::new(&content[2 * CHUNK..]);
    let resumed = client(login).upload(rest, length).chunk_size(CHUNK).resume(id, offset);
    assert_uploaded(&server, &resumed.send().await.unwrap());
    assert_eq!(count(&server, "uploadToken.add"), 1);
    assert_eq!(count(&server, "uploadToken.upload"), CHUNKS);
}

#[test]
fn interrupted_upload_is_resumed_by_another_blocking_client() {
    let server = emulator().serve_blocking().unwrap();
    let (content, login) = (content(), login(&server));
    let length = content.len() as u64;
    let interrupted = blocking_client(login.clone()).upload(&content[..2 * CHUNK + 9], length);
    let (id, offset) = kept(&interrupted.chunk_size(CHUNK).send().unwrap_err());

    let resumed = blocking_client(login).upload(&content[2 * CHUNK..], length);
    assert_uploaded(&server, &resumed.chunk_size(CHUNK).resume(id, offset).send().unwrap());
    assert_eq!(count(&server, "uploadToken.add"), 1);
    assert_eq!(count(&server, "uploadToken.upload"), CHUNKS);
}

#[tokio::test]
async fn broken_connections_neither_lose_nor_repeat_a_chunk() {
    let server = emulator().serve().await.unwrap();
    let retry = RetryPolicy::default().backoff(Duration::from_millis(1), Duration::from_millis(1));
    let transport = ReqwestTransport::builder().build().unwrap();
    let client = Client::builder(login(&server), transport, TokioRuntime::new());
    let client = client.retry(retry).build();
    client.prefetch().await.unwrap();
    let reset = || FaultRule::new(Fault::Reset).on("uploadToken.upload");
    // The second chunk is lost twice. Of the first and the last, only the response is lost.
    server.emulator().inject(reset().calls(2..=3).before_the_action());
    server.emulator().inject(reset().nth(1));
    server.emulator().inject(reset().nth(7));
    let content = content();
    let upload = client.upload(Cursor::new(&content), content.len() as u64).chunk_size(CHUNK);
    assert_uploaded(&server, &upload.send().await.unwrap());
    assert_eq!(count(&server, "uploadToken.get"), 4);
    assert_eq!(count(&server, "uploadToken.upload"), CHUNKS);
}

#[tokio::test]
async fn lost_response_to_add_creates_no_second_token() {
    let server = emulator().serve().await.unwrap();
    let client = client(login(&server));
    client.prefetch().await.unwrap();
    server.emulator().inject(FaultRule::new(Fault::Reset).on("uploadToken.add"));
    let error = client.upload(Cursor::new(b"a"), 1).send().await.unwrap_err();
    assert!(matches!(error.call_error().unwrap().kind(), ErrorKind::Transport(_)), "{error:?}");
    assert_eq!(error.token_id(), None);
    assert_eq!(count(&server, "uploadToken.add"), 1);
}
