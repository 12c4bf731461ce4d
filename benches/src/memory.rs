//! `kaltura-benches sessions <count>`: logs that many users in with one client, and ends while all are held. Prints the
//! memory of the process before and after, and the length of the KSs, in bytes.

use std::fs;

use kaltura_auth::AppTokenCredentials;
use kaltura_auth::types::{HashType, PartnerId};
use kaltura_auth::{AppTokenLogin, ServiceUrl, SessionRequest, WireRequest, WireResponse, transport_fn};
use kaltura_client::Client;
use kaltura_http::TokioRuntime;
use serde_json::json;

use crate::api_call::KS;
use crate::ready;

pub(crate) fn hold_sessions(count: usize) {
    let partner = PartnerId::new(1_234_567);
    let token = AppTokenCredentials::new(partner, "0_7jh3eu10", "the value", HashType::Sha256);
    let transport = transport_fn(|request: WireRequest| {
        // The server never returns the KS that it was sent.
        let ks = if request.action() == "startSession" { KS } else { &KS[..80] };
        let answer = json!({
            "ks": ks, "partnerId": 1_234_567, "userId": user_of(request.body()), "sessionType": 0,
            "expiry": 2_000_000_000, "privileges": "", "objectType": "KalturaSessionInfo",
        });
        async move { Ok(WireResponse::new(200, answer.to_string())) }
    });
    let login = AppTokenLogin::new(ServiceUrl::US, token);
    let client =
        Client::builder(login, transport, TokioRuntime::new()).max_pooled_sessions(count.max(1)).build();
    // The pools of the process are then filled, and the widget session is there.
    ready(client.session()).unwrap();
    let before = resident_bytes();
    for number in 0..count {
        let user = client.login_as(SessionRequest::new().user_id(format!("user-{number:05}"))).unwrap();
        ready(user.session()).unwrap();
    }
    println!("{before} {} {}", resident_bytes(), KS.len());
    // What is held at the end is what valgrind reports.
    std::process::exit(0);
}

/// The user that is requested, as the server would echo it.
fn user_of(body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    body["userId"].as_str().unwrap_or_default().to_owned()
}

fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
