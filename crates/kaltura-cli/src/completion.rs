//! What a shell offers to complete a command line.
//!
//! The script of a shell runs `kaltura completions SHELL --line` at each TAB, and offers what that prints. So
//! values are completed that nobody knew when the script was made, such as names of profiles. Only the
//! command line and the file with the profiles are looked at: there is no request, and no secret. The command line
//! comes by standard input: somebody may have typed a secret, and arguments can be read by every user of the machine.
//!
//! What the command line may go on with is found by the engine of `clap_complete`. Its scripts are not used: those
//! of bash and fish show errors, that of PowerShell runs what is on the line, that of zsh can not be in a file of
//! `fpath`, and none leaves files to the shell, which knows how to quote their names.

mod action_names;
mod line;
mod offer;
mod shell;
mod split_words;
pub(crate) mod values;

pub(crate) use self::line::line_from;
pub(crate) use self::offer::Offer;
pub(crate) use self::shell::Shell;
