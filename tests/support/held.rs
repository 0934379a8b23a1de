//! What a page holds on to outside its own elements.

use crate::support::run;

const COUNT: &str = "
    if (!window.held) {
        const held = window.held = {interval: new Set(), timeout: new Set(), frame: new Set(), listener: 0, observer: 0};
        const pair = (kind, start, stop) => {
            const [begin, end] = [window[start].bind(window), window[stop].bind(window)];
            window[start] = (run, ...rest) => {
                const id = begin((...all) => { if (kind !== 'interval') held[kind].delete(id); run(...all) }, ...rest);
                held[kind].add(id);
                return id;
            };
            window[stop] = id => { held[kind].delete(id); end(id) };
        };
        pair('interval', 'setInterval', 'clearInterval');
        pair('timeout', 'setTimeout', 'clearTimeout');
        pair('frame', 'requestAnimationFrame', 'cancelAnimationFrame');
        const {addEventListener: add, removeEventListener: remove} = EventTarget.prototype;
        const outside = target => !(target instanceof Node);
        EventTarget.prototype.addEventListener = function (...all) {
            held.listener += outside(this ?? window);
            return add.apply(this ?? window, all);
        };
        EventTarget.prototype.removeEventListener = function (...all) {
            held.listener -= outside(this ?? window);
            return remove.apply(this ?? window, all);
        };
        window.ResizeObserver = class extends ResizeObserver {
            observe(...all) { held.observer += 1; super.observe(...all) }
            disconnect() { held.observer -= 1; super.disconnect() }
        };
    }
    const {interval, timeout, frame, listener, observer} = window.held;
    const timers = `${interval.size} intervals, ${timeout.size} timeouts, ${frame.size} frames`;
    return `${timers}, ${listener} listeners, ${observer} observers`";

/// How many intervals, timeouts, frames, listeners (of the window, media queries and the like) and observers were
/// begun since the first call and have not ended.
pub(crate) fn held() -> String {
    run(COUNT, &[]).as_string().expect("a sentence")
}
