//! How much of a body is kept.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::support::run;

async fn check_read(length: u32, limit: usize, expected: Body) {
    let body = "return URL.createObjectURL(new Blob([new Uint8Array(a).fill(97)]))";
    let url = run(body, &[&length.into()]).as_string().expect("a text");
    let response = RequestBuilder::new(&url).send().await.expect("blobs can be fetched");
    assert!(read_whole(&response, limit, || ()).await == expected, "{length} bytes where {limit} may come");
}

#[wasm_bindgen_test]
async fn a_body_is_kept_whole_up_to_its_limit() {
    check_read(0, 0, Body::Whole(Vec::new())).await;
    check_read(100, 100, Body::Whole(vec![b'a'; 100])).await;
    check_read(3 << 20, 3 << 20, Body::Whole(vec![b'a'; 3 << 20])).await;
}

#[wasm_bindgen_test]
async fn a_body_above_its_limit_is_not_kept() {
    check_read(100, 99, Body::TooLarge).await;
    check_read(3 << 20, (3 << 20) - 1, Body::TooLarge).await;
}
