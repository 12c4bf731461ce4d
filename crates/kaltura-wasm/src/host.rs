//! The functions of `js/host.js`.

use js_sys::{Array, Function, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/js/host.js")]
extern "C" {
    pub(crate) type Timer;

    #[wasm_bindgen(js_name = startTimer)]
    pub(crate) fn start_timer(callback: &Function, milliseconds: f64, background: bool) -> Timer;

    #[wasm_bindgen(js_name = stopTimer)]
    pub(crate) fn stop_timer(timer: &Timer);

    #[wasm_bindgen(js_name = monotonicMilliseconds)]
    pub(crate) fn monotonic_milliseconds() -> f64;

    pub(crate) fn send(
        url: &str,
        headers: &Array,
        body: &Uint8Array,
        limit: f64,
        signal: &JsValue,
        kept: &Array,
    ) -> Promise;
}

/// What only the npm package needs.
#[cfg(feature = "npm")]
pub(crate) mod npm {
    use js_sys::{Array, Function, Object, Promise};
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen(module = "/js/host.js")]
    extern "C" {
        #[wasm_bindgen(extends = js_sys::Error)]
        pub(crate) type KalturaError;

        #[wasm_bindgen(constructor)]
        pub(crate) fn new(message: &str, details: &Object, options: &Object) -> KalturaError;

        pub(crate) fn guard(promise: &Promise) -> Promise;

        #[wasm_bindgen(catch, js_name = onAbort)]
        pub(crate) fn on_abort(signal: &JsValue, callback: &Function) -> Result<Function, JsValue>;

        #[wasm_bindgen(catch)]
        pub(crate) fn encode(value: &JsValue, path: &str) -> Result<String, JsValue>;

        #[wasm_bindgen(catch, js_name = encodeOptions)]
        pub(crate) fn encode_options(options: &JsValue, path: &str) -> Result<Array, JsValue>;
    }
}
