//! A filter that can be run, and what is wrong with one that can not.

use jaq_core::load::lex::Expect;
use jaq_core::load::{Arena, Error, File, Loader, span};
use jaq_core::{Compiler, Ctx, Filter, Vars, compile};
use jaq_json::Val;
use kaltura_types::redact;
use serde::Deserialize as _;
use serde_json::Value;

use super::room::{Measured, Room, Terms};
use super::{from_json, nesting};
use crate::error::Failure;

/// How much of an error is shown. It may have the whole answer in it.
const MOST_LETTERS: usize = 200;

/// A filter that can be run. It is made and run where there is [room](super::room::with_room).
pub(super) struct Compiled {
    filter: Filter<Measured>,
    room: Room,
}

impl Compiled {
    /// Reads a filter.
    pub(super) fn new(filter: &str, room: Room) -> Result<Self, Failure> {
        let most = room.filter_bytes();
        if filter.len() > most {
            return Err(Failure::usage(format!("the filter of --jq has more than {most} bytes")));
        }
        if nesting::is_deeper(room.filter_nesting(), filter.as_bytes()) {
            return Err(Failure::usage("the filter of --jq nests too deep to be read"));
        }
        let rows = jaq_core::load::parse(include_str!("rows.jq"), |parser| parser.defs());
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let defs = defs.chain(rows.unwrap_or_default());
        // The environment may hold secrets, which do not belong into an answer.
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let funs = funs.filter(|(name, ..)| !["env", from_json::NAME].contains(name));
        let funs = funs.chain([from_json::filter()]);
        let arena = Arena::default();
        let modules = Loader::new(defs)
            .load(&arena, File { code: filter, path: () })
            .map_err(|errors| wrong(filter, errors.first().map(|(_, error)| unread(filter, error))))?;
        let compiled = Compiler::<_, Measured>::default().with_funs(funs).compile(modules);
        let filter = compiled.map_err(|errors| {
            let first = errors.first().and_then(|(_, errors)| errors.first());
            wrong(filter, first.map(|(name, kind)| (*name, undefined(name, kind))))
        })?;
        Ok(Self { filter, room })
    }

    /// Runs it on a value, and gives each result as a line. False if the filter asked to stop.
    pub(super) fn run(
        &self,
        value: &Value,
        json: bool,
        take: &mut dyn FnMut(String) -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        let input = Val::deserialize(value)
            .map_err(|error| Failure::usage("the answer can not be given to the filter").caused_by(&error))?;
        let terms = Terms::begin(&self.filter.lut, self.room);
        let context = Ctx::<Measured>::new(&terms, Vars::new([]));
        for result in self.filter.id.run((context, input)) {
            match result {
                Ok(value) => take(if json { value.to_string() } else { bare(value) })?,
                Err(exception) => {
                    let Ok(error) = exception.get_err() else { return Ok(false) };
                    return Err(failed(&bare(error.into_val())));
                }
            }
        }
        Ok(true)
    }
}

/// A text as it is, anything else as JSON.
fn bare(value: Val) -> String {
    match value {
        Val::TStr(text) => String::from_utf8_lossy(&text).into_owned(),
        value => value.to_string(),
    }
}

pub(super) fn failed(error: &str) -> Failure {
    // What it could not be used on stands in it, which may be a KS.
    let error = redact(error, &[]);
    let shown: String = error.chars().take(MOST_LETTERS).collect();
    let more = if shown.len() < error.len() { " …" } else { "" };
    Failure::usage(format!("the filter of --jq failed: {shown}{more}"))
        .with_hint("The command has been carried out. Without --jq its whole answer is printed.")
}

/// What is wrong, and at which letter of the filter. `found` is the part of it where it goes wrong, and what was
/// expected or is missing there.
fn wrong(filter: &str, found: Option<(&str, String)>) -> Failure {
    let Some((part, why)) = found else { return Failure::usage("the filter of --jq can not be read") };
    let start = span(filter, part).start.min(filter.len());
    let place = if start == filter.len() {
        "at its end".to_owned()
    } else {
        format!("at letter {}", filter[..start].chars().count() + 1)
    };
    Failure::usage(format!("the filter of --jq is wrong {place}: {why}")).with_hint(format!(
        "It goes wrong here: {} >>> {}",
        &filter[..start],
        &filter[start..]
    ))
}

fn unread<'a>(filter: &'a str, error: &Error<&'a str>) -> (&'a str, String) {
    let end = &filter[filter.len()..];
    let first = match error {
        Error::Io(errors) => errors.first().map(|(path, error)| (*path, error.clone())),
        Error::Lex(errors) => errors.first().map(|(expected, at)| lexeme(expected, at)),
        Error::Parse(errors) => {
            errors.first().map(|(expected, at)| (*at, format!("expected {}", expected.as_str())))
        }
    };
    first.unwrap_or_else(|| (end, "it can not be read".to_owned()))
}

/// What can not be read, and where. What is never closed is wrong where it is opened.
fn lexeme<'a>(expected: &Expect<&'a str>, at: &'a str) -> (&'a str, String) {
    let expected = match expected {
        Expect::Delim(open) => return (open, format!("{open} is not closed")),
        Expect::Digit => "a digit",
        Expect::Ident => "a name",
        Expect::Escape => "an escape sequence",
        Expect::Unicode => "four hexadecimal digits",
        _ => return (at, "this can not stand here".to_owned()),
    };
    (at, format!("expected {expected}"))
}

fn undefined(name: &str, kind: &compile::Undefined) -> String {
    match kind {
        compile::Undefined::Filter(arity) => format!("there is no filter {name}/{arity}"),
        other => format!("there is no {} {name}", other.as_str()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::super::room::with_room;
    use super::*;

    pub(in super::super) fn results(filter: &str, json: bool) -> Result<Vec<String>, String> {
        let list = json!({ "objects": [{ "id": "0_a", "n": 1.5 }, { "id": "0_\"b", "n": null }] });
        let lines = with_room(|room| {
            let mut lines = Vec::new();
            let take = &mut |line| {
                lines.push(line);
                Ok(())
            };
            Compiled::new(filter, room)?.run(&list, json, take).map(|_| lines)
        });
        lines.map_err(|failure| failure.to_string())
    }

    #[test]
    fn texts_are_bare_and_the_rest_is_json() {
        assert_eq!(results(".objects[].id", false).unwrap(), ["0_a", "0_\"b"]);
        assert_eq!(results(".objects[].id", true).unwrap(), [r#""0_a""#, r#""0_\"b""#]);
        assert_eq!(results(".objects | map(.n)", false).unwrap(), ["[1.5,null]"]);
        assert_eq!(
            results(".objects[0], empty, null, false", false).unwrap(),
            [r#"{"id":"0_a","n":1.5}"#, "null", "false"]
        );
        assert_eq!(results("[.objects[] | select(.id | test(\"a\"))] | length", false).unwrap(), ["1"]);
    }

    #[test]
    fn there_are_rows_for_spreadsheets() {
        assert_eq!(
            results(".objects[] | [.id, .n, true] | @csv", false).unwrap(),
            ["\"0_a\",1.5,true", "\"0_\"\"b\",,true"]
        );
        assert_eq!(results("[\"a\\tb\\\\c\", 1] | @tsv", false).unwrap(), ["a\\tb\\\\c\t1"]);
        let failure = |filter| results(filter, false).unwrap_err();
        assert_eq!(failure("[[1]] | @csv"), "the filter of --jq failed: [1] can not stand in a row of @csv");
        assert_eq!(
            failure("1 | @tsv"),
            "the filter of --jq failed: 1 is no list, and @tsv makes rows of lists"
        );
    }

    #[test]
    fn a_filter_that_stops_is_no_failure() {
        assert_eq!(results("1, halt, 2", false).unwrap(), ["1"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (filter, why) in [
            (".a[", "at letter 3: [ is not closed"),
            (".\"ä\" | foo", "at letter 8: there is no filter foo/0"),
            (".a | $x", "at letter 6: there is no variable $x"),
            ("env", "at letter 1: there is no filter env/0"),
            (".a | $ENV", "there is no variable $ENV"),
            (".a |", "at its end: expected term"),
            ("", "at its end: expected term"),
            (".a )", "at letter 4: "),
            (".ä", "at letter 2: this can not stand here"),
            ("import \"x\" as x; .", "module loading not supported"),
            ("\"\\q\"", "expected an escape sequence"),
        ] {
            let message = results(filter, false).unwrap_err();
            assert!(message.contains(why), "{filter}: {message}");
        }
    }

    #[test]
    fn a_failure_shows_no_whole_answer() {
        let long = results("(.objects | tostring * 100) | error", false).unwrap_err();
        assert!(long.starts_with("the filter of --jq failed: ") && long.len() < 300, "{long}");
        assert!(results(".objects.id", false).unwrap_err().contains("cannot index"));
    }

    #[test]
    fn a_failure_shows_no_secret() {
        for secret in [
            "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8",
            "0123456789abcdef0123456789abcdef",
        ] {
            let message = results(&format!("\"{secret}\" | .a"), false).unwrap_err();
            assert!(message.contains("cannot index") && message.contains("(redacted)"), "{message}");
            assert!(!message.contains(&secret[..12]), "{message}");
        }
    }
}
