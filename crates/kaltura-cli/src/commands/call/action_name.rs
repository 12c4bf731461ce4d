//! Service and action, as they are written on a command line.

use std::fmt;
use std::str::FromStr;

/// Which action of which service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::commands) struct ActionName {
    service: String,
    action: String,
}

impl ActionName {
    pub(in crate::commands) fn service(&self) -> &str {
        &self.service
    }

    pub(in crate::commands) fn action(&self) -> &str {
        &self.action
    }

    /// Whether this is `session.end`. The server does not look at the case (wire contract, section 1.1).
    pub(in crate::commands) fn ends_sessions(&self) -> bool {
        self.service.eq_ignore_ascii_case("session") && self.action.eq_ignore_ascii_case("end")
    }
}

impl fmt::Display for ActionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.service, self.action)
    }
}

impl FromStr for ActionName {
    type Err = InvalidActionName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_name =
            |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        match text.split_once('.') {
            // There it could be any actions, session.end among them.
            Some((service, _)) if service.eq_ignore_ascii_case("multirequest") => {
                Err(InvalidActionName::Multirequest)
            }
            Some((service, action)) if is_name(service) && is_name(action) => {
                Ok(Self { service: service.to_owned(), action: action.to_owned() })
            }
            _ => Err(InvalidActionName::Unreadable),
        }
    }
}

/// The text is no service with an action that can be called here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::commands) enum InvalidActionName {
    #[error("write service and action with a dot between them, like media.list")]
    Unreadable,
    #[error("several actions in one request are for `kaltura batch`")]
    Multirequest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_two_words_with_a_dot() {
        let name: ActionName = "caption_captionAsset.list".parse().unwrap();
        assert_eq!((name.service(), name.action()), ("caption_captionAsset", "list"));
        for text in ["", "media", "media.", ".list", "media.list.x", "media/list", "media list.x", "m.l?x=1"]
        {
            assert_eq!(text.parse::<ActionName>(), Err(InvalidActionName::Unreadable), "{text}");
        }
    }

    #[test]
    fn the_end_of_sessions_is_known_in_any_case() {
        for (text, ends) in
            [("session.end", true), ("SESSION.End", true), ("session.get", false), ("a.end", false)]
        {
            assert_eq!(text.parse::<ActionName>().unwrap().ends_sessions(), ends, "{text}");
        }
    }

    #[test]
    fn several_actions_at_once_are_not_called_here() {
        for text in ["multirequest.null", "MultiRequest.x"] {
            assert_eq!(text.parse::<ActionName>(), Err(InvalidActionName::Multirequest), "{text}");
        }
    }
}
