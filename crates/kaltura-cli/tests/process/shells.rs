//! What the command prints for shells, run by real ones.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::invocation::Kaltura;
use crate::support::odd_server::{OddServer, body_of, ok};
use crate::support::server::KS;

fn completions(shell: &str) -> String {
    let finished = Kaltura::new(["completions", shell]).run_process().ends_with(0);
    assert_eq!(finished.stderr, "", "{shell}");
    finished.stdout
}

/// What a shell prints for a script on its standard input.
fn printed(mut shell: Command, script: &str) -> String {
    let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    String::from_utf8(shell.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn each_shell_learns_where_to_ask() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = completions(shell);
        let program = format!("kaltura{}'", std::env::consts::EXE_SUFFIX);
        assert!(script.contains(&program) && script.contains(&format!("completions {shell} ")), "{script}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn bash_completes_a_command_and_what_is_in_it() {
    for (words, offered) in [
        (&["kaltura", "ins"][..], "inspect"),
        (&["kaltura", "token", "ro"], "rotate"),
        (&["kaltura", "token", "rotate", "--delete"], "--delete-old"),
        (&["kaltura", "-q", "token", "--verb"], "--verbose"),
        (&["kaltura", "completions", "p"], "powershell"),
    ] {
        let (line, last) = (words.join(" "), words.len() - 1);
        let asked = format!(
            "{}\nCOMP_WORDS=({line}); COMP_CWORD={last}; _kaltura kaltura {} {}; echo \"${{COMPREPLY[*]}}\"\n",
            completions("bash"),
            words[last],
            words[last - 1]
        );
        let mut bash = Command::new("/bin/bash");
        bash.args(["--norc", "--noprofile", "-s"]);
        assert_eq!(printed(bash, &asked).trim(), offered, "{words:?}");
    }
}

/// The shell is real, and curl is a script that writes down what it gets.
#[cfg(unix)]
#[test]
fn the_command_of_curl_sends_the_same_request() {
    use std::os::unix::fs::PermissionsExt as _;

    let server = OddServer::answering(ok("application/json", "true"));
    let call = |more: &[&str]| {
        Kaltura::new(["call", "media.get", "entryId=0_a", "-", "--service-url", &server.url])
            .arguments(more)
            .env("KALTURA_KS", KS)
            .stdin(r#"{"secret":"hush","note":"a$HOME `id` \\ \" ü"}"#)
            .succeeds()
            .stdout
    };
    call(&[]);
    let sent = body_of(&server.requests.recv().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let curl = folder.path().join("curl");
    std::fs::write(&curl, "#!/bin/sh\nfor one in \"$@\"; do echo \"$one\"; done\necho ---\nexec cat\n")
        .unwrap();
    std::fs::set_permissions(&curl, std::fs::Permissions::from_mode(0o700)).unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let mut shell = Command::new("/bin/sh");
    shell.env_clear().envs([
        ("PATH", path.as_str()),
        ("KALTURA_KS", KS),
        ("KALTURA_SECRET", "hush"),
        ("HOME", "home"),
    ]);
    let output = printed(shell, &call(&["--curl"]));
    let (arguments, piped) = output.split_once("---\n").unwrap();
    let url = format!("{}/api_v3/service/media/action/get?format=1", server.url);
    assert!(arguments.contains("Content-Type: application/json") && arguments.contains(&url), "{arguments}");
    assert!(!arguments.contains("djJ8"), "{arguments}");
    assert_eq!(serde_json::from_str::<Value>(piped).unwrap(), sent);
}
