//! Parameters that this program sets itself: given by somebody else they would be lost without a word.

use kaltura_client::RESERVED_PARAMETERS;
use kaltura_types::Parameters;

/// A call has a parameter that this program sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is not taken as a parameter: {}", self.instead())]
pub(in crate::commands) struct OwnParameter {
    name: &'static str,
}

impl OwnParameter {
    /// Sees to it that there is none among the parameters of a call.
    pub(in crate::commands) fn refuse(parameters: &Parameters) -> Result<(), Self> {
        match RESERVED_PARAMETERS.into_iter().find(|name| parameters.contains_key(*name)) {
            Some(name) => Err(Self { name }),
            None => Ok(()),
        }
    }

    /// What says so instead.
    fn instead(self) -> &'static str {
        match self.name {
            "service" | "action" => "what is called is said by its name, such as media.list",
            "format" => "answers are asked for as JSON, and --json and --jq say how they are printed",
            _ => "it tells the server which program calls, and that is this one",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_what_to_do_instead() {
        for (name, instead) in [
            ("service", "such as media.list"),
            ("action", "such as media.list"),
            ("format", "--json"),
            ("clientTag", "which program calls"),
        ] {
            let parameters = Parameters::from_iter([(name.to_owned(), "x".into())]);
            let told = OwnParameter::refuse(&parameters).unwrap_err().to_string();
            assert!(told.starts_with(name) && told.contains(instead), "{told}");
        }
        let others = ["partnerId", "ks", "language", "clienttag"].map(|name| (name.to_owned(), "x".into()));
        assert_eq!(OwnParameter::refuse(&Parameters::from_iter(others)), Ok(()));
    }
}
