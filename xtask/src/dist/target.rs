//! For which system the command is built.
//!
//! Linked statically with musl, it runs on every Linux; it looks up names in `/etc/hosts` and DNS only. Not so with
//! glibc: linked statically, it would load the libraries of the system for each name lookup, and these must be of the
//! same version. So without musl it is linked dynamically, and the archives say so by their names.

use std::path::Path;
use std::process;

use crate::Failure;
use crate::command::Command;

const MUSL: &str = "x86_64-unknown-linux-musl";
const GLIBC: &str = "x86_64-unknown-linux-gnu";

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) triple: &'static str,
    /// The version of glibc that the command needs at most. `None` if it is static.
    pub(crate) glibc: Option<String>,
}

impl Target {
    /// The best target that this machine can build.
    pub(crate) fn select(root: &Path) -> Result<Self, Failure> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            return Err("packages are built on Linux on x86-64 only".into());
        }
        let directory = output("rustc", &["--print", "target-libdir", "--target", MUSL])?;
        // It compiles the C code of the cryptography. It must not be the linker: it knows no static executable that can be
        // loaded anywhere, which is what rustc makes, and the result crashes at its start.
        let has_compiler = Command::parse("musl-gcc --version").succeeds(root);
        if Path::new(&directory).is_dir() && has_compiler {
            return Ok(Self { triple: MUSL, glibc: None });
        }
        // `glibc 2.36`
        let version = output("getconf", &["GNU_LIBC_VERSION"])?;
        let version = version.strip_prefix("glibc ").ok_or("this system has no glibc")?.to_owned();
        Ok(Self { triple: GLIBC, glibc: Some(version) })
    }

    /// What is missing for a static command.
    pub(crate) fn advice(&self) -> Option<String> {
        self.glibc.as_ref().map(|_| {
            format!("linked dynamically; for a static command: `rustup target add {MUSL}` and the package musl-tools")
        })
    }
}

/// The first line that a program prints.
pub(super) fn output(program: &str, arguments: &[&str]) -> Result<String, Failure> {
    let output = process::Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("could not run {program}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program} failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?.lines().next().unwrap_or_default().to_owned())
}
