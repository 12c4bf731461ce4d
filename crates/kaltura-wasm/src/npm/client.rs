//! The client for JavaScript, and a single login.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use futures_util::FutureExt as _;
use js_sys::futures::{future_to_promise, spawn_local};
use js_sys::{Array, JSON, Promise};
use kaltura_auth::manager::{InvalidReason, Phase};
use kaltura_client::{CallOptions, Client, Error, RawAction};
use serde_json::{Map, Value};
use wasm_bindgen::prelude::*;

use super::failure::Failure;
use super::limits::{AbortSignal, Closed, Limits, Operation};
use super::numbers::keep_exact;
use super::options::{ClientOptions, SessionOptions, SingleCall};
use super::session::Session;
use crate::host::npm::{encode, encode_options, guard};
use crate::{FetchTransport, JsRuntime};

/// Calls the Kaltura API with a session that is renewed automatically.
///
/// One client serves a whole program: it logs in at the first call, all calls share the session and any login in
/// progress, and the session is renewed before it expires. After a failed login, calls get its error at once for a while,
/// until another login is allowed.
///
/// ```js
/// const client = new KalturaClient({
///   serviceUrl: 'https://www.kaltura.com',
///   partnerId: 1234567,
///   appToken: { id: '0_7jh3eu10', token: secret, hashType: 'SHA256' },
/// });
/// const media = await client.call('media', 'list', { pager: { pageSize: 5 } });
/// ```
#[wasm_bindgen]
pub struct KalturaClient(Rc<State>);

struct State {
    runtime: JsRuntime,
    timeout: Duration,
    /// `None` after the client was closed.
    client: RefCell<Option<Client>>,
    /// Dropped when the client is closed.
    open: Cell<Option<oneshot::Sender<()>>>,
    closed: Closed,
}

#[wasm_bindgen]
impl KalturaClient {
    /// Creates a client. Sends nothing, unless `keepFresh` is set.
    ///
    /// Throws a `KalturaError` of the kind `invalidArgument` if an option cannot be used.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "KalturaClientOptions")] options: &JsValue,
    ) -> Result<Self, JsValue> {
        let text = encode(options, "options")?;
        let options =
            parse(&text).and_then(|options| ClientOptions::read(options).map_err(Failure::Argument))?;
        Ok(Self::with_options(options))
    }

    /// Returns the session; logs in if there is none.
    ///
    /// Rejects with a `KalturaError`.
    #[wasm_bindgen(unchecked_return_type = "Promise<Session>")]
    pub fn session(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "SessionOptions")] options: &JsValue,
    ) -> Promise {
        let arguments = read_options(options, SessionOptions::read);
        self.start(arguments, |client, SessionOptions { valid_for, timeout }| {
            let operation = async move {
                let session = if valid_for.is_zero() {
                    client.session().await?
                } else {
                    client.session_valid_for(valid_for).await?
                };
                Ok(Session(session).into())
            };
            (timeout, Box::pin(operation))
        })
    }

    /// Calls an action of the API, such as `call('media', 'get', { entryId: '0_abc' })`, and returns its result.
    ///
    /// Parameters are sent as JSON. A member that is `undefined` is not sent; `null` is sent, and the server takes it for an
    /// empty text or zero. A number that is not exact, a `Date`, half a character and other values without an
    /// equivalent in JSON are refused. An integer of the result that JavaScript cannot hold exactly is a string.
    ///
    /// Rejects with a `KalturaError`.
    #[wasm_bindgen(unchecked_return_type = "Promise<any>")]
    pub fn call(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] service: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "string")] action: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "KalturaParameters")] parameters: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "CallOptions")] options: &JsValue,
    ) -> Promise {
        let arguments = read_call(service, action, parameters).and_then(|action| {
            let (options, signal) = read_options(options, SingleCall::read)?;
            Ok(((action, options), signal))
        });
        self.start(arguments, |client, (mut action, call)| {
            let SingleCall { options, timeout, allow_unfiltered } = call;
            if allow_unfiltered {
                action = action.allow_unfiltered();
            }
            (timeout, Box::pin(async move { call_action(&client, &action, &options).await }))
        })
    }

    /// Logs in again and returns the new session, for example after the privileges of the app token were changed. All
    /// other callers wait for the new session too.
    ///
    /// Rejects with a `KalturaError`.
    #[wasm_bindgen(unchecked_return_type = "Promise<Session>")]
    pub fn refresh(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "RefreshOptions")] options: &JsValue,
    ) -> Promise {
        let arguments = read_options(options, SessionOptions::read_without_validity);
        self.start(arguments, |client, SessionOptions { timeout, .. }| {
            let operation = async move {
                if client.status().phase != Phase::None {
                    let session = client.session().await?;
                    // Of the reasons, the one that does not count as a session that was revoked early.
                    client.invalidate(&session, InvalidReason::ActionsUsedUp);
                }
                Ok(Session(client.session().await?).into())
            };
            (timeout, Box::pin(operation))
        })
    }

    /// Reports that the server has refused this session in a request outside of this client, such as one of a player. If
    /// it is still the session of the client, it is dropped, and the next caller gets a new one. Returns whether it was.
    pub fn invalidate(&self, session: &Session) -> bool {
        let client = self.0.client.borrow().clone();
        client.is_some_and(|client| client.invalidate(&session.0, InvalidReason::Expired))
    }

    /// Closes the client: what is pending is rejected with the kind `closed`, requests are aborted, and the session is
    /// forgotten. The server keeps the session until it expires.
    pub fn close(&self) {
        drop(self.0.open.take());
        let client = self.0.client.borrow_mut().take();
        drop(client);
    }
}

impl KalturaClient {
    fn with_options(options: ClientOptions) -> Self {
        let ClientOptions { login, timeout, keep_fresh, client_tag } = options;
        let runtime = JsRuntime::new();
        let mut builder = Client::builder(login, FetchTransport::new(), runtime.clone());
        if let Some(tag) = client_tag {
            builder = builder.client_tag(tag);
        }
        let client = builder.build();
        if keep_fresh {
            spawn_local(runtime.in_background(client.run_refresh_loop()));
        }
        let (open, closed) = oneshot::channel();
        let (open, closed) = (Cell::new(Some(open)), closed.shared());
        Self(Rc::new(State { runtime, timeout, client: RefCell::new(Some(client)), open, closed }))
    }

    /// Starts an operation with its arguments. An error of them is a rejection too.
    fn start<A>(
        &self,
        arguments: Result<(A, JsValue), Failure>,
        operation: impl FnOnce(Client, A) -> (Option<Duration>, Operation),
    ) -> Promise {
        let state = &self.0;
        let prepared = arguments.and_then(|(arguments, signal)| {
            let client = state.client.borrow().clone().ok_or(Failure::Closed)?;
            let signal = AbortSignal::listen(signal)?;
            let (timeout, operation) = operation(client, arguments);
            let limits =
                Limits { timeout: timeout.unwrap_or(state.timeout), signal, closed: state.closed.clone() };
            Ok((limits, operation))
        });
        promise(prepared, state.runtime.clone())
    }
}

/// The promise of an operation.
fn promise(prepared: Result<(Limits, Operation), Failure>, runtime: JsRuntime) -> Promise {
    guard(&future_to_promise(async move {
        let (limits, operation) = prepared?;
        Ok(limits.apply(runtime, operation).await?)
    }))
}

impl fmt::Debug for KalturaClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KalturaClient").field(&self.0.client.borrow()).finish()
    }
}

/// Logs in once, without a client, and returns the session. Nothing renews it.
///
/// Rejects with a `KalturaError`.
#[wasm_bindgen(js_name = loginOnce, unchecked_return_type = "Promise<Session>")]
pub fn login_once(#[wasm_bindgen(unchecked_param_type = "LoginOptions")] options: &JsValue) -> Promise {
    let arguments = read_options(options, |options| {
        let options = ClientOptions::read(options)?;
        if options.keep_fresh {
            Err("keepFresh is an option of KalturaClient".to_owned())
        } else {
            Ok(options)
        }
    });
    let (open, closed) = oneshot::channel();
    let prepared = arguments.and_then(|(options, signal)| {
        let signal = AbortSignal::listen(signal)?;
        let limits = Limits { timeout: options.timeout, signal, closed: closed.shared() };
        let operation = async move {
            // Nothing closes a single login.
            let _open = open;
            let session = options.login.run(&FetchTransport::new()).await?;
            Ok(Session(session.into()).into())
        };
        Ok((limits, Box::pin(operation) as Operation))
    });
    promise(prepared, JsRuntime::new())
}

async fn call_action(client: &Client, action: &RawAction, options: &CallOptions) -> Result<JsValue, Error> {
    let mut result = client.call_with(action, options).await?;
    keep_exact(&mut result);
    // JSON that was just written can be read.
    let text = serde_json::to_string(&result).unwrap_or_default();
    Ok(JSON::parse(&text).unwrap_or(JsValue::UNDEFINED))
}

fn read_call(service: &JsValue, action: &JsValue, parameters: &JsValue) -> Result<RawAction, Failure> {
    let service = name(service, "service")?;
    let action = name(action, "action")?;
    let parameters = if parameters.is_undefined() {
        Map::new()
    } else {
        match parse(&encode(parameters, "parameters").map_err(Failure::Host)?)? {
            Value::Object(parameters) => parameters,
            _ => return Err(Failure::Argument("parameters must be an object".to_owned())),
        }
    };
    Ok(RawAction::new(service, action).params(parameters))
}

/// The name of a service or an action.
fn name(value: &JsValue, what: &str) -> Result<String, Failure> {
    match parse(&encode(value, what).map_err(Failure::Host)?)? {
        Value::String(name) if !name.is_empty() => Ok(name),
        _ => Err(Failure::Argument(format!("{what} must be a string that is not empty"))),
    }
}

/// Reads options, and their signal.
fn read_options<T>(
    options: &JsValue,
    read: impl FnOnce(Value) -> Result<T, String>,
) -> Result<(T, JsValue), Failure> {
    let encoded: Array = encode_options(options, "options").map_err(Failure::Host)?;
    let text = encoded.get(0).as_string().unwrap_or_default();
    Ok((read(parse(&text)?).map_err(Failure::Argument)?, encoded.get(1)))
}

/// Reads what `encode` has written.
fn parse(json: &str) -> Result<Value, Failure> {
    serde_json::from_str(json).map_err(|_| Failure::Argument("the argument cannot be read".to_owned()))
}
