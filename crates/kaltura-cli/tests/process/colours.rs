//! Where there are colours, and where there are none.

use crate::invocation::Kaltura;

#[test]
fn a_pipe_has_none_unless_they_are_forced() {
    let plain = Kaltura::new(["demo"]).run().ends_with(0);
    assert!(!plain.stdout.contains('\u{1b}'));
    let forced = Kaltura::new(["demo"]).env("CLICOLOR_FORCE", "1").run().ends_with(0);
    assert!(forced.stdout.contains("\u{1b}[32m✓"), "{forced:#?}");
    let refused = Kaltura::new(["login"]).env("CLICOLOR_FORCE", "1").run().fails_with(2);
    assert!(refused.stderr.contains("\u{1b}["), "{refused:#?}");
}

#[test]
fn who_wants_none_has_none_even_where_they_are_forced() {
    for line in [&["demo"][..], &["--help"], &["login", "-v"], &["nosuch"]] {
        let forced = || Kaltura::new(line.iter().copied()).env("CLICOLOR_FORCE", "1");
        let (with, without) = (forced().run(), forced().env("NO_COLOR", "1").run());
        assert!(with.stdout.contains('\u{1b}') || with.stderr.contains('\u{1b}'), "{with:#?}");
        assert!(!without.stdout.contains('\u{1b}') && !without.stderr.contains('\u{1b}'), "{without:#?}");
    }
}

#[cfg(unix)]
#[test]
fn a_terminal_has_them_unless_it_is_told_otherwise() {
    use crate::terminal::Terminal;

    let headed = |name: &str, value: &str| {
        let mut terminal = Terminal::open_with_codes(Kaltura::new(["inspect", "--help"]).env(name, value));
        let before = terminal.wait_for("Usage:");
        assert_eq!(terminal.left().code, 0);
        before
    };
    for name in ["TERM", "NO_COLOR", "CLICOLOR_FORCE"] {
        let value = if name == "TERM" { "xterm" } else { "" };
        let shown = headed(name, value);
        assert!(shown.contains('\u{1b}'), "{name}: {shown:?}");
    }
    for (name, value) in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
        let shown = headed(name, value);
        assert!(!shown.contains('\u{1b}'), "{name}: {shown:?}");
    }
}
