//! A service that lists media ten times a second, with the app token that is in the file at the time of each login.

use std::error::Error;
use std::time::Duration;

use kaltura::auth::source::AppTokenSource;
use kaltura::http::{ReqwestTransport, TokioRuntime};
use kaltura::{AppTokenLogin, Client, Lifetime, RawAction, ServiceUrl, SessionRequest};
use token_rotation::{SESSION_SECONDS, TokenFile};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = TokenFile(std::env::args_os().nth(1).ok_or("usage: service TOKEN_FILE")?.into());
    let service_url: ServiceUrl = std::env::var("KALTURA_SERVICE_URL")?.parse()?;
    let seconds = std::env::var("SESSION_SECONDS").ok().map(|text| text.parse()).transpose()?;
    let lifetime = Lifetime::seconds(seconds.unwrap_or(SESSION_SECONDS));

    let first = file.read().map_err(|error| error.to_string())?;
    let login =
        AppTokenLogin::new(service_url.clone(), first).request(SessionRequest::new().lifetime(lifetime));
    let transport = ReqwestTransport::builder().build()?;
    let source = AppTokenSource::new(login, transport.clone()).with_credentials_from(file);
    let client = Client::builder_with_source(service_url, source, transport, TokioRuntime::new()).build();
    client.prefetch().await?;
    tokio::spawn(client.run_refresh_loop());
    println!("ready");

    let (mut calls, mut failed) = (0, 0);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interval = tokio::time::interval(Duration::from_millis(100));
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = tokio::signal::ctrl_c() => break,
            _ = interval.tick() => {}
        }
        calls += 1;
        if let Err(error) = client.call(&RawAction::new("media", "list")).await {
            eprintln!("{}", error.report());
            failed += 1;
        }
    }
    println!("{calls} calls, {failed} failed");
    Ok(())
}
