//! Room for filters, which call themselves as deep as people write. A stack that overflows ends the process, so
//! that a filter is given a large one, and is stopped before that is used up.

use std::any::Any;
use std::hint;
use std::io;
use std::panic;
use std::ptr;
use std::thread;

use jaq_core::data::HasLut;
use jaq_core::{DataT, Lut};
use jaq_json::Val;

use super::nesting;
use crate::error::{ExitCode, Failure};

/// How large the stack is. Only what is used of it takes memory, but all of it takes addresses, which may be limited:
/// then a smaller one must do.
const SIZES: &[usize] =
    if cfg!(target_pointer_width = "64") { &[512 << 20, 64 << 20, 8 << 20] } else { &[64 << 20, 8 << 20] };

/// How many bytes a filter may have where there is much room.
const MOST_BYTES: usize = 32 << 10;

/// How much room there is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    size: usize,
}

impl Room {
    /// How much of the stack a filter may use. The rest is for what walks through deep values without asking: to print
    /// one, and to take it apart.
    const fn for_calls(self) -> usize {
        self.size / 8
    }

    /// How deep a text with JSON may nest. Without optimization, 4 KiB are used for a step.
    pub(super) fn json_nesting(self) -> usize {
        nesting::MOST.min(self.size / (8 << 10))
    }

    /// How deep a filter may nest. Without optimization, 17 KiB are used for a step.
    pub(super) fn filter_nesting(self) -> usize {
        nesting::MOST.min(self.size / (32 << 10))
    }

    /// How many bytes a filter may have. Who reads it goes as deep as it has operators in a row, each of which takes
    /// 10 KiB without optimization.
    pub(super) fn filter_bytes(self) -> usize {
        MOST_BYTES.min(self.size / (16 << 10))
    }
}

/// What the results of a filter are made of, and what it may look at.
pub(super) struct Measured;

impl DataT for Measured {
    type V<'a> = Val;
    type Data<'a> = &'a Terms<'a>;
}

/// The terms of a filter, which it asks for at each step. It has them by reference: what calls itself has them many
/// times.
pub(super) struct Terms<'a> {
    lut: &'a Lut<Measured>,
    room: Room,
    /// Where in the stack the filter begins.
    begin: usize,
}

impl<'a> Terms<'a> {
    pub(super) fn begin(lut: &'a Lut<Measured>, room: Room) -> Self {
        Self { lut, room, begin: here() }
    }

    pub(super) const fn room(&self) -> Room {
        self.room
    }
}

impl<'a> HasLut<'a, Measured> for &'a Terms<'a> {
    /// There is no other way out than to unwind: a step can not refuse to be done.
    fn lut(&self) -> &'a Lut<Measured> {
        if here().abs_diff(self.begin) > self.room.for_calls() {
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

/// Works in a thread of its own, with room for filters: as much as can be had.
pub(super) fn with_room<T: Send>(work: impl Fn(Room) -> Result<T, Failure> + Sync) -> Result<T, Failure> {
    with_room_of(SIZES, work)
}

fn with_room_of<T: Send>(
    sizes: &[usize],
    work: impl Fn(Room) -> Result<T, Failure> + Sync,
) -> Result<T, Failure> {
    let work = &work;
    let mut failure = Failure::new(ExitCode::Local, "there is no memory for the filter of --jq");
    for &size in sizes {
        let done = thread::scope(|scope| {
            let started =
                thread::Builder::new().stack_size(size).spawn_scoped(scope, move || work(Room { size }))?;
            Ok::<_, io::Error>(started.join().unwrap_or_else(|thrown| Err(stopped(thrown))))
        });
        match done {
            Ok(result) => return result,
            Err(error) => failure = failure.caused_by(&error),
        }
    }
    Err(failure
        .with_hint("It needs 8 MiB more. `ulimit -v` shows how much address space a command may have."))
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
    use serde_json::json;

    use super::super::compiled::Compiled;
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
    fn little_room_is_enough_for_less() {
        let filter = |size: usize, filter: &str| {
            let lines = with_room_of(&[size], |room| {
                let mut lines = Vec::new();
                let compiled = Compiled::new(filter, room)?;
                compiled.run(&json!({ "a": [1] }), true, &mut |line| {
                    lines.push(line);
                    Ok(())
                })?;
                Ok(lines)
            });
            lines.map_err(|failure| failure.to_string())
        };
        for size in [64 << 20, 8 << 20] {
            assert_eq!(filter(size, ".a | map(. + 1) | @csv").unwrap(), ["\"2\""]);
            let room = Room { size };
            // As deep and as long as may be, and one more.
            let nested = |depth: usize| format!("{}1{}", "{a:".repeat(depth), "}".repeat(depth));
            let most = room.filter_nesting().min((room.filter_bytes() - 1) / 4);
            assert!(filter(size, &nested(most)).unwrap()[0].starts_with("{\"a\":{"));
            let parentheses = "(".repeat(room.filter_nesting() + 1);
            assert_eq!(
                filter(size, &parentheses).unwrap_err(),
                "the filter of --jq nests too deep to be read"
            );
            let long = |bytes: usize| format!("0|{}1", "-".repeat(bytes - 3));
            assert_eq!(
                filter(size, &format!("def f: {}; 7", long(room.filter_bytes() - 11))).unwrap(),
                ["7"]
            );
            assert!(filter(size, &long(room.filter_bytes() + 1)).unwrap_err().contains("has more than"));
            let text = |depth: usize| {
                format!(
                    "(\"{{\\\"a\\\":\" * {depth}) + \"1\" + (\"}}\" * {depth}) | fromjson | tojson | fromjson"
                )
            };
            assert!(filter(size, &text(room.json_nesting())).unwrap()[0].starts_with("{\"a\":{"));
            assert!(
                filter(size, &text(room.json_nesting() + 1)).unwrap_err().contains("that nests more than")
            );
            for endless in
                ["def f: 1 + f; f", "def f: [f]; f", "def f: \"\\(f)\"; f", "path(def f: f | f; f)"]
            {
                assert!(filter(size, endless).unwrap_err().contains("goes too deep"), "{endless}");
            }
        }
    }

    #[test]
    fn less_is_taken_where_there_is_no_more() {
        let most = usize::MAX >> 2;
        assert_eq!(with_room_of(&[most, 8 << 20], |room| Ok(room.size)).unwrap(), 8 << 20);
        let failure = with_room_of(&[most], |_| Ok(())).unwrap_err();
        assert_eq!(failure.to_string(), "there is no memory for the filter of --jq");
        assert!(failure.hint().unwrap().contains("ulimit -v"));
    }

    #[test]
    fn what_else_is_thrown_is_thrown_on() {
        let thrown = panic::catch_unwind(|| {
            with_room(|_| -> Result<(), Failure> { panic::resume_unwind(Box::new(7)) })
        });
        assert_eq!(thrown.unwrap_err().downcast_ref::<i32>(), Some(&7));
    }
}
