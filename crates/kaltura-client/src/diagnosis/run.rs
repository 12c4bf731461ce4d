//! The stages, one after the other. A stage that fails ends those that need it.

use std::sync::Arc;
use std::time::Duration;

use kaltura_auth::runtime::Runtime;
use kaltura_auth::source::FixedSession;
use kaltura_auth::{
    Adjustment, AppTokenCredentials, AppTokenFlow, AppTokenLogin, Error as LoginError,
    ErrorKind as LoginErrorKind, FlowStep, ResponseMetadata, Session, Transport, TransportError,
    WireResponse,
};
use kaltura_types::{HashType, KsRefusal, PartnerId, UnixTime, UserId, duration};

use super::Diagnosis;
use super::action;
use super::connection::{ConnectionFault, first_cause};
use super::finding::{Finding, Problem, Report, Stage};
use super::token_state::{TokenState, unreadable};
use crate::client::Client;
use crate::error::{ActionName, Error, ErrorKind};
use crate::retry::RetryPolicy;

/// Clocks that differ by no more than this agree, in seconds: both are read in whole seconds.
const AGREEING: u64 = 2;
/// A larger difference of the clocks is worth a warning, in seconds.
const HARMLESS: u64 = 30;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// A diagnosis in progress. A stage gives what the next ones need, or itself if it failed.
pub(super) struct Run<'a, F> {
    diagnosis: &'a Diagnosis,
    transport: Arc<dyn Transport>,
    runtime: Arc<dyn Runtime>,
    on_finding: F,
    findings: Vec<Finding>,
}

/// The first response of the login.
struct FirstResponse {
    response: WireResponse,
    /// What the login does next, or why it ends here.
    next: Result<FlowStep, LoginError>,
    /// By the local clock.
    sent_at: UnixTime,
    /// By the local clock.
    received_at: UnixTime,
}

impl FirstResponse {
    /// The server's time; the local one if the server does not tell its own.
    fn server_time(&self) -> UnixTime {
        self.response.server_time().unwrap_or(self.received_at)
    }

    /// How many seconds the local clock is ahead at least: the server read its own at any time in between.
    fn clock_ahead(&self) -> Option<i64> {
        let server = self.response.server_time()?;
        let (least, most) = (self.sent_at.seconds_since(server), self.received_at.seconds_since(server));
        Some(if least > 0 { least } else { most.min(0) })
    }
}

impl<'a, F: FnMut(&Finding)> Run<'a, F> {
    pub(super) fn new(
        diagnosis: &'a Diagnosis,
        transport: Arc<dyn Transport>,
        runtime: Arc<dyn Runtime>,
        on_finding: F,
    ) -> Self {
        Self { diagnosis, transport, runtime, on_finding, findings: Vec::new() }
    }

    pub(super) fn into_report(self) -> Report {
        Report::new(self.findings)
    }

    pub(super) async fn all_stages(&mut self) {
        if let Err(failed) = self.stages().await {
            let reported = self.findings.len();
            for stage in Stage::ALL.into_iter().skip(reported) {
                let message = format!("not checked: {failed} failed");
                self.report(Finding::skipped(stage, Problem::StageFailed(failed), message));
            }
        }
    }

    async fn stages(&mut self) -> Result<(), Stage> {
        let first = self.connection().await?;
        self.api(&first)?;
        self.clock(&first);
        self.widget_session(&first)?;
        let (server_now, ahead) = (first.server_time(), first.clock_ahead());
        let session = self.login(first.next).await;
        self.token_state(server_now, ahead).await;
        let session = session?;
        self.grant(&session);
        let client = self.client(&session);
        self.session(&client, &session).await?;
        self.action(&client, &session).await;
        Ok(())
    }

    fn report(&mut self, finding: Finding) {
        (self.on_finding)(&finding);
        self.findings.push(finding);
    }

    /// Reports a failure, after which the stages that need this one are skipped.
    fn fail<T>(&mut self, finding: Finding) -> Result<T, Stage> {
        let stage = finding.stage();
        self.report(finding);
        Err(stage)
    }

    fn now(&self) -> UnixTime {
        let seconds = self.runtime.unix_time().as_secs();
        UnixTime::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    /// The login. Without credentials its first request can still be sent: that has only the partner id, and every
    /// partner id gets a response of the API.
    fn app_token_login(&self) -> AppTokenLogin {
        let Diagnosis { login, partner, service_url, timeout, .. } = self.diagnosis;
        let login = login.clone().unwrap_or_else(|| {
            let partner = partner.unwrap_or_else(|| PartnerId::new(0));
            let none = AppTokenCredentials::new(partner, "", "", HashType::Sha256);
            AppTokenLogin::new(service_url.clone(), none)
        });
        match timeout {
            Some(timeout) => login.timeout(*timeout),
            None => login,
        }
    }

    async fn connection(&mut self) -> Result<FirstResponse, Stage> {
        let sent_at = self.now();
        match first_exchange(&self.app_token_login(), &*self.transport).await {
            Ok((response, next)) => {
                let message = format!("the server responded with HTTP {}", response.status());
                self.report(Finding::ok(Stage::Connection, message));
                Ok(FirstResponse { response, next, sent_at, received_at: self.now() })
            }
            Err(error) => {
                let fault = ConnectionFault::of(&error);
                let cause = first_cause(&error, fault).map(|cause| format!(" ({cause})")).unwrap_or_default();
                let message = format!("{}{cause}", fault.description());
                let name = ActionName::new("session", "startWidgetSession");
                self.fail(
                    Finding::failed(Stage::Connection, Problem::Connection(fault), message, fault.remedy())
                        .with_error(Error::transport(name, error)),
                )
            }
        }
    }

    /// An error of the API is a response of it.
    fn api(&mut self, first: &FirstResponse) -> Result<(), Stage> {
        match first.next.as_ref().err().filter(|error| !is_of_the_api(error)) {
            Some(error) => self.fail(Finding::of_error(Stage::Api, Problem::NotKaltura, error.clone())),
            None => {
                let metadata = ResponseMetadata::from_response(&first.response, &[]);
                let server = metadata.server().map(|name| format!(" (server {name})")).unwrap_or_default();
                self.report(Finding::ok(Stage::Api, format!("the Kaltura API responded{server}")));
                Ok(())
            }
        }
    }

    fn clock(&mut self, first: &FirstResponse) {
        let finding = match first.clock_ahead() {
            None => {
                Finding::skipped(Stage::Clock, Problem::NoServerTime, "the server does not tell its time")
            }
            Some(ahead) => clock(ahead),
        };
        self.report(finding);
    }

    fn widget_session(&mut self, first: &FirstResponse) -> Result<(), Stage> {
        let Some(partner) = self.diagnosis.partner else {
            let message = "not checked: no partner id";
            self.report(Finding::skipped(Stage::WidgetSession, Problem::NoPartnerId, message));
            return Err(Stage::WidgetSession);
        };
        match &first.next {
            Ok(_) => {
                let message = format!("partner {partner} exists in this region");
                self.report(Finding::ok(Stage::WidgetSession, message));
                Ok(())
            }
            Err(error) => self.fail(refused(Stage::WidgetSession, error.clone())),
        }
    }

    /// Continues the login after its first response.
    async fn login(&mut self, next: Result<FlowStep, LoginError>) -> Result<Session, Stage> {
        let (Some(login), Ok(step)) = (self.diagnosis.login.as_ref(), next) else {
            let message = "not checked: no credentials";
            self.report(Finding::skipped(Stage::Login, Problem::NoCredentials, message));
            return Err(Stage::Login);
        };
        let hash_type = login.credentials().hash_type();
        let widget_ks = match &step {
            FlowStep::Send(_, flow) => flow.widget_ks().cloned(),
            FlowStep::Done(_) => None,
        };
        let mut outcome = finish(step, &*self.transport).await.map(|session| (session, hash_type));
        if let (Err(refusal), Some(widget_ks), true) = (&outcome, widget_ks, self.diagnosis.detects_hash_type)
            && refusal.kind() == LoginErrorKind::InvalidTokenHash
        {
            for other in HashType::ALL.into_iter().filter(|other| *other != hash_type) {
                let attempt = self.app_token_login().with_hash_type(other);
                let step = AppTokenFlow::resume(&attempt, widget_ks.clone());
                match finish(step, &*self.transport).await {
                    Ok(session) => {
                        outcome = Ok((session, other));
                        break;
                    }
                    Err(error) if error.kind() == LoginErrorKind::InvalidTokenHash => {}
                    Err(error) => {
                        outcome = Err(error);
                        break;
                    }
                }
            }
        }
        match outcome {
            Ok((session, accepted)) => {
                let finding = self.accepted(hash_type, accepted);
                self.report(finding);
                Ok(session)
            }
            Err(error) => {
                let is_hash = error.kind() == LoginErrorKind::InvalidTokenHash;
                let issues: String =
                    error.credential_issues().iter().map(|issue| format!(" {}", issue.advice())).collect();
                let finding = refused(Stage::Login, error);
                self.fail(if is_hash && self.diagnosis.detects_hash_type {
                    finding.with_problem(Problem::NoHashTypeAccepted).with_remedy(format!(
                        "The server accepts no hash type, so the token value is wrong: set the value of this app \
                         token, without white space or line breaks.{issues}"
                    ))
                } else {
                    finding
                })
            }
        }
    }

    fn accepted(&self, hash_type: HashType, accepted: HashType) -> Finding {
        let message = format!("the server accepts the app token with the hash type {accepted}");
        match (self.diagnosis.knows_hash_type, accepted == hash_type) {
            (true, true) => Finding::ok(Stage::Login, message),
            (true, false) => Finding::failed(
                Stage::Login,
                Problem::OtherHashType { accepted },
                format!("the server rejects the hash type {hash_type}, and accepts {accepted}"),
                format!("Set the hash type {accepted}."),
            ),
            (false, _) => Finding::warning(
                Stage::Login,
                Problem::HashTypeDetected { accepted },
                message,
                format!("Set the hash type {accepted}."),
            ),
        }
    }

    async fn token_state(&mut self, server_now: UnixTime, ahead: Option<i64>) {
        let Diagnosis { admin, token_id, login, knows_hash_type, .. } = self.diagnosis;
        let (Some(admin), Some(id)) = (admin, token_id) else {
            let problem = if token_id.is_none() { Problem::NoCredentials } else { Problem::NoAdmin };
            let message = "not checked: requires an ADMIN session and the app token id";
            self.report(Finding::skipped(Stage::TokenState, problem, message));
            return;
        };
        let finding = match admin.app_tokens().get(id).await {
            Ok(token) => {
                let credentials = login.as_ref().map(AppTokenLogin::credentials);
                TokenState { token: &token, credentials, knows_hash_type: *knows_hash_type, server_now }
                    .finding()
            }
            Err(error) => unreadable(error, ahead.filter(|ahead| is_skewed(*ahead)).map(direction)),
        };
        self.report(finding);
    }

    fn grant(&mut self, session: &Session) {
        let (granted, adjustments) = (describe(session), session.adjustments());
        self.report(if adjustments.is_empty() {
            Finding::ok(Stage::Grant, granted)
        } else {
            let differences: Vec<String> = adjustments.iter().map(ToString::to_string).collect();
            let mut remedies: Vec<&str> = adjustments.iter().map(remedy).collect();
            remedies.dedup();
            Finding::warning(
                Stage::Grant,
                Problem::Adjusted(adjustments.to_vec()),
                format!("{granted}; {}", differences.join("; ")),
                remedies.join(" "),
            )
        });
    }

    /// A client with this session, which nothing replaces. It has no expiry: only the server's clock counts here, and
    /// the local one may be wrong.
    fn client(&self, session: &Session) -> Client {
        let source = FixedSession::new(Session::new(session.partner_id(), session.ks().clone()));
        let service_url = self.diagnosis.service_url.clone();
        let (transport, runtime) = (Arc::clone(&self.transport), Arc::clone(&self.runtime));
        Client::builder_with_source(service_url, source, transport, runtime)
            .retry(RetryPolicy::never())
            .renew_on_actions_limit(false)
            .request_timeout(self.diagnosis.timeout.unwrap_or(DEFAULT_TIMEOUT))
            .build()
    }

    async fn session(&mut self, client: &Client, session: &Session) -> Result<(), Stage> {
        let finding = match client.verify_session().await {
            Ok(()) => Finding::ok(Stage::Session, "the server accepts the session"),
            Err(error) if error.kind() == ErrorKind::KsRefused(KsRefusal::UriRestricted) => {
                let paths = session.privileges().get("urirestrict").map(ToString::to_string);
                let paths = paths.unwrap_or_default();
                let message = format!("not checked: the session is valid for certain paths only ({paths})");
                Finding::skipped(Stage::Session, Problem::RestrictedToPaths, message)
            }
            Err(error) => {
                let problem = Problem::SessionRefused(error.kind());
                return self.fail(Finding::of_error(Stage::Session, problem, error));
            }
        };
        self.report(finding);
        Ok(())
    }

    async fn action(&mut self, client: &Client, session: &Session) {
        let finding = match &self.diagnosis.action {
            Some(action) => action::check(client, session, action).await,
            None => Finding::skipped(Stage::Action, Problem::NoAction, "not requested"),
        };
        self.report(finding);
    }
}

/// Sends the first request of a login, again on a fresh connection if its connection was lost.
async fn first_exchange(
    login: &AppTokenLogin,
    transport: &dyn Transport,
) -> Result<(WireResponse, Result<FlowStep, LoginError>), TransportError> {
    let mut step = AppTokenFlow::start(login);
    loop {
        let FlowStep::Send(request, flow) = step else {
            // A login begins with a request; this is never reached.
            return Ok((WireResponse::new(200, ""), Ok(step)));
        };
        let result = transport.send(request).await;
        let response = result.clone();
        match (response, flow.receive(result)) {
            (Ok(response), next) => return Ok((response, next)),
            (Err(_), Ok(next)) => step = next,
            (Err(error), Err(_)) => return Err(error),
        }
    }
}

async fn finish(mut step: FlowStep, transport: &dyn Transport) -> Result<Session, LoginError> {
    loop {
        match step {
            FlowStep::Send(request, flow) => step = flow.receive(transport.send(request).await)?,
            FlowStep::Done(session) => return Ok(session),
        }
    }
}

fn refused(stage: Stage, error: LoginError) -> Finding {
    Finding::of_error(stage, Problem::LoginRefused(error.kind()), error)
}

fn is_of_the_api(error: &LoginError) -> bool {
    let says_so = error.api_error().is_some() || error.unusable_session().is_some();
    let is_other = matches!(
        error.kind(),
        LoginErrorKind::BodyIgnored | LoginErrorKind::NoSuchAction | LoginErrorKind::ServerFailed
    );
    says_so && !is_other
}

fn clock(ahead: i64) -> Finding {
    let skew = format!("this machine's clock is {}", direction(ahead));
    if ahead.unsigned_abs() <= AGREEING {
        Finding::ok(Stage::Clock, "this machine's clock agrees with the server's")
    } else if is_skewed(ahead) {
        Finding::warning(
            Stage::Clock,
            Problem::ClockSkew { ahead_seconds: ahead },
            skew,
            "Set the clock, best with NTP. A login works nevertheless, but a session that is signed on this machine \
             expires too early or too late.",
        )
    } else {
        Finding::ok(Stage::Clock, skew)
    }
}

const fn is_skewed(ahead: i64) -> bool {
    ahead.unsigned_abs() > HARMLESS
}

/// `5 min ahead of the server's`.
fn direction(ahead: i64) -> String {
    let words = duration::describe(ahead.unsigned_abs());
    let direction = if ahead > 0 { "ahead of" } else { "behind" };
    format!("{words} {direction} the server's")
}

fn describe(session: &Session) -> String {
    let user = session.user_id().map_or("(none, anonymous session)", UserId::as_str);
    let session_type =
        session.session_type().map_or_else(|| "of unknown type".to_owned(), ToString::to_string);
    let lifetime = match session.granted_lifetime() {
        Some(lifetime) => format!("for {}", duration::describe(lifetime.as_secs())),
        None => "with an unknown lifetime".to_owned(),
    };
    let privileges = session.privileges().to_string();
    let privileges =
        if privileges.is_empty() { "no privileges".to_owned() } else { format!("privileges {privileges}") };
    format!("user {user}, {session_type}, {lifetime}, {privileges}")
}

const fn remedy(adjustment: &Adjustment) -> &'static str {
    match adjustment {
        Adjustment::ShorterLifetime { .. } => {
            "The session duration or the expiry of the app token limits the session: request less, or use a token that \
             allows more."
        }
        Adjustment::OtherUser { .. } | Adjustment::OtherType { .. } => {
            "The app token has a fixed user or type: request none, or use a token without."
        }
        Adjustment::PrivilegesDropped { .. } => {
            "Most privileges must be set on the app token itself: create one that has them."
        }
        _ => "Compare the session request with the app token.",
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn ahead(server: i64, sent: i64, received: i64) -> Option<i64> {
        let session = format!("1121307854, {server}");
        let first = FirstResponse {
            response: WireResponse::new(200, "").with_header("X-Kaltura-Session", session),
            next: Err(LoginError::from_source("unused", false)),
            sent_at: UnixTime::from_seconds(sent),
            received_at: UnixTime::from_seconds(received),
        };
        first.clock_ahead()
    }

    #[test]
    fn a_slow_response_is_no_skew() {
        assert_eq!(ahead(1_010, 1_000, 1_020), Some(0));
        assert_eq!(ahead(1_000, 1_000, 1_000), Some(0));
        assert_eq!(ahead(900, 1_000, 1_020), Some(100));
        assert_eq!(ahead(1_100, 1_000, 1_020), Some(-80));
    }

    #[test]
    fn more_than_half_a_minute_of_skew_is_worth_a_warning() {
        for (ahead, severity, text) in [
            (0, Severity::Ok, "agrees"),
            (-2, Severity::Ok, "agrees"),
            (30, Severity::Ok, "30 s ahead of"),
            (-31, Severity::Warning, "31 s behind"),
            (3_600, Severity::Warning, "1 h ahead of"),
            (i64::MIN, Severity::Warning, "behind"),
        ] {
            let finding = clock(ahead);
            assert_eq!(finding.severity(), severity, "{finding}");
            assert!(finding.message().contains(text), "{finding}");
        }
    }
}
