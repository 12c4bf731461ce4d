//! Completion in real shells, at a terminal. `kaltura` is there a function that shows its arguments, so that it is seen
//! what a shell makes of a completed line.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use rexpect::session::{Options, PtySession, spawn_with_options};

use crate::program::PROGRAM;
use crate::support::home::Home;
use crate::support::invocation::Kaltura;

const PROFILES: &str = "[profiles.work]\npartner_id = 1234567\n[profiles.demo]\n";
/// A name that would run something, if it stood in a line as it is.
const ODD_FILE: &str = "odd $(touch ran) `touch ran`;touch ran'.txt";

/// An interactive shell.
struct Typing {
    session: PtySession,
    home: Home,
}

impl Typing {
    /// Starts the shell as its users have it, with our script; nothing if this machine has no such shell.
    fn in_shell(shell: &str, profiles: &str) -> Option<Self> {
        if Command::new(shell).arg("--version").output().is_err() {
            eprintln!("skipped: there is no {shell}");
            return None;
        }
        let home = Home::with_profiles(profiles);
        fs::write(home.path(ODD_FILE), "").unwrap();
        let script = Kaltura::new(["completions", shell]).run_process().ends_with(0).stdout;
        let recorder = home.path("recorder");
        fs::write(&recorder, format!("#!/bin/sh\necho \"$*\" >> ~/asked\nexec '{PROGRAM}' \"$@\"\n"))
            .unwrap();
        fs::set_permissions(&recorder, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(home.path("_kaltura"), script.replace(PROGRAM, recorder.to_str().unwrap())).unwrap();
        let mut command = Command::new(shell);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("TERM", "xterm");
        command
            .env("HOME", home.path(""))
            .env("KALTURA_CONFIG_DIR", home.folder())
            .current_dir(home.path(""));
        let (start, begin) = match shell {
            "bash" => {
                command.args(["--noprofile", "--rcfile", ".start", "-i"]);
                (
                    ".start",
                    "stty echo; set -u; source _kaltura; PS1='ready> '; kaltura() { printf '<%s>' \"$@\"; echo .; }",
                )
            }
            "zsh" => {
                command.args(["-d", "-i"]);
                (
                    ".zshrc",
                    "fpath=($PWD $fpath); autoload -U compinit; compinit -u -D; PS1='ready> '\n\
                     kaltura() { printf '<%s>' \"$@\"; echo . }",
                )
            }
            _ => {
                command.args(["--no-config", "--interactive", "--init-command", "source .start"]);
                (
                    ".start",
                    "source _kaltura\nfunction fish_prompt; echo 'ready> '; end\n\
                     function kaltura; printf '<%s>' $argv; echo .; end",
                )
            }
        };
        fs::write(home.path(start), begin).unwrap();
        let options = Options::default().timeout_ms(Some(30_000)).strip_ansi_escape_codes(true);
        let mut session = spawn_with_options(command, options).unwrap();
        // An interactive shell is not ended by the signal that comes at the end.
        session.process_mut().set_kill_timeout(Some(100));
        session.exp_string("ready> ").unwrap();
        Some(Self { session, home })
    }

    /// Types this, then TAB and the end of the line, and sees to it that these are the arguments.
    #[track_caller]
    fn becomes(&mut self, typed: &str, arguments: &[&str]) {
        self.session.send(&format!("{typed}\t\r")).unwrap();
        self.session.flush().unwrap();
        let shown: String = arguments.iter().map(|argument| format!("<{argument}>")).collect();
        let before = self.session.exp_string(&(shown.clone() + "."));
        let before = before.unwrap_or_else(|error| panic!("{typed:?} does not become {shown}: {error}"));
        for trouble in ["error", "note:", "not found", "unbound"] {
            assert!(!before.contains(trouble), "{typed:?}: {before}");
        }
        self.session.exp_string("ready> ").unwrap();
    }

    /// Types this and TAB, waits for what is then shown, and throws the line away.
    #[track_caller]
    fn shows(&mut self, typed: &str, shown: &str) {
        self.session.send(&format!("{typed}\t")).unwrap();
        self.session.flush().unwrap();
        if let Err(error) = self.session.exp_string(shown) {
            panic!("for {typed:?}, {shown:?} is not shown: {error}");
        }
        self.session.send_control('c').unwrap();
        self.session.exp_string("ready> ").unwrap();
    }
}

fn completes(shell: &str) {
    let Some(mut typing) = Typing::in_shell(shell, PROFILES) else { return };
    // The first TAB is one in which zsh loads the script.
    typing.becomes("kaltura --profile w", &["--profile", "work"]);
    typing.becomes("kaltura --profile=w", &["--profile=work"]);
    typing.becomes("kaltura --profile \"w", &["--profile", "work"]);
    typing.becomes("kaltura profile sh", &["profile", "show"]);
    typing
        .becomes("kaltura --profile demo profile show w", &["--profile", "demo", "profile", "show", "work"]);
    typing.becomes("kaltura token rotate --delete", &["token", "rotate", "--delete-old"]);
    typing.becomes("kaltura login --hash-type sha2", &["login", "--hash-type", "SHA256"]);
    typing.becomes("kaltura ks --region e", &["ks", "--region", "eu"]);
    typing.becomes("kaltura call media.l", &["call", "media.list"]);
    typing.becomes("kaltura --profile nosuch", &["--profile", "nosuch"]);
    typing.becomes("kaltura login --user=sview:a --re", &["login", "--user=sview:a", "--region"]);
    // Files, by the shell.
    typing.becomes("kaltura login --app-token-file od", &["login", "--app-token-file", ODD_FILE]);
    let attached = format!("--app-token-file={ODD_FILE}");
    typing.becomes("kaltura login --app-token-file=od", &["login", &attached]);
    typing.becomes("kaltura exec -- od", &["exec", "--", ODD_FILE]);
    // Where a name belongs, there is no file.
    typing.becomes("kaltura --profile od", &["--profile", "od"]);
    typing.shows("kaltura $(touch ran) --prof", "ile");
    typing.shows("kaltura \"$(touch ran)\" pro", "file");
    assert!(!typing.home.path("ran").exists());
    // What is typed is not among the arguments, which every user of the machine can read.
    let asked = fs::read_to_string(typing.home.path("asked")).unwrap();
    let expected = format!("completions {shell} --line");
    assert!(asked.lines().count() > 10 && asked.lines().all(|line| line == expected), "{asked}");
}

fn says_nothing_of_broken_profiles(shell: &str) {
    let Some(mut typing) = Typing::in_shell(shell, "[profiles.work]\n[profiles.'x;touch ran']\n") else {
        return;
    };
    typing.becomes("kaltura --profile w", &["--profile", "w"]);
    typing.becomes("kaltura profile show x", &["profile", "show", "x"]);
    typing.becomes("kaltura profile sh", &["profile", "show"]);
    assert!(!typing.home.path("ran").exists());
}

#[test]
fn bash_completes() {
    completes("bash");
    says_nothing_of_broken_profiles("bash");
}

#[test]
fn zsh_completes() {
    completes("zsh");
    says_nothing_of_broken_profiles("zsh");
}

#[test]
fn fish_completes() {
    completes("fish");
    says_nothing_of_broken_profiles("fish");
}
