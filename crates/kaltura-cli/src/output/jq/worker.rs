//! The worker of a filter: reads the filter and values from standard input, and writes events to standard output.

use std::io::{self, BufRead as _, Read as _, Write as _};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use jaq_core::data::HasLut;
use jaq_core::load::lex::Expect;
use jaq_core::load::{Arena, Error, File, Import, Loader, import, span};
use jaq_core::{Compiler, Ctx, DataT, Filter, Lut, Vars, compile as compiler};
use jaq_json::Val;
use kaltura_types::redact;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::functions::{self, to_json};
use crate::error::Failure;

/// The argument that makes this program a worker.
pub(crate) const ARGUMENT: &str = "--jq-worker";
/// The stack of the filter. Only what is used of it takes memory.
pub(super) const STACK_SIZE: usize = 256 << 20;
/// The memory of the process, besides its stack and what the answer needs.
pub(super) const MEMORY: u64 = 768 << 20;
/// How much of a value's text the value takes in memory, with room for a filter that copies it.
const BYTES_PER_BYTE: u64 = 64;
/// How many bytes of output are passed on at once.
const CHUNK: usize = 64 << 10;
/// How much of an error is shown. It may contain the whole answer.
const MAX_MESSAGE: usize = 200;
/// The hint of an error that the filter has at run time.
pub(super) const EXECUTED: &str = "The command was executed. Without --jq, its whole answer is printed.";

/// The first frame.
#[derive(Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) code: String,
    /// Whether strings are printed as JSON.
    pub(super) json: bool,
}

/// What a worker writes, each in a line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Event {
    /// Results, each a line with its line end.
    Results(String),
    /// What `halt_error`, `stderr` or `debug` write to standard error.
    Message(String),
    /// The frame is done: the filter was checked, or has no further results.
    Done,
    /// The filter is invalid or has failed: what is wrong, and what to do.
    Failed(String, String),
    /// The filter has ended itself, with this exit code.
    Halted(u8),
}

impl From<Failure> for Event {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure.to_string(), failure.hint().unwrap_or_default().to_owned())
    }
}

/// Works until the end of standard input.
pub(crate) fn serve() {
    let (sender, frames) = channel();
    let filter = move || {
        serve_frames(&frames, &|event| {
            let line = serde_json::to_string(&event).unwrap_or_default() + "\n";
            let mut stdout = io::stdout().lock();
            if stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()).is_err() {
                // The command has ended.
                std::process::exit(0);
            }
        });
    };
    let thread = thread::Builder::new().stack_size(STACK_SIZE).spawn(filter);
    let mut stdin = io::stdin().lock();
    let mut length = String::new();
    while let Ok(1..) = stdin.read_line(&mut length) {
        let Ok(bytes) = length.trim_end().parse::<u64>() else { return };
        limit_memory(MEMORY.saturating_add(bytes.saturating_mul(BYTES_PER_BYTE)));
        let mut frame = Vec::new();
        let is_whole = stdin.by_ref().take(bytes).read_to_end(&mut frame).is_ok();
        // A filter that has panicked takes no more.
        if !is_whole || thread.is_err() || sender.send(frame).is_err() {
            return;
        }
        length.clear();
    }
}

/// Ends the process when it takes more memory.
#[cfg(target_os = "linux")]
fn limit_memory(bytes: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let set = |resource, bytes| {
        let maximum = getrlimit(resource).maximum;
        let current = Some(maximum.map_or(bytes, |maximum| maximum.min(bytes)));
        // Where it cannot be set, the system has a lower one.
        let _ = setrlimit(resource, Rlimit { current, maximum });
    };
    set(Resource::As, bytes.saturating_add(STACK_SIZE as u64));
    set(Resource::Core, 0);
}

/// Ends the process when it takes more memory.
#[cfg(not(target_os = "linux"))]
fn limit_memory(bytes: u64) {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    const CHECK_INTERVAL: Duration = Duration::from_millis(20);
    static LIMIT: AtomicU64 = AtomicU64::new(0);
    if LIMIT.swap(bytes, Ordering::Relaxed) != 0 {
        return;
    }
    let _ = thread::Builder::new().spawn(|| {
        loop {
            let used = memory_stats::memory_stats().map_or(0, |stats| stats.physical_mem as u64);
            if used > LIMIT.load(Ordering::Relaxed) {
                let _ = io::stderr().write_all(b"memory");
                std::process::exit(1);
            }
            thread::sleep(CHECK_INTERVAL);
        }
    });
}

fn serve_frames(frames: &Receiver<Vec<u8>>, send: &dyn Fn(Event)) {
    let Ok(Ok(Request { code, json })) = frames.recv().map(|frame| serde_json::from_slice(&frame)) else {
        return;
    };
    let filter = match compile(&code) {
        Ok(filter) => filter,
        Err(failure) => return send(failure.into()),
    };
    send(Event::Done);
    for frame in frames {
        let Ok(value) = serde_json::from_slice::<Value>(&frame) else { return };
        send(run(&filter, &value, json, send));
    }
}

/// The data of a filter: values of jaq, and a [`Run`].
pub(super) struct Data;

impl DataT for Data {
    type V<'a> = Val;
    type Data<'a> = &'a Run<'a>;
}

/// One run of a filter.
pub(super) struct Run<'a> {
    lut: &'a Lut<Data>,
    pub(super) send: &'a dyn Fn(Event),
}

impl<'a> HasLut<'a, Data> for &'a Run<'a> {
    fn lut(&self) -> &'a Lut<Data> {
        self.lut
    }
}

/// Runs a filter on a value, and returns how it ended. Lines are passed on many at a time.
pub(super) fn run(filter: &Filter<Data>, value: &Value, json: bool, send: &dyn Fn(Event)) -> Event {
    let run = Run { lut: &filter.lut, send };
    let mut lines = String::new();
    let mut results = || {
        let input = Val::deserialize(value).map_err(|error| Event::from(failed(&error.to_string())))?;
        for result in filter.id.run((Ctx::<Data>::new(&run, Vars::new([])), input)) {
            let value = result.map_err(|exception| match exception.get_err() {
                Ok(error) => {
                    let error = error.into_val();
                    Event::from(failed(&text_of(&error, false).unwrap_or_else(|_| error.to_string())))
                }
                Err(other) => halted(other.get_halt().unwrap_or_default()),
            })?;
            lines += &text_of(&value, json).map_err(|error| Event::from(failed(&error)))?;
            lines.push('\n');
            if lines.len() >= CHUNK {
                send(Event::Results(std::mem::take(&mut lines)));
            }
        }
        Ok(())
    };
    let end = results().err().unwrap_or(Event::Done);
    // What is there when the filter fails is printed too.
    if !lines.is_empty() {
        send(Event::Results(lines));
    }
    end
}

/// The end of a filter by `halt` or `halt_error`, which set the exit code.
fn halted(code: i32) -> Event {
    Event::Halted(u8::try_from(code & 0xff).unwrap_or(u8::MAX))
}

/// A result as a line: a string as it is, unless with `json`; anything else as JSON.
fn text_of(value: &Val, json: bool) -> Result<String, String> {
    match value {
        Val::TStr(text) if !json => Ok(String::from_utf8_lossy(text).into_owned()),
        value => to_json(value),
    }
}

pub(super) fn compile(code: &str) -> Result<Filter<Data>, Failure> {
    let own = jaq_core::load::parse(include_str!("definitions.jq"), |parser| parser.defs());
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let definitions = definitions.chain(own.unwrap_or_default());
    let arena = Arena::default();
    let no_modules = || "modules cannot be imported".to_owned();
    let first =
        |errors: Vec<(_, Error<&str>)>| invalid(code, errors.first().map(|(_, error)| unread(code, error)));
    let modules = Loader::new(definitions)
        .with_read(|_: Import<'_, &str, ()>| Err(no_modules()))
        .load(&arena, File { code, path: () })
        .map_err(first)?;
    import(&modules, |_| Err(no_modules())).map_err(first)?;
    Compiler::<_, Data>::default().with_funs(functions::all()).compile(modules).map_err(|errors| {
        let first = errors.first().and_then(|(_, errors)| errors.first());
        invalid(code, first.map(|(name, kind)| (*name, undefined(name, kind))))
    })
}

/// The filter raised an error.
pub(super) fn failed(error: &str) -> Failure {
    // It contains the value that it could not be used on, which may be a KS.
    let error = redact(error, &[]);
    let shown: String = error.chars().take(MAX_MESSAGE).collect();
    let more = if shown.len() < error.len() { " …" } else { "" };
    Failure::usage(format!("the --jq filter failed: {shown}{more}")).with_hint(EXECUTED)
}

/// The filter is invalid at this part of it, for this reason.
fn invalid(code: &str, found: Option<(&str, String)>) -> Failure {
    let Some((part, why)) = found else { return Failure::usage("invalid --jq filter") };
    let start = span(code, part).start.min(code.len());
    let place = if start == code.len() {
        "at its end".to_owned()
    } else {
        format!("at character {}", code[..start].chars().count() + 1)
    };
    let marked = format!("{} >>> {}", &code[..start], &code[start..]);
    Failure::usage(format!("invalid --jq filter {place}: {why}"))
        .with_hint(format!("It is invalid here: {marked}"))
}

fn unread<'a>(code: &'a str, error: &Error<&'a str>) -> (&'a str, String) {
    let first = match error {
        Error::Io(errors) => errors.first().map(|(path, error)| (*path, error.clone())),
        Error::Lex(errors) => errors.first().map(|(expected, at)| lexeme(expected, at)),
        Error::Parse(errors) => {
            errors.first().map(|(expected, at)| (*at, format!("expected {}", expected.as_str())))
        }
    };
    first.unwrap_or_else(|| (&code[code.len()..], "it cannot be read".to_owned()))
}

/// What cannot be read, and where. What is never closed is marked where it is opened.
fn lexeme<'a>(expected: &Expect<&'a str>, at: &'a str) -> (&'a str, String) {
    let expected = match expected {
        Expect::Delim(open) => return (open, format!("unclosed {open}")),
        Expect::Digit => "a digit",
        Expect::Ident => "a name",
        Expect::Escape => "an escape sequence",
        Expect::Unicode => "four hexadecimal digits",
        _ => return (at, "unexpected character".to_owned()),
    };
    (at, format!("expected {expected}"))
}

fn undefined(name: &str, kind: &compiler::Undefined) -> String {
    match kind {
        compiler::Undefined::Filter(arity) => format!("{name}/{arity} is not defined"),
        other => format!("the {} {name} is not defined", other.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use serde_json::json;

    use super::*;

    /// The results and the messages of a filter, and how it ended.
    fn outputs(code: &str, json: bool) -> Result<(String, String, Event), Failure> {
        let list = json!({ "objects": [{ "id": "0_a", "n": 1.5 }, { "id": "0_\"b", "n": null }] });
        let (results, messages) = (RefCell::new(String::new()), RefCell::new(String::new()));
        let end = run(&compile(code)?, &list, json, &|event| match event {
            Event::Results(lines) => *results.borrow_mut() += &lines,
            Event::Message(text) => *messages.borrow_mut() += &text,
            _ => {}
        });
        Ok((results.into_inner(), messages.into_inner(), end))
    }

    fn results(code: &str, json: bool) -> Result<String, String> {
        match outputs(code, json) {
            Ok((_, _, Event::Failed(message, _))) => Err(message),
            Err(failure) => Err(failure.to_string()),
            Ok((lines, ..)) => Ok(lines),
        }
    }

    #[track_caller]
    fn assert_fails(code: &str, why: &str) {
        let message = results(code, false).unwrap_err();
        assert!(message.contains(why), "{code}: {message}");
    }

    #[test]
    fn results_are_those_of_jq() {
        for (code, expected) in [
            (".objects[].id", "0_a\n0_\"b\n"),
            (".objects | map(.n)", "[1.5,null]\n"),
            (".objects[0], empty, null, false", "{\"id\":\"0_a\",\"n\":1.5}\nnull\nfalse\n"),
            ("[.objects[] | select(.id | test(\"a\"))] | length", "1\n"),
            ("nan, [nan], -nan", "null\n[null]\nnull\n"),
            ("infinite", "1.7976931348623157e+308\n"),
            ("[-infinite]", "[-1.7976931348623157e+308]\n"),
            ("[nan] | tojson, tostring", "[null]\n[null]\n"),
            ("2700 / 60, 1e3, -0.5, 1e17", "45\n1000\n-0.5\n1e+17\n"),
            ("9007199254740993, 18446744073709551615", "9007199254740993\n18446744073709551615\n"),
            ("\"{\\\"a\\\":[1,null]} \" | fromjson", "{\"a\":[1,null]}\n"),
            ("\"12\", \" -1.50 \", \"1e3\" | tonumber", "12\n-1.5\n1000\n"),
            ("7 | tonumber", "7\n"),
            ("try (\"0_a\" | tonumber) catch \"no\"", "no\n"),
            ("[\"a\", null, 1, true] | join(\"-\")", "a--1-true\n"),
            ("1795493355.7 | todate", "2026-11-24T04:09:15Z\n"),
            (".objects[] | [.id, .n, true] | @csv", "\"0_a\",1.5,true\n\"0_\"\"b\",,true\n"),
            ("[\"a\\tb\\\\c\", 1] | @tsv", "a\\tb\\\\c\t1\n"),
        ] {
            assert_eq!(results(code, false).unwrap(), expected, "{code}");
        }
        assert_eq!(results(".objects[].id", true).unwrap(), "\"0_a\"\n\"0_\\\"b\"\n");
        assert_eq!(results("[] | join(\"-\")", true).unwrap(), "\"\"\n");
    }

    #[test]
    fn json_numbers_and_rows_are_read_strictly() {
        for text in ["0_a", "", "1 2", "nan", "inf", "Infinity", "0x1", "1,5"] {
            let why = format!("\"{text}\" cannot be parsed as a number");
            assert_fails(&format!("\"{text}\" | tonumber"), &why);
        }
        for text in ["1 2", "", "{", "NaN", "1 # comment", "[1,]"] {
            assert_fails(&format!("\"{text}\" | fromjson"), "is not JSON");
        }
        for (code, why) in [
            ("null | tonumber", "as string"),
            ("\"[\" * 1000000 | fromjson", "is not JSON"),
            ("[1, 2] | pick(.[1])", "the key 1 of an object is not a string"),
            ("[[1]] | @csv", "the --jq filter failed: [1] cannot be in a row of @csv"),
            ("1 | @tsv", "the --jq filter failed: 1 is not a list, and @tsv needs one"),
        ] {
            assert_fails(code, why);
        }
    }

    #[test]
    fn a_filter_can_end_itself_as_in_jq() {
        for (code, lines, message, end) in [
            ("1, halt, 2", "1\n", "", Event::Halted(0)),
            ("\"bye\" | halt_error", "", "bye", Event::Halted(5)),
            ("{a: 1} | halt_error", "", "{\"a\":1}\n", Event::Halted(5)),
            ("\"no\" | halt_error(3)", "", "no", Event::Halted(3)),
            ("[1] | debug, stderr", "[1]\n[1]\n", "[\"DEBUG:\",[1]]\n[1]", Event::Done),
        ] {
            let (results, messages, ended) = outputs(code, false).unwrap();
            assert_eq!((results.as_str(), messages.as_str()), (lines, message), "{code}");
            assert_eq!(format!("{ended:?}"), format!("{end:?}"), "{code}");
        }
    }

    #[test]
    fn a_mistake_is_reported_with_its_place() {
        for (code, why) in [
            (".a[", "invalid --jq filter at character 3: unclosed ["),
            (".\"ä\" | foo", "at character 8: foo/0 is not defined"),
            (".a | $x", "at character 6: the variable $x is not defined"),
            ("env", "at character 1: env/0 is not defined"),
            (".a | $ENV", "variable $ENV is not defined"),
            (".a |", "at its end: expected term"),
            ("", "at its end: expected term"),
            (".a )", "at character 4: "),
            (".ä", "at character 2: unexpected character"),
            ("import \"x\" as x; .", "modules cannot be imported"),
            ("include \"x\"; .", "modules cannot be imported"),
            ("import \"x\" as $x; $x", "modules cannot be imported"),
            ("import \"x\" as $x; .", "modules cannot be imported"),
            ("input, inputs", "input/0 is not defined"),
            ("\"\\q\"", "expected an escape sequence"),
        ] {
            assert_fails(code, why);
        }
    }

    #[test]
    fn an_error_shows_neither_the_whole_answer_nor_a_secret() {
        let long = results("(.objects | tostring * 100) | error", false).unwrap_err();
        assert!(long.starts_with("the --jq filter failed: ") && long.len() < 300, "{long}");
        assert_fails(".objects.id", "cannot index");
        assert_fails("error(null)", "the --jq filter failed: null");
        for secret in [
            "djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8",
            "0123456789abcdef0123456789abcdef",
        ] {
            let message = results(&format!("\"{secret}\" | .a"), false).unwrap_err();
            assert!(message.contains("cannot index") && message.contains("(redacted)"), "{message}");
            assert!(!message.contains(&secret[..12]), "{message}");
        }
    }

    #[test]
    fn the_nesting_of_a_result_is_limited() {
        let deep = |depth: usize| format!("reduce range({depth}) as $x (1; [.])");
        let run = move || {
            let nested = results(&deep(functions::MAX_DEPTH), false).unwrap();
            assert_eq!(nested.len(), 2 * functions::MAX_DEPTH + 2);
            assert_fails(&deep(functions::MAX_DEPTH + 1), "a result nests more than 10000 deep");
        };
        thread::Builder::new().stack_size(STACK_SIZE).spawn(run).unwrap().join().unwrap();
    }
}
