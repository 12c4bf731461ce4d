//! Where the app token value comes from, and what exactly of it is taken.

use serde_json::json;

use crate::emulator_process::{EmulatorProcess, text_of, token};
use crate::invocation::Kaltura;

const VALUE: &str = "0123456789abcdef0123456789abcdef";

fn server_with(value: &str) -> EmulatorProcess {
    EmulatorProcess::with_tokens(json!([token("0_importer", value, json!({}))]))
}

#[test]
fn standard_input_loses_exactly_one_line_end() {
    let server = server_with(VALUE);
    let login = || server.login_without_value(["--ks-only", "--app-token-stdin"]);
    for text in [VALUE.to_owned(), format!("{VALUE}\n"), format!("{VALUE}\r\n")] {
        login().stdin(text).run().ends_with(0);
    }
    for text in [format!("{VALUE}\n\n"), format!(" {VALUE}"), format!("{VALUE} \n"), format!("{VALUE}\r")] {
        login().stdin(text).run().fails_with(3).saying("contains white space or a line break");
    }
}

#[test]
fn a_value_with_a_line_end_in_it_can_be_given() {
    let server = server_with("two\nlines\n");
    server.login_without_value(["--ks-only", "--app-token-stdin"]).stdin("two\nlines\n\n").run().ends_with(0);
    server.login_without_value(["--ks-only"]).env("KALTURA_APP_TOKEN", "two\nlines\n").run().ends_with(0);
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
    piped.run().ends_with(0);
}

#[test]
fn an_option_goes_before_the_variable() {
    let server = server_with(VALUE);
    let login =
        server.login_without_value(["--ks-only", "--app-token-stdin"]).env("KALTURA_APP_TOKEN", "wrong");
    login.stdin(VALUE).run().ends_with(0);
}

#[test]
fn a_value_that_can_not_be_had_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let login = || {
        Kaltura::new(["login", "--service-url", "http://127.0.0.1:1", "--partner-id", "1"]).arguments([
            "--app-token-id",
            "0_a",
            "--hash-type",
            "SHA1",
        ])
    };
    login().run().fails_with(2).saying("hint: Put it into KALTURA_APP_TOKEN");
    login().env("KALTURA_APP_TOKEN", "").run().fails_with(2).saying("KALTURA_APP_TOKEN is set, but empty");
    login().arguments(["--app-token-stdin"]).run().fails_with(2).saying("standard input is empty");
    login()
        .arguments(["--app-token-stdin"])
        .stdin("\n")
        .run()
        .fails_with(2)
        .saying("standard input is empty");
    login().arguments(["--app-token-stdin"]).stdin(b"\xff").run().fails_with(2).saying("not UTF-8");
    let unread = login().arguments(["--app-token-file", text_of(&missing)]).run();
    unread.fails_with(2).saying("cannot open the file");
    login().arguments(["--app-token-file", text_of(folder.path())]).run().fails_with(2);
}
