//! The token in the browser's real storages.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::support::run;

/// A browser that has no token.
fn cleared() {
    set_token(None);
    choose_keep(Keep::Tab);
}

/// What the two storages hold.
fn stored() -> (Option<String>, Option<String>) {
    (read(browser::session_storage()), read(browser::local_storage()))
}

#[track_caller]
fn check(tab: Option<&str>, device: Option<&str>, expected: Held) {
    let owned = |token: Option<&str>| token.map(str::to_owned);
    assert_eq!(stored(), (owned(tab), owned(device)), "in the tab's storage, in the device's");
    assert_eq!((held(), token()), (expected, owned(tab.or(device))));
}

#[wasm_bindgen_test]
fn a_token_is_kept_for_the_tab_unless_the_reader_chooses_otherwise() {
    cleared();
    assert_eq!(keep(), Keep::Tab);
    set_token(Some("one"));
    check(Some("one"), None, Held::Tab);
    set_token(Some(""));
    check(None, None, Held::Nowhere);
}

#[wasm_bindgen_test]
fn the_choice_moves_the_token_and_holds_for_the_next_one() {
    cleared();
    set_token(Some("one"));
    choose_keep(Keep::Device);
    check(None, Some("one"), Held::Device);
    set_token(Some("two"));
    check(None, Some("two"), Held::Device);
    choose_keep(Keep::Tab);
    check(Some("two"), None, Held::Tab);
    cleared();
}

#[wasm_bindgen_test]
fn a_choice_without_a_token_is_kept_for_the_one_that_comes() {
    cleared();
    choose_keep(Keep::Device);
    check(None, None, Held::Nowhere);
    assert_eq!(keep(), Keep::Device);
    set_token(Some("one"));
    check(None, Some("one"), Held::Device);
    set_token(None);
    assert_eq!(keep(), Keep::Device, "as long as the page is open");
    cleared();
}

#[wasm_bindgen_test]
fn clearing_removes_it_everywhere() {
    cleared();
    choose_keep(Keep::Device);
    set_token(Some("devices"));
    assert!(write(browser::session_storage(), "tabs"));
    check(Some("tabs"), Some("devices"), Held::Tab);
    set_token(None);
    check(None, None, Held::Nowhere);
    cleared();
}

#[wasm_bindgen_test]
fn a_tab_with_a_token_of_its_own_leaves_the_devices_alone() {
    cleared();
    assert!(write(browser::session_storage(), "tabs"));
    assert!(write(browser::local_storage(), "devices"));
    set_token(Some("another"));
    check(Some("another"), Some("devices"), Held::Tab);
    cleared();
}

#[wasm_bindgen_test]
fn a_link_brings_a_token_and_keeps_to_the_choice_in_force() {
    cleared();
    choose_keep(Keep::Device);
    for token in ["first", "s%C3%A9cond"] {
        run("location.hash = '#view=1&token=' + a", &[&token.into()]);
        assert!(take_token_from_address());
        assert_eq!(run("return location.hash", &[]).as_string().as_deref(), Some("#view=1"));
    }
    check(None, Some("sécond"), Held::Device);
    run("history.replaceState(null, '', location.pathname + location.search)", &[]);
    assert!(!take_token_from_address());
    cleared();
}

#[wasm_bindgen_test]
fn a_token_that_another_tab_changed_is_noticed() {
    cleared();
    choose_keep(Keep::Device);
    set_token(Some("one"));
    assert_eq!(token().as_deref(), Some("one"));
    assert!(!token_is_another());
    assert!(write(browser::local_storage(), "two"));
    assert!(token_is_another());
    token();
    assert!(!token_is_another());
    cleared();
    assert!(token_is_another());
    token();
}

#[wasm_bindgen_test]
fn a_browser_that_stores_nothing_keeps_it_until_the_page_is_reloaded() {
    cleared();
    run(
        "window.realSet = Storage.prototype.setItem; Storage.prototype.setItem = () => { throw new Error('full') }",
        &[],
    );
    for keep in [Keep::Tab, Keep::Device] {
        choose_keep(keep);
        set_token(Some("one"));
        assert_eq!((held(), token().as_deref()), (Held::Page, Some("one")));
    }
    run("Storage.prototype.setItem = window.realSet", &[]);
    assert_eq!(stored(), (None, None));
    cleared();
    assert_eq!(held(), Held::Nowhere);
}
