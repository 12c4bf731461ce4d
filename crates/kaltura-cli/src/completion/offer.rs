//! What is offered for the last word of a command line.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate, complete};

use super::Shell;
use crate::cli::Cli;

/// What is offered for the last word of a command line.
pub(crate) enum Offer {
    /// What the shell itself completes best: names of files, and whatever else it knows.
    Files,
    /// Words, each with what it means.
    Candidates(Vec<(String, String)>),
}

impl Offer {
    /// What a script reads instead of candidates. No candidate begins so.
    const FILES: &str = ":files\n";

    /// What is offered for the last of these words, which begin with the name of the program. If they make no
    /// sense, that is nothing.
    pub(crate) fn for_line(shell: Shell, words: Vec<OsString>) -> Self {
        let mut command = with_files_for_free_text(Cli::command());
        command.build();
        let words = shell.words(words);
        let not_replaced = words.not_replaced;
        let all = with_values_attached(&command, words.all);
        let Some(place) = all.len().checked_sub(1) else { return Self::Candidates(Vec::new()) };
        let is_option = all.last().is_some_and(|word| starts_with_dash(word));
        let mut found = candidates(&mut command, all, place);
        // Options can be told from the rest by their first letter: who has typed it looks for them, and who has not,
        // for something else.
        let is_wanted =
            |candidate: &CompletionCandidate| starts_with_dash(candidate.get_value()) == is_option;
        if found.iter().any(is_wanted) {
            found.retain(is_wanted);
        }
        if found.iter().any(stands_for_files) {
            return Self::Files;
        }
        Self::Candidates(found.iter().filter_map(|candidate| shown(candidate, not_replaced)).collect())
    }

    /// What the script of the shell reads: one line for each candidate.
    pub(crate) fn text(&self, shell: Shell) -> String {
        match self {
            Self::Files => Self::FILES.to_owned(),
            Self::Candidates(all) => all.iter().fold(String::new(), |mut text, (word, about)| {
                let _ = writeln!(text, "{}", shell.line(word, about));
                text
            }),
        }
    }
}

fn candidates(command: &mut Command, mut words: Vec<OsString>, place: usize) -> Vec<CompletionCandidate> {
    let is_dash = words.last().is_some_and(|word| word == "-");
    let mut found = complete(command, words.clone(), place, None).unwrap_or_default();
    if is_dash {
        // For a single dash the engine leaves out each long option that has a short form.
        words.pop();
        words.push("--".into());
        found.retain(|candidate| !candidate.get_value().as_encoded_bytes().starts_with(b"--"));
        found.extend(complete(command, words, place, None).unwrap_or_default());
    }
    found.retain(|candidate| !candidate.is_hide_set());
    found
}

/// What marks the one candidate that stands for all files.
const FILES_TAG: &str = "files, which the shell completes";

/// Lets the shell complete files wherever nothing better is known, as shells are used to.
fn with_files_for_free_text(command: Command) -> Command {
    let has_free_text = |arg: &Arg| {
        arg.get_action().takes_values()
            && !arg.is_hide_set()
            && arg.get_possible_values().is_empty()
            && arg.get::<ArgValueCompleter>().is_none()
            && arg.get::<ArgValueCandidates>().is_none()
    };
    let files = |_: &OsStr| vec![CompletionCandidate::new("").tag(Some(FILES_TAG.into()))];
    command
        .mut_args(|arg| if has_free_text(&arg) { arg.add(ArgValueCompleter::new(files)) } else { arg })
        .mut_subcommands(with_files_for_free_text)
}

fn starts_with_dash(word: &OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-")
}

fn stands_for_files(candidate: &CompletionCandidate) -> bool {
    candidate.get_tag().is_some_and(|tag| tag.to_string() == FILES_TAG)
}

/// Writes `--profile demo` as `--profile=demo` before the last word: the engine takes any word that is the name of a
/// command for that command.
fn with_values_attached(command: &Command, words: Vec<OsString>) -> Vec<OsString> {
    let takes_value = |word: &OsString| {
        let of_this_name = |arg: &&Arg| {
            arg.get_long()
                .is_some_and(|long| word.to_str().and_then(|word| word.strip_prefix("--")) == Some(long))
        };
        command.get_arguments().find(of_this_name).is_some_and(|arg| arg.get_action().takes_values())
    };
    let last = words.len().saturating_sub(1);
    let mut attached: Vec<OsString> = Vec::with_capacity(words.len());
    for (place, word) in words.into_iter().enumerate() {
        match attached.last_mut() {
            Some(option) if place < last && takes_value(option) => {
                option.push("=");
                option.push(word);
            }
            _ => attached.push(word),
        }
    }
    attached
}

/// What is shown of a candidate; nothing of one in which a shell could see more than a word.
fn shown(candidate: &CompletionCandidate, not_replaced: usize) -> Option<(String, String)> {
    let is_harmless = |c: char| c.is_ascii_alphanumeric() || "-_.=".contains(c);
    let word = candidate.get_value().to_str().filter(|word| word.chars().all(is_harmless))?;
    let about = candidate.get_help().map(ToString::to_string).unwrap_or_default();
    let about = about.lines().next().unwrap_or_default();
    Some((word.get(not_replaced..)?.to_owned(), about.to_owned()))
}
