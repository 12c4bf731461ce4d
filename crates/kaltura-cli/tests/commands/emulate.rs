//! `kaltura emulate` that cannot start, or only prints its seed.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::invocation::{Finished, Kaltura};
use crate::support::server::text_of;

fn with_seed_text(seed: &str, more: &[&str]) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seed.json");
    std::fs::write(&path, seed).unwrap();
    Kaltura::new(["emulate", "--seed", text_of(&path)]).arguments(more).run()
}

#[test]
fn an_address_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let finished = Kaltura::new(["emulate", "--listen", &address]).fails(6);
    finished.saying(&format!("error: cannot listen on {address}")).saying("hint: Choose another address");
    let error = Kaltura::new(["emulate", "--json", "--listen", &address]).fails(6).error();
    assert_eq!(error["class"], "network");
}

#[test]
fn what_is_wrong_with_an_option_is_told() {
    for (option, value, why) in [
        ("--listen", "0.0.0.0:0", "other machines could reach the emulator at 0.0.0.0:0"),
        ("--fault", "stauts:503", "--fault"),
        ("--rate-limit", "x", "--rate-limit"),
        ("--latency", "1s", "--latency"),
        ("--stub", "category.add", "write an action and a file"),
        ("--stub", "category=no-such-file.json", "cannot be read"),
        ("--stub", "category.add@root=x", "root"),
        ("--control-origin", "localhost", "is not an origin"),
        ("--seed", "no-such-file.json", "cannot read the seed no-such-file.json"),
    ] {
        Kaltura::new(["emulate", option, value]).fails(2).saying(why);
    }
    let nowhere = tempfile::tempdir().unwrap().path().join("no/such/file");
    Kaltura::new(["emulate", "--ready-file", text_of(&nowhere)]).fails(1).saying("ready file");
}

#[test]
fn a_seed_that_cannot_be_used_is_told_with_the_place_and_without_its_secrets() {
    let secret = "c0ffee00c0ffee00c0ffee00c0ffee00";
    for (seed, why) in [
        ("{".to_owned(), "line 1 column 1"),
        (json!({ "partner": [] }).to_string(), "unknown field `partner`"),
        (
            json!({ "partners": [{ "id": 1 }], "widgets": [{ "id": "_2", "partnerId": 2 }] }).to_string(),
            "partner 2, which the emulator does not have",
        ),
        (
            json!({ "partners": [{ "id": 1, "adminSecrets": secret }] }).to_string(),
            "partners[0].adminSecrets",
        ),
        (
            json!({ "partners": [{ "id": 1 }], "appTokens": [{ "hashType": "SHA3" }] }).to_string(),
            "appTokens[0].hashType: expected MD5, SHA1, SHA256 or SHA512 at line 1",
        ),
    ] {
        with_seed_text(&seed, &[]).fails_with(2).saying(why).hides(&[secret]);
    }
}

#[test]
fn a_printed_seed_is_printed_the_same_again() {
    let printed = Kaltura::new(["emulate", "--print-seed"]).succeeds().stdout;
    let seed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(seed["partners"][0]["adminSecrets"][0].as_str().map(str::len), Some(32));
    with_seed_text(&printed, &["--print-seed"]).ends_with(0).writes_answer(&printed);
    let random = || Kaltura::new(["emulate", "--print-seed", "--random-seed", "7"]).succeeds().stdout;
    assert_eq!(random(), random());
}
