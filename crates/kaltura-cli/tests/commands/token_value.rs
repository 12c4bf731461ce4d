//! Where the app token value comes from, and what exactly of it is taken.

use serde_json::json;

use crate::support::invocation::Kaltura;
use crate::support::server::{TestServer, VALUE, text_of, token};

fn server_with(value: &str) -> TestServer {
    TestServer::with_tokens(&json!([token("0_importer", value, json!({}))]))
}

#[test]
fn standard_input_loses_exactly_one_line_end() {
    let server = server_with(VALUE);
    let login = || server.login_without_value(["--ks-only", "--app-token-stdin"]);
    for text in [VALUE.to_owned(), format!("{VALUE}\n"), format!("{VALUE}\r\n")] {
        login().stdin(text).succeeds();
    }
    for text in [format!("{VALUE}\n\n"), format!(" {VALUE}"), format!("{VALUE} \n"), format!("{VALUE}\r")] {
        login().stdin(text).fails(3).saying("contains white space or a line break");
    }
}

#[test]
fn a_value_with_a_line_end_in_it_can_be_given() {
    let server = server_with("two\nlines\n");
    server.login_without_value(["--ks-only", "--app-token-stdin"]).stdin("two\nlines\n\n").succeeds();
    server.login_without_value(["--ks-only"]).env("KALTURA_APP_TOKEN", "two\nlines\n").succeeds();
}

#[test]
fn a_file_loses_exactly_one_line_end() {
    let server = server_with(VALUE);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    for (text, code) in [(VALUE.to_owned(), 0), (format!("{VALUE}\n"), 0), (format!("{VALUE}\n\n"), 3)] {
        std::fs::write(&path, &text).unwrap();
        let login = server.login_without_value(["--ks-only", "--app-token-file", text_of(&path)]);
        login.run().ends_with(code);
    }
    let piped =
        server.login_without_value(["--ks-only", "--app-token-file", "-"]).stdin(format!("{VALUE}\n"));
    piped.succeeds();
}

#[test]
fn a_value_that_cannot_be_had_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let login = || {
        let login = Kaltura::new(["login", "--service-url=http://127.0.0.1:1", "--partner-id=1"]);
        login.arguments(["--app-token-id=0_a", "--hash-type=SHA1"])
    };
    login().fails(2).saying("hint: Set KALTURA_APP_TOKEN");
    login().arguments(["--app-token-stdin"]).fails(2).saying("standard input is empty");
    login().arguments(["--app-token-stdin"]).stdin("\n").fails(2).saying("standard input is empty");
    login().arguments(["--app-token-stdin"]).stdin(b"\xff").fails(2).saying("not UTF-8");
    let unread = login().arguments(["--app-token-file", text_of(&missing)]).run();
    unread.fails_with(2).saying("cannot open the file");
    login().arguments(["--app-token-file", text_of(folder.path())]).fails(2);
}
