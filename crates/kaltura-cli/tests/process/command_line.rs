//! Help, and command lines that are none.

use crate::invocation::Kaltura;

#[test]
fn help_is_an_answer() {
    for (arguments, expected) in [
        (&["--help"][..], "Exit codes:"),
        (&["--help"], "KALTURA_APP_TOKEN "),
        (&["--help"], "\n    5  not found: no such app token, widget, role or other object\n"),
        (&["--help"], "NO_COLOR"),
        (&["-h"], "kaltura demo"),
        (&["help", "login"], "--app-token-stdin"),
        (&["login", "--help"], "Examples:"),
        (&["emulate", "--help"], "--allow-remote"),
        (&["demo", "--help"], "--json"),
        (&["hash", "--help"], "--ks-stdin"),
        (&["inspect", "--help"], "--admin-secret-stdin"),
        (&["completions", "--help"], "PowerShell"),
        (&["man", "--help"], "man -l -"),
        (&["exec", "--help"], "KALTURA_SERVICE_URL"),
        (&["env", "--help"], "--shell"),
        (&["ks", "--help"], "--min-validity"),
        (&["call", "--help"], "key:=json"),
        (&["sign", "--help"], "--ks-version"),
        (&["profile", "--help"], "KALTURA_PROFILE"),
        (&["profile", "add", "--help"], "--token-command"),
        (&["profile", "list", "--help"], "defaultProfile"),
        (&["profile", "show", "--help"], "ownFile"),
        (&["profile", "use", "--help"], "go before it"),
        (&["profile", "remove", "--help"], "--yes"),
    ] {
        let finished = Kaltura::new(arguments.iter().copied()).run().ends_with(0);
        assert!(finished.stdout.contains(expected), "{arguments:?}: {finished:#?}");
        assert_eq!(finished.stderr, "", "{arguments:?}");
        for line in finished.stdout.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}

#[test]
fn the_options_of_all_commands_stand_behind_those_of_the_command() {
    for (command, own, global) in [
        (&["emulate"][..], "--allow-remote", &["--json", "--jq", "--quiet", "--verbose"][..]),
        (&["login"], "--verify", &["--json", "--jq", "--quiet", "--verbose", "--profile"]),
        (&["token", "add"], "--ks-stdin", &["--json", "--jq", "--quiet", "--verbose", "--profile"]),
        (&["exec"], "<PROGRAM>...", &["--json", "--quiet", "--verbose", "--profile"]),
        (&["demo"], "--help", &["--json", "--jq", "--quiet", "--verbose"]),
        (&["profile", "add"], "--store", &["--json", "--jq", "--quiet", "--verbose"]),
        (&["profile", "show"], "[NAME]", &["--json", "--jq", "--quiet", "--verbose", "--profile"]),
        (&["man"], "--out", &[]),
        (&["completions"], "<SHELL>", &[]),
    ] {
        let help = Kaltura::new(command.iter().copied()).arguments(["-h"]).run().ends_with(0).stdout;
        let (before, behind) = help.split_once("\nGlobal options:\n").unwrap_or((&help, ""));
        assert!(before.contains(own), "{command:?}: {help}");
        let is_listed = |text: &str, option: &str| {
            let names = text.lines().filter(|line| line.trim_start().starts_with('-'));
            let mut names = names.flat_map(|line| line.split_whitespace().take(2));
            names.any(|name| name.trim_end_matches('.') == option)
        };
        for option in ["--json", "--jq", "--quiet", "--verbose", "--profile"] {
            assert!(!is_listed(before, option), "{command:?} {option}: {help}");
            assert_eq!(is_listed(behind, option), global.contains(&option), "{command:?} {option}: {help}");
        }
    }
}

#[test]
fn an_option_that_would_do_nothing_is_refused() {
    for (command, option, why) in [
        (&["demo"][..], "--profile=x", "it uses no settings"),
        (&["emulate"], "--profile=x", "it uses no settings"),
        (&["completions", "bash"], "--profile=x", "it uses no settings"),
        (&["completions", "bash"], "--json", "it prints no JSON"),
        (&["man"], "--jq=.", "it prints no JSON"),
        (&["profile", "list"], "--profile=x", "it lists all profiles"),
        (&["profile", "use", "work"], "--profile=x", "the name of the profile stands behind the command"),
        (&["profile", "add", "work"], "--profile=x", "the name of the profile stands behind the command"),
        (&["profile", "remove", "work"], "--profile=x", "the name of the profile stands behind the command"),
    ] {
        let name = option.split('=').next().unwrap();
        let command = || command.iter().copied();
        for line in
            [[option].into_iter().chain(command()).collect(), [command().collect(), vec![option]].concat()]
        {
            let refused = Kaltura::new::<'_>(Vec::<&str>::clone(&line)).run().fails_with(2);
            let said = refused.saying(&format!("the argument '{name}' cannot be used with 'kaltura "));
            let words = if command().next() == Some("profile") { 2 } else { 1 };
            let path: Vec<&str> = command().take(words).collect();
            let said = said.saying(why);
            if option != "--json" {
                said.saying(&format!("Usage: kaltura {}", path.join(" ")));
            }
        }
    }
    // These ask for nothing that it does not do anyway.
    Kaltura::new(["-q", "-v", "man"]).run().fails_with(2).saying("cannot be used with '--verbose'");
    for option in ["--quiet", "--verbose"] {
        assert_eq!(Kaltura::new([option, "completions", "bash"]).run().ends_with(0).stderr, "");
    }
}

#[test]
fn nothing_to_do_is_a_usage_error_with_help() {
    Kaltura::new([]).run().fails_with(2).saying("Usage: kaltura");
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    for (arguments, why) in [
        (&["logni"][..], "unrecognized subcommand 'logni'"),
        (&["login", "--bogus"], "unexpected argument '--bogus'"),
        (&["login", "--partner-id", "abc"], "invalid value 'abc' for '--partner-id"),
        (&["login", "--hash-type", "SHA3"], "use MD5, SHA1, SHA256 or SHA512"),
        (&["login", "--lifetime", "soon"], "write it like 90s, 15m, 1h"),
        (&["login", "--lifetime", "0"], "at least one second"),
        (&["login", "--privileges", "a.b"], "must not contain a comma"),
        (&["login", "--region", "mars"], "use us, de, eu, sg, ca or ap"),
        (&["login", "--region", "us", "--service-url", "https://example.com"], "cannot be used with"),
        (&["login", "--ks-only", "--json"], "cannot be used with"),
        (&["login", "--app-token-stdin", "--app-token-file", "x"], "cannot be used with"),
        (&["ks", "--min-validity", "soon"], "write it like 90s, 15m, 1h"),
        (&["call"], "<SERVICE.ACTION>"),
        (&["call", "media"], "like media.list"),
        (&["call", "media.list", "x"], "write parameters like key=value"),
        (&["call", "media.list", "--curl", "--json"], "cannot be used with"),
        (&["call", "media.list", "--anonymous", "--ks-stdin"], "cannot be used with"),
        (&["sign", "--ks-version", "3"], "invalid value '3'"),
        (&["sign", "--lifetime", "1h", "--expires-at", "1"], "cannot be used with"),
        (&["emulate", "--listen", "here"], "like 127.0.0.1:8080"),
        (&["emulate", "--at", "-1"], "-1"),
        (&["emulate", "--at", "tomorrow"], "invalid digit"),
    ] {
        let finished = Kaltura::new(arguments.iter().copied()).run().fails_with(2).saying(why);
        assert!(!finished.stderr.contains('\u{1b}'), "{finished:#?}");
    }
}

#[test]
fn with_json_a_wrong_command_line_is_told_in_json() {
    let error = Kaltura::new(["login", "--json", "--bogus"]).run().fails_with(2).error();
    assert_eq!(error["class"], "usage");
    assert_eq!(error["exitCode"], 2);
    assert_eq!(error["message"], "unexpected argument '--bogus' found");
}

/// What stands behind `--` is for another program.
#[test]
fn the_json_of_another_program_is_not_ours() {
    let told = Kaltura::new(["exec", "--bogus", "--", "jq", "--json"]).run().fails_with(2);
    assert!(told.stderr.starts_with("error: unexpected argument '--bogus' found"), "{told:#?}");
    let ours = Kaltura::new(["exec", "--json", "--bogus", "--", "jq"]).run().fails_with(2).error();
    assert_eq!(ours["message"], "unexpected argument '--bogus' found");
}

#[test]
fn nobody_reading_ends_it_quietly() {
    for arguments in [&["--help"][..], &["demo"], &["demo", "--json"], &["emulate"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let finished = Kaltura::new(arguments.iter().copied()).run_with_stdout(writer).ends_with(141);
        assert_eq!(finished.stderr, "", "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_can_not_be_written_is_a_failure() {
    for arguments in [&["--version"][..], &["demo"]] {
        let full = std::fs::File::create("/dev/full").unwrap();
        let finished = Kaltura::new(arguments.iter().copied()).run_with_stdout(full);
        finished.ends_with(1).saying("cannot write to standard output");
    }
}
