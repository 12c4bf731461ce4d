//! A web service that shares one client among all its requests: the client is axum's state.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use kaltura::{Client, Error, RawAction};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The part of an entry that the service shows.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Entry {
    pub id: String,
    pub name: String,
}

#[derive(Deserialize)]
struct List {
    objects: Vec<Entry>,
}

pub fn router(client: Client) -> Router {
    Router::new().route("/media", get(list_media)).with_state(client)
}

async fn list_media(State(client): State<Client>) -> Result<Json<Vec<Entry>>, Failure> {
    let list = RawAction::new("media", "list").param("pager", json!({ "pageSize": 2 })).output::<List>();
    Ok(Json(client.call(&list).await?.objects))
}

/// An error of a handler.
struct Failure(Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status =
            if self.0.is_retryable() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::BAD_GATEWAY };
        (status, self.0.to_string()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use kaltura::emulator::{Fault, FaultRule};
    use tower::ServiceExt as _;

    use super::*;
    use crate::fixture;

    async fn get_media(router: &Router) -> (StatusCode, Vec<u8>) {
        let request = Request::get("/media").body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        (status, to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn a_handler_lists_media_with_the_shared_session() {
        let server = fixture::serve().await;
        let router = router(kaltura::client(fixture::login(&server)).unwrap());
        for _ in 0..2 {
            let (status, body) = get_media(&router).await;
            assert_eq!(status, StatusCode::OK);
            let entries: Vec<Entry> = serde_json::from_slice(&body).unwrap();
            assert_eq!(entries.len(), 2);
        }
        assert_eq!(server.emulator().calls().count("appToken.startSession"), 1);
        assert_eq!(server.emulator().calls().count("media.list"), 2);
    }

    #[tokio::test]
    async fn an_error_of_a_call_is_a_response() {
        let server = fixture::serve().await;
        let router = router(kaltura::client(fixture::login(&server)).unwrap());
        for (fault, expected) in [
            (Fault::HtmlPage(503), StatusCode::SERVICE_UNAVAILABLE),
            (Fault::PlainString("moved".to_owned()), StatusCode::BAD_GATEWAY),
        ] {
            server.emulator().clear_faults();
            server.emulator().inject(FaultRule::new(fault).on("media.list"));
            let (status, body) = get_media(&router).await;
            assert_eq!(status, expected);
            assert!(!body.is_empty());
        }
    }
}
