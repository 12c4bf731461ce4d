//! A login keeps its session for the commands that come after it.

use serde_json::json;

use crate::support::invocation::Kaltura;
use crate::support::odd_server::{self, OddServer};
use crate::support::server::{VALUE, server};

#[test]
fn a_login_is_always_fresh_and_takes_the_place_of_the_one_before() {
    let server = server();
    let mut before = server.ks([]);
    // A found hash type makes no other session.
    for options in [&[][..], &[], &["--hash-type=MD5", "--detect-hash-type"]] {
        let login = server.login(["--ks-only"]).arguments(options).succeeds();
        assert_ne!(login.line(), before);
        before = server.ks([]);
        assert_eq!(login.line(), before);
    }
    // A refused one leaves it.
    server.login(["--hash-type=MD5"]).fails(3);
    assert_eq!(server.ks([]), before);
}

#[test]
fn a_session_whose_end_is_not_known_is_not_kept() {
    let odd = OddServer::echoing(|request| {
        let service = if request.contains("/service/session/") { "session" } else { "appToken" };
        let ks = format!("djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1Jttz{service}");
        odd_server::json(&json!({ "partnerId": 1, "ks": ks, "userId": 0 }))
    });
    let cache = tempfile::tempdir().unwrap();
    let command = |name| {
        Kaltura::new([name, "--service-url", &odd.url, "--partner-id=1", "--app-token-id=0_a"])
            .arguments(["--hash-type=SHA1"])
            .env("KALTURA_APP_TOKEN", VALUE)
            .env("KALTURA_CACHE_DIR", cache.path())
    };
    let login = command("login").arguments(["--ks-only"]).succeeds();
    login.saying("note: the server did not report when the session expires, so it is not cached");
    command("status").run().ends_with(3);
    command("ks").fails(7).saying("did not report when the session expires");
}
