//! `cargo xtask readme`: the examples of the README and of `docs/`, built and run as a user's package outside of this
//! workspace.
//!
//! A `toml` block states the dependencies of the `rust` blocks that follow it. For each distinct set of
//! dependencies there is one package, so that no example relies on the features of another. Versions come from the
//! lock file of this workspace, `kaltura` from its directory.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::Failure;
use crate::command::Command;
use crate::workspace::Workspace;

/// The file that is read, from the root.
const README: &str = "README.md";

/// Builds and runs every example. `false` if one failed.
pub(crate) fn run(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let mut packages = Vec::new();
    for document in documents(&workspace.root)? {
        let text = fs::read_to_string(workspace.root.join(&document))?;
        add_examples(&mut packages, &document, &text)?;
    }
    if packages.iter().all(|package| package.examples.is_empty()) {
        return Err(format!("{README} has no example").into());
    }
    let failed = run_packages(workspace, &packages, out)?;
    if failed.is_empty() {
        let examples: usize = packages.iter().map(|package| package.examples.len()).sum();
        writeln!(out, "readme: {examples} examples passed")?;
    } else {
        writeln!(out, "readme: failed: {}", failed.join(", "))?;
    }
    Ok(failed.is_empty())
}

/// Builds and runs programs with these dependencies as a user's package. `false` if one failed.
pub(crate) fn run_sources(
    workspace: &Workspace,
    dependencies: &str,
    sources: Vec<String>,
    out: &mut dyn Write,
) -> Result<bool, Failure> {
    let example = |(line, code)| Example { document: "source".to_owned(), line, code };
    let examples = (1..).zip(sources).map(example).collect();
    let package = ExamplePackage { number: 1, dependencies: dependencies.to_owned(), examples };
    Ok(run_packages(workspace, &[package], out)?.is_empty())
}

/// Builds and runs every example. Returns those that failed.
fn run_packages(
    workspace: &Workspace,
    packages: &[ExamplePackage],
    out: &mut dyn Write,
) -> Result<Vec<String>, Failure> {
    let directory = tempfile::tempdir()?;
    write_packages(&workspace.root, directory.path(), packages)?;
    let target = workspace.target.to_str().ok_or("the path of the build directory is not UTF-8")?;
    let mut failed = Vec::new();
    for package in packages {
        for example in &package.examples {
            let (package, binary) = (package.name(), example.name());
            writeln!(out, "{}: {package}", example.place())?;
            // What the workspace was built from is on this machine.
            let run = ["cargo", "run", "--quiet", "--offline", "--target-dir", target];
            let command = Command::new(&[&run[..], &["--package", &package, "--bin", &binary]].concat());
            if !command.run(directory.path())? {
                failed.push(example.place());
            }
        }
    }
    Ok(failed)
}

/// The two commands that the README promises. CI runs them as they are written there.
#[derive(Debug)]
pub(crate) struct ReadmeCommands {
    /// Runs all tests.
    pub(crate) test: Command,
    /// Shows a login.
    pub(crate) demo: Command,
}

impl ReadmeCommands {
    pub(crate) fn read(root: &Path) -> Result<Self, Failure> {
        Self::parse(&fs::read_to_string(root.join(README))?)
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let blocks = blocks(text);
        let find = |name: &str, matches: fn(&[&str]) -> bool| {
            let lines = blocks.iter().filter(|block| block.language == "sh").flat_map(|block| &block.lines);
            // Without a comment at the end.
            let mut commands = lines.map(|line| {
                line.split(" #").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>()
            });
            let words = commands.find(|words| matches(words));
            words
                .map(|words| Command::new(&words))
                .ok_or_else(|| format!("{README} has no `sh` block with {name}"))
        };
        Ok(Self {
            test: find("`cargo test …`", |words| words.starts_with(&["cargo", "test"]))?,
            demo: find("`cargo run … demo`", |words| {
                words.starts_with(&["cargo", "run"]) && words.last() == Some(&"demo")
            })?,
        })
    }
}

/// A package with the examples that have the same dependencies.
#[derive(Debug)]
struct ExamplePackage {
    /// Counted from 1.
    number: usize,
    /// The part of the manifest that a document states.
    dependencies: String,
    examples: Vec<Example>,
}

/// One `rust` block.
#[derive(Debug)]
struct Example {
    document: String,
    line: usize,
    code: String,
}

impl ExamplePackage {
    fn name(&self) -> String {
        format!("examples-{}", self.number)
    }

    fn manifest(&self) -> String {
        let Self { dependencies, .. } = self;
        format!(
            "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n{dependencies}\n",
            self.name()
        )
    }
}

impl Example {
    fn name(&self) -> String {
        let document = self.document.rsplit('/').next().unwrap_or_default();
        format!("{}-{}", document.trim_end_matches(".md").to_lowercase(), self.line)
    }

    fn place(&self) -> String {
        format!("{}:{}", self.document, self.line)
    }
}

/// The README and the documents in `docs/`, by their paths from the root.
fn documents(root: &Path) -> Result<Vec<String>, Failure> {
    let mut documents = vec![README.to_owned()];
    if root.join("docs").is_dir() {
        for entry in fs::read_dir(root.join("docs"))? {
            let name = entry?.file_name();
            documents.extend(
                name.to_str().filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")),
            );
        }
    }
    documents.sort();
    Ok(documents)
}

/// Adds the examples of a document to the package with their dependencies.
fn add_examples(packages: &mut Vec<ExamplePackage>, document: &str, text: &str) -> Result<(), Failure> {
    let mut current = None;
    for block in blocks(text) {
        let (line, content) = (block.line, block.lines.join("\n"));
        match block.language {
            "toml" if content.starts_with("[dependencies]") => {
                let known = packages.iter().position(|package| package.dependencies == content);
                current = Some(known.unwrap_or(packages.len()));
                if known.is_none() {
                    let number = packages.len() + 1;
                    packages.push(ExamplePackage { number, dependencies: content, examples: Vec::new() });
                }
            }
            "rust" => {
                let package = current.and_then(|index| packages.get_mut(index));
                let package =
                    package.ok_or_else(|| format!("{document}:{line}: no `[dependencies]` before it"))?;
                package.examples.push(Example { document: document.to_owned(), line, code: content });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Writes a workspace of these packages, with the lock file and the build profile of the workspace in `root`: what
/// was built there need not be built again.
fn write_packages(root: &Path, directory: &Path, packages: &[ExamplePackage]) -> Result<(), Failure> {
    let facade = root.join("crates").join("kaltura");
    let names: Vec<String> = packages.iter().map(ExamplePackage::name).collect();
    let manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = {names:?}\n\n[patch.crates-io]\nkaltura = {{ path = {facade:?} }}\n\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n"
    );
    fs::write(directory.join("Cargo.toml"), manifest)?;
    fs::copy(root.join("Cargo.lock"), directory.join("Cargo.lock"))?;
    for package in packages {
        let binaries = directory.join(package.name()).join("src").join("bin");
        fs::create_dir_all(&binaries)?;
        fs::write(directory.join(package.name()).join("Cargo.toml"), package.manifest())?;
        for example in &package.examples {
            fs::write(binaries.join(format!("{}.rs", example.name())), &example.code)?;
        }
    }
    Ok(())
}

/// A fenced code block.
#[derive(Debug)]
struct Block<'a> {
    language: &'a str,
    /// The line of the opening fence, counted from 1.
    line: usize,
    lines: Vec<&'a str>,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    for (number, line) in (1..).zip(text.lines()) {
        match (line.trim().strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(language), None) => open = Some(Block { language, line: number, lines: Vec::new() }),
            (None, Some(block)) => block.lines.push(line),
            (None, None) => {}
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_taken_from_the_shell_blocks() {
        let readme = ReadmeCommands::parse(
            "Run `cargo test --nothing`.\n```rust\ncargo test --rust\n```\n```sh\ncargo run -p a -- login\n\
             cargo run -p a -- demo    # see it work\n```\ncargo test --outside\n\n  ```sh\n  cargo test -q\n  ```\n",
        )
        .unwrap();
        assert_eq!(readme.test, Command::parse("cargo test -q"));
        assert_eq!(readme.demo, Command::parse("cargo run -p a -- demo"));
    }

    #[test]
    fn a_readme_without_the_commands_is_an_error() {
        let error = ReadmeCommands::parse("```sh\ncargo test\n```\n").unwrap_err();
        assert_eq!(error.to_string(), "README.md has no `sh` block with `cargo run … demo`");
    }

    fn toml(version: &str) -> String {
        format!("```toml\n[dependencies]\nkaltura = \"{version}\"\n```\n")
    }

    #[test]
    fn examples_are_grouped_by_their_dependencies() {
        let rust = "```rust\nfn main() {}\n```\n";
        let text =
            [&toml("1"), rust, rust, &toml("2"), rust, "```toml\nkey = 1\n```\n", &toml("1"), rust].concat();
        let mut packages = Vec::new();
        add_examples(&mut packages, README, &text).unwrap();
        add_examples(&mut packages, "docs/guide.md", &[&toml("2"), rust].concat()).unwrap();
        let lines = |package: &ExamplePackage| {
            package.examples.iter().map(|example| example.line).collect::<Vec<_>>()
        };
        assert_eq!(packages.iter().map(lines).collect::<Vec<_>>(), [vec![5, 8, 25], vec![15, 5]]);
        assert!(packages[0].manifest().ends_with("\n\n[dependencies]\nkaltura = \"1\"\n"));
        assert_eq!(packages[0].examples[0].code, "fn main() {}");
        assert_eq!(packages[1].examples[1].place(), "docs/guide.md:5");
        assert_eq!(packages[1].examples[1].name(), "guide-5");
    }

    #[test]
    fn an_example_needs_dependencies() {
        let text = "text\n```rust\nfn main() {}\n```\n";
        let error = add_examples(&mut Vec::new(), README, text).unwrap_err().to_string();
        assert_eq!(error, "README.md:2: no `[dependencies]` before it");
    }

    #[test]
    fn a_failing_example_is_reported_with_its_line() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"3\"\n");
        write("Cargo.lock", "version = 4\n");
        write(
            "crates/kaltura/Cargo.toml",
            "[package]\nname = \"kaltura\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        );
        write("crates/kaltura/src/lib.rs", "pub const ONE: u8 = 1;\n");
        let example =
            |value: u8| format!("```rust\nfn main() {{\n    assert_eq!(kaltura::ONE, {value});\n}}\n```\n");
        write(README, &[toml("0.1"), example(1), example(2)].concat());
        write("docs/guide.md", &[toml("0.1"), example(1)].concat());

        let mut out = Vec::new();
        let success = run(&Workspace::read(root.path()).unwrap(), &mut out).unwrap();
        assert!(!success);
        let out = String::from_utf8(out).unwrap();
        assert!(out.ends_with("\nreadme: failed: README.md:10\n"), "{out}");
    }
}
