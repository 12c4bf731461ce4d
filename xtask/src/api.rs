//! `cargo xtask api`: the public items of each published library, one file each in `docs/api`.
//!
//! CI compares the files with the code, so that no public item changes without a change that shows it. The list
//! comes from the JSON of rustdoc, which needs no nightly toolchain here: with `RUSTC_BOOTSTRAP` the stable rustdoc
//! writes it too, in the format of its version. `rust-toolchain.toml` fixes that version.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{self, ExitCode};

use public_api::Builder;

use crate::Failure;
use crate::workspace::{Member, Workspace};

/// Where the lists are, from the root.
const DIRECTORY: &str = "docs/api";

/// Set in the processes that cargo starts as rustdoc: the program to run instead.
const RUSTDOC: &str = "XTASK_RUSTDOC";

/// Writes the list of each library.
pub(crate) fn write(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    let lists = lists(workspace)?;
    let directory = workspace.root.join(DIRECTORY);
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    for list in &lists {
        fs::write(workspace.root.join(&list.path), &list.text)?;
        writeln!(out, "{}: {} lines", list.path, list.text.lines().count())?;
    }
    Ok(true)
}

/// Compares the lists with the code. `false` if they differ.
pub(crate) fn check(workspace: &Workspace, out: &mut dyn Write) -> Result<bool, Failure> {
    compare(&workspace.root, &lists(workspace)?, out)
}

/// The public items of one library.
#[derive(Debug)]
struct List {
    /// From the root.
    path: String,
    text: String,
}

fn lists(workspace: &Workspace) -> Result<Vec<List>, Failure> {
    let libraries: Vec<_> =
        workspace.members.iter().filter(|member| member.published && member.library).collect();
    document(&workspace.root, &libraries)?;
    let list = |member: &&Member| {
        let json = workspace.target.join("doc").join(format!("{}.json", member.name.replace('-', "_")));
        let text = text(items(&json)?);
        Ok(List { path: format!("{DIRECTORY}/{}.txt", member.name), text })
    };
    libraries.iter().map(list).collect()
}

/// Writes the JSON of all libraries with all features.
///
/// In the environment of cargo, `RUSTC_BOOTSTRAP` would rebuild every dependency whose build script reads it. So only
/// rustdoc gets the variable, from this program in its place.
fn document(root: &Path, libraries: &[&Member]) -> Result<(), Failure> {
    let mut command = process::Command::new("cargo");
    command.args(["doc", "--quiet", "--no-deps", "--lib", "--all-features"]).current_dir(root);
    command.args(libraries.iter().flat_map(|member| ["--package", &member.name]));
    command.env(RUSTDOC, std::env::var_os("RUSTDOC").unwrap_or_else(|| "rustdoc".into()));
    command.env("RUSTDOC", std::env::current_exe()?);
    command.env("RUSTDOCFLAGS", "-Z unstable-options --output-format json --cap-lints allow");
    let status = command.status().map_err(|error| format!("could not run cargo doc: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo doc failed: {status}").into()) }
}

/// If cargo started this process as rustdoc: runs rustdoc with its unstable options.
pub(crate) fn run_as_rustdoc() -> Option<ExitCode> {
    let mut command = process::Command::new(std::env::var_os(RUSTDOC)?);
    command.args(std::env::args_os().skip(1)).env("RUSTC_BOOTSTRAP", "1");
    let success = command.status().is_ok_and(|status| status.success());
    Some(if success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The lines of all public items, as rustdoc has them.
fn items(json: &Path) -> Result<Vec<String>, Failure> {
    let api = Builder::from_rustdoc_json(json).omit_blanket_impls(true).build();
    let api = api.map_err(|error| {
        format!("{}: {error}; does `public-api` in Cargo.toml fit rust-toolchain.toml?", json.display())
    })?;
    Ok(api.items().map(ToString::to_string).collect())
}

/// One line for each item, without what follows from other lines: the functions of an implementation follow from
/// its trait.
///
/// An item that is public at several paths has its methods and implementations at the first only: rustdoc repeats
/// them with the same text.
fn text(items: Vec<String>) -> String {
    let mut text = String::new();
    let mut seen = BTreeSet::new();
    // The type of the last implementation of a trait, as a prefix of its functions.
    let mut implementor = None;
    for line in items {
        if line.starts_with("impl") {
            let header = line.split(" where ").next().unwrap_or_default();
            implementor = header.rsplit_once(" for ").map(|(_, owner)| format!("{owner}::"));
        }
        let function = line.split_once("fn ").map(|(_, function)| function);
        let of_trait =
            function.zip(implementor.as_ref()).is_some_and(|(function, prefix)| function.starts_with(prefix));
        if !of_trait && !is_expected_impl(&line) && seen.insert(line.clone()) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// Implementations that types have as a rule: only a missing `Send` or `Sync` is worth a line.
fn is_expected_impl(line: &str) -> bool {
    let Some((header, _)) = line.split_once(" for ").filter(|(header, _)| header.starts_with("impl")) else {
        return false;
    };
    match header.rsplit("::").next().unwrap_or_default() {
        "Send" | "Sync" => !header.contains('!'),
        "Freeze" | "RefUnwindSafe" | "StructuralPartialEq" | "Unpin" | "UnsafeUnpin" | "UnwindSafe" => true,
        _ => false,
    }
}

/// Writes the lines that differ. `false` if there is one.
fn compare(root: &Path, lists: &[List], out: &mut dyn Write) -> Result<bool, Failure> {
    let mut differing = Vec::new();
    for List { path, text } in lists {
        let listed = fs::read_to_string(root.join(path)).unwrap_or_default();
        if listed == *text {
            continue;
        }
        writeln!(out, "{path}:")?;
        let (old, new): (BTreeSet<_>, BTreeSet<_>) = (listed.lines().collect(), text.lines().collect());
        for line in old.difference(&new) {
            writeln!(out, "- {line}")?;
        }
        for line in new.difference(&old) {
            writeln!(out, "+ {line}")?;
        }
        differing.push(path.as_str());
    }
    if differing.is_empty() {
        writeln!(out, "api: the public items of {} libraries are as listed", lists.len())?;
    } else {
        writeln!(out, "api: differs: {}; if that is intended, run `cargo xtask api`", differing.join(", "))?;
    }
    Ok(differing.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(lines: &[&str]) -> String {
        text(lines.iter().map(|line| (*line).to_owned()).collect())
    }

    #[test]
    fn functions_of_implementations_are_omitted_and_others_are_not() {
        let lines = [
            "pub struct a::S<T>",
            "impl<T> a::S<T>",
            "pub const fn a::S<T>::new(T) -> Self",
            "impl<T> core::fmt::Debug for a::S<T> where T: for<'x> core::ops::Fn(&'x u8)",
            "pub fn a::S<T>::fmt(&self, &mut core::fmt::Formatter<'_>) -> core::fmt::Result",
            "impl<T> core::ops::deref::Deref for a::S<T>",
            "pub type a::S<T>::Target = T",
            "pub fn a::S<T>::deref(&self) -> &T",
            "pub fn a::free(a::S<u8>)",
            "pub trait a::T",
            "pub fn a::T::f(&self)",
        ];
        let omitted = ["fmt(", "deref("];
        let kept: Vec<_> =
            lines.iter().filter(|line| !omitted.iter().any(|name| line.contains(name))).copied().collect();
        assert_eq!(text_of(&lines).lines().collect::<Vec<_>>(), kept);
    }

    #[test]
    fn only_the_absence_of_send_and_sync_is_listed() {
        let lines = [
            "impl core::marker::Freeze for a::S",
            "impl core::marker::Send for a::S",
            "impl !core::marker::Sync for a::S",
            "impl !core::marker::Unpin for a::S",
            "impl<T> core::marker::Send for a::G<T> where T: core::marker::Send",
            "impl core::clone::Clone for a::S",
        ];
        let kept = "impl !core::marker::Sync for a::S\nimpl core::clone::Clone for a::S\n";
        assert_eq!(text_of(&lines), kept);
    }

    #[test]
    fn an_item_at_two_paths_is_listed_once_and_named_twice() {
        let lines = ["pub struct a::m::S", "impl a::S", "pub struct a::S", "impl a::S"];
        assert_eq!(text_of(&lines), "pub struct a::m::S\nimpl a::S\npub struct a::S\n");
    }

    #[test]
    fn differences_are_shown_by_line() {
        let root = tempfile::tempdir().unwrap();
        let path = format!("{DIRECTORY}/a.txt");
        fs::create_dir_all(root.path().join(DIRECTORY)).unwrap();
        fs::write(root.path().join(&path), "pub fn a::f()\npub fn a::g()\n").unwrap();
        let compared = |text: &str| {
            let (list, mut out) = (List { path: path.clone(), text: text.to_owned() }, Vec::new());
            let same = compare(root.path(), &[list], &mut out).unwrap();
            (same, String::from_utf8(out).unwrap())
        };
        let same = "api: the public items of 1 libraries are as listed\n".to_owned();
        assert_eq!(compared("pub fn a::f()\npub fn a::g()\n"), (true, same));
        let (same, out) = compared("pub fn a::f()\npub fn a::h()\n");
        assert!(!same);
        assert!(out.starts_with("docs/api/a.txt:\n- pub fn a::g()\n+ pub fn a::h()\napi: differs"), "{out}");
    }
}
