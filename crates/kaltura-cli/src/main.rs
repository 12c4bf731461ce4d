//! The `kaltura` command.

use std::process::ExitCode;

use kaltura_cli::{Environment, Ui};

/// That of musl gets memory from the system in pages of 4 kB: a login takes a tenth longer with it.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    let environment = Environment::of_process();
    let mut ui = Ui::of_process(&environment);
    kaltura_cli::run(std::env::args_os(), &environment, &mut ui).into()
}
