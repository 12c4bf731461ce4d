//! The session that calls of the API go with.

use clap::Args;
use kaltura_auth::ServiceUrl;
use kaltura_types::{Ks, KsHeader};

use super::{
    AppTokenOptions, KsOptions, ServerOptions, SessionRequestOptions, SessionSupply, StoreOptions,
    WantedSession,
};
use crate::config::{Origin, Settings};
use crate::error::Failure;
use crate::output::Ui;

/// Where the API is, and what calls of it go with.
#[derive(Debug, Args)]
pub(crate) struct CallSessionOptions {
    #[command(flatten)]
    server: ServerOptions,

    /// Send no session
    #[arg(long, help_heading = "Session",
          conflicts_with_all = ["ks-file", "ks-stdin", "app-token-file", "app-token-stdin", "fresh"])]
    anonymous: bool,

    /// Log in even if there is a session in the cache
    #[arg(long, help_heading = "Session", conflicts_with_all = ["ks-file", "ks-stdin"])]
    fresh: bool,

    #[command(flatten)]
    ks: KsOptions,

    #[command(flatten)]
    token: AppTokenOptions,

    #[command(flatten)]
    request: SessionRequestOptions,

    #[command(flatten)]
    store: StoreOptions,
}

/// What calls go with.
pub(crate) enum Authority {
    /// Nothing, or what the calls bring with them.
    Anonymous,
    /// A KS that another program has made.
    Ks(Ks),
    /// A session of the app token.
    Token(Box<SessionSupply>),
}

impl CallSessionOptions {
    /// Where the API is, and how to reach it.
    pub(crate) const fn server(&self) -> &ServerOptions {
        &self.server
    }

    /// Where the API is.
    pub(crate) fn service_url(&self, settings: &Settings) -> Result<ServiceUrl, Failure> {
        self.server.service_url(settings)
    }

    /// Whether a session goes with the calls.
    pub(crate) const fn is_wanted(&self) -> bool {
        !self.anonymous
    }

    /// Sees to it that no secret stands in an argument, and that standard input is for one thing. `other` is what
    /// else is to come from there.
    pub(crate) fn check_secrets(&self, other: Option<&str>) -> Result<(), Failure> {
        let (ks, value) = (self.ks.source(), self.token.value_source());
        ks.refuse_an_argument()?;
        value.refuse_an_argument()?;
        ks.shares_stdin_with(&value)?;
        let Some(other) = other else { return Ok(()) };
        for source in [ks, value] {
            if source.takes_stdin() {
                let message = format!("{} and {other} cannot both be read from standard input", source.what);
                let hint = format!("Put {} into a file or into {}.", source.what, source.variable);
                return Err(Failure::usage(message).with_hint(hint));
            }
        }
        Ok(())
    }

    /// Whether an option names a token, a profile or what is requested of a session: it goes before `KALTURA_KS`.
    fn token_is_meant(&self, settings: &Settings) -> bool {
        let by_option =
            matches!(settings.profile_origin(), Origin::Option(_)) && settings.profile().is_some();
        self.fresh || by_option || self.token.is_named() || self.request.is_given()
    }

    /// Names what is wrong with a text that is not a KS, before it is sent. The text is not shown.
    fn refuse_another_text(&self, ks: &Ks) -> Result<(), Failure> {
        let Some(issue) = ks.issue() else { return Ok(()) };
        let source = self.ks.source();
        let place = if source.is_given() { String::new() } else { format!(" in {}", source.variable) };
        Err(Failure::usage(format!("the KS{place} cannot be used: {issue}")).with_hint(issue.advice()))
    }

    /// Sees to it that a KS is not sent to the server of another account, nor acts in it unseen.
    fn refuse_another_account(&self, ks: &Ks, settings: &Settings) -> Result<(), Failure> {
        let Ok(header) = KsHeader::parse(ks) else { return Ok(()) };
        let partner = header.partner_id();
        match self.token.known_partner(settings)? {
            Some(wanted) if wanted != partner => {
                let message = format!("the KS is of the account {partner}, and not of {wanted}");
                Err(Failure::usage(message).with_hint(
                    "Unset KALTURA_KS, or give the KS of the account that you mean. --profile and --fresh log in \
                     instead.",
                ))
            }
            _ => Ok(()),
        }
    }

    /// What the calls go with: a KS that was given, else a session of the app token. A token, profile or session request that is
    /// given by an option goes before the variable of a KS. `ends_sessions` is whether one of the calls is `session.end`.
    pub(crate) fn authority(
        &self,
        ui: &Ui,
        settings: &Settings,
        ends_sessions: bool,
    ) -> Result<Authority, Failure> {
        if self.anonymous {
            return Ok(Authority::Anonymous);
        }
        if (!self.token_is_meant(settings) || self.ks.source().is_given())
            && let Some(ks) = self.ks.given(ui, settings)?
        {
            self.refuse_another_text(&ks)?;
            self.refuse_another_account(&ks, settings)?;
            return Ok(Authority::Ks(ks));
        }
        if ends_sessions {
            let message = "session.end with the session of a login would shut the app token";
            return Err(Failure::usage(message).with_hint(
                "It ends all sessions of the token, those that are still to be started included. If that is what \
                 you want, give the KS of one by KALTURA_KS.",
            ));
        }
        let wanted = WantedSession {
            server: &self.server,
            token: &self.token,
            request: &self.request,
            store: &self.store,
            min_validity: None,
            fresh: self.fresh,
        };
        let supply = SessionSupply::new(ui, wanted, settings).map_err(|failure| {
            let variable = self.ks.source().variable;
            if self.token_is_meant(settings) || !settings.environment().is_empty(variable) {
                return failure;
            }
            failure.within(&format!("{variable} is set, but empty, so that an app token has to log in"))
        })?;
        Ok(Authority::Token(Box::new(supply)))
    }
}
