//! What functions cost that take text from outside, with inputs that are made to be expensive.
//!
//! `cargo xtask growth` runs the cases under callgrind and compares the instructions of an input with those of one that
//! is ten times as long: at most elevenfold, less what an empty input takes. Numbers in inputs have a fixed width: the input
//! of ten times the parts is ten times as long.

mod answers;
mod command_line;
mod emulator;
mod ks;
mod texts;

/// An input that is ready, and the function to call with it.
pub type Work = Box<dyn FnOnce()>;

/// A function with a kind of input.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The function and the kind of input.
    pub name: &'static str,
    /// The lengths of the inputs, in bytes unless the case says otherwise, each ten times the one before.
    pub lengths: &'static [usize],
    /// Makes an input of this length, or the empty one of length 0.
    pub prepare: fn(usize) -> Work,
}

/// Lengths for functions with a constant limit, which is about a thousand parts.
const PARTS: &[usize] = &[90, 900];
/// Lengths for functions that take some hundred instructions for a byte.
const SHORT: &[usize] = &[2_000, 20_000];
/// Lengths for inputs that are refused: a short one takes less than an empty one, which is not.
const REFUSED: &[usize] = &[20_000, 200_000];
/// The usual lengths.
const MEDIUM: &[usize] = &[2_000, 20_000, 200_000];
/// Lengths up to those of long answers.
const LONG: &[usize] = &[20_000, 200_000, 2_000_000];

/// All cases.
#[must_use]
pub fn cases() -> Vec<Case> {
    [texts::CASES, ks::CASES, answers::CASES, emulator::CASES, command_line::CASES].concat()
}

/// Calls the function, between two calls of [`mark`].
pub fn measured(work: Work) {
    mark();
    work();
    mark();
}

/// Where the count of instructions begins and ends.
#[inline(never)]
pub fn mark() {
    std::hint::black_box(());
}

const fn case(name: &'static str, lengths: &'static [usize], prepare: fn(usize) -> Work) -> Case {
    Case { name, lengths, prepare }
}

/// Takes a result, so that it is not optimized away.
fn keep<T>(result: T) {
    std::hint::black_box(result);
}

/// The text again and again, up to this length.
fn repeated(text: &str, length: usize) -> String {
    text.repeat(length / text.len())
}

/// Numbered texts with commas between them, up to about this length.
fn numbered(length: usize, item: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in 0.. {
        if text.len() >= length {
            break;
        }
        if number > 0 {
            text.push(',');
        }
        text += &item(number);
    }
    text
}

/// A work that takes a text.
fn with(text: String, function: impl FnOnce(&str) + 'static) -> Work {
    Box::new(move || function(&text))
}
