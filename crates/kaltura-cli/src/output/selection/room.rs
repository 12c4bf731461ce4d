//! Room for filters, which call themselves as deep as people write. A stack that overflows ends the process, so
//! that a filter is given a large one, and is stopped before that is used up.

use std::any::Any;
use std::hint;
use std::panic;
use std::ptr;
use std::thread;

use jaq_core::data::HasLut;
use jaq_core::{DataT, Lut};
use jaq_json::Val;

use crate::exit_code::ExitCode;
use crate::failure::Failure;

/// How large the stack is. Only what is used of it takes memory.
const SIZE: usize = if cfg!(target_pointer_width = "64") { 512 << 20 } else { 64 << 20 };
/// How much of it a filter may use. The rest is for what walks through deep values without asking: to print one, and
/// to take it apart.
const MOST: usize = SIZE / 8;

/// What the results of a filter are made of, and what it may look at.
pub(super) struct Measured;

impl DataT for Measured {
    type V<'a> = Val;
    type Data<'a> = Terms<'a>;
}

/// The terms of a filter, which it asks for at each step.
#[derive(Clone)]
pub(super) struct Terms<'a> {
    lut: &'a Lut<Measured>,
    /// Where in the stack the filter begins.
    begin: usize,
}

impl<'a> Terms<'a> {
    pub(super) fn begin(lut: &'a Lut<Measured>) -> Self {
        Self { lut, begin: here() }
    }
}

impl<'a> HasLut<'a, Measured> for Terms<'a> {
    /// There is no other way out than to unwind: a step can not refuse to be done.
    fn lut(&self) -> &'a Lut<Measured> {
        if here().abs_diff(self.begin) > MOST {
            panic::resume_unwind(Box::new(TooDeep));
        }
        self.lut
    }
}

/// Where in the stack this is called, about.
fn here() -> usize {
    let place = 0_u8;
    hint::black_box(ptr::from_ref(&place)).addr()
}

/// What is thrown by a filter that goes too deep.
struct TooDeep;

/// Works in a thread of its own, with room for filters.
pub(super) fn with_room<T: Send>(work: impl FnOnce() -> Result<T, Failure> + Send) -> Result<T, Failure> {
    thread::scope(|scope| {
        let started = thread::Builder::new().stack_size(SIZE).spawn_scoped(scope, work);
        let thread = started.map_err(|error| {
            Failure::new(ExitCode::Local, "there is no memory for the filter of --jq").caused_by(&error)
        })?;
        thread.join().unwrap_or_else(|thrown| Err(stopped(thrown)))
    })
}

fn stopped(thrown: Box<dyn Any + Send>) -> Failure {
    if thrown.is::<TooDeep>() {
        super::compiled::failed("it goes too deep: it may call itself without end")
    } else {
        panic::resume_unwind(thrown)
    }
}

#[cfg(test)]
mod tests {
    use super::super::compiled::tests::results;
    use super::*;

    #[test]
    fn a_filter_that_calls_itself_without_end_is_stopped() {
        for filter in [
            "def f: 1 + f; f",
            "def f: f | f; f",
            "def f: [f]; f",
            "def f: {a: f}; f",
            "def f: try f catch .; f",
            "def f: f as $x | $x; f",
            "def f: reduce f as $x (0; .); f",
            "def f: if f then 1 else 2 end; f",
            "def f: label $x | f | 1; f",
            "def f(g): f(g | g) | 1; f(.)",
            "def f: \"\\(f)\"; f",
            "def f: limit(1; f) | 1; f",
            "path(def f: f | f; f)",
        ] {
            let failure = results(filter, false).unwrap_err();
            assert_eq!(
                failure, "the filter of --jq failed: it goes too deep: it may call itself without end",
                "{filter}"
            );
        }
    }

    #[test]
    fn a_filter_may_call_itself_often() {
        assert_eq!(
            results("def f: if . > 3000 then . else (. + 1 | f) + 1 end; 0 | f", false).unwrap(),
            ["6002"]
        );
        // What comes last in a filter takes no room.
        assert_eq!(
            results("def f: if . > 300000 then . else . + 1 | f end; 0 | f", false).unwrap(),
            ["300001"]
        );
    }

    #[test]
    fn a_filter_or_a_value_that_nests_deep_does_no_harm() {
        let deep = |open: &str, close: &str| {
            results(&format!("{}1{}", open.repeat(4_000), close.repeat(4_000)), true)
        };
        assert_eq!(deep("[", "]").unwrap()[0].len(), 8_001);
        assert_eq!(deep("(", ")").unwrap(), ["1"]);
        let failure = results(&"(".repeat(20_000), false).unwrap_err();
        assert_eq!(failure, "the filter of --jq nests too deep to be read");
        let failure = results(&".|".repeat(20_000), false).unwrap_err();
        assert_eq!(failure, "the filter of --jq has more than 32768 bytes");
        for (begin, step) in [("0 | ", "-"), ("", ".|")] {
            let filter = format!("{begin}{}1", step.repeat(32_000 / step.len()));
            assert!(results(&filter, false).unwrap_err().contains("goes too deep"));
        }
        let value = results("reduce range(100000) as $x (.; [.])", false).unwrap();
        assert!(value[0].starts_with("[[[[[["), "{}", value[0].len());
    }

    #[test]
    fn what_else_is_thrown_is_thrown_on() {
        let thrown = panic::catch_unwind(|| {
            with_room(|| -> Result<(), Failure> { panic::resume_unwind(Box::new(7)) })
        });
        assert_eq!(thrown.unwrap_err().downcast_ref::<i32>(), Some(&7));
    }
}
