//! A web service on axum, with one Kaltura client for all its requests.
//!
//! - Each user of the service has a Kaltura session of their own, by `login_as`; all of them with one app token.
//! - A browser gets a session for one entry and ten minutes, never the one of the service.
//! - `/health` answers without a request to Kaltura, `/metrics` for Prometheus through the crate `metrics`.
//! - SIGTERM and Ctrl-C end it after the requests that are under way.
//!
//! ```sh
//! kaltura emulate -- cargo run -p web-service   # or KALTURA_PARTNER_ID, … of an account
//! curl http://127.0.0.1:3000/users/nightly-import/media
//! ```

use std::error::Error;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use kaltura::auth::manager::{Event, Phase};
use kaltura::{Client, Lifetime, List, Privileges, RawAction, SessionRequest, observer_fn};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let observer = observer_fn(|event, _identity| count(event));
    let client = kaltura::client_builder(kaltura::from_env()?)?.observer(observer).build();
    // Wrong credentials end the program now, and not with the first request.
    client.prefetch().await?;
    // Renews the session before it expires, so that no request has to wait for that.
    tokio::spawn(client.run_refresh_loop());

    let router = Router::new()
        .route("/users/{user}/media", get(list_media))
        .route("/users/{user}/media/{entry}/session", post(start_viewer_session))
        .route("/health", get(health))
        .with_state(client)
        .route("/metrics", get(|State(metrics): State<PrometheusHandle>| async move { metrics.render() }))
        .with_state(metrics);
    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let mut terminate = signal(SignalKind::terminate())?;
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await?;
    // Nothing is left to do for Kaltura. `session.end` would end the sessions of all instances with this app token.
    println!("stopped");
    Ok(())
}

/// The part of an entry that the service shows.
#[derive(Deserialize, Serialize)]
struct Entry {
    id: String,
    name: String,
}

/// The media that the user owns: a USER session lists no others.
async fn list_media(
    State(client): State<Client>,
    // A real service takes the user from its own authentication.
    Path(user): Path<String>,
) -> Result<Json<Vec<Entry>>, Failure> {
    let client = client.login_as(SessionRequest::new().user_id(user).lifetime(Lifetime::hours(1)))?;
    let list = RawAction::new("media", "list").param("pager", json!({ "pageSize": 50 }));
    Ok(Json(client.call(&list.output::<List<Entry>>()).await?.objects))
}

/// A session for the player in a browser: it shows one entry, and nothing else.
async fn start_viewer_session(
    State(client): State<Client>,
    Path((user, entry)): Path<(String, String)>,
) -> Result<Json<Value>, Failure> {
    // The builder refuses a text from outside that would add privileges, such as `0_x,disableentitlement`.
    let privileges = Privileges::builder().add("sview", entry).build();
    let privileges = privileges.map_err(|_| Failure::Status(StatusCode::BAD_REQUEST))?;
    let request = SessionRequest::new().user_id(user).privileges(privileges).lifetime(Lifetime::minutes(10));
    let session = client.login_as(request)?.session().await?;
    // The server drops privileges that the app token does not have, here `sview:*`, and grants the rest.
    if !session.adjustments().is_empty() {
        eprintln!("not granted as requested: {:?}", session.adjustments());
        return Err(Failure::Status(StatusCode::BAD_GATEWAY));
    }
    let expires_at = session.expires_at().map(|time| time.as_seconds());
    Ok(Json(json!({ "ks": session.ks().expose(), "expiresAt": expires_at })))
}

/// A service whose session could not be renewed yet still works.
async fn health(State(client): State<Client>) -> (StatusCode, Json<Value>) {
    let status = client.status();
    let healthy = status.phase != Phase::None;
    let error = status.last_error.map(|error| error.to_string());
    let code = if healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(json!({ "healthy": healthy, "lastError": error })))
}

/// Events hold no secret.
fn count(event: &Event) {
    match event {
        Event::LoginSucceeded { took, .. } => {
            metrics::counter!("kaltura_logins_total", "result" => "success").increment(1);
            metrics::gauge!("kaltura_login_seconds").set(took.as_secs_f64());
        }
        Event::LoginFailed { error, .. } => {
            let kind = format!("{:?}", error.kind());
            metrics::counter!("kaltura_logins_total", "result" => kind).increment(1);
        }
        Event::Invalidated { .. } => metrics::counter!("kaltura_sessions_refused_total").increment(1),
        Event::ServedStale { .. } => metrics::counter!("kaltura_stale_sessions_total").increment(1),
        _ => {}
    }
}

/// What a caller sees of an error. The log has the rest.
enum Failure {
    Call(kaltura::Error),
    Status(StatusCode),
}

impl From<kaltura::Error> for Failure {
    fn from(error: kaltura::Error) -> Self {
        Self::Call(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Status(status) => status.into_response(),
            Self::Call(error) => {
                eprintln!("{}; {}", error.report(), error.hint());
                let retry = error.is_retryable();
                if retry { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::BAD_GATEWAY }.into_response()
            }
        }
    }
}
