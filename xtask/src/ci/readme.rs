//! The two commands that the README promises. They are run as they stand there.

use std::io::ErrorKind;
use std::path::Path;

use crate::Failure;
use crate::command::Command;

#[derive(Debug)]
pub(crate) struct Readme {
    /// Passes all tests.
    pub(crate) test: Command,
    /// Shows a login.
    pub(crate) demo: Command,
}

impl Readme {
    /// Reads them from the README; as long as there is none, the usual commands stand in.
    pub(crate) fn read(root: &Path) -> Result<Self, Failure> {
        match std::fs::read_to_string(root.join("README.md")) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self {
                test: Command::new(&["cargo", "test", "--workspace"]),
                demo: Command::new(&["cargo", "run", "-p", "kaltura-cli", "--", "demo"]),
            }),
            Err(error) => Err(format!("could not read README.md: {error}").into()),
        }
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let find = |what: &str, is_it: fn(&[&str]) -> bool| {
            let mut commands = shell_lines(text).map(|line| line.split_whitespace().collect::<Vec<_>>());
            let words = commands.find(|words| is_it(words));
            words
                .map(|words| Command::new(&words))
                .ok_or_else(|| format!("README.md has no `sh` block with {what}"))
        };
        Ok(Self {
            test: find("`cargo test …`", |words| words.starts_with(&["cargo", "test"]))?,
            demo: find("`cargo run … demo`", |words| {
                words.starts_with(&["cargo", "run"]) && words.last() == Some(&"demo")
            })?,
        })
    }
}

/// The lines of all fenced blocks that are marked `sh`, without a comment at their end.
fn shell_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut block: Option<&str> = None;
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if let Some(language) = line.strip_prefix("```") {
            block = if block.is_some() { None } else { Some(language) };
            return None;
        }
        let command = line.split(" #").next().unwrap_or(line);
        (block == Some("sh")).then_some(command)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_taken_from_the_shell_blocks() {
        let readme = Readme::parse(
            "Run `cargo test --nothing`.\n```rust\ncargo test --rust\n```\n```sh\ncargo run -p a -- login\n\
             cargo run -p a -- demo    # see it work\n```\ncargo test --outside\n\n  ```sh\n  cargo test -q\n  ```\n",
        )
        .unwrap();
        assert_eq!(readme.test, Command::new(&["cargo", "test", "-q"]));
        assert_eq!(readme.demo, Command::new(&["cargo", "run", "-p", "a", "--", "demo"]));
    }

    #[test]
    fn a_readme_that_is_there_is_read_and_one_that_is_not_is_no_error() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(Readme::read(place.path()).unwrap().test, Command::new(&["cargo", "test", "--workspace"]));
        let text = "```sh\ncargo test --locked\ncargo run demo\n```\n";
        std::fs::write(place.path().join("README.md"), text).unwrap();
        assert_eq!(Readme::read(place.path()).unwrap().test, Command::new(&["cargo", "test", "--locked"]));
    }

    #[test]
    fn a_readme_without_them_is_an_error() {
        let error = Readme::parse("```sh\ncargo test\n```\n").unwrap_err();
        assert_eq!(error.to_string(), "README.md has no `sh` block with `cargo run … demo`");
    }
}
