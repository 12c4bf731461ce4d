//! Help, and command lines that are none.

use crate::support::invocation::Kaltura;

/// What is in it, `messages.rs` compares.
#[test]
fn help_is_an_answer() {
    for line in
        [&["--help"][..], &["-h"], &["help", "login"], &["login", "--help"], &["profile", "add", "--help"]]
    {
        let finished = Kaltura::new(line).succeeds();
        assert_eq!(finished.stderr, "", "{line:?}");
        assert!(finished.stdout.contains("Usage: kaltura"), "{line:?}: {finished:#?}");
        assert!(finished.stdout.lines().all(|line| line.chars().count() <= 100), "{line:?}: {finished:#?}");
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
        let help = Kaltura::new(command).arguments(["-h"]).succeeds().stdout;
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
        (&["profile", "use", "work"], "--profile=x", "the profile is named after the command"),
        (&["profile", "add", "work"], "--profile=x", "the profile is named after the command"),
        (&["profile", "remove", "work"], "--profile=x", "the profile is named after the command"),
    ] {
        let name = option.split('=').next().unwrap();
        let command = || command.iter().copied();
        for line in
            [[option].into_iter().chain(command()).collect(), [command().collect(), vec![option]].concat()]
        {
            let refused = Kaltura::new(line.clone()).fails(2);
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
    Kaltura::new(["-q", "-v", "man"]).fails(2).saying("cannot be used with '--verbose'");
    for option in ["--quiet", "--verbose"] {
        assert_eq!(Kaltura::new([option, "completions", "bash"]).succeeds().stderr, "");
    }
}

#[test]
fn nothing_to_do_is_a_usage_error_with_help() {
    Kaltura::new([]).fails(2).saying("Usage: kaltura");
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    const QUIET: &str = "the argument '--quiet' cannot be used with '--verbose'";
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
        (&["call", "media.list", "x"], "use key=value"),
        (&["call", "a.list", "--table", "--json"], "cannot be used with"),
        (&["call", "a.list", "--table", "--jsonl"], "cannot be used with"),
        (&["call", "a.list", "--columns=id", "--jq=."], "cannot be used with"),
        (&["call", "media.list", "--curl", "--json"], "cannot be used with"),
        (&["call", "media.list", "--anonymous", "--ks-stdin"], "cannot be used with"),
        (&["sign", "--ks-version", "3"], "invalid value '3'"),
        (&["sign", "--lifetime", "1h", "--expires-at", "1"], "cannot be used with"),
        (&["emulate", "--listen", "here"], "like 127.0.0.1:8080"),
        (&["-q", "-v", "login"], QUIET),
        (&["login", "-qv"], QUIET),
        (&["-q", "login", "-vv"], QUIET),
        (&["--verbose", "login", "--quiet"], QUIET),
        (&["emulate", "--at", "-1"], "-1"),
        (&["emulate", "--at", "tomorrow"], "invalid digit"),
    ] {
        let finished = Kaltura::new(arguments).fails(2).saying(why);
        assert!(!finished.stderr.contains('\u{1b}'), "{finished:#?}");
    }
}

#[test]
fn with_json_a_wrong_command_line_is_told_in_json() {
    let error = Kaltura::new(["login", "--json", "--bogus"]).fails(2).error();
    assert_eq!(error["class"], "usage");
    assert_eq!(error["exitCode"], 2);
    assert_eq!(error["message"], "unexpected argument '--bogus' found");
}
