//! `kaltura status --verify`: whether the server accepts the session that `kaltura ks` takes.

use kaltura_auth::{ServiceUrl, Session};

use crate::args::ServerOptions;
use crate::error::{ExitCode, Failure};
use crate::output::Ui;
use crate::runtime;
use crate::session_proof::{Proof, prove_kept};
use crate::signals::Signals;

/// What came of it.
pub(super) enum Verification {
    /// It was not requested.
    NotWanted,
    /// There is no such session, or not any more.
    NoSession,
    Accepted,
    /// It is good for these paths only, so that it cannot be shown.
    OtherPathsOnly(String),
    /// The server refuses it, or could not be asked.
    Failed(Failure),
}

impl Verification {
    /// Shows the session to the server.
    pub(super) fn of(ui: &Ui, session: &Session, service_url: &ServiceUrl, server: &ServerOptions) -> Self {
        let proof = server.transport(ui).and_then(|transport| {
            runtime::run(ui, async {
                let mut signals = Signals::listen(ui)?;
                let shown = prove_kept(session, service_url, transport, server.timeout());
                signals.unless_stopped(shown).await?
            })
        });
        match proof {
            Ok(Proof::Accepted) => Self::Accepted,
            Ok(Proof::OtherPathsOnly(paths)) => Self::OtherPathsOnly(paths),
            Err(failure) => Self::Failed(with_remedy(failure).at(service_url)),
        }
    }

    /// Whether the session is not known to work, although that was asked.
    pub(super) const fn has_failed(&self) -> bool {
        matches!(self, Self::NoSession | Self::Failed(_))
    }
}

/// The session may be dead alone, or the app token with all that come of it.
fn with_remedy(failure: Failure) -> Failure {
    if failure.exit_code() != ExitCode::Authentication {
        return failure;
    }
    let hint = failure.hint().map(|hint| format!("{hint} ")).unwrap_or_default();
    failure.with_hint(hint + "`kaltura login --verify` shows whether a new session works.")
}
