//! Reading what the environment or a profile says. What is wrong is told without quoting it: it may be a secret by
//! mistake. The parser of the command line tells more, for there is no secret in what it reads.

use clap::ValueEnum as _;
use kaltura_types::{InvalidPrivilege, Privileges};

use super::{TypeWish, parse_privileges};

pub(super) fn session_type(text: &str) -> Result<TypeWish, &'static str> {
    TypeWish::from_str(text, true).map_err(|_| "write user or admin")
}

pub(super) fn privileges(text: &str) -> Result<Privileges, &'static str> {
    parse_privileges(text).map_err(|error| match error {
        InvalidPrivilege::EmptyName => "a privilege needs a name",
        InvalidPrivilege::Name(_) => "the name of a privilege has a character that it may not have",
        InvalidPrivilege::Reserved(_) => "a privilege has the name of a field of the KS, which overwrites it",
        InvalidPrivilege::Dropped => "the server drops a privilege named 0 that has no value",
        InvalidPrivilege::ZeroActionsLimit => "a session limited to 0 actions is refused at its first use",
        InvalidPrivilege::EmptyValue(_) => "a privilege has an empty value; without one there is no colon",
        InvalidPrivilege::Value(_) => "a value of a privilege may not hold control characters",
        InvalidPrivilege::TrailingBlank(_) => {
            "a value of a privilege ends with blanks, which the server drops"
        }
        _ => "write privileges like sview:0_a/0_b,appid:importer",
    })
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
            ("hush hush", "a character"),
            ("_u:hush", "a field of the KS"),
            ("0", "named 0"),
            ("actionslimit:0", "0 actions"),
            ("hush:", "an empty value"),
            ("hush:a\u{1}b", "control characters"),
            ("hush:a ", "ends with blanks"),
        ] {
            let error = privileges(text).unwrap_err();
            assert!(error.contains(part) && !error.contains("hush"), "{text}: {error}");
        }
    }
}
