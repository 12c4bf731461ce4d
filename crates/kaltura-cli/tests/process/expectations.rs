//! What users of other tools expect, and what goes wrong around a command: streams, variables, proxies, the keyring.

use std::fs;

use crate::emulator_process::{EmulatorProcess, text_of};
use crate::invocation::Kaltura;
use crate::profile_scene::{Home, VALUE};

#[test]
fn options_may_stand_before_the_command() {
    let sign = |words: &[&str]| {
        let sign = Kaltura::new(words.iter().copied()).env("KALTURA_ADMIN_SECRET", VALUE);
        sign.run_in_process().ends_with(0).document()["userId"].clone()
    };
    assert_eq!(sign(&["--partner-id", "1", "--user", "sign", "sign", "--json"]), "sign");
    assert_eq!(sign(&["--json", "--user=bob", "sign", "--partner-id=1"]), "bob");
    let list = Kaltura::new(["--partner-id=1", "token", "list"]).run_in_process().fails_with(2);
    list.saying("ADMIN");
    let unknown = Kaltura::new(["--nosuch", "sign"]).run_in_process().fails_with(2);
    unknown.saying("unexpected argument '--nosuch'");
}

#[test]
fn commands_have_the_names_that_others_have() {
    for (alias, name) in [
        (&["token", "create", "--help"][..], "token add"),
        (&["token", "rm", "--help"], "token delete"),
        (&["token", "ls", "--help"], "token list"),
        (&["profile", "rm", "--help"], "profile remove"),
        (&["profile", "ls", "--help"], "profile list"),
        (&["whoami", "--help"], "status"),
        (&["api", "--help"], "call"),
        (&["completion", "--help"], "completions"),
    ] {
        let help = Kaltura::new(alias.iter().copied()).run_in_process().ends_with(0).stdout;
        assert!(help.contains(&format!("Usage: kaltura {name}")), "{alias:?}: {help}");
    }
}

#[test]
fn the_short_help_has_examples() {
    for command in ["login", "ks", "call", "profile", "demo"] {
        let help = Kaltura::new([command, "-h"]).run_in_process().ends_with(0).stdout;
        assert!(command == "profile" || help.contains("Examples:\n"), "{command}: {help}");
    }
}

#[test]
fn a_secret_in_the_place_of_a_user_or_a_program_is_not_repeated() {
    for arguments in [&["ks", "--user", VALUE][..], &["exec", "--", VALUE]] {
        let kaltura =
            Kaltura::new(arguments.iter().copied()).env("KALTURA_KS", "x").env("KALTURA_PARTNER_ID", "1");
        let finished = kaltura.run();
        assert!(finished.code != Some(0) && !finished.stderr.contains(VALUE), "{finished:#?}");
    }
    let variable = Kaltura::new(["login", "--partner-id=1", "--app-token-id=0_a", "--hash-type=SHA1"]);
    let variable =
        variable.env("KALTURA_USER", VALUE).env("KALTURA_APP_TOKEN", "x").run_in_process().fails_with(2);
    variable.saying("KALTURA_USER is invalid: this looks like a secret");
}

#[test]
fn a_proxy_that_cannot_be_read_is_an_error() {
    for proxy in ["http://me:pa#ss@proxy:3128", "ftp://proxy", "http://"] {
        let login = Kaltura::new(["login", "--partner-id=1", "--app-token-id=0_a", "--hash-type=SHA1"]);
        let login =
            login.env("KALTURA_APP_TOKEN", VALUE).env("HTTPS_PROXY", proxy).run_in_process().fails_with(2);
        assert!(!login.stderr.contains("pa#ss"), "{login:#?}");
        login.saying("HTTPS_PROXY is not the URL of a proxy");
    }
}

#[test]
fn a_file_that_holds_no_certificates_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    fs::write(&path, "-----BEGIN CERTIFICATE-----\nhush\n-----END CERTIFICATE-----\n").unwrap();
    let login = || {
        let login = Kaltura::new(["login", "--partner-id=1", "--app-token-id=0_a", "--hash-type=SHA1"]);
        login.env("KALTURA_APP_TOKEN", VALUE)
    };
    let option = login().arguments(["--ca-file", text_of(&path)]).run_in_process();
    assert_ne!(option.code, Some(0));
    option.saying("--ca-file");
    let gone =
        login().env("KALTURA_CA_FILE", text_of(&folder.path().join("gone"))).run_in_process().fails_with(2);
    gone.saying("cannot open the file");
}

/// Characters of C1 and bidi overrides are escaped in JSON, wherever they come from.
#[test]
fn json_cannot_control_a_terminal() {
    let home = Home::with_profiles("[profiles.a]\nuser = \"x\\u009b31m\\u202e\"\n");
    let shown = home.profile(["show", "a", "--json"]).run_in_process().ends_with(0);
    assert!(shown.stdout.is_ascii(), "{shown:#?}");
    assert_eq!(shown.document()["userId"], "x\u{9b}31m\u{202e}");
    let note = home.kaltura(["status", "--json", "--region=\u{9b}"]).run_in_process();
    assert!(note.stderr.is_ascii() && note.stdout.is_ascii(), "{note:#?}");
}

#[cfg(unix)]
mod streams {
    use std::io::Read as _;
    use std::os::unix::net::UnixListener;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_closed_standard_output_is_an_error() {
        let sign = |redirection: &str| {
            let line = format!("exec \"$0\" sign --partner-id=1 {redirection}");
            let mut shell = Command::new("sh");
            shell
                .args(["-c", &line, env!("CARGO_BIN_EXE_kaltura")])
                .env_clear()
                .env("KALTURA_ADMIN_SECRET", VALUE);
            shell.stdin(Stdio::null()).stderr(Stdio::piped()).output().unwrap()
        };
        let closed = sign(">&-");
        let said = String::from_utf8(closed.stderr).unwrap();
        assert_eq!(closed.status.code(), Some(1), "{said}");
        assert!(said.contains("cannot write to standard output"), "{said}");
        assert_eq!(sign(">/dev/null").status.code(), Some(0));
    }

    /// A keyring service that accepts the connection and never answers.
    #[cfg(all(target_os = "linux", feature = "keyring"))]
    #[test]
    fn a_keyring_that_does_not_answer_is_as_if_there_were_none() {
        let server = EmulatorProcess::start([]);
        let home = Home::new();
        let socket = home.path("bus");
        let listener = UnixListener::bind(&socket).unwrap();
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0]);
                held.push(stream);
            }
        });
        let bus = format!("unix:path={}", socket.display());
        let add = home
            .profile(["add", "work", "--app-token-stdin", "--region=eu"])
            .arguments(crate::profile_scene::LOGIN);
        let add = add.env("DBUS_SESSION_BUS_ADDRESS", &bus).stdin(VALUE).start();
        let add = add.wait_at_most(Duration::from_secs(60)).ends_with(0);
        add.saying("is stored in clear text in the file").saying("it does not answer");

        fs::write(home.file(), home.text().replace("\"file\"", "\"keyring\"")).unwrap();
        let login = home.kaltura(["login"]).env("DBUS_SESSION_BUS_ADDRESS", &bus).start();
        login.wait_at_most(Duration::from_secs(60)).fails_with(1).saying("no system keyring available");
        // With the value in a variable, the keyring is not asked.
        let ks = server.login([]).env("DBUS_SESSION_BUS_ADDRESS", &bus).start();
        ks.wait_at_most(Duration::from_secs(60)).ends_with(0);
    }

    #[test]
    fn the_hidden_prompt_can_be_suspended() {
        use crate::terminal::Terminal;

        let server = EmulatorProcess::start([]);
        let mut terminal = Terminal::open(server.login_without_value([]));
        terminal.wait_for("app token value");
        terminal.control('z');
        // The shell of the terminal is stopped with the command.
        terminal.wait_until_stopped();
        terminal.signal("CONT");
        terminal.wait_for("app token value");
        terminal.enter(server.told("/appToken/token"));
        let left = terminal.left();
        assert_eq!((left.code, left.echoes), (0, true), "{left:?}");
        assert!(!left.shown.contains(server.told("/appToken/token")), "{left:?}");
    }
}
