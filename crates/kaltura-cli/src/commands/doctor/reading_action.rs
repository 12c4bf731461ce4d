//! An action that only reads, so that it can be called to see whether that is allowed.

use std::str::FromStr;

/// What only reads. The server checks parameters before permissions, and between permission and action nothing
/// (wire contract, section 7): so an action can not be tried without being called.
///
/// Not `search`: the server keeps what people search for.
const READING: [&str; 3] = ["list", "get", "count"];

/// An action that only reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReadingAction {
    pub(super) service: String,
    pub(super) action: String,
}

impl ReadingAction {
    pub(super) fn lists(&self) -> bool {
        self.action.eq_ignore_ascii_case("list")
    }
}

impl FromStr for ReadingAction {
    type Err = NoReadingAction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let Some((service, action)) =
            text.split_once('.').filter(|(service, action)| is_name(service) && is_name(action))
        else {
            return Err(NoReadingAction::NoName);
        };
        if !READING.iter().any(|reading| action.eq_ignore_ascii_case(reading)) {
            return Err(NoReadingAction::MayChange);
        }
        Ok(Self { service: service.to_owned(), action: action.to_owned() })
    }
}

/// The text is no action that only reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoReadingAction {
    #[error("write service and action with a dot between them, like media.list")]
    NoName,
    #[error(
        "only list, get and count are tried: the server tells whether an action is allowed by carrying it out, \
         and others may change something"
    )]
    MayChange,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_change_something_is_not_tried() {
        for text in ["media.list", "appToken.get", "baseEntry.COUNT", "caption_captionAsset.list"] {
            assert!(text.parse::<ReadingAction>().is_ok(), "{text}");
        }
        for text in ["media.add", "session.end", "x.listAndDelete", "batch.getExclusive", "media.search"] {
            assert_eq!(text.parse::<ReadingAction>(), Err(NoReadingAction::MayChange), "{text}");
        }
        for text in ["", "media", "media.", ".list", "media.list.x", "media/x.list"] {
            assert_eq!(text.parse::<ReadingAction>(), Err(NoReadingAction::NoName), "{text}");
        }
    }
}
