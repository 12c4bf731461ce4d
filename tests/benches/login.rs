//! What a login costs beside the bare exchange of the same bytes: in the process, and over loopback HTTP.
//!
//! `cargo bench -p kaltura-tests --bench login` prints ratios of one run, with their spread over several rounds:
//! 1.00 would mean that the login costs nothing besides.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and panics if it can not run"
)]

use std::time::{Duration, Instant};

use kaltura_auth::{
    AppTokenFlow, AppTokenLogin, BlockingTransport, FlowStep, ServiceUrl, Transport, WireRequest,
};
use kaltura_emulator::Emulator;
use kaltura_http::ReqwestTransport;

const ROUNDS: usize = 21;

fn main() {
    let in_process = in_process();
    let over_loopback = tokio::runtime::Runtime::new().unwrap().block_on(over_loopback());
    show("in the process: login / two bare exchanges", in_process);
    show("over loopback: login / two bare exchanges", over_loopback);
}

fn in_process() -> Vec<f64> {
    let emulator = Emulator::new();
    let login = AppTokenLogin::new(ServiceUrl::US, emulator.app_token().credentials());
    let requests = requests_of(&login, &emulator);
    ratios(200, |times| {
        let whole = timed(times, || drop(login.run_blocking(&emulator).unwrap()));
        let bare = timed(times, || {
            for request in &requests {
                BlockingTransport::send(&emulator, request.clone()).unwrap();
            }
        });
        (whole, bare)
    })
}

async fn over_loopback() -> Vec<f64> {
    let server = Emulator::new().serve().await.unwrap();
    let login = AppTokenLogin::new(server.url().clone(), server.emulator().app_token().credentials());
    let requests = requests_of(&login, server.emulator());
    let transport = ReqwestTransport::builder().build().unwrap();
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let begun = now();
        for _ in 0..100 {
            login.run(&transport).await.unwrap();
        }
        let whole = begun.elapsed();
        let begun = now();
        for _ in 0..100 {
            for request in &requests {
                transport.send(request.clone()).await.unwrap();
            }
        }
        ratios.push(whole.as_secs_f64() / begun.elapsed().as_secs_f64());
    }
    ratios
}

/// The two requests of a login, as they go over the wire.
fn requests_of(login: &AppTokenLogin, emulator: &Emulator) -> Vec<WireRequest> {
    let mut requests = Vec::new();
    let mut step = AppTokenFlow::start(login);
    while let FlowStep::Send(request, flow) = step {
        requests.push(request.clone());
        step = flow.receive(BlockingTransport::send(emulator, request)).unwrap();
    }
    requests
}

fn ratios(times: u32, mut round: impl FnMut(u32) -> (Duration, Duration)) -> Vec<f64> {
    (0..ROUNDS)
        .map(|_| {
            let (whole, bare) = round(times);
            whole.as_secs_f64() / bare.as_secs_f64()
        })
        .collect()
}

fn timed(times: u32, mut work: impl FnMut()) -> Duration {
    let begun = now();
    for _ in 0..times {
        work();
    }
    begun.elapsed()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

fn show(what: &str, mut ratios: Vec<f64>) {
    ratios.sort_by(f64::total_cmp);
    let (least, median, most) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
    println!("{what}: {median:.2} ({least:.2} to {most:.2} in {ROUNDS} rounds)");
}
