//! A broken rule, as the person who broke it reads it.

use std::fmt;

/// One broken rule. They sort by place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    place: String,
    line: usize,
    wrong: String,
    remedy: String,
}

impl Finding {
    /// A finding about a whole file: what is wrong with it, and what to do.
    pub(crate) fn new(place: impl Into<String>, wrong: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::at(place, 0, wrong, remedy)
    }

    /// A finding about one line, counted from 1.
    pub(crate) fn at(
        place: impl Into<String>,
        line: usize,
        wrong: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { place: place.into(), line, wrong: wrong.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, line, wrong, remedy } = self;
        match line {
            0 => write!(f, "{place}: {wrong}; {remedy}"),
            line => write!(f, "{place}:{line}: {wrong}; {remedy}"),
        }
    }
}
