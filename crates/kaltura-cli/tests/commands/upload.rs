//! Uploads: of a file in one request, and in chunks that can be continued.

use serde_json::json;

use crate::support::invocation::Kaltura;
use crate::support::server::{TestServer, text_of};

fn server() -> TestServer {
    TestServer::with_token(json!({ "sessionType": 2 }))
}

/// A file of so many MiB, in a folder of its own.
fn file(mebibytes: usize) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lecture.mp4");
    std::fs::write(&path, (0..mebibytes << 20).map(|at| (at / 1021) as u8).collect::<Vec<_>>()).unwrap();
    let path = text_of(&path).to_owned();
    (folder, path)
}

fn upload(server: &TestServer, arguments: &[&str]) -> Kaltura {
    server.kaltura(["upload"]).arguments(arguments)
}

/// Status and size of an upload token.
fn state(server: &TestServer, id: &str) -> String {
    let filter = "--jq=\"\\(.status) \\(.uploadedFileSize) \\(.fileName)\"";
    let stdin = json!({ "uploadTokenId": id }).to_string();
    server.call(["uploadToken.get", "-", filter]).stdin(stdin).succeeds().stdout
}

#[test]
fn a_file_is_uploaded_in_chunks() {
    let (server, (_folder, path)) = (server(), file(3));
    let finished = upload(&server, &[&path, "--chunk-size=1"]).succeeds();
    let id = finished.stdout.trim_end();
    let note: Vec<&str> = finished.stderr.split_whitespace().collect();
    let expected = format!("note: to continue after an interruption: kaltura upload {path} --resume {id}");
    assert_eq!(note.join(" "), expected);
    assert_eq!(state(&server, id), "2 3145728 lecture.mp4\n");
    let sent = server.calls().iter().filter(|call| *call == "uploadToken.upload").count();
    assert_eq!(sent, 3);

    // One chunk needs no hint.
    let named = upload(&server, &[&path, "--name=other.mp4", "--json"]).succeeds();
    assert_eq!((named.document()["fileSize"].as_u64(), &*named.stderr), (Some(3 << 20), ""));
    assert_eq!(named.document()["fileName"], "other.mp4");
}

#[test]
fn an_upload_continues_after_a_failure() {
    let (server, (_folder, path)) = (server(), file(3));
    // The chunk arrives, but its answer is lost, and the state cannot be read.
    server.apply(json!({ "injectFault": "status:503@uploadToken.upload#2" }));
    server.apply(json!({ "injectFault": "status:503@uploadToken.get" }));
    let failed = upload(&server, &[&path, "--chunk-size=1", "--json"]).run().ends_with(7);
    let hint = failed.stderr.lines().last().unwrap().to_owned();
    let id = hint.split("--resume ").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(hint.contains("the upload failed after 1048576 of 3145728 bytes"), "{hint}");

    server.apply("clearFaults");
    server.calls();
    let other = file(2);
    let wrong = upload(&server, &[&other.1, "--resume", &id]).fails(2);
    wrong.saying("the interrupted upload is one of 3145728 bytes");
    let resumed = upload(&server, &[&path, "--chunk-size=1", "--resume", &id]).run();
    assert_eq!(resumed.ends_with(0).stdout.trim_end(), id);
    assert_eq!(state(&server, &id), "2 3145728 lecture.mp4\n");
    assert_eq!(server.calls().iter().filter(|call| *call == "uploadToken.upload").count(), 1);
    upload(&server, &[&path, "--resume=0_nosuchtoken"]).fails(5);
}

#[test]
fn an_upload_continues_with_a_new_session() {
    // Of each session three calls are accepted.
    let limited = json!({ "sessionType": 2, "sessionPrivileges": "actionslimit:3" });
    let server = TestServer::with_token(limited);
    let (_folder, path) = file(5);
    upload(&server, &[&path, "--chunk-size=1"]).succeeds();
    let logins = server.calls().iter().filter(|call| *call == "appToken.startSession").count();
    assert!(logins > 1, "{logins}");
}

#[test]
fn a_parameter_can_be_a_file() {
    let (server, (_folder, path)) = (server(), file(1));
    let id = server.call(["uploadToken.add", "--jq=.id"]).succeeds().stdout;
    let stdin = || json!({ "uploadTokenId": id.trim_end() }).to_string();
    let part = format!("fileData@{path}");
    let call = |more: &str| server.call(["uploadToken.upload", "-", &part, more]).stdin(stdin());
    call("--json").succeeds();
    assert_eq!(state(&server, id.trim_end()), "2 1048576 lecture.mp4\n");

    let shown = call("--curl").succeeds().stdout;
    assert!(shown.contains(&format!("--form 'fileData=@\"{path}\"' \\\n  --form 'json=<-' <<")), "{shown}");
    let shown = call("--dry-run").answer();
    assert_eq!(shown["contentType"], "multipart/form-data");
    assert_eq!(shown["files"], json!({ "fileData": path }));
    let missing = server.call(["uploadToken.upload", "fileData@no-such-file"]).run();
    missing.fails_with(2).saying("open the file no-such-file");
}

#[test]
fn what_cannot_be_uploaded_is_refused() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let refused = |path: &str| upload(&server, &[path]).fails(2);
    refused("no-such-file").saying("open the file no-such-file");
    refused(text_of(folder.path())).saying("is not a regular file");
    assert_eq!(server.calls(), [""; 0]);
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "").unwrap();
    let id = upload(&server, &[text_of(&empty)]).succeeds().stdout;
    assert_eq!(state(&server, id.trim_end()), "2 0 empty\n");
}
