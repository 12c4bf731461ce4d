//! The transport on `fetch`.

use std::time::Duration;

use futures_util::future::{Either, select};
use js_sys::futures::JsFuture;
use js_sys::{Array, Reflect, Uint8Array};
use kaltura_auth::runtime::Runtime as _;
use kaltura_auth::{Transport, TransportError, TransportErrorKind, WireRequest, WireResponse, async_trait};
use wasm_bindgen::prelude::*;

use crate::JsRuntime;
use crate::host;

/// The response headers that a [`WireResponse`] keeps. Across origins a browser shows those that the server exposes:
/// `Date`, `X-Kaltura`, `X-Kaltura-Session` and `X-Me`, and `Content-Type` always.
const KEPT_HEADERS: [&str; 7] =
    ["date", "retry-after", "location", "content-type", "x-kaltura", "x-kaltura-session", "x-me"];

/// A [`Transport`] on the `fetch` of the global scope.
///
/// It sends no cookies and no referrer, uses no cache, and does not follow redirects. Browsers hide where a redirect
/// leads, and why a request failed. In Node.js the reason is known, and with it whether the request was sent.
///
/// In a browser the server of another origin must allow a request header by CORS. Kaltura allows `Content-Type` and no
/// header of [`WireRequest::with_header`].
///
/// [`WireRequest::fresh_connection`] is ignored: `fetch` has no such option.
///
/// Dropping the future of a request aborts it.
#[derive(Clone, Debug, Default)]
pub struct FetchTransport {
    runtime: JsRuntime,
}

impl FetchTransport {
    /// A transport. It has no settings: timeout and size limit are those of each request.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait(?Send)]
impl Transport for FetchTransport {
    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportError> {
        let abort = AbortOnDrop::new()?;
        let exchange = exchange(&request, &abort);
        let Some(timeout) = request.timeout() else { return exchange.await };
        if timeout == Duration::ZERO {
            return Err(timed_out());
        }
        match select(Box::pin(exchange), self.runtime.sleep(timeout)).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(timed_out()),
        }
    }
}

async fn exchange(request: &WireRequest, abort: &AbortOnDrop) -> Result<WireResponse, TransportError> {
    let headers = Array::new();
    for (name, value) in request.headers().chain([("content-type", request.content_type())]) {
        headers.push(&pair(name, value));
    }
    let kept: Array = KEPT_HEADERS.iter().map(|name| JsValue::from_str(name)).collect();
    let body = Uint8Array::from(request.body());
    #[expect(clippy::cast_precision_loss, reason = "a limit above 2^53 bytes is none")]
    let limit = request.max_response_bytes() as f64;
    let promise = host::send(request.url(), &headers, &body, limit, &abort.signal(), &kept);
    let result = JsFuture::from(promise).await.map_err(|_| other("the request could not be sent"))?;
    match text(&result, "failure") {
        Some(failure) => Err(failed(&failure, text(&result, "detail").unwrap_or_default())),
        None => response(&result).ok_or_else(|| other("the response of fetch is not a Response")),
    }
}

/// The response in the object that `send` of `host.js` returns.
fn response(result: &JsValue) -> Option<WireResponse> {
    let status = get(result, "status").as_f64().filter(|status| (100.0..=999.0).contains(status))?;
    let body: Uint8Array = get(result, "body").dyn_into().ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked")]
    let mut response = WireResponse::new(status as u16, body.to_vec());
    for header in Array::from(&get(result, "headers")).iter() {
        let header = Array::from(&header);
        if let (Some(name), Some(value)) = (header.get(0).as_string(), header.get(1).as_string()) {
            response = response.with_header(&name, value);
        }
    }
    Some(response)
}

fn failed(failure: &str, detail: String) -> TransportError {
    match failure {
        "connect" => TransportError::new(TransportErrorKind::Connect, detail),
        "io" => TransportError::new(TransportErrorKind::Io, detail),
        "tooLarge" => TransportError::new(TransportErrorKind::TooLarge, detail),
        // A browser does not say whether the request was sent.
        _ => TransportError::new(TransportErrorKind::Connect, detail).with_maybe_sent(true),
    }
}

fn timed_out() -> TransportError {
    TransportError::new(TransportErrorKind::Timeout, "no complete response arrived within the timeout")
}

fn other(problem: &'static str) -> TransportError {
    TransportError::new(TransportErrorKind::Other, problem)
}

fn pair(name: &str, value: &str) -> Array {
    [name, value].into_iter().map(JsValue::from_str).collect()
}

/// A property of an object that `host.js` has made.
fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

fn text(object: &JsValue, name: &str) -> Option<String> {
    get(object, name).as_string()
}

#[wasm_bindgen]
extern "C" {
    type AbortController;

    #[wasm_bindgen(catch, constructor)]
    fn new() -> Result<AbortController, JsValue>;

    #[wasm_bindgen(method)]
    fn abort(this: &AbortController);

    #[wasm_bindgen(method, getter)]
    fn signal(this: &AbortController) -> JsValue;
}

/// Aborts a request that nothing waits for any more. After the end of the request it has no effect.
struct AbortOnDrop(AbortController);

impl AbortOnDrop {
    fn new() -> Result<Self, TransportError> {
        AbortController::new().map(Self).map_err(|_| other("there is no AbortController"))
    }

    fn signal(&self) -> JsValue {
        self.0.signal()
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
