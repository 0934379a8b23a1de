//! Letting the browser have its turn: input, frames and whatever else waits go before the page goes on.

use js_sys::Promise;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageChannel;

/// Ends the present task and goes on in the next one. Not by a timer: browsers make those wait.
pub(super) async fn turn() {
    let Ok(channel) = MessageChannel::new() else { return };
    let (near, far) = (channel.port1(), channel.port2());
    let promise = Promise::new(&mut |resolve, _| near.set_onmessage(Some(resolve.unchecked_ref())));
    if far.post_message(&wasm_bindgen::JsValue::NULL).is_ok() {
        // A promise that is only ever resolved.
        let _ = JsFuture::from(promise).await;
    }
    near.set_onmessage(None);
    near.close();
}
