//! What the command offers for a line that is begun, as the script of a shell asks for it.

use std::fs;

use crate::support::home::Home;
use crate::support::invocation::{Kaltura, commands};

const PROFILES: &str = "default_profile = 'demo'\n[profiles.work]\npartner_id = 1234567\n[profiles.demo]\n\
                        partner_id = 'hush'\n[profiles.Work-2]\n";

/// What is offered to this shell. Nothing else may be said.
#[track_caller]
fn lines(shell: &str, kaltura: Kaltura, words: &[&str]) -> Vec<String> {
    let line: String = words.iter().map(|word| format!("{word}\0")).collect();
    let finished = kaltura.arguments(["completions", shell, "--line"]).stdin(line).succeeds();
    assert_eq!(finished.stderr, "", "{words:?}");
    finished.stdout.lines().map(str::to_owned).collect()
}

/// What is offered to bash, with these profiles.
#[track_caller]
fn offered(words: &[&str]) -> Vec<String> {
    lines("bash", Home::with_profiles(PROFILES).kaltura([]), words)
}

#[test]
fn names_of_profiles_are_offered_where_one_belongs() {
    for words in [
        &["kaltura", "--profile", ""][..],
        &["kaltura", "login", "--profile", ""],
        &["kaltura", "login", "--profile=x", "--profile", ""],
        &["kaltura", "login", "--profile", "=", ""],
        &["kaltura", "profile", "add", ""],
        &["kaltura", "profile", "show", ""],
        &["kaltura", "profile", "use", ""],
        &["kaltura", "profile", "remove", "--yes", ""],
        &["kaltura", "token", "add", "--save-profile", ""],
    ] {
        assert_eq!(offered(words), ["work", "demo", "Work-2"], "{words:?}");
    }
    assert_eq!(offered(&["kaltura", "--profile", "w"]), ["work"]);
    assert_eq!(offered(&["kaltura", "--profile", "=", "W"]), ["Work-2"]);
    assert!(offered(&["kaltura", "--profile", "x"]).is_empty());
    assert!(offered(&["kaltura", "profile", "list", "w"]).is_empty());
}

#[test]
fn values_that_are_known_are_offered() {
    assert_eq!(offered(&["kaltura", "ks", "--region", ""]), ["us", "de", "eu", "sg", "ca", "ap"]);
    assert_eq!(offered(&["kaltura", "profile", "add", "--region", "E"]), ["eu"]);
    for command in [&["login"][..], &["profile", "add"], &["token", "add"]] {
        let words = [&["kaltura"], command, &["--hash-type", "sha"]].concat();
        assert_eq!(offered(&words), ["SHA256", "SHA1", "SHA512"]);
    }
    assert_eq!(offered(&["kaltura", "call", "media."]), ["media.get", "media.list"]);
    assert!(offered(&["kaltura", "call", ""]).contains(&"session.end".to_owned()));
    let reading = offered(&["kaltura", "doctor", "--action", ""]);
    assert!(reading.contains(&"session.get".to_owned()) && !reading.contains(&"session.end".to_owned()));
    assert_eq!(offered(&["kaltura", "token", "add", "--type", ""]), ["user", "admin", "any"]);
    assert_eq!(offered(&["kaltura", "completions", ""]), ["bash", "elvish", "fish", "powershell", "zsh"]);
}

#[test]
fn files_are_left_to_the_shell_where_a_text_is_free() {
    for words in [
        &["kaltura", "login", "--app-token-file", ""][..],
        &["kaltura", "login", "--app-token-file", "=", "x"],
        &["kaltura", "profile", "add", "--token-path", ""],
        &["kaltura", "call", "media.list", ""],
        &["kaltura", "call", "media.list", "key", "=@", "@x"],
        &["kaltura", "batch", ""],
        &["kaltura", "exec", "--", ""],
        &["kaltura", "exec", "--", "program", "--profile", ""],
    ] {
        assert_eq!(offered(words), [":files"], "{words:?}");
    }
    // An option is no file, but for another program it may be one.
    assert_eq!(offered(&["kaltura", "batch", "--jq", "x", "--jso"]), ["--json"]);
    assert_eq!(offered(&["kaltura", "exec", "--", "program", "-"]), [":files"]);
}

/// A profile may be called like a command.
#[test]
fn a_value_is_not_taken_for_a_command() {
    assert_eq!(offered(&["kaltura", "--profile", "demo", "log"]), ["login", "logout"]);
    assert_eq!(offered(&["kaltura", "--profile", "demo", "login", "--ks"]), ["--ks-only"]);
    assert_eq!(offered(&["kaltura", "--profile", "=", "demo", "token", "ro"]), ["rotate"]);
}

/// An alias is offered only for a word that its name does not begin with.
#[test]
fn a_command_is_offered_by_its_name() {
    let all = offered(&["kaltura", ""]);
    for (name, alias) in [("call", "api"), ("completions", "completion"), ("status", "whoami")] {
        assert!(all.iter().any(|it| it == name) && all.iter().all(|it| it != alias), "{all:?}");
    }
    assert_eq!(offered(&["kaltura", "c"]), ["call", "completions"]);
    assert_eq!(offered(&["kaltura", "ap"]), ["api"]);
    assert_eq!(offered(&["kaltura", "token", "r"]), ["rm", "rotate"]);
}

/// The options of a command, by its help, less those that everybody knows.
fn options(command: &[String]) -> Vec<String> {
    let help = Kaltura::new(command).arguments(["-h"]).succeeds().stdout;
    let named = help.lines().filter_map(|line| {
        let (_, option) = line.trim_start().split_once("--").filter(|(short, _)| short.len() < 5)?;
        // What is wrapped stands further right.
        (line.starts_with("  -") || line.starts_with("      --"))
            .then(|| option.split([' ', '=', '.']).next().unwrap_or_default())
    });
    named.map(|name| format!("--{name}")).collect()
}

#[test]
fn all_commands_and_all_their_options_are_offered() {
    let all = commands();
    assert_eq!(all.len(), 31);
    for command in &all {
        let after = |word: &str| {
            let words = command.iter().map(String::as_str);
            offered(&std::iter::once("kaltura").chain(words).chain([word]).collect::<Vec<_>>())
        };
        let of_help = options(command);
        assert!(of_help.contains(&"--help".to_owned()), "{command:?}: {of_help:?}");
        let (dash, dashes) = (after("-"), after("--"));
        for option in &of_help {
            assert!(dash.contains(option) && dashes.contains(option), "{option} of {command:?}: {dashes:?}");
        }
        assert_eq!(dashes.len(), of_help.len(), "{command:?}: {dashes:?}");
        let [short, long] = ["-q", "--quiet"].map(str::to_owned);
        assert_eq!(dash.contains(&short), of_help.contains(&long), "{command:?}: {dash:?}");
        let is_inner = |other: &&Vec<String>| other.len() == command.len() + 1 && other.starts_with(command);
        let inner = all.iter().filter(is_inner).count();
        if inner > 0 {
            // One may be offered by another name of it.
            assert_eq!(after("").iter().filter(|it| *it != "help").count(), inner, "{command:?}");
        }
    }
}

#[test]
fn each_shell_gets_what_it_reads() {
    let asked = |shell: &str, words: &[&str]| lines(shell, Home::with_profiles(PROFILES).kaltura([]), words);
    let profiles = ["kaltura", "--profile", ""];
    assert_eq!(asked("zsh", &profiles), ["work:account 1234567", "demo", "Work-2"]);
    for shell in ["fish", "elvish"] {
        assert_eq!(asked(shell, &profiles), ["work\taccount 1234567", "demo\t", "Work-2\t"]);
    }
    assert_eq!(asked("powershell", &["kaltura", "--profile", "d"]), ["demo\t"]);
    assert_eq!(asked("powershell", &["kaltura", "--profile=d", ""]).len(), 20);
    // Only bash takes words apart at this sign.
    assert_eq!(asked("zsh", &["kaltura", "--profile=d"]), ["--profile=demo"]);
    assert_eq!(asked("bash", &["kaltura", "--profile", "=", "d"]), ["demo"]);
    assert_eq!(
        asked("zsh", &["kaltura", "log"])[1],
        "logout:Forget the sessions of an app token on this machine"
    );
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert_eq!(asked(shell, &["kaltura", "batch", "x"]), [":files"]);
    }
}

/// No name is offered, and nothing is said. What does not come from the file goes on.
#[track_caller]
fn offers_no_name(home: &Home) {
    let words = ["kaltura", "profile", "show", "w"];
    assert!(lines("bash", home.kaltura([]), &words).is_empty());
    assert_eq!(lines("bash", home.kaltura([]), &["kaltura", "profile", "sh"]), ["show"]);
}

#[test]
fn profiles_that_cannot_be_read_are_none() {
    for text in [
        "[profiles.work",
        "[profiles.work]\nhush = 1\n",
        "[profiles.work]\n[profiles.'$(touch x)']\n",
        "[profiles.'work `x`']\n",
        "[profiles.'w\u{1b}[2J']\n",
        "profiles = 1\n",
    ] {
        offers_no_name(&Home::with_profiles(text));
    }
    let home = Home::with_profiles(PROFILES);
    fs::write(home.file(), b"[profiles.work]\n# \xff").unwrap();
    offers_no_name(&home);
    fs::write(home.file(), "#".repeat(1 << 21) + "\n[profiles.work]\n").unwrap();
    offers_no_name(&home);
    fs::remove_file(home.file()).unwrap();
    offers_no_name(&home);
    fs::create_dir(home.file()).unwrap();
    offers_no_name(&home);
    // Nowhere to look.
    assert!(lines("bash", Kaltura::new([]), &["kaltura", "--profile", ""]).is_empty());
}

#[test]
fn what_the_environment_says_does_no_harm() {
    for (name, value) in [
        ("KALTURA_PROFILE", "nosuch"),
        ("KALTURA_PROFILE", "$(touch x)"),
        ("KALTURA_PARTNER_ID", "hush"),
        ("KALTURA_REGION", "mars"),
    ] {
        let home = Home::with_profiles(PROFILES);
        let kaltura = home.kaltura([]).env(name, value);
        assert_eq!(lines("bash", kaltura, &["kaltura", "--profile", "d"]), ["demo"], "{name}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_not_utf_8_does_no_harm() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let odd = OsStr::from_bytes(b"w\xff");
    for words in ["kaltura\0--profile\0", "kaltura\0login\0--region\0", "kaltura\0"] {
        let home = Home::with_profiles(PROFILES);
        let line = [words.as_bytes(), odd.as_bytes(), b"\0"].concat();
        let kaltura = home.kaltura(["completions", "bash", "--line"]).env("KALTURA_PROFILE", odd);
        let finished = kaltura.stdin(line).succeeds();
        assert_eq!((&*finished.stdout, &*finished.stderr), ("", ""));
    }
}

#[test]
fn no_request_is_made_and_no_secret_is_read() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let home = Home::new();
    let mark = home.path("it-ran");
    fs::create_dir(home.folder()).unwrap();
    let command = format!("echo > '{}'", mark.display());
    fs::write(
        home.file(),
        format!(
            "default_profile = 'work'\n[profiles.work]\nservice_url = '{url}'\npartner_id = 1234567\n\
             app_token_id = '0_importer'\nhash_type = 'SHA256'\ntoken_command = \"{command}\"\n\
             admin_secret_command = \"{command}\"\n"
        ),
    )
    .unwrap();
    for words in [&["kaltura", "--profile", ""][..], &["kaltura", "login", ""], &["kaltura", "call", ""]] {
        let kaltura = home.kaltura([]).env("KALTURA_SERVICE_URL", &url);
        assert!(!lines("bash", kaltura, words).is_empty());
    }
    assert!(!mark.exists());
    assert!(!home.path("cache").exists());
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn a_line_that_makes_no_sense_gets_nothing() {
    for words in [&["kaltura"][..], &["kaltura", "login", "--bogus="], &["kaltura", "demo", "x"], &["x", "-"]]
    {
        let _ = lines("bash", Kaltura::new([]), words);
    }
    assert!(offered(&["kaltura"]).is_empty());
    assert!(offered(&["kaltura", "login", "--bogus", "=", "x"]).is_empty());
    assert!(offered(&["kaltura", "login", "--app-token", "=", "x"]).is_empty());
    assert!(!offered(&["kaltura", "login", "--"]).contains(&"--app-token".to_owned()));
}
