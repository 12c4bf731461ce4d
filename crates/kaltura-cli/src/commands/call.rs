//! `kaltura call`: calls any action of the API.

mod action_name;
mod argument;
mod parameters;
mod shown_request;

use clap::Args;
use kaltura_auth::source::FixedSession;
use kaltura_auth::{AppTokenLogin, ServiceUrl, Session};
use kaltura_client::{CallOptions, Client, RawAction, RetryPolicy};
use kaltura_http::TokioRuntime;
use kaltura_types::{Ks, Parameters, PartnerId};
use serde_json::Value;

use self::action_name::ActionName;
use self::argument::Argument;
use self::shown_request::ShownRequest;
use crate::failure::Failure;
use crate::options::{AppTokenOptions, KsOptions, ServerOptions, SessionRequestOptions};
use crate::settings::Settings;
use crate::signals::Signals;
use crate::{output, runtime};

const EXAMPLES: &str = "\
Parameters:
  key=value      the text value
  key:=json      a number, true, false, a list or an object, such as pager.pageSize:=5
  key=@FILE      the text in a file, less one line end: the way for secrets
  key:=@FILE     the JSON in a file
  -              a JSON object with parameters on standard input; the others go before it
A dot in a key leads into an object: filter.idEqual=0_a is {\"filter\":{\"idEqual\":\"0_a\"}}.

The session is that of KALTURA_KS, --ks-file or --ks-stdin, else of a login with the app
token. An app token that is given by --app-token-file or --app-token-stdin goes before
KALTURA_KS.

Examples:
  With KALTURA_PARTNER_ID, KALTURA_APP_TOKEN_ID, KALTURA_APP_TOKEN_HASH_TYPE and
  KALTURA_APP_TOKEN set:
    kaltura call media.list filter.nameLike=intro pager.pageSize:=5

  See what would be sent, or have it as a command of curl, without sending it:
    kaltura call media.get entryId=0_a1b2c3d4 --dry-run
    kaltura call media.get entryId=0_a1b2c3d4 --curl

  Without a session:
    kaltura call system.ping --anonymous

The answer is printed as JSON, a bare text as it is; with --json it is one line of JSON in any
case. An error of the API is a failure: `kaltura --help` lists the exit codes.";

/// Call an action of the API
///
/// Takes service and action, such as media.list, and the parameters of the call. Secrets are taken from files,
/// standard input or the settings, never from an argument. What the server refuses ends with an exit code and a
/// hint. Nothing is sent twice, except with a new session in the place of one that the server refused.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct CallCommand {
    /// What to call, such as media.list
    #[arg(value_name = "SERVICE.ACTION")]
    action: ActionName,

    /// Parameters: key=value, key:=json, key=@FILE, key:=@FILE, or - for standard input
    #[arg(value_name = "PARAMETER")]
    parameters: Vec<String>,

    /// Print the request with its secrets masked, and send nothing
    #[arg(long)]
    dry_run: bool,

    /// Print the request as a command of curl, with its secrets in variables, and send nothing
    #[arg(long, conflicts_with_all = ["dry_run", "json"])]
    curl: bool,

    #[command(flatten)]
    server: ServerOptions,

    /// Send no session
    #[arg(long, help_heading = "Session",
          conflicts_with_all = ["ks_file", "ks_stdin", "app_token_file", "app_token_stdin"])]
    anonymous: bool,

    #[command(flatten)]
    ks: KsOptions,

    #[command(flatten)]
    token: AppTokenOptions,

    #[command(flatten)]
    request: SessionRequestOptions,
}

/// What a call goes with.
enum Authority {
    Nobody,
    Ks(Ks),
    Login(Box<AppTokenLogin>),
}

impl CallCommand {
    pub(crate) fn run(self, json: bool, settings: &Settings) -> Result<(), Failure> {
        self.ks.source().refuse_an_argument()?;
        self.token.value_source().refuse_an_argument()?;
        let arguments = self.arguments()?;
        self.share_stdin(&arguments)?;
        let service_url = self.server.service_url(settings)?;
        let parameters = parameters::assemble(&arguments)?;

        if self.dry_run || self.curl {
            let with_session = !self.anonymous;
            let shown = ShownRequest::new(&service_url, &self.action, parameters, with_session);
            return match (self.curl, json) {
                (true, _) => output::to_stdout(&shown.as_curl()),
                (false, true) => output::json_to_stdout(&shown),
                (false, false) => output::to_stdout(&shown.as_text()),
            };
        }

        let authority = self.authority(&service_url, &parameters, settings)?;
        let answer = self.call(&service_url, authority, parameters)?;
        output::foreign_text_to_stdout(&match &answer {
            Value::String(text) if !json => format!("{text}\n"),
            answer if json => output::json_line(answer),
            answer => format!("{answer:#}\n"),
        })
    }

    /// The parameters as they are written. They are not read by the parser of the command line, which quotes
    /// wrong values.
    fn arguments(&self) -> Result<Vec<Argument>, Failure> {
        let read = |(place, text): (usize, &String)| {
            text.parse().map_err(|error| Failure::usage(format!("parameter {}: {error}", place + 1)))
        };
        self.parameters.iter().enumerate().map(read).collect()
    }

    /// Standard input is for one thing.
    fn share_stdin(&self, arguments: &[Argument]) -> Result<(), Failure> {
        let value = self.token.value_source();
        self.ks.source().shares_stdin_with(&value)?;
        let takes_parameters = arguments.iter().any(|argument| matches!(argument, Argument::Stdin));
        for source in [self.ks.source(), value] {
            if takes_parameters && source.takes_stdin() {
                let message =
                    format!("{} and the parameters can not both come from standard input", source.what);
                let hint = format!("Put {} into a file or into {}.", source.what, source.variable);
                return Err(Failure::usage(message).with_hint(hint));
            }
        }
        Ok(())
    }

    fn authority(
        &self,
        service_url: &ServiceUrl,
        parameters: &Parameters,
        settings: &Settings,
    ) -> Result<Authority, Failure> {
        // A KS among the parameters is the session of the call.
        if self.anonymous || parameters.contains_key("ks") {
            return Ok(Authority::Nobody);
        }
        let token_is_meant = self.token.value_source().is_given() && !self.ks.source().is_given();
        if !token_is_meant && let Some(ks) = self.ks.given(settings)? {
            return Ok(Authority::Ks(ks));
        }
        if self.action.ends_sessions() {
            let message = "session.end with the session of a login would shut the app token";
            return Err(Failure::usage(message).with_hint(
                "It ends all sessions of the token, those that are still to be started included. If that is what \
                 you want, give the KS of one by KALTURA_KS.",
            ));
        }
        let credentials = self.token.credentials(settings, None)?;
        let login = AppTokenLogin::new(service_url.clone(), credentials)
            .request(self.request.request(settings)?)
            .time_limit(self.server.time_limit());
        Ok(Authority::Login(Box::new(login)))
    }

    fn call(
        &self,
        service_url: &ServiceUrl,
        authority: Authority,
        parameters: Parameters,
    ) -> Result<Value, Failure> {
        let transport = self.server.transport()?;
        let action = RawAction::new(self.action.service(), self.action.action()).params(parameters);
        runtime::run(async {
            let mut signals = Signals::listen()?;
            let (builder, options) = match authority {
                Authority::Login(login) => {
                    (Client::builder(*login, transport, TokioRuntime::new()), CallOptions::new())
                }
                Authority::Ks(ks) => (without_login(service_url, transport), CallOptions::new().ks(ks)),
                Authority::Nobody => (without_login(service_url, transport), CallOptions::new().anonymous()),
            };
            let client = builder.retry(RetryPolicy::never()).request_limit(self.server.time_limit()).build();
            let outcome = signals.unless_stopped(client.call_with(&action, &options)).await?;
            outcome.map_err(|error| Failure::from(error).at(service_url))
        })
    }
}

/// A client whose calls bring their own KS, or none. Its own session is never asked for.
fn without_login(
    service_url: &ServiceUrl,
    transport: kaltura_http::ReqwestTransport,
) -> kaltura_client::ClientBuilder {
    let unused = FixedSession::new(Session::new(PartnerId::new(0), Ks::new("")));
    Client::builder_with_source(service_url.clone(), unused, transport, TokioRuntime::new())
}
