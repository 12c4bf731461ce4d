//! The few colours.

use anstyle::{AnsiColor, Style};

/// What went wrong.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What went well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What is good to know.
pub(crate) const NOTE: Style = AnsiColor::Cyan.on_default();
/// Headings.
pub(crate) const HEADING: Style = Style::new().bold();
/// What matters less.
pub(crate) const QUIET: Style = Style::new().dimmed();
