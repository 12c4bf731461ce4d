//! Kaltura App Token login in browsers, Node.js and Deno.
//!
//! For JavaScript and TypeScript there is an npm package, which `cargo xtask wasm` builds from this crate with the
//! feature `npm`: see the README of the crate.
//!
//! For programs in Rust that run on `wasm32-unknown-unknown` under JavaScript, this crate has a transport on `fetch` and
//! a runtime on the timers and clocks of the host:
//!
//! ```ignore
//! let client = kaltura_wasm::client(login);
//! js_sys::futures::spawn_local(client.run_refresh_loop());
//! let media: Value = client.call(&RawAction::new("media", "list")).await?;
//! ```
//!
//! On every other target the crate is empty.

#[cfg(target_family = "wasm")]
mod host;
#[cfg(all(feature = "npm", any(target_family = "wasm", test)))]
pub mod npm;
#[cfg(target_family = "wasm")]
mod runtime;
#[cfg(target_family = "wasm")]
mod transport;

#[cfg(target_family = "wasm")]
pub use runtime::JsRuntime;
#[cfg(target_family = "wasm")]
pub use transport::FetchTransport;

/// Creates a client that logs in with an app token, over `fetch`.
#[cfg(target_family = "wasm")]
#[must_use]
pub fn client(login: kaltura_auth::AppTokenLogin) -> kaltura_client::Client {
    client_builder(login).build()
}

/// Starts to configure a client that logs in with an app token, over `fetch`.
#[cfg(target_family = "wasm")]
pub fn client_builder(login: kaltura_auth::AppTokenLogin) -> kaltura_client::ClientBuilder {
    kaltura_client::Client::builder(login, FetchTransport::new(), JsRuntime::new())
}
