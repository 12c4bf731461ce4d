//! `kaltura demo`: an app token login from beginning to end, on this machine alone.

mod checks;
mod plot;
mod shown;
mod story;
mod text;
mod trace;

use clap::Args;

use self::story::Story;
use crate::error::Failure;
use crate::output::Ui;
use crate::runtime;
use crate::signals::Signals;

const EXAMPLES: &str = "\
Examples:
  kaltura demo
  kaltura demo --json

With --json the answer has ok, serviceUrl, partnerId, scenes (each with its exchanges: what
was sent, what came back) and checks (each claim, and whether it holds). Secrets are not in
it. The exit code is 0 only if every claim holds.";

/// See an app token login happen, on this machine alone
///
/// Starts an emulated Kaltura, makes app tokens, logs in over HTTP with each of the four hash types, calls the
/// API with the session, and shows what a wrong token gives. No account and no network are needed.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct DemoCommand {}

impl DemoCommand {
    pub(crate) fn run(self, ui: &Ui) -> Result<(), Failure> {
        let mut story = Story::default();
        let outcome = runtime::run(ui, async {
            let mut signals = Signals::listen(ui)?;
            signals.unless_stopped(plot::play(&mut story)).await?
        });
        story.ok = outcome.is_ok() && story.all_holds().is_ok();
        if ui.wants_json() {
            ui.print_json(&story)?;
        } else {
            ui.print(&story.as_text())?;
        }
        outcome.and_then(|()| story.all_holds())
    }
}
