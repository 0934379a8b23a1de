//! One call per animation frame, and one a quarter of a second later where frames stop (a hidden tab).

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::{JsCast, closure::Closure};

use crate::browser;

const FALLBACK_MS: i32 = 250;

/// Calls back once for any number of requests before it.
pub(crate) struct Pump {
    callback: Closure<dyn FnMut()>,
    waiting: Rc<Cell<Option<(i32, i32)>>>,
}

impl Pump {
    /// A pump that calls `run`.
    pub(crate) fn new(mut run: impl FnMut() + 'static) -> Self {
        let waiting = Rc::new(Cell::new(None));
        let callback = {
            let waiting = Rc::clone(&waiting);
            Closure::<dyn FnMut()>::new(move || {
                cancel(waiting.take());
                run();
            })
        };
        Self { callback, waiting }
    }

    /// Asks for a call at the next frame.
    pub(crate) fn request(&self) {
        if self.waiting.get().is_some() {
            return;
        }
        let function = self.callback.as_ref().unchecked_ref();
        let Some(window) = browser::window() else { return };
        let frame = window.request_animation_frame(function);
        let timeout = window.set_timeout_with_callback_and_timeout_and_arguments_0(function, FALLBACK_MS);
        if let (Ok(frame), Ok(timeout)) = (frame, timeout) {
            self.waiting.set(Some((frame, timeout)));
        }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        cancel(self.waiting.take());
    }
}

fn cancel(waiting: Option<(i32, i32)>) {
    let (Some(window), Some((frame, timeout))) = (browser::window(), waiting) else { return };
    // A frame that has already run cannot be cancelled, which is as good.
    let _ = window.cancel_animation_frame(frame);
    window.clear_timeout_with_handle(timeout);
}
