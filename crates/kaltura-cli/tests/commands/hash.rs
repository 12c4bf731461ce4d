//! The token hash, by hand.

use serde_json::json;

use crate::support::invocation::Kaltura;
use crate::support::odd_server::{OddServer, ok};
use crate::support::server::{KS, TestServer, VALUE, text_of};

/// `printf %s "$KS$VALUE" | sha256sum`, and so on.
const SHA256: &str = "3c3805d59a8ebd507f55bfda98aa56e9950effefb55cb6895c0b078253b3dc55";
const MD5: &str = "0a54e84ee01e03e91e5058ab98fc0b70";

fn hash() -> Kaltura {
    Kaltura::new(["hash"]).env("KALTURA_KS", KS).env("KALTURA_APP_TOKEN", VALUE)
}

#[test]
fn the_hash_alone_is_one_line() {
    let finished = hash().arguments(["--hash-type", "SHA256"]).succeeds();
    finished.writes(&format!("{SHA256}\n"), "");
    let finished = hash().env("KALTURA_APP_TOKEN_HASH_TYPE", "md5").succeeds();
    assert_eq!(finished.stdout, format!("{MD5}\n"));
}

#[test]
fn each_secret_comes_from_a_file_standard_input_or_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let (ks, value) = (folder.path().join("ks"), folder.path().join("value"));
    std::fs::write(&ks, format!("{KS}\n")).unwrap();
    std::fs::write(&value, format!("{VALUE}\n")).unwrap();
    let files = ["--ks-file", text_of(&ks), "--app-token-file", text_of(&value)];
    for (finished, form) in [
        (Kaltura::new(["hash"]).arguments(files), "files"),
        (hash().env("KALTURA_KS", "other").arguments(["--ks-stdin"]).stdin(format!("{KS}\n")), "KS piped"),
        (hash().env("KALTURA_KS", "other").arguments(["--ks-file", "-"]).stdin(KS), "KS by a dash"),
        (
            hash().env("KALTURA_APP_TOKEN", "other").arguments(["--app-token-stdin"]).stdin(VALUE),
            "value piped",
        ),
    ] {
        let finished = finished.arguments(["--hash-type=SHA256"]).succeeds();
        assert_eq!(finished.stdout, format!("{SHA256}\n"), "{form}");
    }
}

#[test]
fn with_json_it_is_a_document() {
    let finished = hash().arguments(["--hash-type", "SHA256", "--json"]).succeeds();
    assert_eq!(finished.stderr, "");
    let expected =
        json!({ "tokenHash": SHA256, "hashType": "SHA256", "fingerprint": "56ffe41d", "warnings": [] });
    assert_eq!(finished.document(), expected);
}

#[test]
fn a_server_takes_it() {
    let server = TestServer::new();
    let token = server.told("/appToken/token");
    // What the command itself would send must be what `hash` prints for the same KS.
    let widget = format!(r#"{{"partnerId":1234567,"ks":"{KS}","userId":0}}"#);
    let odd = OddServer::echoing(move |_| ok("application/json", &widget));
    Kaltura::new(["login", "--service-url", &odd.url, "--partner-id", "1234567", "--hash-type", "SHA512"])
        .arguments(["--app-token-id", "0_importer"])
        .env("KALTURA_APP_TOKEN", token)
        .run();
    let sent: Vec<String> = odd.requests.try_iter().collect();
    let printed = hash().env("KALTURA_APP_TOKEN", token).arguments(["--hash-type", "SHA512"]).succeeds();
    assert!(sent[1].contains(&format!("\"tokenHash\":\"{}\"", printed.stdout.trim_end())), "{sent:#?}");
}

#[test]
fn what_looks_wrong_is_hashed_and_noted() {
    let odd = || hash().env("KALTURA_KS", "Service unavailable").env("KALTURA_APP_TOKEN", "a b");
    let finished = odd().arguments(["--hash-type=SHA1"]).succeeds();
    assert_eq!(finished.stdout.len(), 41);
    finished
        .saying("note: the given KS is not a KS, and was hashed as it is")
        .saying("contains white space or a line break");
    let document = odd().arguments(["--hash-type=SHA1"]).answer();
    assert_eq!(document["warnings"].as_array().map(Vec::len), Some(2));
}
