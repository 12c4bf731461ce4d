//! The `kaltura` command.

use std::process::ExitCode;

use kaltura_cli::{Environment, Ui};

fn main() -> ExitCode {
    let environment = Environment::of_process();
    let mut ui = Ui::of_process(&environment);
    kaltura_cli::run(std::env::args_os(), &environment, &mut ui).into()
}
