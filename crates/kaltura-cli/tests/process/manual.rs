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

/// A page, each section of it by its name.
fn page(command: &[&str]) -> (String, Vec<(String, String)>) {
    let page = Kaltura::new(["man"]).arguments(command.iter().copied()).run().ends_with(0);
    assert_eq!(page.stderr, "", "{command:?}");
    assert!(page.stdout.is_ascii(), "{command:?}");
    let mut parts = page.stdout.split("\n.SH \"");
    let head = parts.next().unwrap().to_owned();
    let section = |part: &str| part.split_once("\"\n").map(|(name, text)| (name.to_owned(), text.to_owned()));
    (head, parts.map(|part| section(part).unwrap()).collect())
}

fn section(command: &[&str], name: &str) -> String {
    let (_, sections) = page(command);
    let found = sections.into_iter().find(|(section, _)| section == name);
    found.unwrap_or_else(|| panic!("{command:?} has no {name}")).1
}

#[test]
fn a_page_says_what_it_is_of_and_when_that_was_made() {
    let version = Kaltura::new(["--version"]).run().ends_with(0).stdout;
    // The commit and its day are not known where there is no repository.
    let date = version
        .lines()
        .next()
        .unwrap()
        .split_once(" (")
        .map_or("", |(_, commit)| commit.trim_end_matches(')').split(' ').nth(1).unwrap());
    let ending = format!("\"1\" \"{date}\" \"kaltura {}\" \"Kaltura Manual\"", env!("CARGO_PKG_VERSION"));
    for (command, name) in
        [(&[][..], "KALTURA"), (&["ks"], "KALTURA\\-KS"), (&["token", "add"], "KALTURA\\-TOKEN\\-ADD")]
    {
        let (head, _) = page(command);
        assert_eq!(head.lines().next().unwrap(), format!(".TH \"{name}\" {ending}"));
    }
}

#[test]
fn the_sections_are_those_of_other_manuals() {
    let (_, sections) = page(&["ks"]);
    let names: Vec<&str> = sections.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "EXAMPLES",
            "JSON OUTPUT",
            "FILES",
            "ENVIRONMENT",
            "EXIT STATUS",
            "SEE ALSO"
        ]
    );
    for command in COMMANDS {
        let (_, sections) = page(&[command]);
        for name in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "SEE ALSO"] {
            assert!(sections.iter().any(|(section, _)| section == name), "{command} has no {name}");
        }
        let text = sections.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n");
        assert!(!text.contains("Examples:") && !text.contains("lists the exit codes"), "{command}: {text}");
        assert!(!text.contains("Taken only to say"), "{command}");
        for line in text.lines().filter(|line| line.starts_with(['.', '\''])) {
            let request = line.split(' ').next().unwrap();
            assert!(
                [".SS", ".PP", ".TP", ".RS", ".RE", ".nf", ".fi"].contains(&request),
                "{command}: {line}"
            );
        }
    }
}

#[test]
fn each_section_says_what_belongs_there() {
    let synopsis = section(&["ks"], "SYNOPSIS");
    assert!(
        synopsis.starts_with(
            "\\fBkaltura ks\\fR [\\fB\\-\\-min\\-validity\\fR\\ \\fIDURATION\\fR] [\\fB\\-\\-fresh\\fR] "
        ),
        "{synopsis}"
    );
    assert!(synopsis.ends_with(" [\\fIglobal\\ options\\fR]"), "{synopsis}");
    let call = section(&["call"], "SYNOPSIS");
    assert!(call.ends_with(" <SERVICE.ACTION> [PARAMETER]..."), "{call}");
    assert_eq!(
        section(&["completions"], "EXAMPLES").lines().take(7).collect::<Vec<_>>(),
        [
            "bash, in \\(ti/.bashrc:",
            ".PP",
            ".RS 4",
            ".nf",
            "source <(kaltura completions bash)",
            ".fi",
            ".RE"
        ]
    );
    let description = section(&["ks"], "DESCRIPTION");
    assert!(
        description.contains(".PP\nThe session is kept in a file") && !description.contains("\\-\\-json")
    );
    assert!(section(&["ks"], "JSON OUTPUT").starts_with("With \\-\\-json the answer has ks, partnerId"));
    assert!(section(&["ks"], "ENVIRONMENT").contains("\\fBKALTURA_LIFETIME\\fR\nhow long they live\n"));
    assert!(section(&["ks"], "FILES").contains("\\fB\\(ti/.cache/kaltura/\\fR\n"));
    assert!(section(&["ks"], "SEE ALSO").contains("\\fBkaltura\\fR(1), \\fBkaltura\\-login\\fR(1)"));
    let options = section(&["ks"], "OPTIONS");
    let global = options.find(".SS \"Global options\"").unwrap();
    assert!(options.find("\\-\\-widget\\-id").unwrap() < global, "{options}");
    assert!(options[global..].contains("\\-\\-json"), "{options}");
    // Two exit codes are of one command alone.
    assert!(section(&["exec"], "EXIT STATUS").starts_with("The exit code is that of the program."));
    for (command, has_it) in [(&["exec"][..], true), (&[], true), (&["ks"], false)] {
        assert_eq!(section(command, "EXIT STATUS").contains("\\fB127\\fR"), has_it, "{command:?}");
    }
}

#[test]
fn the_page_of_all_lists_each_command() {
    let commands = section(&[], "COMMANDS");
    for command in COMMANDS {
        assert!(commands.contains(&format!("\\fBkaltura\\-{command}\\fR(1)")), "{command}: {commands}");
    }
    assert!(section(&[], "ENVIRONMENT").contains("\\fBNO_COLOR, CLICOLOR=0\\fR"));
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
    assert!(section(&["token", "add"], "OPTIONS").contains("expires\\-in"));
    assert!(section(&["token", "add"], "SEE ALSO").contains("\\fBkaltura\\-token\\fR(1)"));
    assert!(
        section(&["token"], "COMMANDS").contains("\\fBkaltura\\-token\\-add\\fR(1)\nCreate an app token\n")
    );
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
