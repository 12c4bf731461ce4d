//! `--jq`: a filter in the language of jq, run by jaq.
//!
//! The filter may contain a mistake, and it reads what a server sent. It runs on a thread of its own, and within limits;
//! beyond one of them it fails with an error:
//!
//! | limit | value |
//! |---|---|
//! | time | `--jq-timeout`, without the time to write the output |
//! | memory | the process may grow by 512 MiB and by four times its size at the start |
//! | stack of the filter's calls | a quarter of [`STACK_SIZE`] |
//! | size and nesting of the filter, nesting of a result | [`MAX_BYTES`], [`MAX_NESTING`], [`MAX_DEPTH`] |
//!
//! Time and memory are checked every 20 ms, and the filter is stopped at its next step. A single allocation that the
//! system refuses, such as that of `"x" * 1e15`, still ends the process, and so does a value that nests a million deep.

mod functions;

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use jaq_core::data::HasLut;
use jaq_core::load::lex::Expect;
use jaq_core::load::{Arena, Error, File, Import, Loader, import, span};
use jaq_core::{Compiler, Ctx, DataT, Filter, Lut, Vars, compile};
use jaq_json::Val;
use kaltura_types::redact;
use serde::Deserialize as _;
use serde_json::Value;
use tokio::time::Instant;

use self::functions::to_json;
use super::{Ui, printable};
use crate::error::{ExitCode, Failure};
use crate::signals::{Signals, watch};

/// The stack of the thread. Only what is used of it takes memory.
const STACK_SIZE: usize = 256 << 20;
/// The largest filter. Without optimization, its parser takes 10 KiB of stack for each operator in a row.
const MAX_BYTES: usize = 16 << 10;
/// How deep a filter may nest. Without optimization, its parser takes 17 KiB of stack for each level.
const MAX_NESTING: usize = 4_000;
/// How deep a result may nest, as in jq.
const MAX_DEPTH: usize = 10_000;
/// How much the process may grow, beside a multiple of its size.
const MAX_GROWTH: usize = 512 << 20;
/// How often time and memory are checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);
/// How many bytes of output are passed on at once.
const CHUNK: usize = 64 << 10;
/// How much of an error is shown. It may contain the whole answer.
const MAX_MESSAGE: usize = 200;

fn write_output(ui: &Ui, output: Output) -> Result<(), Failure> {
    match output {
        Output::Results(lines) => ui.print_foreign(&lines),
        Output::Message(text) => {
            ui.eprint(&printable(&text));
            Ok(())
        }
    }
}

/// A filter that was checked.
#[derive(Clone, Debug)]
pub(crate) struct JqFilter {
    code: String,
    json: bool,
    timeout: Duration,
    max_growth: usize,
}

/// What comes from a filter.
#[derive(Debug, PartialEq)]
pub(crate) enum Output {
    /// Results, each a line with its line end.
    Results(String),
    /// What `halt_error`, `stderr` or `debug` write to standard error.
    Message(String),
}

impl JqFilter {
    /// Checks a filter. With `json`, strings are printed as JSON too.
    pub(crate) fn new(code: &str, json: bool, timeout: Duration) -> Result<Self, Failure> {
        if code.len() > MAX_BYTES {
            return Err(Failure::usage(format!("the --jq filter is longer than {MAX_BYTES} bytes")));
        }
        if nests_deeper(code, MAX_NESTING) {
            return Err(Failure::usage(format!("the --jq filter nests more than {MAX_NESTING} deep")));
        }
        let filter = Self { code: code.to_owned(), json, timeout, max_growth: MAX_GROWTH };
        filter.run_with(|code, _| compile(code).map(drop), &mut |_| Ok(()))?;
        Ok(filter)
    }

    /// Whether the filter contains the path `.name`.
    pub(crate) fn takes(&self, name: &str) -> bool {
        let continues = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let path = format!(".{name}");
        self.code.match_indices(&path).any(|(at, _)| !self.code[at + path.len()..].starts_with(continues))
    }

    /// Prints what comes from a value, where nothing listens to signals: then they end the process.
    pub(super) fn print_now(&self, ui: &Ui, value: Value) -> Result<(), Failure> {
        watch(ui);
        self.run(vec![value], &mut |output| write_output(ui, output))
    }

    /// Prints what comes from these values.
    pub(crate) async fn print(
        &self,
        ui: &Ui,
        values: Vec<Value>,
        signals: &mut Signals,
    ) -> Result<(), Failure> {
        let (filter, ui) = (self.clone(), ui.clone());
        let work =
            tokio::task::spawn_blocking(move || filter.run(values, &mut |output| write_output(&ui, output)));
        signals.unless_stopped(work).await?.unwrap_or_else(|error| {
            Err(Failure::new(ExitCode::Local, "the output ended early").caused_by(&error))
        })
    }

    /// Runs the filter on each of these values, and passes on what comes from it. Blocks.
    pub(crate) fn run(
        &self,
        values: Vec<Value>,
        write: &mut dyn FnMut(Output) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let json = self.json;
        self.run_with(move |code, channel| run_all(&compile(code)?, &values, json, channel), write)
    }

    /// Runs work on a thread with a large stack, within the limits.
    fn run_with(
        &self,
        work: impl FnOnce(&str, &Channel) -> Result<(), Failure> + Send + 'static,
        write: &mut dyn FnMut(Output) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (sender, receiver) = mpsc::sync_channel(4);
        let stop = Arc::new(AtomicBool::new(false));
        let channel = Channel { sender, stop: Arc::clone(&stop) };
        let code = self.code.clone();
        let work = move || {
            let outcome = panic::catch_unwind(AssertUnwindSafe(|| work(&code, &channel)));
            let _ = channel.sender.send(Event::Done(outcome.unwrap_or_else(|thrown| Err(stopped(&*thrown)))));
        };
        let thread =
            thread::Builder::new().name("jq".to_owned()).stack_size(STACK_SIZE).spawn(work).map_err(
                |error| {
                    Failure::new(ExitCode::Local, "cannot start a thread for the --jq filter")
                        .caused_by(&error)
                        .with_hint("It needs 256 MiB of address space: see `ulimit -v`.")
                },
            )?;
        // However this ends, the thread does not go on.
        let _stop = StopOnDrop(stop);
        let outcome = self.supervise(&receiver, write)?;
        // Its stack is then free for the next one.
        let _ = thread.join();
        outcome
    }

    /// Passes output on, and checks time and memory, until the thread is done: then returns its outcome.
    fn supervise(
        &self,
        receiver: &Receiver<Event>,
        write: &mut dyn FnMut(Output) -> Result<(), Failure>,
    ) -> Result<Result<(), Failure>, Failure> {
        let memory_limit =
            memory().map(|size| size.saturating_add(size.saturating_mul(4)).saturating_add(self.max_growth));
        let mut used = Duration::ZERO;
        let mut checked_at = Instant::now();
        loop {
            let event = receiver.recv_timeout(CHECK_INTERVAL);
            used += checked_at.elapsed();
            match event {
                Ok(Event::Output(output)) => write(output)?,
                Ok(Event::Done(outcome)) => return Ok(outcome),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(failed("it ended without a result")),
            }
            checked_at = Instant::now();
            if used > self.timeout {
                let seconds = self.timeout.as_secs();
                return Err(failed(&format!("it took longer than {seconds} s"))
                    .with_hint("The command was executed. Use --jq-timeout to allow more time."));
            }
            if memory_limit.zip(memory()).is_some_and(|(limit, size)| size > limit) {
                return Err(failed("it used too much memory")
                    .with_hint("The command was executed. For a long list, use --jsonl: each object is then filtered by itself."));
            }
        }
    }
}

enum Event {
    Output(Output),
    Done(Result<(), Failure>),
}

/// The way from the thread to its supervisor.
struct Channel {
    sender: SyncSender<Event>,
    stop: Arc<AtomicBool>,
}

impl Channel {
    /// Passes output on; unwinds if it is not wanted any more.
    fn send(&self, output: Output) {
        if self.sender.send(Event::Output(output)).is_err() {
            panic::resume_unwind(Box::new(Stopped));
        }
    }
}

struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The size of the process in memory, where the system tells it.
fn memory() -> Option<usize> {
    memory_stats::memory_stats().map(|stats| stats.physical_mem)
}

/// The data of a filter: values of jaq, and a [`Run`].
struct Data;

impl DataT for Data {
    type V<'a> = Val;
    type Data<'a> = &'a Run<'a>;
}

/// One run of a filter.
struct Run<'a> {
    lut: &'a Lut<Data>,
    channel: &'a Channel,
    /// Where in the stack the filter begins.
    begin: usize,
}

impl<'a> HasLut<'a, Data> for &'a Run<'a> {
    /// The terms of the filter, which jaq asks for at each step. A step cannot fail, so a filter is ended by unwinding.
    fn lut(&self) -> &'a Lut<Data> {
        if self.channel.stop.load(Ordering::Relaxed) {
            panic::resume_unwind(Box::new(Stopped));
        }
        if stack_position().abs_diff(self.begin) > STACK_SIZE / 4 {
            panic::resume_unwind(Box::new(TooDeep));
        }
        self.lut
    }
}

/// The payload of an unwinding filter that has used its stack.
struct TooDeep;

/// The payload of an unwinding filter that is not wanted any more.
struct Stopped;

fn stopped(thrown: &(dyn Any + Send)) -> Failure {
    failed(if thrown.is::<TooDeep>() {
        "too many nested calls: it may call itself without end"
    } else if thrown.is::<Stopped>() {
        "it was stopped"
    } else {
        "its interpreter has a defect"
    })
}

/// About where in the stack this is called.
fn stack_position() -> usize {
    let place = 0_u8;
    std::hint::black_box(std::ptr::from_ref(&place)).addr()
}

fn run_all(filter: &Filter<Data>, values: &[Value], json: bool, channel: &Channel) -> Result<(), Failure> {
    let run = Run { lut: &filter.lut, channel, begin: stack_position() };
    let mut lines = Lines { text: String::new(), channel };
    for value in values {
        let input = Val::deserialize(value).map_err(|error| failed(&error.to_string()))?;
        for result in filter.id.run((Ctx::<Data>::new(&run, Vars::new([])), input)) {
            match result {
                Ok(value) => lines.push(&text_of(&value, json).map_err(|error| failed(&error))?),
                Err(exception) => {
                    return match exception.get_err() {
                        Ok(error) => {
                            let error = error.into_val();
                            Err(failed(&text_of(&error, false).unwrap_or_else(|_| error.to_string())))
                        }
                        Err(other) => halted(other.get_halt().unwrap_or_default()),
                    };
                }
            }
        }
    }
    Ok(())
}

/// The end of a filter by `halt` or `halt_error`, which set the exit code.
fn halted(code: i32) -> Result<(), Failure> {
    match u8::try_from(code & 0xff).unwrap_or(u8::MAX) {
        0 => Ok(()),
        code => Err(Failure::told_already(ExitCode::Filter(code))),
    }
}

/// A result as a line: a string as it is, unless with `json`; anything else as JSON.
fn text_of(value: &Val, json: bool) -> Result<String, String> {
    match value {
        Val::TStr(text) if !json => Ok(String::from_utf8_lossy(text).into_owned()),
        value => to_json(value),
    }
}

/// Lines that are passed on many at a time. What is there when the filter fails is passed on too.
struct Lines<'a> {
    text: String,
    channel: &'a Channel,
}

impl Lines<'_> {
    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        if self.text.len() >= CHUNK {
            self.channel.send(Output::Results(std::mem::take(&mut self.text)));
        }
    }
}

impl Drop for Lines<'_> {
    fn drop(&mut self) {
        if !self.text.is_empty() {
            // A send that fails would unwind from here, perhaps a second time.
            let rest = Output::Results(std::mem::take(&mut self.text));
            let _ = self.channel.sender.send(Event::Output(rest));
        }
    }
}

/// Whether more brackets than this are open at once. Brackets in strings count too.
fn nests_deeper(code: &str, max: usize) -> bool {
    let mut depth = 0_usize;
    code.bytes().any(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > max
    })
}

fn compile(code: &str) -> Result<Filter<Data>, Failure> {
    let own = jaq_core::load::parse(include_str!("jq/definitions.jq"), |parser| parser.defs());
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
fn failed(error: &str) -> Failure {
    // It contains the value that it could not be used on, which may be a KS.
    let error = redact(error, &[]);
    let shown: String = error.chars().take(MAX_MESSAGE).collect();
    let more = if shown.len() < error.len() { " …" } else { "" };
    Failure::usage(format!("the --jq filter failed: {shown}{more}"))
        .with_hint("The command was executed. Without --jq, its whole answer is printed.")
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

fn undefined(name: &str, kind: &compile::Undefined) -> String {
    match kind {
        compile::Undefined::Filter(arity) => format!("{name}/{arity} is not defined"),
        other => format!("the {} {name} is not defined", other.as_str()),
    }
}

#[cfg(test)]
mod tests;
