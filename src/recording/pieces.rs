//! Bytes of files and streams.

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

/// A length as the browser gives it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths are whole and below 2^53"
)]
pub(super) fn length(blob: &Blob) -> u64 {
    blob.size().max(0.0) as u64
}

/// The part of `blob` from `start` to before `end`; nothing is read yet.
pub(super) fn slice(blob: &Blob, start: u64, end: u64) -> Result<Blob, JsValue> {
    blob.slice_with_f64_and_f64(start as f64, end as f64)
}

/// Begins to read from `start` to before `end`.
pub(super) fn read(blob: &Blob, start: u64, end: u64) -> Result<JsFuture, JsValue> {
    Ok(JsFuture::from(slice(blob, start, end)?.array_buffer()))
}

/// What was read.
pub(super) fn array(value: JsValue) -> Result<Uint8Array, JsValue> {
    let buffer: ArrayBuffer = value.dyn_into()?;
    Ok(Uint8Array::new(&buffer))
}

/// Reads from `start` to before `end` into the page.
pub(super) async fn bytes(blob: &Blob, start: u64, end: u64) -> Result<Vec<u8>, JsValue> {
    Ok(array(read(blob, start, end)?.await?)?.to_vec())
}

/// What the browser says went wrong.
pub(super) fn message(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(
        || {
            let message = js_sys::Reflect::get(error, &"message".into()).ok();
            message.and_then(|message| message.as_string()).unwrap_or_else(|| "no reason given".to_owned())
        },
        |error| String::from(error.message()),
    )
}
