//! `fromjson`, which refuses texts that nest too deep. That of the library goes as deep as the text, which may come
//! from anybody.

use jaq_core::box_iter::{box_once, then};
use jaq_core::native::{Fun, run, v};
use jaq_core::{Cv, Exn, ValXs};
use jaq_json::{Error, Val, bytes_valrs, read};

use super::nesting;
use super::room::Measured;

pub(super) const NAME: &str = "fromjson";

/// The filter, to take the place of the one in the library.
pub(super) fn filter() -> Fun<Measured> {
    run::<Measured>((NAME, v(0), from_json))
}

fn from_json<'a>((context, input): Cv<'a, Measured>) -> ValXs<'a, Val> {
    let most = context.data().room().json_nesting();
    let bytes = match input.try_as_utf8_bytes_owned() {
        Ok(bytes) if nesting::is_deeper(most, &bytes) => {
            return box_once(Err(Exn::from(Error::str(format_args!(
                "cannot parse a text as JSON that nests more than {most} deep"
            )))));
        }
        bytes => bytes,
    };
    let values = then(bytes, |bytes| {
        bytes_valrs(bytes, |bytes| {
            let fail = move |error| Error::str(format_args!("cannot parse {input} as JSON: {error}"));
            Box::new(read::parse_many(bytes).map(move |value| value.map_err(&fail)))
        })
    });
    Box::new(values.map(|value| value.map_err(Exn::from)))
}

#[cfg(test)]
mod tests {
    use super::super::compiled::tests::results;

    #[test]
    fn json_is_read_as_the_library_reads_it() {
        assert_eq!(
            results("\"{\\\"a\\\":[1,null]} 2\" | fromjson", false).unwrap(),
            ["{\"a\":[1,null]}", "2"]
        );
        assert_eq!(results("\"1.50\" | tonumber", false).unwrap(), ["1.50"]);
        assert_eq!(results("(\"[\" * 9000) + (\"]\" * 9000) | fromjson | length", false).unwrap(), ["1"]);
        let failure = |filter| results(filter, false).unwrap_err();
        assert!(failure("\"{\" | fromjson").contains("cannot parse \"{\" as JSON: byte offset 1"));
        assert!(failure("1 | fromjson").contains("cannot use 1 as string"));
    }

    #[test]
    fn a_text_that_nests_too_deep_is_an_error() {
        for filter in ["\"[\" * 1000000 | fromjson", "\"[\" * 1000000 | tonumber"] {
            let failure = results(filter, false).unwrap_err();
            assert!(
                failure.ends_with("cannot parse a text as JSON that nests more than 10000 deep"),
                "{failure}"
            );
        }
        assert_eq!(results("try (\"[\" * 1000000 | fromjson) catch 7", false).unwrap(), ["7"]);
    }
}
