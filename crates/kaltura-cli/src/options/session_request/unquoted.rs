//! Reading what the environment or a profile says. What is wrong is told without quoting it: it may be a secret by
//! mistake. The parser of the command line tells more, for there is no secret in what it reads.

use clap::ValueEnum as _;
use kaltura_types::Privileges;

use super::{TypeWish, parse_privileges};

pub(super) fn session_type(text: &str) -> Result<TypeWish, &'static str> {
    TypeWish::from_str(text, true).map_err(|_| "write user or admin")
}

pub(super) fn privileges(text: &str) -> Result<Privileges, &'static str> {
    parse_privileges(text).map_err(|error| error.reason())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_right_is_read() {
        assert!(matches!(session_type("Admin"), Ok(TypeWish::Admin)));
        assert_eq!(privileges("sview:0_a,appid:x"), Ok(Privileges::parse("sview:0_a,appid:x")));
    }

    #[test]
    fn what_is_wrong_is_not_quoted() {
        assert_eq!(session_type("hush").unwrap_err(), "write user or admin");
        for (text, part) in [
            (",", "needs a name"),
            ("hush hush", "control character"),
            ("_u:hush", "a field of the KS"),
            ("0", "named 0"),
            ("actionslimit:0", "0 actions"),
            ("hush:", "an empty value"),
            ("hush:a\u{1}b", "control character"),
            ("hush:a ", "ends with white space"),
        ] {
            let error = privileges(text).unwrap_err();
            assert!(error.contains(part) && !error.contains("hush"), "{text}: {error}");
        }
    }
}
