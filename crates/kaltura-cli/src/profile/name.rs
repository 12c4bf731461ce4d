//! The name of a profile.

use std::fmt;
use std::str::FromStr;

use crate::redaction::looks_like_a_secret;

/// The name of a profile. It can be a part of a file name on every system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProfileName(String);

impl ProfileName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads the name of a profile that is to be made. What looks like a secret may be one, in the wrong place.
pub(crate) fn new_profile_name(text: &str) -> Result<ProfileName, String> {
    if looks_like_a_secret(text) {
        return Err("this looks like a secret, and not like the name of a profile".to_owned());
    }
    text.parse().map_err(|error: InvalidProfileName| error.to_string())
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProfileName {
    type Err = InvalidProfileName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let is_name =
            !text.is_empty() && text.len() <= 64 && !text.starts_with('-') && text.chars().all(is_letter);
        if is_name { Ok(Self(text.to_owned())) } else { Err(InvalidProfileName) }
    }
}

/// The text can not name a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a profile is named by up to 64 letters, digits, - and _, such as work")]
pub(crate) struct InvalidProfileName;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_a_file_name() {
        let long = "x".repeat(65);
        for name in ["work", "a-b_C3", "0", &long[..64]] {
            assert_eq!(name.parse::<ProfileName>().unwrap().as_str(), name);
        }
        for name in ["", "-x", "a b", "a/b", "..", "a.b", "ü", &long] {
            assert_eq!(name.parse::<ProfileName>(), Err(InvalidProfileName), "{name}");
        }
    }
}
