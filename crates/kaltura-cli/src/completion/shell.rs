//! The shells, and what is different between them.

use std::ffi::OsString;

use clap::ValueEnum;

use super::split_words::Words;

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
    pub(crate) fn script(self, program: &str) -> String {
        self.template().replace("@PROGRAM@", &self.quoted(program))
    }

    const fn template(self) -> &'static str {
        match self {
            Self::Bash => include_str!("scripts/kaltura.bash"),
            Self::Elvish => include_str!("scripts/kaltura.elv"),
            Self::Fish => include_str!("scripts/kaltura.fish"),
            Self::Powershell => include_str!("scripts/kaltura.ps1"),
            Self::Zsh => include_str!("scripts/kaltura.zsh"),
        }
    }

    /// One word in quotes, in which nothing has a meaning.
    fn quoted(self, word: &str) -> String {
        let inner = match self {
            Self::Bash | Self::Zsh => word.replace('\'', r"'\''"),
            Self::Elvish | Self::Powershell => word.replace('\'', "''"),
            Self::Fish => word.replace('\\', r"\\").replace('\'', r"\'"),
        };
        format!("'{inner}'")
    }

    /// The words of the line, from what the script hands over.
    pub(super) fn words(self, handed: Vec<OsString>) -> Words {
        match self {
            Self::Bash => Words::rejoined(handed),
            Self::Elvish | Self::Fish | Self::Powershell | Self::Zsh => Words::whole(handed),
        }
    }

    /// One candidate, as the script reads it.
    pub(super) fn line(self, word: &str, about: &str) -> String {
        match self {
            Self::Bash => word.to_owned(),
            Self::Zsh if about.is_empty() => word.to_owned(),
            Self::Zsh => format!("{word}:{}", about.replace('\\', r"\\")),
            Self::Elvish | Self::Fish | Self::Powershell => format!("{word}\t{about}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
