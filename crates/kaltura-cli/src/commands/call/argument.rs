//! One parameter, as it is written on a command line.

use std::path::PathBuf;
use std::str::FromStr;

use serde_json::Value;

/// Where a call gets a parameter from, or several.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Argument {
    /// A JSON object on standard input.
    Stdin,
    /// One parameter.
    One {
        /// The way into nested objects, from outside: `filter.idEqual` is two steps.
        path: Vec<String>,
        value: Written,
    },
}

/// A value, as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Written {
    /// It stands there.
    Here(Value),
    /// The text in a file, less one line end.
    TextFile(PathBuf),
    /// The JSON in a file.
    JsonFile(PathBuf),
}

impl FromStr for Argument {
    type Err = InvalidArgument;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "-" {
            return Ok(Self::Stdin);
        }
        let (key, value) = text.split_once('=').ok_or(InvalidArgument::NoValue)?;
        let (key, is_json) = match key.strip_suffix(':') {
            Some(key) => (key, true),
            None => (key, false),
        };
        let path: Vec<String> = key.split('.').map(str::to_owned).collect();
        if path.iter().any(String::is_empty) {
            return Err(InvalidArgument::EmptyKey);
        }
        let value = match (value.strip_prefix('@'), is_json) {
            (Some(""), _) => return Err(InvalidArgument::NoFile),
            (Some(file), false) => Written::TextFile(file.into()),
            (Some(file), true) => Written::JsonFile(file.into()),
            (None, false) => Written::Here(value.into()),
            (None, true) => Written::Here(serde_json::from_str(value).map_err(|_| InvalidArgument::NotJson)?),
        };
        Ok(Self::One { path, value })
    }
}

/// The text is no parameter. The error does not repeat it: it may hold a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidArgument {
    #[error("write parameters like key=value, key:=json, key=@FILE, or - for standard input")]
    NoValue,
    #[error("a key, or a part of one between dots, is empty")]
    EmptyKey,
    #[error("the value behind := is not JSON; a text is written with = alone")]
    NotJson,
    #[error("the name of the file is missing; a text that begins with @ is written like key:='\"@\"'")]
    NoFile,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(path: &[&str], value: Written) -> Argument {
        Argument::One { path: path.iter().map(|&step| step.to_owned()).collect(), value }
    }

    #[test]
    fn each_form_is_read() {
        for (text, expected) in [
            ("-", Argument::Stdin),
            ("id=0_a", one(&["id"], Written::Here(json!("0_a")))),
            ("id=", one(&["id"], Written::Here(json!("")))),
            ("id=5", one(&["id"], Written::Here(json!("5")))),
            ("a=b=c:=d", one(&["a"], Written::Here(json!("b=c:=d")))),
            ("pager.pageSize:=5", one(&["pager", "pageSize"], Written::Here(json!(5)))),
            ("list:=[1,\"@x\"]", one(&["list"], Written::Here(json!([1, "@x"])))),
            ("text=@notes.txt", one(&["text"], Written::TextFile("notes.txt".into()))),
            ("entry:=@entry.json", one(&["entry"], Written::JsonFile("entry.json".into()))),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_parameter_is_refused() {
        for (text, error) in [
            ("", InvalidArgument::NoValue),
            ("hush", InvalidArgument::NoValue),
            ("=x", InvalidArgument::EmptyKey),
            (":=1", InvalidArgument::EmptyKey),
            ("a..b=1", InvalidArgument::EmptyKey),
            (".a=1", InvalidArgument::EmptyKey),
            ("a:=hush", InvalidArgument::NotJson),
            ("a:=", InvalidArgument::NotJson),
            ("a=@", InvalidArgument::NoFile),
            ("a:=@", InvalidArgument::NoFile),
        ] {
            assert_eq!(text.parse::<Argument>(), Err(error), "{text}");
            assert!(!error.to_string().contains("hush"));
        }
    }
}
