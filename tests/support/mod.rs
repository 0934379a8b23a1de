//! What tests in the browser share: waiting for a condition, never for a time.

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

const DEADLINE_MS: f64 = 5_000.0;

/// Waits until `holds`, looking again in task after task of the browser; fails after five seconds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let now_ms = || number("return performance.now()", &[]);
    let began = now_ms();
    while !holds() {
        assert!(now_ms() - began < DEADLINE_MS, "waited in vain: {what}");
        next_task().await;
    }
}

/// Lets the browser do whatever else it has to do.
pub(crate) async fn next_task() {
    let promise: Promise = run("return new Promise(resolve => setTimeout(resolve, 1))", &[]).into();
    JsFuture::from(promise).await.expect("a timer");
}

/// Runs a function body in the page; its arguments are `a` and `b`.
pub(crate) fn run(body: &str, arguments: &[&JsValue]) -> JsValue {
    let function = Function::new_with_args("a, b", body);
    let argument = |at: usize| arguments.get(at).map_or(JsValue::UNDEFINED, |value| (*value).clone());
    function.call2(&JsValue::NULL, &argument(0), &argument(1)).expect("the script runs")
}

/// A number that a function body returns.
pub(crate) fn number(body: &str, arguments: &[&JsValue]) -> f64 {
    run(body, arguments).as_f64().expect("the script returns a number")
}
