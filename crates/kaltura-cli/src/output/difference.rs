//! What the server granted differently from what was asked, for programs.

use kaltura_auth::Adjustment;
use serde::Serialize;

/// One thing that the server granted differently from what was asked.
#[derive(Serialize)]
pub(crate) struct Difference {
    kind: &'static str,
    message: String,
}

impl Difference {
    pub(crate) fn all(adjustments: &[Adjustment]) -> Vec<Self> {
        adjustments.iter().map(Self::of).collect()
    }

    fn of(adjustment: &Adjustment) -> Self {
        let kind = match adjustment {
            Adjustment::ShorterLifetime { .. } => "shorterLife",
            Adjustment::OtherUser { .. } => "otherUser",
            Adjustment::OtherType { .. } => "otherType",
            Adjustment::PrivilegesDropped { .. } => "privilegesDropped",
            _ => "other",
        };
        Self { kind, message: adjustment.to_string() }
    }
}
