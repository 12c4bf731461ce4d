//! How much is said beside the answer. It is chosen once, at the start, and then holds for the whole process.

use std::sync::OnceLock;

/// How much is said on standard error beside errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Nothing.
    Quiet,
    /// What is good to know.
    #[default]
    Normal,
    /// Also each request and its answer.
    Requests,
    /// Also what is in them.
    Bodies,
}

/// How the process speaks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manner {
    pub(crate) verbosity: Verbosity,
    /// Whether programs read it.
    pub(crate) json: bool,
}

static CHOSEN: OnceLock<Manner> = OnceLock::new();

impl Manner {
    /// Speaks in this manner from now on. Only the first choice counts.
    pub(crate) fn choose(self) {
        let _ = CHOSEN.set(self);
    }

    /// The one that was chosen.
    pub(crate) fn chosen() -> Self {
        CHOSEN.get().copied().unwrap_or_default()
    }
}
