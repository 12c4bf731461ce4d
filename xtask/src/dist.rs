//! `cargo xtask dist`: what a release offers for download, in `target/dist`.
//!
//! | file | contents |
//! |---|---|
//! | `kaltura-VERSION-TARGET.tar.gz` | the command, manual pages, completions |
//! | `kaltura_VERSION-1_amd64.deb`, `kaltura-VERSION-1.x86_64.rpm` | the same, at the places of the system |
//! | `kaltura-wasm-VERSION.tgz` | the npm package, which `cargo xtask wasm --test` installs and runs |
//! | `kaltura-VERSION.cdx.json` | the crates in the command, as a CycloneDX bill of materials |
//! | `SHA256SUMS` | checksums of all |
//!
//! The command is linked statically where the toolchain can do that, see [`target`]. Each archive is unpacked into an empty
//! folder, and its command run there. Files have the time of the commit, so that the same commit gives the same archives.

#[cfg(feature = "dist")]
mod checks;
#[cfg(feature = "dist")]
mod contents;
#[cfg(feature = "dist")]
mod deb;
#[cfg(feature = "dist")]
mod rpm;
#[cfg(feature = "dist")]
mod sbom;
#[cfg(feature = "dist")]
mod tarball;
pub(crate) mod target;
#[cfg(feature = "dist")]
mod task;

#[cfg(feature = "dist")]
pub(crate) use task::run;

/// Runs this program again with the crates for archives, which the other tasks do not need.
#[cfg(not(feature = "dist"))]
pub(crate) fn run(
    workspace: &crate::workspace::Workspace,
    _out: &mut dyn std::io::Write,
) -> Result<bool, crate::Failure> {
    let again = "cargo run --quiet --locked --package xtask --features dist -- dist";
    crate::command::Command::parse(again).run(&workspace.root)
}
