//! Finds out, step by step, why a login or a call does not work.
//!
//! A [`Diagnosis`] does what a login does, one [`Stage`] after the other, and says for each what it found and what to
//! do. Stages that depend on one that failed are skipped. It works over any [`Transport`], sends nothing that a login
//! would not send (an action and the token's properties only if requested), and keeps no session.
//!
//! ```
//! # use kaltura_auth::{AppTokenLogin, Transport, runtime::Runtime};
//! # use kaltura_client::diagnosis::Diagnosis;
//! # async fn example(login: AppTokenLogin, transport: impl Transport + 'static, runtime: impl Runtime + 'static) {
//! let report = Diagnosis::new(login).action("media.list".parse().unwrap()).run(transport, runtime).await;
//! for finding in report.findings() {
//!     println!("{finding}");
//! }
//! if let Some(failed) = report.first_failure() {
//!     eprintln!("{} failed: {}", failed.stage(), failed.message());
//! }
//! # }
//! ```

mod action;
mod connection;
mod finding;
mod run;
mod token_state;

use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::runtime::Runtime;
use kaltura_auth::{AppTokenLogin, MaybeSend, ServiceUrl, Transport};
use kaltura_types::{AppTokenId, PartnerId};

pub use self::action::{NotReadAction, ReadAction};
pub use self::connection::ConnectionFault;
pub use self::finding::{Finding, Problem, Report, Severity, Stage};

use self::run::Run;
use crate::client::Client;

/// A diagnosis of a login, and of the session that it starts. See the [module](self).
#[derive(Clone, Debug)]
#[must_use = "a diagnosis does nothing until it is run"]
pub struct Diagnosis {
    service_url: ServiceUrl,
    login: Option<AppTokenLogin>,
    partner: Option<PartnerId>,
    token_id: Option<AppTokenId>,
    timeout: Option<Duration>,
    knows_hash_type: bool,
    detects_hash_type: bool,
    action: Option<ReadAction>,
    admin: Option<Client>,
}

impl Diagnosis {
    /// A diagnosis of this login, with its timeout and session request.
    pub fn new(login: AppTokenLogin) -> Self {
        let credentials = login.credentials();
        Self {
            partner: Some(credentials.partner_id()),
            token_id: Some(credentials.id().clone()),
            knows_hash_type: true,
            login: Some(login.clone()),
            ..Self::of_server(login.service_url().clone())
        }
    }

    /// A diagnosis without credentials: of the server, and of the account if its id is given
    /// ([`partner_id`](Self::partner_id)).
    pub const fn of_server(service_url: ServiceUrl) -> Self {
        Self {
            service_url,
            login: None,
            partner: None,
            token_id: None,
            timeout: None,
            knows_hash_type: false,
            detects_hash_type: false,
            action: None,
            admin: None,
        }
    }

    /// Sets the account, for a diagnosis without credentials.
    pub const fn partner_id(mut self, partner: PartnerId) -> Self {
        self.partner = Some(partner);
        self
    }

    /// Sets the app token whose properties are read, for a diagnosis without credentials.
    pub fn app_token_id(mut self, id: impl Into<AppTokenId>) -> Self {
        self.token_id = Some(id.into());
        self
    }

    /// Sets the timeout of each request. The default is that of the login.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// If the server rejects the token hash, tries each of the other hash types once.
    pub const fn detect_hash_type(mut self) -> Self {
        self.detects_hash_type = true;
        self
    }

    /// Says that the hash type of the credentials is a guess: the one that the server accepts is reported.
    pub const fn hash_type_unknown(mut self) -> Self {
        self.knows_hash_type = false;
        self.detect_hash_type()
    }

    /// Also checks whether the session is allowed to call this action, by calling it.
    pub fn action(mut self, action: ReadAction) -> Self {
        self.action = Some(action);
        self
    }

    /// Also reads the properties of the app token, with a client whose session is an ADMIN session.
    pub fn admin(mut self, client: Client) -> Self {
        self.admin = Some(client);
        self
    }

    /// Runs all stages.
    ///
    /// Dropping the future ends the diagnosis.
    pub async fn run(&self, transport: impl Transport + 'static, runtime: impl Runtime + 'static) -> Report {
        self.run_with(transport, runtime, |_| {}).await
    }

    /// Runs all stages, and passes on each finding at once.
    pub async fn run_with(
        &self,
        transport: impl Transport + 'static,
        runtime: impl Runtime + 'static,
        on_finding: impl FnMut(&Finding) + MaybeSend,
    ) -> Report {
        let mut run = Run::new(self, Arc::new(transport), Arc::new(runtime), on_finding);
        run.all_stages().await;
        run.into_report()
    }
}
