//! The way through the checks: each is made if all is there that it needs, and told at once.

use std::future::Future;

use super::check::{Finding, Have, Outcome, Subject};
use super::journal::Journal;
use crate::error::Failure;
use crate::output::Ui;
use crate::signals::Signals;

/// The way through the checks.
pub(super) struct Round {
    journal: Journal,
    signals: Signals,
}

impl Round {
    /// Begins to listen to signals. Must be called within a runtime.
    pub(super) fn new(ui: &Ui, journal: Journal) -> Result<Self, Failure> {
        Ok(Self { journal, signals: Signals::listen(ui)? })
    }

    /// Makes a check, unless one that it needs has failed; and gives what it found, or which one has failed.
    pub(super) async fn check<N, T, F>(
        &mut self,
        ui: &Ui,
        subject: Subject,
        needs: Have<N>,
        check: impl FnOnce(N) -> F,
    ) -> Result<Have<T>, Failure>
    where
        F: Future<Output = Outcome<T>>,
    {
        let needs = match needs {
            Ok(needs) => needs,
            Err(failed) => {
                self.journal.tell(ui, subject, Finding::skipped_because_of(failed))?;
                return Ok(Err(failed));
            }
        };
        let outcome = self.signals.unless_stopped(check(needs)).await?;
        self.journal.tell(ui, subject, outcome.finding)?;
        Ok(outcome.found.ok_or(subject))
    }

    /// The end of it.
    pub(super) fn end(self, ui: &Ui) -> Result<(), Failure> {
        let Self { journal, signals } = self;
        // A filter may take long, and nobody listens meanwhile.
        drop(signals);
        journal.finish(ui)
    }
}
