//! Small pieces of the browser as values: clocks, storage, and callbacks that end when they are dropped.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, Element, EventTarget, HtmlAnchorElement, KeyboardEvent, MediaQueryList,
    Notification, NotificationOptions, ResizeObserver, Storage, Url, Window,
};

/// The window; the page cannot run without one.
pub(crate) fn window() -> Option<Window> {
    web_sys::window()
}

/// Milliseconds since the Unix epoch by this machine's clock.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive number far below 2^53"
)]
pub(crate) fn now_ms() -> u64 {
    js_sys::Date::now().max(0.0) as u64
}

/// Milliseconds since the page began, with fractions; never goes back.
pub(crate) fn monotonic_ms() -> f64 {
    window().and_then(|window| window.performance()).map_or(0.0, |performance| performance.now())
}

/// Whether the page came from a server.
pub(crate) fn is_served() -> bool {
    window()
        .and_then(|window| window.location().protocol().ok())
        .is_some_and(|protocol| protocol.starts_with("http"))
}

/// Whether the page came over HTTPS; `None` where it came from no server.
pub(crate) fn is_encrypted() -> Option<bool> {
    let protocol = window()?.location().protocol().ok()?;
    protocol.starts_with("http").then(|| protocol == "https:")
}

/// Whether nobody can see the page.
pub(crate) fn is_hidden() -> bool {
    window().and_then(|window| window.document()).is_some_and(|document| document.hidden())
}

/// Puts another address of this page into the address bar, in place of the present one.
pub(crate) fn replace_address(address: &str) {
    if let Some(history) = window().and_then(|window| window.history().ok()) {
        // Where it is refused (a page from a file), the address stays as the reader typed it.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(address));
    }
}

/// What stands behind `#` in the address, without it.
pub(crate) fn fragment() -> String {
    let hash = window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    hash.trim_start_matches('#').to_owned()
}

/// Puts `fragment` into the address; `left` adds to the history, so that the back button comes back here.
pub(crate) fn set_fragment(new: &str, left: bool) {
    if fragment() == new {
        return;
    }
    let Some(location) = window().map(|window| window.location()) else { return };
    let path = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
    let address = if new.is_empty() { path } else { format!("{path}#{new}") };
    if !left {
        replace_address(&address);
    } else if let Some(history) = window().and_then(|window| window.history().ok()) {
        // As in `replace_address`.
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}

/// This machine's clock in minutes east of UTC, now.
#[expect(clippy::cast_possible_truncation, reason = "whole minutes of at most a day")]
pub(crate) fn utc_offset_minutes() -> i32 {
    -(js_sys::Date::new_0().get_timezone_offset() as i32)
}

/// This machine's clock in minutes east of UTC, at a time in milliseconds since the Unix epoch: it may have another summer time
/// than now.
#[expect(clippy::cast_possible_truncation, reason = "whole minutes of at most a day")]
pub(crate) fn utc_offset_minutes_at(unix_ms: f64) -> i32 {
    -(js_sys::Date::new(&JsValue::from_f64(unix_ms)).get_timezone_offset() as i32)
}

/// An address, absolute or relative to the page, as a URL; `None` where it is none.
fn url(address: &str) -> Option<Url> {
    Url::new_with_base(address, &window()?.location().href().ok()?).ok()
}

/// The host that an address, absolute or relative to the page, leads to.
pub(crate) fn host_of(address: &str) -> Option<String> {
    url(address).map(|url| url.hostname())
}

/// Whether two addresses, absolute or relative to the page, lead to the same origin.
pub(crate) fn is_same_origin(one: &str, other: &str) -> bool {
    let origin = |address: &str| url(address).map(|url| url.origin());
    origin(one).is_some_and(|one| Some(one) == origin(other))
}

/// Storage of this tab; `None` where the browser refuses it.
pub(crate) fn session_storage() -> Option<Storage> {
    window()?.session_storage().ok().flatten()
}

/// Storage of this browser, for all tabs; `None` where the browser refuses it.
pub(crate) fn local_storage() -> Option<Storage> {
    window()?.local_storage().ok().flatten()
}

/// An address under which the browser keeps a text, until it is dropped.
#[derive(Debug)]
pub(crate) struct ObjectUrl(String);

impl ObjectUrl {
    /// Hands `text` over; `None` where the browser has no room for it.
    pub(crate) fn of_text(text: &str, media_type: &str) -> Option<Self> {
        let options = BlobPropertyBag::new();
        options.set_type(media_type);
        let parts = js_sys::Array::of1(&text.into());
        let blob = Blob::new_with_str_sequence_and_options(&parts, &options).ok()?;
        Url::create_object_url_with_blob(&blob).ok().map(Self)
    }

    /// The address.
    pub(crate) fn address(&self) -> &str {
        &self.0
    }
}

impl Drop for ObjectUrl {
    fn drop(&mut self) {
        // An address that is unknown by now is given up already.
        let _ = Url::revoke_object_url(&self.0);
    }
}

/// Calls back every so often until it is dropped.
#[derive(Debug)]
pub(crate) struct Interval {
    id: i32,
    _callback: Closure<dyn FnMut()>,
}

impl Interval {
    /// Starts it.
    pub(crate) fn new(millis: i32, callback: impl FnMut() + 'static) -> Option<Self> {
        let callback = Closure::<dyn FnMut()>::new(callback);
        let id = window()?
            .set_interval_with_callback_and_timeout_and_arguments_0(callback.as_ref().unchecked_ref(), millis)
            .ok()?;
        Some(Self { id, _callback: callback })
    }
}

impl Drop for Interval {
    fn drop(&mut self) {
        if let Some(window) = window() {
            window.clear_interval_with_handle(self.id);
        }
    }
}

/// Listens to an event until it is dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    target: EventTarget,
    kind: &'static str,
    callback: Closure<dyn FnMut()>,
}

impl Listener {
    /// Starts listening to the window.
    pub(crate) fn new(kind: &'static str, callback: impl FnMut() + 'static) -> Option<Self> {
        Self::to(window()?.into(), kind, callback)
    }

    /// Starts listening to the document.
    pub(crate) fn on_document(kind: &'static str, callback: impl FnMut() + 'static) -> Option<Self> {
        Self::to(window()?.document()?.into(), kind, callback)
    }

    /// Starts listening to `target`.
    pub(crate) fn to(
        target: EventTarget,
        kind: &'static str,
        callback: impl FnMut() + 'static,
    ) -> Option<Self> {
        let callback = Closure::<dyn FnMut()>::new(callback);
        target.add_event_listener_with_callback(kind, callback.as_ref().unchecked_ref()).ok()?;
        Some(Self { target, kind, callback })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Nothing depends on the result: the target is going away where this fails.
        let _ = self
            .target
            .remove_event_listener_with_callback(self.kind, self.callback.as_ref().unchecked_ref());
    }
}

/// Listens to keys in the whole page until it is dropped.
#[derive(Debug)]
pub(crate) struct KeyListener {
    target: EventTarget,
    callback: Closure<dyn FnMut(KeyboardEvent)>,
}

impl KeyListener {
    /// Starts listening.
    pub(crate) fn new(mut callback: impl FnMut(&KeyboardEvent) + 'static) -> Option<Self> {
        let target: EventTarget = window()?.into();
        let callback = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| callback(&event));
        target.add_event_listener_with_callback("keydown", callback.as_ref().unchecked_ref()).ok()?;
        Some(Self { target, callback })
    }
}

impl Drop for KeyListener {
    fn drop(&mut self) {
        // As with `Listener`.
        let _ = self
            .target
            .remove_event_listener_with_callback("keydown", self.callback.as_ref().unchecked_ref());
    }
}

/// Tells of each change of an element's size until it is dropped.
#[derive(Debug)]
pub(crate) struct SizeObserver {
    observer: ResizeObserver,
    _callback: Closure<dyn FnMut()>,
}

impl SizeObserver {
    /// Starts observing `element`; the first call comes soon after.
    pub(crate) fn new(element: &Element, callback: impl FnMut() + 'static) -> Option<Self> {
        let callback = Closure::<dyn FnMut()>::new(callback);
        let observer = ResizeObserver::new(callback.as_ref().unchecked_ref()).ok()?;
        observer.observe(element);
        Some(Self { observer, _callback: callback })
    }
}

impl Drop for SizeObserver {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Tells the desktop, in place of what it was told before under the same `tag`, and so that it is noticed. Silent where the
/// browser does not allow it.
pub(crate) fn notify(title: &str, text: &str, tag: &str) {
    let options = NotificationOptions::new();
    options.set_body(text);
    options.set_tag(tag);
    // A browser that does not know it replaces what it showed without a sound.
    let _ = js_sys::Reflect::set(&options, &"renotify".into(), &JsValue::TRUE);
    // Refused without permission, and on platforms that know only notifications of service workers.
    let _ = Notification::new_with_options(title, &options);
}

/// Has the browser save `text` as `name`. Keep the address until the browser has taken it, which the next one or the end of the
/// view leaves time for.
///
/// # Errors
/// Where the browser refuses it.
pub(crate) fn save(name: &str, media_type: &str, text: &str) -> Result<ObjectUrl, JsValue> {
    let url = ObjectUrl::of_text(text, media_type).ok_or(JsValue::NULL)?;
    let document = window().and_then(|window| window.document()).ok_or(JsValue::NULL)?;
    let anchor: HtmlAnchorElement = document.create_element("a")?.unchecked_into();
    anchor.set_href(url.address());
    anchor.set_download(name);
    anchor.click();
    Ok(url)
}

/// Copies `text`; whether the browser lets the page do that.
pub(crate) async fn copy(text: &str) -> bool {
    let Some(window) = window().filter(Window::is_secure_context) else { return false };
    JsFuture::from(window.navigator().clipboard().write_text(text)).await.is_ok()
}

/// A media query that can be listened to.
pub(crate) fn media(query: &str) -> Option<MediaQueryList> {
    window()?.match_media(query).ok().flatten()
}
