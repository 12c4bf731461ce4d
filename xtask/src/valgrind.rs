//! Valgrind, which counts instructions.

use std::process::Command;

use crate::Failure;

/// Installs valgrind if it is missing and the system has `apt-get`.
pub(crate) fn require_valgrind() -> Result<(), Failure> {
    let is_installed = || output_of(Command::new("valgrind").arg("--version")).is_ok();
    if is_installed() {
        return Ok(());
    }
    let installed = output_of(Command::new("apt-get").args(["install", "--yes", "valgrind"]));
    match installed {
        Ok(_) if is_installed() => Ok(()),
        Ok(_) => Err("valgrind was installed and does not start".into()),
        Err(failure) => {
            Err(format!("valgrind is needed to count instructions; installing it: {failure}").into())
        }
    }
}

/// The output of a command. A failure is an error: it would take little without having done anything.
pub(crate) fn output_of(command: &mut Command) -> Result<String, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("could not run {program}: {error}"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{program} failed: {}\n{}", output.status, stderr.trim_end()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
