//! What the command prints about itself: completions and the manual.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::invocation::Kaltura;

const COMMANDS: [&str; 13] = [
    "call",
    "completions",
    "demo",
    "emulate",
    "env",
    "exec",
    "hash",
    "inspect",
    "ks",
    "login",
    "profile",
    "sign",
    "token",
];

fn completions(shell: &str) -> String {
    let finished = Kaltura::new(["completions", shell]).run().ends_with(0);
    assert_eq!(finished.stderr, "", "{shell}");
    finished.stdout
}

#[test]
fn each_shell_learns_all_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = completions(shell);
        for command in COMMANDS {
            assert!(script.contains(command), "{command} is not in the script for {shell}");
        }
        assert!(script.contains("min-validity"), "{shell}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn bash_completes_a_command() {
    let mut bash = Command::new("/bin/bash")
        .args(["--norc", "--noprofile", "-s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let asked =
        "\nCOMP_WORDS=(kaltura ins); COMP_CWORD=1; _kaltura kaltura ins kaltura; echo \"${COMPREPLY[*]}\"\n";
    bash.stdin.take().unwrap().write_all((completions("bash") + asked).as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "inspect");
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
    Kaltura::new(["man", "nosuch"]).run().fails_with(2).saying("There are batch, call,");
}
