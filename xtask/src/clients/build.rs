//! Building the command `kaltura`.

use std::io;
use std::path::{Path, PathBuf};

use cargo_metadata::Message;

use crate::Failure;
use crate::command::Command;

/// Builds it with this profile of cargo, and says where it is.
pub(crate) fn kaltura(root: &Path, profile: &str) -> Result<PathBuf, Failure> {
    let command = Command::new(&[
        "cargo",
        "build",
        "--quiet",
        "--package=kaltura-cli",
        "--bin=kaltura",
        "--profile",
        profile,
        "--message-format=json-render-diagnostics",
    ]);
    let mut executable = None;
    let built = command.run_and_read(root, &mut io::sink(), &mut |line| {
        if let Some(path) = executable_of(line) {
            executable = Some(path);
        }
    })?;
    match executable {
        Some(path) if built => Ok(path),
        _ => Err(format!("`{command}` did not build it").into()),
    }
}

/// The program that a message of cargo is about.
fn executable_of(message: &str) -> Option<PathBuf> {
    match serde_json::from_str(message) {
        Ok(Message::CompilerArtifact(artifact)) => artifact.executable.map(PathBuf::from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(kind: &str, executable: &str) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"a","manifest_path":"a/Cargo.toml","target":
            {{"kind":["{kind}"],"crate_types":["{kind}"],"name":"a","src_path":"a/main.rs","edition":"2024",
            "doctest":false,"test":true}},"profile":{{"opt_level":"0","debuginfo":1,"debug_assertions":true,
            "overflow_checks":true,"test":false}},"features":[],"filenames":[],"executable":{executable},
            "fresh":true}}"#
        )
    }

    #[test]
    fn the_program_is_found_among_the_messages() {
        assert_eq!(executable_of(&artifact("bin", r#""out/a""#)), Some(PathBuf::from("out/a")));
        assert_eq!(executable_of(&artifact("lib", "null")), None);
        for other in [r#"{"reason":"build-finished","success":true}"#, "no JSON", ""] {
            assert_eq!(executable_of(other), None, "{other}");
        }
    }
}
