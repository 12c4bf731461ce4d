//! The cost of a login relative to a plain exchange of the same bytes: in the process, and over HTTP on loopback.
//!
//! `cargo bench -p kaltura-tests --bench login` prints the median ratio and its range over several rounds; 1.00 means
//! that a login adds no cost to its exchanges.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and panics if it cannot run"
)]

use std::time::{Duration, Instant};

use kaltura_auth::{
    AppTokenFlow, AppTokenLogin, FlowStep, ServiceUrl, Transport, WireRequest,
    blocking::Transport as BlockingTransport,
};
use kaltura_emulator::Emulator;
use kaltura_http::ReqwestTransport;

const ROUNDS: usize = 21;

fn main() {
    let in_process = in_process();
    let over_loopback = tokio::runtime::Runtime::new().unwrap().block_on(over_loopback());
    print_ratio("in the process: login / two plain exchanges", in_process);
    print_ratio("over loopback: login / two plain exchanges", over_loopback);
}

fn in_process() -> Vec<f64> {
    let emulator = Emulator::new();
    let login = AppTokenLogin::new(ServiceUrl::US, emulator.app_token().credentials());
    let requests = requests_of(&login, &emulator);
    ratios(200, |times| {
        let whole = timed(times, || drop(login.run_blocking(&emulator).unwrap()));
        let plain = timed(times, || {
            for request in &requests {
                BlockingTransport::send(&emulator, request.clone()).unwrap();
            }
        });
        (whole, plain)
    })
}

async fn over_loopback() -> Vec<f64> {
    let server = Emulator::new().serve().await.unwrap();
    let login = AppTokenLogin::new(server.url().clone(), server.emulator().app_token().credentials());
    let requests = requests_of(&login, server.emulator());
    let transport = ReqwestTransport::builder().build().unwrap();
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let start = now();
        for _ in 0..100 {
            login.run(&transport).await.unwrap();
        }
        let whole = start.elapsed();
        let start = now();
        for _ in 0..100 {
            for request in &requests {
                transport.send(request.clone()).await.unwrap();
            }
        }
        ratios.push(whole.as_secs_f64() / start.elapsed().as_secs_f64());
    }
    ratios
}

/// The two requests of a login, as they are sent.
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
            let (whole, plain) = round(times);
            whole.as_secs_f64() / plain.as_secs_f64()
        })
        .collect()
}

fn timed(times: u32, mut work: impl FnMut()) -> Duration {
    let start = now();
    for _ in 0..times {
        work();
    }
    start.elapsed()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

fn print_ratio(name: &str, mut ratios: Vec<f64>) {
    ratios.sort_by(f64::total_cmp);
    let (min, median, max) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
    println!("{name}: {median:.2} ({min:.2} to {max:.2} in {ROUNDS} rounds)");
}
