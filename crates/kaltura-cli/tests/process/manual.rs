//! What the command prints about itself: completions and the manual.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::invocation::Kaltura;

const COMMANDS: [&str; 18] = [
    "batch",
    "call",
    "completions",
    "demo",
    "doctor",
    "emulate",
    "env",
    "exec",
    "hash",
    "inspect",
    "ks",
    "login",
    "logout",
    "man",
    "profile",
    "sign",
    "status",
    "token",
];

fn completions(shell: &str) -> String {
    let finished = Kaltura::new(["completions", shell]).run().ends_with(0);
    assert_eq!(finished.stderr, "", "{shell}");
    finished.stdout
}

#[test]
fn each_shell_learns_where_to_ask() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = completions(shell);
        let program = format!("kaltura{}'", std::env::consts::EXE_SUFFIX);
        assert!(script.contains(&program) && script.contains(&format!("completions {shell} ")), "{script}");
    }
}

/// What bash offers for the last of these words.
#[cfg(target_os = "linux")]
fn offered(words: &[&str]) -> String {
    let mut bash = Command::new("/bin/bash")
        .args(["--norc", "--noprofile", "-s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (line, last) = (words.join(" "), words.len() - 1);
    let (word, before) = (words[last], words[last - 1]);
    let asked = format!(
        "\nCOMP_WORDS=({line}); COMP_CWORD={last}; _kaltura kaltura {word} {before}; echo \"${{COMPREPLY[*]}}\"\n"
    );
    bash.stdin.take().unwrap().write_all((completions("bash") + &asked).as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[cfg(target_os = "linux")]
#[test]
fn bash_completes_a_command_and_what_is_in_it() {
    assert_eq!(offered(&["kaltura", "ins"]), "inspect");
    assert_eq!(offered(&["kaltura", "token", "ro"]), "rotate");
    assert_eq!(offered(&["kaltura", "token", "rotate", "--delete"]), "--delete-old");
    assert_eq!(offered(&["kaltura", "-q", "token", "--verb"]), "--verbose");
    assert_eq!(offered(&["kaltura", "completions", "p"]), "powershell");
}

#[test]
fn an_unknown_shell_is_a_usage_error() {
    Kaltura::new(["completions", "tcsh"]).run().fails_with(2).saying("possible values: bash");
    Kaltura::new(["completions"]).run().fails_with(2).saying("<SHELL>");
}

#[test]
fn the_manual_has_a_page_for_all_and_for_each() {
    let all = Kaltura::new(["man"]).run().ends_with(0).stdout;
    assert!(all.contains(".TH kaltura 1") && all.contains("Exit codes:"), "{all}");
    for command in COMMANDS {
        assert!(all.contains(&format!("kaltura\\-{command}")), "{command}");
        let page = Kaltura::new(["man", command]).run().ends_with(0).stdout;
        assert!(page.contains(&format!(".TH kaltura-{command} 1")), "{page}");
    }
    let page = Kaltura::new(["man", "ks"]).run().ends_with(0).stdout;
    assert!(page.contains("min\\-validity") && page.contains("Examples:"), "{page}");
    assert!(!page.contains("Taken only to say"), "{page}");
}

#[test]
fn a_page_of_no_command_is_a_usage_error() {
    Kaltura::new(["man", "nosuch"]).run().fails_with(2).saying("kaltura has batch, call, completions,");
    Kaltura::new(["man", "token", "nosuch"]).run().fails_with(2).saying("kaltura token has add,");
    let inner = Kaltura::new(["man", "token", "add", "nosuch"]).run().fails_with(2);
    inner.saying("kaltura token add has no commands of its own");
    Kaltura::new(["man", "help"]).run().fails_with(2);
}

#[test]
fn a_command_within_another_one_has_a_page() {
    let page = Kaltura::new(["man", "token", "add"]).run().ends_with(0).stdout;
    assert!(page.contains(".TH kaltura-token-add 1"), "{page}");
    assert!(page.contains("expires\\-in") && page.contains("Examples:"), "{page}");
    let outer = Kaltura::new(["man", "token"]).run().ends_with(0).stdout;
    assert!(outer.contains("kaltura\\-token\\-add(1)"), "{outer}");
}

#[test]
fn all_pages_go_into_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man1");
    let out = pages.to_str().unwrap();
    let finished = Kaltura::new(["man", "--out", out]).run().ends_with(0);
    assert_eq!((finished.stdout.as_str(), finished.stderr.as_str()), ("", ""));
    let names: Vec<String> = std::fs::read_dir(&pages)
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    for command in COMMANDS {
        assert!(names.contains(&format!("kaltura-{command}.1")), "{command} is not in {names:?}");
    }
    assert!(!names.iter().any(|name| name.contains("help")), "{names:?}");
    for (file, command) in
        [("kaltura", &[][..]), ("kaltura-ks", &["ks"]), ("kaltura-profile-add", &["profile", "add"])]
    {
        let printed = Kaltura::new(["man"]).arguments(command.iter().copied()).run().ends_with(0).stdout;
        assert_eq!(std::fs::read_to_string(pages.join(format!("{file}.1"))).unwrap(), printed, "{file}");
    }
    // Again, over what is there.
    Kaltura::new(["man", "--out", out]).run().ends_with(0);
    let file = pages.join("kaltura.1");
    let failed = Kaltura::new(["man", "--out", file.to_str().unwrap()]).run().fails_with(1);
    failed.saying("error: the pages can not be written into");
    Kaltura::new(["man", "ks", "--out", out]).run().fails_with(2).saying("cannot be used with");
}
