//! `kaltura demo`: an app token login from beginning to end, on this machine alone.

use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use kaltura_auth::source::{PartnerSecretLogin, PartnerSecretSource};
use kaltura_auth::{
    AppTokenCredentials, AppTokenLogin, Error as LoginError, Fingerprint, Transport, TransportError,
    WireRequest, WireResponse, async_trait,
};
use kaltura_client::{CallOptions, Client, RawAction};
use kaltura_emulator::Emulator;
use kaltura_http::{ReqwestTransport, TokioRuntime};
use kaltura_types::{
    AppToken, AppTokenDraft, HashType, Ks, Lifetime, PartnerId, Privileges, SessionType, UnixTime, redact,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::{ExitCode, Failure};
use crate::output::style::{BAD, GOOD, HEADING, NOTE};
use crate::output::{Ui, filled, one_line, wrapped};
use crate::signals::run_until_stopped;
use crate::time;

const EXAMPLES: &str = "\
Examples:
  kaltura demo
  kaltura demo --json

With --json the answer has ok, serviceUrl, partnerId and scenes: each with its exchanges (what was
sent, what was received). It holds no secrets.";

/// The members of requests and responses that are shown, in this order.
const SHOWN: &str =
    "code message ks widgetId secret id token tokenHash hashType type sessionType userId expiry totalCount";

/// See an app token login step by step, on this machine alone
///
/// Starts an emulated Kaltura, creates app tokens, logs in over HTTP with each of the four hash types, calls the
/// API with the session, and shows how a wrong token value is refused. No account and no network are needed.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct DemoCommand {}

/// A step of the demo. It holds no secret.
struct Step {
    title: &'static str,
    about: &'static str,
    exchanges: Vec<Exchange>,
    /// Shown instead of the exchanges.
    results: Vec<String>,
    error: Option<LoginError>,
}

#[derive(Serialize)]
struct Exchange {
    action: String,
    sent: Map<String, Value>,
    received: Map<String, Value>,
}

impl DemoCommand {
    pub(crate) fn run(self, ui: &Ui) -> Result<(), Failure> {
        let (url, partner, steps) = run_until_stopped(ui, steps())?;
        if !ui.wants_json() {
            return ui.print(&text(&url, &steps));
        }
        let scenes: Vec<Value> = steps.iter().map(Step::document).collect();
        ui.print_json(&json!({ "ok": true, "serviceUrl": url, "partnerId": partner, "scenes": scenes }))
    }
}

/// Does all of it, and returns the server, the account and each step.
async fn steps() -> Result<(String, PartnerId, Vec<Step>), Failure> {
    let local = |what: &'static str| {
        move |error: &dyn std::error::Error| Failure::new(ExitCode::Local, what).caused_by(error)
    };
    let emulator =
        Emulator::builder().build().map_err(|error| local("cannot create the emulator")(&error))?;
    let server = emulator.serve().await.map_err(|error| local("cannot start the emulator")(&error))?;
    let http = ReqwestTransport::builder().no_proxy().build()?;
    let wire = Arc::new(Recorder { http, exchanges: Mutex::default() });
    let (url, partner) = (server.url().clone(), emulator.partner_id());
    let login = |token: &AppTokenCredentials| AppTokenLogin::new(url.clone(), token.clone());
    let client = |token: &AppTokenCredentials| {
        Client::builder(login(token), wire.clone(), TokioRuntime::new()).build()
    };
    let step = |title, about| Step { title, about, exchanges: wire.take(), results: Vec::new(), error: None };

    let admin = PartnerSecretLogin::admin(url.clone(), partner, emulator.admin_secret().clone());
    let admin = PartnerSecretSource::new(admin, wire.clone());
    let admin = Client::builder_with_source(url.clone(), admin, wire.clone(), TokioRuntime::new()).build();
    let token = new_token(&admin, HashType::Sha256).await?;
    let created = step(
        "An administrator creates an app token",
        "This is done once, with the account's admin secret. The token has an id, which is not secret, and a value, \
         which is given only to the program that logs in. With its privilege list:*, sessions list the videos of all \
         users.",
    );

    let program = client(&token);
    program.session().await?;
    let logged_in = step(
        "A program logs in with it",
        "Anyone can get an unprivileged KS. The program hashes that KS together with the token value and sends the \
         hash. This proves that it has the value, which itself is never sent.",
    );

    let list = RawAction::<Value>::new("media", "list");
    program.call(&list).await?;
    // Its refusal is what is shown.
    let _ = program.call_with(&list, &CallOptions::new().anonymous()).await;
    let called = step(
        "The session is used for calls",
        "Each call carries the KS in its body, never in the URL. Without a KS, the same call is refused.",
    );

    let mut results = Vec::new();
    for hash_type in [HashType::Sha512, HashType::Sha1, HashType::Md5] {
        let token = new_token(&admin, hash_type).await?;
        let videos = client(&token).call(&list).await?;
        let (name, id, digits) = (hash_type.as_str(), token.id(), hash_type.hex_digits());
        let count = videos.get("totalCount").and_then(Value::as_i64).unwrap_or_default();
        results.push(format!("{name:<7} token {id}, a hash of {digits} hex digits, {count} videos"));
    }
    let other_types = step(
        "The other hash types work the same way",
        "An app token is created for one of four hash types. The default is SHA1.",
    );
    let other_types = Step { results, ..other_types };

    let value = token.value().expose();
    let first = if value.starts_with('0') { '1' } else { '0' };
    let wrong: String = std::iter::once(first).chain(value.chars().skip(1)).collect();
    let wrong = AppTokenCredentials::new(partner, token.id().clone(), wrong, token.hash_type());
    let refusal = login(&wrong).run(&wire).await.err();
    let refused = step(
        "A wrong token value is refused",
        "One digit is changed. The server only says that the hash is wrong; the library says what to check.",
    );
    let steps = vec![created, logged_in, called, other_types, Step { error: refusal, ..refused }];
    server.shutdown().await;
    Ok((url.to_string(), partner, steps))
}

async fn new_token(admin: &Client, hash_type: HashType) -> Result<AppTokenCredentials, Failure> {
    let draft = AppTokenDraft::new()
        .hash_type(hash_type)
        .session_type(SessionType::User)
        .session_user_id("demo-app")
        .session_duration(Lifetime::hours(1))
        .session_privileges(&Privileges::parse("list:*"));
    let AppToken { id, token, partner_id, .. } = admin.app_tokens().add(draft).await?;
    Ok(AppTokenCredentials::new(partner_id, id, token, hash_type))
}

/// HTTP that records what is sent and received.
struct Recorder {
    http: ReqwestTransport,
    exchanges: Mutex<Vec<Exchange>>,
}

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let json = |body: &[u8]| serde_json::from_slice(body).unwrap_or_default();
        let action = format!("{}.{}", request.service(), request.action());
        let sent = shown_members(&json(request.body()));
        let response = self.http.send(request).await?;
        let received = shown_members(&json(response.body()));
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        exchanges.push(Exchange { action, sent, received });
        Ok(response)
    }
}

impl Recorder {
    fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.exchanges.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The members that are shown, without secrets.
fn shown_members(value: &Value) -> Map<String, Value> {
    let mut shown = Map::new();
    // `session.start` responds with the KS alone; the parameter `appToken` is an object of members like these.
    shown.extend(value.as_str().map(|ks| ("ks".to_owned(), fingerprint(ks))));
    for object in [Some(value), value.get("appToken")].into_iter().flatten() {
        for name in SHOWN.split(' ') {
            let member = match (name, object.get(name)) {
                (_, None) => continue,
                ("ks", Some(Value::String(ks))) => fingerprint(ks),
                ("tokenHash", Some(Value::String(hash))) => format!("({} hex digits)", hash.len()).into(),
                ("secret" | "token", _) => "(hidden)".into(),
                (_, Some(Value::String(text))) => redact(text, &[]).into(),
                (_, Some(Value::Number(number))) => number.clone().into(),
                _ => "(hidden)".into(),
            };
            shown.insert(name.to_owned(), member);
        }
    }
    shown
}

fn fingerprint(ks: &str) -> Value {
    Fingerprint::from_ks(&Ks::new(ks)).to_string().into()
}

fn text(url: &str, steps: &[Step]) -> String {
    let about = format!(
        "An emulated Kaltura server runs in this process, at {url}. It checks real hashes and signs real sessions, \
         and every line with an arrow was sent over HTTP. A KS is the string that carries a session. It is secret, \
         so only its fingerprint is shown."
    );
    let title = format!("{HEADING}A Kaltura login with an app token, step by step{HEADING:#}\n\n");
    let mut text = title + &wrapped("", "", &about);
    for (number, step) in (1..).zip(steps) {
        text += &format!("\n{HEADING}{number}. {}{HEADING:#}\n{}", step.title, step.text());
    }
    text + &format!(
        "\n{HEADING}Next{HEADING:#}\n   kaltura emulate        run such a server to test your own program\n   \
         kaltura login --help   log in to your own account\n"
    )
}

impl Step {
    fn document(&self) -> Value {
        let mut document = json!({ "title": self.title, "exchanges": self.exchanges });
        if let Some(error) = &self.error {
            let code = error.api_error().map_or("none", |api| api.code().as_str());
            document["error"] = json!({ "code": code, "message": error.to_string(), "hint": error.hint() });
        }
        document
    }

    fn text(&self) -> String {
        let mut text = wrapped("  ", "   ", self.about) + "\n";
        if self.results.is_empty() {
            text.extend(self.exchanges.iter().map(Exchange::text));
        }
        text.extend(self.results.iter().map(|result| format!("   {GOOD}✓{GOOD:#} {result}\n")));
        if let Some(error) = &self.error {
            text += &wrapped(&format!("\n   {BAD}error:{BAD:#}"), "     ", &error.to_string());
            text += &wrapped(&format!("   {NOTE}hint:{NOTE:#}"), "     ", &error.hint());
        }
        text
    }
}

impl Exchange {
    fn text(&self) -> String {
        let sent = format!("   {NOTE}→{NOTE:#} {HEADING}{}{HEADING:#}", self.action);
        let received = match self.received.get("code") {
            None => format!("   {NOTE}←{NOTE:#}"),
            Some(_) => format!("   {BAD}← refused:{BAD:#}"),
        };
        line(&sent, &self.sent) + &line(&received, &self.received)
    }
}

/// Names and values with commas between, behind a label. A pair stays on its line.
fn line(label: &str, members: &Map<String, Value>) -> String {
    let pair = |(name, value): (&String, &Value)| match (name.as_str(), value) {
        ("code" | "message", Value::String(text)) => one_line(text).into_owned(),
        ("type" | "sessionType", value) if value == 0 => format!("{name} USER"),
        ("type" | "sessionType", value) if value == 2 => format!("{name} ADMIN"),
        ("expiry", Value::Number(number)) => {
            let time = UnixTime::from_seconds(number.as_i64().unwrap_or_default());
            format!("{name} {}", time::show_time(time))
        }
        (_, Value::String(text)) => format!("{name} {}", one_line(text)),
        (_, value) => format!("{name} {value}"),
    };
    let pairs = members.iter().map(pair).collect::<Vec<_>>().join(",\n");
    filled(label, "       ", pairs.lines())
}
