//! Logins: over loopback, beside two POSTs of reqwest with the same bytes; without a transport; with the emulator.

use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Instant;

use kaltura_auth::types::{HashType, PartnerId};
use kaltura_auth::{
    AppTokenCredentials, AppTokenFlow, AppTokenLogin, FlowStep, ServiceUrl, Transport, WireRequest,
};
use kaltura_emulator::Emulator;
use kaltura_http::ReqwestTransport;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::http::runtime;
use crate::{Work, ready};

/// A server in a process of its own: its instructions are not counted, and it ends with this value.
struct Server {
    process: Child,
    stdin: Option<ChildStdin>,
    token: AppTokenCredentials,
    url: ServiceUrl,
    value: String,
}

/// `kaltura-benches serve`: an emulator on loopback until standard input ends. Prints its URL and an app token.
pub(crate) fn serve() {
    let emulator = Emulator::new();
    let server = emulator.serve_blocking().unwrap();
    let token = emulator.app_token();
    println!("{} {} {} {}", server.url(), emulator.partner_id(), token.id(), token.value().expose());
    std::io::stdout().flush().unwrap();
    let _ = std::io::stdin().lines().count();
}

impl Server {
    fn start() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let spawned = command.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = spawned.unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let parts: Vec<&str> = line.split_whitespace().collect();
        let [url, partner, id, value] = parts[..] else { panic!("the server printed {line:?}") };
        let partner = PartnerId::new(partner.parse().unwrap());
        Self {
            stdin: process.stdin.take(),
            process,
            token: AppTokenCredentials::new(partner, id, value, HashType::Sha256),
            url: url.parse().unwrap(),
            value: value.to_owned(),
        }
    }

    fn login(&self) -> AppTokenLogin {
        AppTokenLogin::new(self.url.clone(), self.token.clone())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.process.wait();
    }
}

pub(crate) fn loopback() -> Work {
    let (server, runtime) = (Server::start(), runtime());
    let transport = ReqwestTransport::builder().build().unwrap();
    let login = server.login();
    Box::new(move || {
        let _running = &server;
        drop(black_box(runtime.block_on(login.run(&transport)).unwrap()));
    })
}

#[derive(Deserialize)]
struct Widget {
    ks: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only deserialized")]
struct Started {
    ks: String,
    partner_id: Value,
    user_id: Value,
    expiry: i64,
    session_type: Value,
    privileges: Option<String>,
}

pub(crate) fn loopback_baseline() -> Work {
    let (server, runtime) = (Server::start(), runtime());
    let (widget, start) = requests(&server.login());
    let (widget_body, start_body): (Value, Value) =
        (serde_json::from_slice(widget.body()).unwrap(), serde_json::from_slice(start.body()).unwrap());
    let client = reqwest::Client::builder().http1_only().build().unwrap();
    Box::new(move || {
        let post = async |url: &str, body: Vec<u8>| {
            let request = client.post(url).header(CONTENT_TYPE, "application/json").body(body);
            request.send().await.unwrap().bytes().await.unwrap()
        };
        let started: Started = runtime.block_on(async {
            let answer = post(widget.url(), serde_json::to_vec(&widget_body).unwrap()).await;
            let widget: Widget = serde_json::from_slice(&answer).unwrap();
            let hash = Sha256::new().chain_update(&widget.ks).chain_update(&server.value).finalize();
            let mut body = start_body.clone();
            body["tokenHash"] = hex::encode(hash).into();
            body["ks"] = widget.ks.into();
            let answer = post(start.url(), serde_json::to_vec(&body).unwrap()).await;
            serde_json::from_slice(&answer).unwrap()
        });
        drop(black_box(started));
    })
}

/// `kaltura-benches logins <count>`: so many logins, one after the other, with the server and the app token of the
/// environment. Prints the microseconds of each.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub(crate) fn serial(count: u32) {
    let login = AppTokenLogin::from_vars(|name| std::env::var(name).ok()).unwrap();
    let runtime = runtime();
    let transport = ReqwestTransport::builder().build().unwrap();
    for _ in 0..count {
        let start = Instant::now();
        drop(black_box(runtime.block_on(login.run(&transport)).unwrap()));
        println!("{}", start.elapsed().as_micros());
    }
}

/// The two requests of a login, from one with an answer that is not the server's.
fn requests(login: &AppTokenLogin) -> (WireRequest, WireRequest) {
    let FlowStep::Send(widget, flow) = AppTokenFlow::start(login) else { panic!("no first request") };
    let partner = login.credentials().partner_id();
    let answer = json!({ "ks": crate::api_call::KS, "partnerId": partner.get(), "userId": 0 });
    let response = kaltura_auth::WireResponse::new(200, answer.to_string());
    match flow.receive(Ok(response)).unwrap() {
        FlowStep::Send(start, _) => (widget, start),
        FlowStep::Done(_) => panic!("no second request"),
    }
}

/// A login with answers from memory: what a login costs beside its transport.
pub(crate) fn flow() -> Work {
    let emulator = Emulator::new();
    let login = AppTokenLogin::new(ServiceUrl::US, emulator.app_token().credentials());
    let mut answers = Vec::new();
    let mut step = AppTokenFlow::start(&login);
    while let FlowStep::Send(request, flow) = step {
        let answer = ready(Transport::send(&emulator, request)).unwrap();
        answers.push(answer.clone());
        step = flow.receive(Ok(answer)).unwrap();
    }
    Box::new(move || {
        let mut step = AppTokenFlow::start(&login);
        for answer in &answers {
            let FlowStep::Send(request, flow) = step else { panic!("no request") };
            drop(black_box(request));
            step = flow.receive(Ok(answer.clone())).unwrap();
        }
        drop(black_box(step));
    })
}

/// A login with an emulator in this process.
pub(crate) fn emulator() -> Work {
    let emulator = Emulator::new();
    let login = AppTokenLogin::new(ServiceUrl::US, emulator.app_token().credentials());
    Box::new(move || drop(black_box(ready(login.run(&emulator)).unwrap())))
}
