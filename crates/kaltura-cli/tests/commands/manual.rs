//! What the command prints about itself: completions and the manual.

use crate::support::invocation::Kaltura;
use crate::support::server::text_of;

#[test]
fn an_unknown_shell_is_a_usage_error() {
    Kaltura::new(["completions", "tcsh"]).fails(2).saying("possible values: bash");
    Kaltura::new(["completions"]).fails(2).saying("<SHELL>");
}

/// The sections of a page, by their names.
fn sections(command: &[&str]) -> Vec<(String, String)> {
    let page = Kaltura::new(["man"]).arguments(command).succeeds();
    assert_eq!(page.stderr, "", "{command:?}");
    let parts = page.stdout.split("\n.SH ").skip(1).map(|part| part.split_once('\n').unwrap());
    parts.map(|(name, text)| (name.trim_matches('"').to_owned(), text.to_owned())).collect()
}

fn section(command: &[&str], name: &str) -> String {
    let found = sections(command).into_iter().find(|(section, _)| section == name);
    found.unwrap_or_else(|| panic!("{command:?} has no {name}")).1
}

#[test]
fn a_page_has_the_sections_of_a_manual() {
    for command in [&["ks"][..], &["token", "add"], &["call"], &["profile", "remove"]] {
        let found = sections(command);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        for name in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "GLOBAL OPTIONS",
            "EXAMPLES",
            "FILES",
            "EXIT STATUS",
            "SEE ALSO",
        ] {
            assert!(names.contains(&name), "{command:?} has no {name}: {names:?}");
        }
        let text = found.into_iter().map(|(_, text)| text).collect::<String>();
        assert!(!text.contains("Examples:") && !text.contains("Only to say"), "{command:?}: {text}");
    }
    assert!(section(&["token", "add"], "NAME").starts_with("kaltura\\-token\\-add \\- "));
    assert!(section(&["ks"], "EXIT STATUS").contains("rejected"));
    assert!(section(&["ks"], "FILES").contains("/.cache/kaltura/"));
    assert!(section(&["token", "add"], "SEE ALSO").contains("kaltura\\-token(1)"));
    assert!(section(&[], "ENVIRONMENT").contains("KALTURA_CA_FILE"));
    let page = Kaltura::new(["man", "ks"]).run().stdout;
    assert!(page.contains(&format!("\"kaltura {}\"", env!("CARGO_PKG_VERSION"))), "{page}");
}

#[test]
fn a_page_of_no_command_is_a_usage_error() {
    let man = |command: &[&str]| Kaltura::new(["man"]).arguments(command).run();
    man(&["nosuch"]).fails_with(2).saying("no such command").saying("The subcommands of kaltura are");
    man(&["ks", "nosuch"]).fails_with(2).saying("kaltura ks has no subcommands.");
}

#[test]
fn all_pages_go_into_a_directory() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("share/man1");
    let write = || Kaltura::new(["man", "--out", text_of(&pages)]).run();
    assert_eq!(write().ends_with(0).stdout, "");
    for (page, command) in
        [("kaltura", &[][..]), ("kaltura-token-add", &["token", "add"]), ("kaltura-ks", &["ks"])]
    {
        let printed = Kaltura::new(["man"]).arguments(command).run().stdout;
        assert_eq!(std::fs::read_to_string(pages.join(format!("{page}.1"))).unwrap(), printed, "{page}");
    }
    std::fs::remove_dir_all(&pages).unwrap();
    std::fs::write(&pages, "").unwrap();
    write().fails_with(1).saying("cannot write the pages to");
}
