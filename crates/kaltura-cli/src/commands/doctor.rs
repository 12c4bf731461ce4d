//! `kaltura doctor`: finds out why a login or a call does not work. The rules are those of
//! [`kaltura_client::diagnosis`]; what is added here is what only this machine knows.

mod local;
mod network;
mod report;

use std::sync::Arc;

use clap::Args;
use kaltura_auth::{Fingerprint, ServiceUrl, Transport};
use kaltura_client::diagnosis::{Problem, ReadAction, Severity, Stage};
use kaltura_http::TokioRuntime;
use kaltura_types::{AdminSecret, Ks, PartnerId};

use self::local::LoginInputs;
use self::network::Route;
use self::report::{Line, Report};
use crate::args::values;
use crate::args::{AdminSecretOptions, AppTokenOptions, ServerOptions, SessionRequestOptions, ks_header};
use crate::config::{Environment, SecretVariable, Settings};
use crate::error::{ExitCode, Failure};
use crate::http::{admin_client, verify_ks};
use crate::output::Ui;
use crate::profile::{ProfileSecret, SecretPlace, StoredSecret};
use crate::signals::run_until_stopped;

const EXAMPLES: &str = "\
Checks, one line each:
  settings, service URL    what is set, what is missing, what looks unusual
  DNS, connection, API     the route to the server, its certificate, and that it is Kaltura
  clock                    this machine's clock, compared with the server's
  widget session           that the account exists in this region
  login                    that the app token is accepted; --detect finds the hash type
  token state              its expiry and limits; requires an admin secret
  grant, session           what was granted, compared with the request; that it works
  action                   whether the session is allowed to call --action
  KALTURA_KS               if it is set: that it is a KS, and that the server accepts it
  session cache, files     that they can be written, and are not open to other users

Requests: session.startWidgetSession, appToken.startSession (with --detect up to three more,
only if the hash is rejected), session.startWidgetSession with the new session and with
KALTURA_KS, to verify them; with an admin secret appToken.get; with --action that action. Each
session is used for one action, or two with --action, which counts against an actionslimit.
Nothing is changed on the server, and the session is not stored.

The server tells whether an action is allowed by executing it. So --action takes only list,
get and count. A list is requested for one object; an id is filled in that no object has:
0_00000000.

The admin secret is taken from its options, KALTURA_ADMIN_SECRET, or a file or variable of the
profile. A command of the profile is not run for it, since it may ask questions.

Examples:
  With the settings that `kaltura login` uses:
    kaltura doctor

  Which hash type has the token, and may its sessions list videos?
    kaltura doctor --detect --action media.list

  For a program, or a support ticket:
    kaltura doctor --json

The exit code is 0 if no check failed, even with warnings; otherwise that of the first failed
check, as listed by `kaltura --help`. With --json the answer has verdict (ok, warning or
failed), exitCode, and checks: a list of name, verdict (those, or skipped), message, and
where something is wrong remedy, code (of the API error) and class. No line shows a secret.";

/// Find out why a login or a call does not work
///
/// Uses the settings of `kaltura login` and goes through a login step by step. Each line is a verdict, with a
/// remedy where something is wrong. Checks that depend on a failed one are skipped.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct DoctorCommand {
    /// If the hash type is rejected, try each of the others once
    #[arg(long)]
    detect: bool,

    /// Check whether the session is allowed to call this action: a list, get or count, e.g. media.list
    #[arg(long, value_name = "SERVICE.ACTION", add = values::actions(|name| name.parse::<ReadAction>().is_ok()))]
    action: Option<ReadAction>,

    #[command(flatten)]
    server: ServerOptions,

    #[command(flatten)]
    token: AppTokenOptions,

    #[command(flatten)]
    request: SessionRequestOptions,

    #[command(flatten)]
    admin_secret: AdminSecretOptions,
}

impl DoctorCommand {
    /// `settings` may have failed to load, which is what this command reports.
    pub(crate) fn run(
        self,
        ui: &Ui,
        environment: &Environment,
        settings: Result<Settings, Failure>,
    ) -> Result<(), Failure> {
        self.token.value_source().refuse_an_argument()?;
        self.admin_secret.source().refuse_an_argument()?;
        self.token.value_source().shares_stdin_with(self.admin_secret.source())?;
        let mut report = Report::new(ui, environment);
        match &settings {
            Ok(settings) => {
                // The commands of the profile run before anything listens to signals: Ctrl-C ends them all.
                let (line, inputs) = local::settings(ui, &self, settings);
                inputs.secrets().for_each(|secret| report.hide(secret));
                report.add(line)?;
                // Signals are no longer listened to when the document is printed: a filter may take long.
                run_until_stopped(ui, self.remote(ui, &mut report, settings, &inputs))?;
            }
            Err(failure) => {
                report.add(Line::of_failure("settings", failure))?;
                report.skip_remote("settings")?;
            }
        }
        report.add(local::session_cache(ui, environment))?;
        report.add(local::files(environment, settings.as_ref().ok().and_then(Settings::profile)))?;
        report.finish()
    }

    /// The checks that need the server.
    async fn remote(
        &self,
        ui: &Ui,
        report: &mut Report<'_>,
        settings: &Settings,
        inputs: &LoginInputs,
    ) -> Result<(), Failure> {
        let environment = &settings.environment;
        let url = match self.server.service_url(settings) {
            Ok(url) => url,
            Err(failure) => {
                report.add(Line::of_failure("service URL", &failure))?;
                return report.skip_remote("service URL");
            }
        };
        let route = Route::to(&url);
        report.add(network::service_url(&url, &route, local::ignored_region(environment)))?;
        let dns = network::dns(ui, &route, self.server.timeout).await;
        let found = !dns.is_failed();
        report.add(dns)?;
        if !found {
            return report.skip_remote("DNS");
        }
        let transport: Arc<dyn Transport> = match self.server.transport(ui) {
            Ok(transport) => Arc::new(transport),
            Err(failure) => {
                let line = Line::of_failure("connection", &failure);
                report
                    .add(line.and_then("Check the certificates of this machine, and its proxy variables."))?;
                return report.skip_remote("connection");
            }
        };
        let mut diagnosis = inputs.diagnosis(&url, self.detect).timeout(self.server.timeout);
        if let Some(action) = &self.action {
            diagnosis = diagnosis.action(action.clone());
        }
        let mut no_admin = None;
        if let Some(partner) = inputs.partner {
            match self.admin_secret(ui, settings, partner, &url) {
                Ok(Some(secret)) => {
                    let transport = Arc::clone(&transport);
                    let client = admin_client(&url, partner, secret, transport, self.server.timeout);
                    diagnosis = diagnosis.admin(client);
                }
                Ok(None) => {}
                Err(failure) => no_admin = Some(failure),
            }
        }
        let mut written = Ok(());
        let findings = diagnosis
            .run_with(Arc::clone(&transport), TokioRuntime::new(), |finding| {
                let line = match &no_admin {
                    Some(failure) if finding.problem() == Some(&Problem::NoAdmin) => {
                        Line::of_failure("token state", failure)
                    }
                    _ => Line::of_finding(finding, inputs, &route),
                };
                if written.is_ok() {
                    written = report.add(line);
                }
            })
            .await;
        written?;
        let Some(ks) = environment.text(SecretVariable::KS).ok().flatten().map(Ks::new) else {
            return Ok(());
        };
        let is_reached = findings.finding(Stage::Api).is_some_and(|api| api.severity() == Severity::Ok);
        report.add(self.ks(&ks, &url, is_reached.then_some(transport), inputs.partner).await)
    }

    /// `KALTURA_KS`, which calls use instead of a login. Without a transport it is not sent.
    async fn ks(
        &self,
        ks: &Ks,
        url: &ServiceUrl,
        transport: Option<Arc<dyn Transport>>,
        partner: Option<PartnerId>,
    ) -> Line {
        let name = SecretVariable::KS;
        let unset = "Unset KALTURA_KS to log in with the app token.";
        let header = match ks_header(ks) {
            Ok(header) => header,
            Err((why, advice)) => {
                let message = format!("KALTURA_KS is not a KS: {why}");
                return Line::failed(name, ExitCode::Usage, message, format!("{advice} {unset}"));
            }
        };
        if let Some(partner) = partner.filter(|partner| *partner != header.partner_id()) {
            let message =
                format!("KALTURA_KS is for partner {}, the settings for {partner}", header.partner_id());
            return Line::failed(name, ExitCode::Usage, message, unset);
        }
        let Some(transport) = transport else {
            return Line::skipped(name, "not checked: the server was not reached");
        };
        let label = format!("KS {}, fingerprint {}", header.version(), Fingerprint::from_ks(ks));
        let (partner, timeout) = (header.partner_id(), self.server.timeout);
        match verify_ks(url, partner, ks, transport, timeout).await {
            Ok(()) => Line::ok(
                name,
                format!("the server accepts KALTURA_KS ({label}); `kaltura call` uses it instead of a login"),
            ),
            Err(error) => {
                let failure = Failure::from(error);
                let message = format!("the server does not accept KALTURA_KS ({label}): {}", failure.text());
                Line::failed(name, failure.exit_code(), message, format!("Set a new one. {unset}"))
                    .with_code(failure.code())
            }
        }
    }

    /// The admin secret, if it is available without a question.
    fn admin_secret(
        &self,
        ui: &Ui,
        settings: &Settings,
        partner: PartnerId,
        url: &ServiceUrl,
    ) -> Result<Option<AdminSecret>, Failure> {
        if let Some(given) = self.admin_secret.given(ui, settings)? {
            return Ok(Some(given));
        }
        match settings.profile().and_then(|profile| profile.place_of(ProfileSecret::ADMIN_SECRET)) {
            Some(
                SecretPlace::File(_) | SecretPlace::Stored(StoredSecret::File(_)) | SecretPlace::Variable(_),
            ) => self.admin_secret.admin_secret(ui, settings, partner, Some(url)).map(Some),
            _ => Ok(None),
        }
    }
}
