//! Uploads: of a file in one request, and in chunks that can be continued.

use serde_json::json;

use crate::control::{calls, obey};
use crate::emulator_process::{EmulatorProcess, text_of, token};
use crate::invocation::Kaltura;

const VALUE: &str = "0123456789abcdef0123456789abcdef";

fn server() -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([token("0_importer", VALUE, json!({ "sessionType": 2 }))]))
}

/// A file of so many MiB, in a folder of its own.
fn file(mebibytes: usize) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lecture.mp4");
    std::fs::write(&path, (0..mebibytes << 20).map(|at| (at / 1021) as u8).collect::<Vec<_>>()).unwrap();
    let path = text_of(&path).to_owned();
    (folder, path)
}

fn upload(server: &EmulatorProcess, arguments: &[&str]) -> Kaltura {
    server.cached(server.cache.path(), ["upload"]).arguments(arguments.iter().copied())
}

/// Status and size of an upload token.
fn state(server: &EmulatorProcess, id: &str) -> String {
    let filter = "--jq=\"\\(.status) \\(.uploadedFileSize) \\(.fileName)\"";
    let stdin = json!({ "uploadTokenId": id }).to_string();
    server.call(["uploadToken.get", "-", filter]).stdin(stdin).run_in_process().ends_with(0).stdout
}

#[test]
fn a_file_is_uploaded_in_chunks() {
    let (server, (_folder, path)) = (server(), file(3));
    let finished = upload(&server, &[&path, "--chunk-size=1"]).run_in_process().ends_with(0);
    let id = finished.stdout.trim_end();
    let note: Vec<&str> = finished.stderr.split_whitespace().collect();
    let expected = format!("note: to continue after an interruption: kaltura upload {path} --resume {id}");
    assert_eq!(note.join(" "), expected);
    assert_eq!(state(&server, id), "2 3145728 lecture.mp4\n");
    let sent = calls(&server).iter().filter(|call| *call == "uploadToken.upload").count();
    assert_eq!(sent, 3);

    // One chunk needs no hint.
    let named = upload(&server, &[&path, "--name=other.mp4", "--json"]).run_in_process().ends_with(0);
    assert_eq!((named.document()["fileSize"].as_u64(), &*named.stderr), (Some(3 << 20), ""));
    assert_eq!(named.document()["fileName"], "other.mp4");
}

#[test]
fn an_upload_continues_after_a_failure() {
    let (server, (_folder, path)) = (server(), file(3));
    // The chunk arrives, but its answer is lost, and the state cannot be read.
    obey(&server, &json!({ "injectFault": "status:503@uploadToken.upload#2" }));
    obey(&server, &json!({ "injectFault": "status:503@uploadToken.get" }));
    let failed = upload(&server, &[&path, "--chunk-size=1", "--json"]).run_in_process().ends_with(7);
    let hint = failed.stderr.lines().last().unwrap().to_owned();
    let id = hint.split("--resume ").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(hint.contains("the upload failed after 1048576 of 3145728 bytes"), "{hint}");

    obey(&server, &"clearFaults".into());
    calls(&server);
    let other = file(2);
    let wrong = upload(&server, &[&other.1, "--resume", &id]).run_in_process().fails_with(2);
    wrong.saying("the interrupted upload is one of 3145728 bytes");
    let resumed = upload(&server, &[&path, "--chunk-size=1", "--resume", &id]).run_in_process();
    assert_eq!(resumed.ends_with(0).stdout.trim_end(), id);
    assert_eq!(state(&server, &id), "2 3145728 lecture.mp4\n");
    assert_eq!(calls(&server).iter().filter(|call| *call == "uploadToken.upload").count(), 1);
    upload(&server, &[&path, "--resume=0_nosuchtoken"]).run_in_process().fails_with(5);
}

#[cfg(unix)]
#[test]
fn an_upload_continues_after_a_kill() {
    let (server, (_folder, path)) = (server(), file(3));
    obey(&server, &json!({ "injectFault": "slow:600000@uploadToken.upload#2" }));
    let running = upload(&server, &[&path, "--chunk-size=1"]).start();
    while crate::control::calls_so_far(&server).iter().filter(|call| *call == "uploadToken.upload").count()
        < 2
    {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    running.signal("KILL");
    let told = running.wait().stderr;
    let id = told.split("--resume").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let resumed = upload(&server, &[&path, "--resume", &id]).run_in_process().ends_with(0);
    assert_eq!(resumed.stdout.trim_end(), id);
    assert_eq!(state(&server, &id), "2 3145728 lecture.mp4\n");
}

#[test]
fn an_upload_continues_with_a_new_session() {
    // Of each session three calls are accepted.
    let limited = json!({ "sessionType": 2, "sessionPrivileges": "actionslimit:3" });
    let server = EmulatorProcess::with_tokens(json!([token("0_importer", VALUE, limited)]));
    let (_folder, path) = file(5);
    upload(&server, &[&path, "--chunk-size=1"]).run_in_process().ends_with(0);
    let logins = calls(&server).iter().filter(|call| *call == "appToken.startSession").count();
    assert!(logins > 1, "{logins}");
}

#[test]
fn a_parameter_can_be_a_file() {
    let (server, (_folder, path)) = (server(), file(1));
    let id = server.call(["uploadToken.add", "--jq=.id"]).run_in_process().ends_with(0).stdout;
    let stdin = || json!({ "uploadTokenId": id.trim_end() }).to_string();
    let part = format!("fileData@{path}");
    let call = |more: &str| server.call(["uploadToken.upload", "-", &part, more]).stdin(stdin());
    call("--json").run_in_process().ends_with(0);
    assert_eq!(state(&server, id.trim_end()), "2 1048576 lecture.mp4\n");

    let shown = call("--curl").run_in_process().ends_with(0).stdout;
    assert!(shown.contains(&format!("--form 'fileData=@\"{path}\"' \\\n  --form 'json=<-' <<")), "{shown}");
    let shown = call("--dry-run").arguments(["--json"]).run_in_process().ends_with(0).document();
    assert_eq!(shown["contentType"], "multipart/form-data");
    assert_eq!(shown["files"], json!({ "fileData": path }));
    let missing = server.call(["uploadToken.upload", "fileData@no-such-file"]).run_in_process();
    missing.fails_with(2).saying("open the file no-such-file");
}

#[test]
fn what_cannot_be_uploaded_is_refused() {
    let (server, folder) = (server(), tempfile::tempdir().unwrap());
    let refused = |path: &str| upload(&server, &[path]).run_in_process().fails_with(2);
    refused("no-such-file").saying("open the file no-such-file");
    refused(text_of(folder.path())).saying("is not a regular file");
    assert_eq!(calls(&server), [""; 0]);
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "").unwrap();
    let id = upload(&server, &[text_of(&empty)]).run_in_process().ends_with(0).stdout;
    assert_eq!(state(&server, id.trim_end()), "2 0 empty\n");
}

/// A terminal shows how far it is.
#[cfg(unix)]
#[test]
fn a_terminal_shows_a_progress_bar() {
    let (server, (_folder, path)) = (server(), file(3));
    obey(&server, &json!({ "injectFault": "slow:1500@uploadToken.upload#2" }));
    let mut terminal = crate::terminal::Terminal::open(upload(&server, &[&path, "--chunk-size=1"]));
    terminal.wait_for("uploading lecture.mp4 [######              ] 33 %, 1.0 of 3.1 MB");
    assert_eq!(terminal.left().code, 0);
}

#[cfg(unix)]
#[test]
fn a_terminal_shows_how_much_of_a_request_is_sent() {
    let (server, (folder, path)) = (server(), file(3));
    let id = server.call(["uploadToken.add", "--jq=.id"]).run().ends_with(0).stdout;
    let file = folder.path().join("id");
    std::fs::write(&file, id).unwrap();
    obey(&server, &json!({ "injectFault": "slow:1500@uploadToken.upload" }));
    let (id, part) = (format!("uploadTokenId=@{}", text_of(&file)), format!("fileData@{path}"));
    let mut terminal = crate::terminal::Terminal::open(server.call(["uploadToken.upload", &id, &part]));
    terminal.wait_for(" [####################] 100 %, 3.1 of 3.1 MB");
    assert_eq!(terminal.left().code, 0);
}
