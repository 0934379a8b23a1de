//! The conformance vectors that the tests read are the contract's, to the byte.

use std::path::Path;

fn check(name: &str, own: &str) {
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors").join(name);
    // Where the contract is not beside the project, the copy is all there is.
    if let Ok(text) = std::fs::read_to_string(&contract) {
        assert!(text == own, "{name} is not what {} holds: copy it", contract.display());
    }
}

#[test]
fn the_copies_of_the_vectors_are_the_contracts() {
    check("sse.json", include_str!("vectors/sse.json"));
    check("lines.json", include_str!("vectors/lines.json"));
}
