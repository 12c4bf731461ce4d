//! The regions of Kaltura's own service.

use std::fmt;
use std::str::FromStr;

/// A region of Kaltura's own service. A partner lives in one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "another region is another URL, which needs no name here")]
pub enum Region {
    /// The United States; the default.
    Us,
    /// Germany.
    De,
    /// Europe.
    Eu,
    /// Singapore.
    Sg,
    /// Canada.
    Ca,
    /// Asia and the Pacific.
    Ap,
}

impl Region {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Us, Self::De, Self::Eu, Self::Sg, Self::Ca, Self::Ap];

    /// The short name, such as `eu`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::De => "de",
            Self::Eu => "eu",
            Self::Sg => "sg",
            Self::Ca => "ca",
            Self::Ap => "ap",
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Region {
    type Err = UnknownRegion;

    /// Reads a short name in any case.
    fn from_str(text: &str) -> Result<Self, UnknownRegion> {
        Self::ALL.into_iter().find(|region| region.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownRegion)
    }
}

/// A text that names no [`Region`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a region: use us, de, eu, sg, ca or ap")]
#[non_exhaustive]
pub struct UnknownRegion;
