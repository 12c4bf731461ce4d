//! Calls with files.

use futures_util::io::Cursor;
use kaltura_client::types::FilePart;
use kaltura_client::{Multirequest, RawAction};
use serde_json::json;

use crate::fixture::{BlockingFixture, Fixture, ks};
use crate::form::File;
use crate::server::Reply;

fn upload() -> RawAction {
    RawAction::new("uploadToken", "upload")
        .param("uploadTokenId", "0_328ce8ca844f100d67092f5f99ad51f4")
        .param("finalChunk", true)
        .file("fileData", "a.mp4", b"\0one\r\n--".to_vec())
}

#[test]
fn a_file_is_sent_with_the_parameters_and_no_secret_is_in_the_url() {
    let (fixture, blocking) = (Fixture::new([]), BlockingFixture::new([]));
    fixture.clock.run(fixture.client.call(&upload())).unwrap();
    blocking.client.call(&upload()).unwrap();
    for server in [&fixture.server, &blocking.server] {
        let sent = &server.sent()[0];
        assert_eq!(sent.ks(), Some(&*ks(1)));
        assert_eq!(sent.parameters["uploadTokenId"], "0_328ce8ca844f100d67092f5f99ad51f4");
        assert_eq!(sent.names(), ["clientTag", "finalChunk", "format", "ks", "uploadTokenId"]);
        let file = ("fileData".to_owned(), "a.mp4".to_owned(), b"\0one\r\n--".to_vec());
        let (name, file_name, content) = file;
        assert_eq!(sent.files, [File { name, file_name, content }]);
        let url = sent.request.url();
        assert!(url.contains("/action/upload?format=1&") && url.contains("finalChunk=1"), "{url}");
        assert!(!url.contains("328ce8") && !url.contains("canary"), "{url}");
    }
}

#[test]
fn a_file_is_sent_again_with_a_new_session() {
    let fixture = Fixture::new([Reply::invalid_ks("EXPIRED")]);
    fixture.clock.run(fixture.client.call(&upload())).unwrap();
    let sent = fixture.server.sent();
    assert_eq!(fixture.server.sessions(), [Some(ks(1)), Some(ks(2))]);
    assert_eq!(sent[0].files, sent[1].files);
}

#[test]
fn objects_and_files_go_together() {
    let fixture = Fixture::new([]);
    let action = RawAction::new("media", "addFromFile")
        .param("entry", json!({ "name": "n" }))
        .param("type", 1)
        .file("fileData", "", b"f".to_vec());
    fixture.clock.run(fixture.client.call(&action)).unwrap();
    let sent = &fixture.server.sent()[0];
    assert_eq!(sent.parameters["entry"], json!({ "name": "n" }));
    assert_eq!(sent.names(), ["clientTag", "entry", "format", "ks", "type"]);
    assert_eq!(sent.files[0].file_name, "file");
}

#[test]
fn a_file_of_a_multirequest_is_numbered() {
    let fixture = Fixture::new([Reply::json(json!([true, true]))]);
    let mut batch = Multirequest::new();
    let add = batch.add(RawAction::new("uploadToken", "add"));
    let upload = RawAction::new("uploadToken", "upload").file("fileData", "a.mp4", b"f".to_vec());
    batch.add(upload.refer("uploadTokenId", add.reference("id")));
    fixture.clock.run(fixture.client.multirequest(batch)).unwrap();
    let sent = &fixture.server.sent()[0];
    assert_eq!(sent.parameters["2"]["uploadTokenId"], "{1:result:id}");
    assert_eq!((&*sent.files[0].name, &*sent.files[0].content), ("2:fileData", &b"f"[..]));
    assert!(!sent.request.url().contains("canary"));
}

#[test]
fn a_file_is_read_from_a_reader_of_known_length() {
    use kaltura_client::types::Action as _;
    let action = || RawAction::new("a", "b");
    let read = |length| action().file_from_reader("fileData", "a", &b"abcd"[..], length);
    assert_eq!(read(3).unwrap().files(), [FilePart::new("fileData", "a", "abc")]);
    assert_eq!(read(5).unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
    let fixture = Fixture::new([]);
    let read = |length| {
        fixture.clock.run(action().file_from_async_reader("fileData", "a", Cursor::new(b"abcd"), length))
    };
    assert_eq!(read(4).unwrap().files(), [FilePart::new("fileData", "a", "abcd")]);
    assert_eq!(read(5).unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof);
}
