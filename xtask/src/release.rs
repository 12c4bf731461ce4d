//! `cargo xtask release VERSION`: prepares the versions and the changelog for a release, and prints what to do then.
//!
//! It publishes nothing, and commits nothing.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use crate::Failure;
use crate::workspace::{Member, Workspace};

const MANIFEST: &str = "Cargo.toml";
const CHANGELOG: &str = "CHANGELOG.md";

/// The workspaces beside this one, whose lock files have the versions, too.
const OTHER_WORKSPACES: [&str; 2] = ["examples", "fuzz"];

/// Where users read which version to depend on.
const DOCUMENTS: [&str; 4] = ["README.md", "docs", "examples/Cargo.toml", "xtask/src/page.rs"];

/// Changes the files. `false` if there is a reason not to.
pub(crate) fn run(workspace: &Workspace, version: &str, out: &mut dyn Write) -> Result<bool, Failure> {
    let root = &workspace.root;
    let changed = output(root, "git", &["status", "--porcelain"])?;
    if !changed.is_empty() {
        writeln!(out, "release: there are changes that are not committed:\n{changed}")?;
        return Ok(false);
    }
    let manifest = fs::read_to_string(root.join(MANIFEST))?;
    let old = workspace_version(&manifest).ok_or("Cargo.toml has no version in [workspace.package]")?;
    if let Err(problem) = check_version(version, &old) {
        writeln!(out, "release: {problem}")?;
        return Ok(false);
    }
    let date = output(root, "date", &["-u", "+%Y-%m-%d"])?;
    let changelog = fs::read_to_string(root.join(CHANGELOG))?;
    let Some(changelog) = release_changelog(&changelog, version, &date) else {
        writeln!(out, "release: {CHANGELOG} has nothing under [Unreleased], or already has {version}")?;
        return Ok(false);
    };
    fs::write(root.join(CHANGELOG), changelog)?;
    fs::write(root.join(MANIFEST), with_version(&manifest, &old, version))?;
    for document in documents(root)? {
        let text = fs::read_to_string(&document)?;
        let new = with_requirement(&text, &requirement(&old), &requirement(version));
        if new != text {
            fs::write(&document, new)?;
        }
    }
    update_lock_files(root)?;
    write!(out, "{}", instructions(&publication_order(&workspace.members)?, version, &manifest))?;
    Ok(true)
}

/// The version in `[workspace.package]`.
fn workspace_version(manifest: &str) -> Option<String> {
    let section = manifest.split("[workspace.package]").nth(1)?;
    let line = section.lines().find_map(|line| line.strip_prefix("version = \""))?;
    line.strip_suffix('"').map(str::to_owned)
}

/// A version that is not lower. The same one is right for the first release.
fn check_version(new: &str, old: &str) -> Result<(), String> {
    let parse = |text: &str| {
        cargo_metadata::semver::Version::parse(text)
            .map_err(|error| format!("{text} is not a version: {error}"))
    };
    if parse(new)? < parse(old)? { Err(format!("{new} is lower than {old}")) } else { Ok(()) }
}

/// The manifest with the new version of the workspace, and of its crates among the dependencies.
fn with_version(manifest: &str, old: &str, new: &str) -> String {
    let change = |line: &str| {
        if line.starts_with("version = ") || line.starts_with("kaltura") {
            return line.replace(&format!("version = \"{old}\""), &format!("version = \"{new}\""));
        }
        line.to_owned()
    };
    manifest.lines().map(|line| change(line) + "\n").collect()
}

/// What a user writes: `0.1` for 0.1.2, `1` for 1.2.3, all of a pre-release.
fn requirement(version: &str) -> String {
    let parts: Vec<&str> = version.split('.').collect();
    match parts[..] {
        _ if version.contains('-') => version.to_owned(),
        ["0", minor, ..] => format!("0.{minor}"),
        [major, ..] => major.to_owned(),
        [] => String::new(),
    }
}

/// The dependencies on `kaltura` in a document.
fn with_requirement(text: &str, old: &str, new: &str) -> String {
    text.replace(&format!("kaltura = {{ version = \"{old}\""), &format!("kaltura = {{ version = \"{new}\""))
        .replace(&format!("kaltura = \"{old}\""), &format!("kaltura = \"{new}\""))
        // In a text of Rust.
        .replace(&format!("kaltura = \\\"{old}\\\""), &format!("kaltura = \\\"{new}\\\""))
}

/// The changelog with the unreleased changes under the version. `None` if there are none, or the version is there.
fn release_changelog(text: &str, version: &str, date: &str) -> Option<String> {
    const UNRELEASED: &str = "## [Unreleased]\n";
    if text.contains(&format!("\n## [{version}]")) {
        return None;
    }
    let (before, after) = text.split_once(UNRELEASED)?;
    let end = after.find("\n## [").map_or(after.len(), |index| index + 1);
    let (changes, released) = after.split_at(end);
    // Text before the first heading says what the next version will be.
    let changes = &changes[changes.find("### ")?..];
    Some(format!("{before}{UNRELEASED}\n## [{version}] - {date}\n\n{changes}{released}"))
}

/// The published crates, each after those that it depends on.
fn publication_order(members: &[Member]) -> Result<Vec<&str>, Failure> {
    let published: Vec<_> = members.iter().filter(|member| member.published).collect();
    let mut order: Vec<&str> = Vec::new();
    while order.len() < published.len() {
        let is_ready = |member: &&&Member| {
            let mut local = member.dependencies.iter().filter(|dependency| dependency.local);
            !order.contains(&member.name.as_str())
                && local.all(|dependency| order.contains(&dependency.name.as_str()))
        };
        let next =
            published.iter().find(is_ready).ok_or("the published crates depend on each other in a circle")?;
        order.push(&next.name);
    }
    Ok(order)
}

fn instructions(order: &[&str], version: &str, manifest: &str) -> String {
    let mut text = format!(
        "release: the versions and the changelog are those of {version}; nothing is published.\n\nCheck and commit:\n\n\
         \x20 git diff\n  cargo xtask ci\n  git commit --all --message \"Release {version}\"\n  git tag v{version}\n  cargo xtask dist\n\n\
         Then these would be published, in this order:\n\n"
    );
    for name in order {
        text.push_str(&format!("  cargo publish --package {name}\n"));
    }
    if !manifest.lines().any(|line| line.starts_with("repository = ")) {
        text.push_str(
            "\nBefore the first release: `repository` is not set. Add the public address to [workspace.package], and \
             `repository.workspace = true` to each published crate.\n",
        );
    }
    text
}

/// Writes the versions of the crates into the lock files.
fn update_lock_files(root: &Path) -> Result<(), Failure> {
    let directories = OTHER_WORKSPACES.map(|name| root.join(name));
    for directory in [root].into_iter().chain(directories.iter().map(AsRef::as_ref)) {
        if directory.join(MANIFEST).is_file() {
            output(directory, "cargo", &["update", "--workspace", "--offline", "--quiet"])?;
        }
    }
    Ok(())
}

fn documents(root: &Path) -> Result<Vec<std::path::PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in DOCUMENTS.map(|path| root.join(path)) {
        if path.is_file() {
            found.push(path);
            continue;
        }
        for entry in fs::read_dir(path)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn output(directory: &Path, program: &str, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new(program).args(arguments).current_dir(directory).output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?.trim_end().to_owned());
    }
    Err(format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr)).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    #[test]
    fn a_lower_version_is_refused() {
        for (new, ok) in
            [("0.1.0", true), ("0.2.0-rc.1", true), ("0.0.9", false), ("0.1.0-rc.1", false), ("1", false)]
        {
            assert_eq!(check_version(new, "0.1.0").is_ok(), ok, "{new}");
        }
    }

    #[test]
    fn versions_change_where_they_are_ours() {
        let manifest = "[workspace.package]\nversion = \"0.1.0\"\n[workspace.dependencies]\n\
                        kaltura-ks = { version = \"0.1.0\", path = \"x\" }\nother = { version = \"0.1.0\" }\n";
        assert_eq!(workspace_version(manifest).as_deref(), Some("0.1.0"));
        let changed = with_version(manifest, "0.1.0", "0.2.0");
        let expected = "[workspace.package]\nversion = \"0.2.0\"\n[workspace.dependencies]\n\
                        kaltura-ks = { version = \"0.2.0\", path = \"x\" }\nother = { version = \"0.1.0\" }\n";
        assert_eq!(changed, expected);
    }

    #[test]
    fn documents_require_what_is_compatible() {
        assert_eq!(["0.1.7", "1.4.2", "0.2.0-rc.1"].map(requirement), ["0.1", "1", "0.2.0-rc.1"]);
        let text =
            r#"kaltura = { version = "0.1", features; kaltura = "0.1"; hex = "0.1"; "kaltura = \"0.1\"""#;
        let new =
            r#"kaltura = { version = "0.2", features; kaltura = "0.2"; hex = "0.1"; "kaltura = \"0.2\"""#;
        assert_eq!(with_requirement(text, "0.1", "0.2"), new);
    }

    #[test]
    fn unreleased_changes_get_the_version_and_the_date() {
        let first = "# Changelog\n\n## [Unreleased]\n\nThe contents of 0.1.0:\n\n### Added\n\n- All.\n";
        let released = "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-01-31\n\n### Added\n\n- All.\n";
        assert_eq!(release_changelog(first, "0.1.0", "2026-01-31").as_deref(), Some(released));
        assert_eq!(release_changelog(released, "0.2.0", "2026-01-31"), None, "nothing has changed");

        let second = released.replace("## [0.1.0]", "### Fixed\n\n- It.\n\n## [0.1.0]");
        let expected =
            released.replace("## [0.1.0]", "## [0.2.0] - 2026-02-01\n\n### Fixed\n\n- It.\n\n## [0.1.0]");
        assert_eq!(release_changelog(&second, "0.2.0", "2026-02-01"), Some(expected));
        assert_eq!(release_changelog(&second, "0.1.0", "2026-02-01"), None, "released twice");
    }

    fn member(name: &str, published: bool, on: &[&str]) -> Member {
        let dependency = |name: &&str| Dependency { name: (*name).to_owned(), dev: false, local: true };
        Member {
            name: name.to_owned(),
            manifest: String::new(),
            published,
            build_script: false,
            library: true,
            features: Vec::new(),
            dependencies: on.iter().map(dependency).collect(),
        }
    }

    #[test]
    fn a_crate_is_published_after_what_it_depends_on() {
        let members = [member("a", true, &["b", "c"]), member("b", true, &["c"]), member("c", true, &[])];
        assert_eq!(publication_order(&members).unwrap(), ["c", "b", "a"]);
        let members = [member("a", true, &["tool"]), member("tool", false, &[])];
        assert!(publication_order(&members).is_err(), "a crate that is not published cannot be a dependency");
    }

    #[test]
    fn the_public_address_is_asked_for() {
        assert!(instructions(&["a"], "0.1.0", "[workspace.package]\n").contains("`repository` is not set"));
        assert!(!instructions(&["a"], "0.1.0", "repository = \"x\"\n").contains("repository"));
        assert!(
            instructions(&["a", "b"], "0.1.0", "").contains("--package a\n  cargo publish --package b\n")
        );
    }
}
