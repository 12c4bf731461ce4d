//! `kaltura completions`: what a shell needs to complete command lines.
//!
//! The script of a shell runs `kaltura completions SHELL --line` at each TAB, and offers what that prints. So values are
//! completed that did not exist when the script was written, such as names of profiles. Only the command line and the
//! file with the profiles are read: there is no request, and no secret. The command line comes by standard input: it may
//! hold a secret, and other users can read arguments.
//!
//! The engine of `clap_complete` finds the candidates. Its scripts are not used: those of bash and fish show errors, that
//! of PowerShell runs what is on the line, that of zsh cannot be a file of `fpath`, and none leaves files to the shell,
//! which knows how to quote their names.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::PathBuf;

use clap::{Arg, Args, Command, ValueEnum};
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate, complete};

use crate::args::values;
use crate::config::Environment;
use crate::error::Failure;
use crate::output::Ui;

const EXAMPLES: &str = "\
Examples:
  bash, in ~/.bashrc:
    source <(kaltura completions bash)

  zsh, into a directory of fpath:
    kaltura completions zsh > ~/.zfunc/_kaltura

  fish:
    kaltura completions fish > ~/.config/fish/completions/kaltura.fish

  PowerShell, in the profile:
    kaltura completions powershell | Out-String | Invoke-Expression";

/// Print a shell completion script
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct CompletionsCommand {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,

    /// For the scripts: print candidates for the command line on standard input
    #[arg(long, hide = true)]
    line: bool,
}

impl CompletionsCommand {
    /// `all` is the whole command line.
    pub(crate) fn run(self, ui: &Ui, environment: &Environment, all: Command) -> Result<(), Failure> {
        let text = if self.line {
            let words = line_from(&mut *ui.stdin());
            offer(all, environment, self.shell, words)
        } else {
            self.shell.script(&this_program())
        };
        ui.print(&text)
    }
}

/// How this program was called: by its name, else by a path, which holds in any folder.
fn this_program() -> String {
    let called = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let is_path = called.components().count() > 1;
    let program = if is_path { std::path::absolute(called).ok() } else { Some(called) };
    let program = program.and_then(|path| path.into_os_string().into_string().ok());
    program.filter(|program| !program.is_empty()).unwrap_or_else(|| "kaltura".to_owned())
}

/// How much of it is read: more than a system takes for one command.
const MOST_BYTES: u64 = 4 << 20;

/// Its words, each of which has a zero byte behind it. What else there is, such as an end of line, is of no word.
fn line_from(input: impl Read) -> Vec<OsString> {
    let mut bytes = Vec::new();
    // What cannot be read makes no sense, and nothing is offered for it.
    let _ = input.take(MOST_BYTES).read_to_end(&mut bytes);
    let mut words: Vec<OsString> = bytes.split(|byte| *byte == 0).map(word).collect();
    words.pop();
    words
}

#[cfg(unix)]
fn word(bytes: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_owned())
}

#[cfg(not(unix))]
fn word(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// What a script reads instead of candidates, where the shell itself completes best: names of files, and whatever else it
/// knows. No candidate begins so.
const FILES: &str = ":files\n";

/// What is offered for the last of these words, which begin with the name of the program: a line for each candidate, as the
/// script of the shell reads it. If the words make no sense, that is nothing.
fn offer(all: Command, environment: &Environment, shell: Shell, words: Vec<OsString>) -> String {
    let mut command = with_files_for_free_text(with_profiles(all, environment));
    command.build();
    let (words, not_replaced) = if shell == Shell::Bash { rejoined(words) } else { (words, 0) };
    let all = with_values_attached(&command, words);
    let Some(place) = all.len().checked_sub(1) else { return String::new() };
    let begun = all.last().cloned().unwrap_or_default();
    let is_option = starts_with_dash(&begun);
    let mut found = candidates(&mut command, all, place);
    found.iter_mut().for_each(|candidate| prefer_name(candidate, &begun));
    // Options differ from the rest by their first character: where it is typed, an option is wanted, and elsewhere
    // something else.
    let is_wanted = |candidate: &CompletionCandidate| starts_with_dash(candidate.get_value()) == is_option;
    if found.iter().any(is_wanted) {
        found.retain(is_wanted);
    }
    if found.iter().any(stands_for_files) {
        return FILES.to_owned();
    }
    let shown = found.iter().filter_map(|candidate| shown(candidate, not_replaced));
    shown.map(|(word, about)| shell.line(&word, &about) + "\n").collect()
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

/// Offers a command by its name, unless only an alias begins with what is typed. The engine takes whichever of them comes
/// first.
fn prefer_name(candidate: &mut CompletionCandidate, begun: &OsStr) {
    let name = candidate.get_id().and_then(|id| id.strip_prefix("command::"));
    let name = name.filter(|name| begun.to_str().is_some_and(|begun| name.starts_with(begun)));
    if let Some(name) = name {
        *candidate = CompletionCandidate::new(name).help(candidate.get_help().cloned());
    }
}

/// Offers the profiles of this environment wherever the name of one belongs.
fn with_profiles(command: Command, environment: &Environment) -> Command {
    command
        .mut_args(|arg| match arg.get::<ArgValueCandidates>() {
            Some(_) => arg.add(values::profiles_of(environment)),
            None => arg,
        })
        .mut_subcommands(|inner| with_profiles(inner, environment))
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

/// A shell that completes command lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

impl Shell {
    /// What is to be run in the shell, so that it asks this program at each TAB.
    fn script(self, program: &str) -> String {
        self.template().replace("@PROGRAM@", &self.quoted(program))
    }

    const fn template(self) -> &'static str {
        match self {
            Self::Bash => include_str!("completions/scripts/kaltura.bash"),
            Self::Elvish => include_str!("completions/scripts/kaltura.elv"),
            Self::Fish => include_str!("completions/scripts/kaltura.fish"),
            Self::Powershell => include_str!("completions/scripts/kaltura.ps1"),
            Self::Zsh => include_str!("completions/scripts/kaltura.zsh"),
        }
    }

    /// One word in quotes, in which nothing has a meaning.
    pub(super) fn quoted(self, word: &str) -> String {
        let inner = match self {
            Self::Bash | Self::Zsh => word.replace('\'', r"'\''"),
            Self::Elvish | Self::Powershell => word.replace('\'', "''"),
            Self::Fish => word.replace('\\', r"\\").replace('\'', r"\'"),
        };
        format!("'{inner}'")
    }

    /// One candidate, as the script reads it.
    fn line(self, word: &str, about: &str) -> String {
        match self {
            Self::Bash => word.to_owned(),
            Self::Zsh if about.is_empty() => word.to_owned(),
            Self::Zsh => format!("{word}:{}", about.replace('\\', r"\\")),
            Self::Elvish | Self::Fish | Self::Powershell => format!("{word}\t{about}"),
        }
    }
}

/// The words of a line of bash, which makes three of `--profile=work`, and of `sview:*`; and how much of the last one it takes
/// for words before that, and so must not get back.
fn rejoined(parts: Vec<OsString>) -> (Vec<OsString>, usize) {
    let (mut words, mut not_replaced) = (Vec::<OsString>::with_capacity(parts.len()), 0);
    let mut goes_on = false;
    for part in parts {
        let divides = is_divider(&part);
        not_replaced = 0;
        match words.last_mut() {
            Some(word) if divides || goes_on => {
                not_replaced = word.len();
                word.push(part);
            }
            _ => words.push(part),
        }
        goes_on = divides;
    }
    (words, not_replaced)
}

fn is_divider(part: &OsString) -> bool {
    !part.is_empty() && part.as_encoded_bytes().iter().all(|byte| b"=:@".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_its_end() {
        for (line, words) in [
            ("", &[][..]),
            ("\r\n", &[]),
            ("kaltura\0", &["kaltura"]),
            ("kaltura\0\0\r\n", &["kaltura", ""]),
            ("kaltura\0a b\n\0", &["kaltura", "a b\n"]),
        ] {
            assert_eq!(line_from(line.as_bytes()), words, "{line:?}");
        }
    }

    #[test]
    fn a_path_stays_one_word() {
        for (shell, quoted) in [
            (Shell::Bash, r#"'/o'\''k $(x)\"'"#),
            (Shell::Zsh, r#"'/o'\''k $(x)\"'"#),
            (Shell::Fish, r#"'/o\'k $(x)\\"'"#),
            (Shell::Elvish, r#"'/o''k $(x)\"'"#),
            (Shell::Powershell, r#"'/o''k $(x)\"'"#),
        ] {
            assert_eq!(shell.quoted(r#"/o'k $(x)\""#), quoted, "{shell:?}");
            assert!(shell.script("/bin/kaltura").contains("'/bin/kaltura'"), "{shell:?}");
        }
    }

    fn rejoined(parts: &[&str]) -> (Vec<String>, usize) {
        let (words, not_replaced) = super::rejoined(parts.iter().map(OsString::from).collect());
        (words.into_iter().map(|word| word.into_string().unwrap()).collect(), not_replaced)
    }

    #[test]
    fn what_was_one_word_is_one_again() {
        assert_eq!(
            rejoined(&["kaltura", "--profile", "=", "wo"]),
            (vec!["kaltura".into(), "--profile=wo".into()], 10)
        );
        assert_eq!(
            rejoined(&["x", "a", ":", "b", ":", "c", ""]),
            (vec!["x".into(), "a:b:c".into(), "".into()], 0)
        );
        assert_eq!(rejoined(&["x", "key", ":=@", "f"]), (vec!["x".into(), "key:=@f".into()], 6));
        assert_eq!(rejoined(&["x", "--profile", "wo"]).1, 0);
    }
}
