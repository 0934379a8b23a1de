//! The sound of an alert: a few tones of the browser's own, so that no file is needed.
//!
//! Invariant: nothing is heard for longer than [`SECONDS`], and one sound ends the one before.

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::{AudioContext, OscillatorType};

use crate::browser;

/// How long a tone is, in seconds.
const TONE_SECONDS: f64 = 0.18;
/// How long all of them are at most.
const SECONDS: f64 = 1.0;
/// Loud enough to be heard across a room at the system's ordinary volume, of at most 1.
const LOUDNESS: f32 = 0.2;

/// What a sound says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// Something fires.
    Ordinary,
    /// Something critical does.
    Critical,
}

impl Urgency {
    /// Its tones, in Hz.
    const fn tones(self) -> &'static [f32] {
        match self {
            Self::Ordinary => &[660.0],
            Self::Critical => &[880.0, 660.0, 880.0],
        }
    }
}

/// Plays; dropping it ends what it plays.
#[derive(Debug, Default)]
pub(super) struct Player(Option<AudioContext>);

impl Player {
    /// Plays the sound.
    ///
    /// # Errors
    /// Why nothing can be heard, in a sentence.
    pub(super) fn play(&mut self, urgency: Urgency) -> Result<(), &'static str> {
        self.end();
        if !may_play() {
            return Err("The browser plays no sound until somebody has clicked or typed in this page.");
        }
        let context = AudioContext::new().map_err(|_| "This browser has no sound for pages.")?;
        let scheduled = schedule(&context, urgency);
        self.0 = Some(context);
        scheduled.map_err(|_| "The browser refused to play a sound.")
    }

    fn end(&mut self) {
        if let Some(context) = self.0.take() {
            // One that is closed already stays closed.
            let _ = context.close();
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.end();
    }
}

/// Browsers play nothing in a page that nobody has touched.
fn may_play() -> bool {
    let Some(window) = browser::window() else { return false };
    let activation =
        Reflect::get(&window.navigator(), &"userActivation".into()).unwrap_or(JsValue::UNDEFINED);
    if activation.is_undefined() {
        return true;
    }
    Reflect::get(&activation, &"hasBeenActive".into()).is_ok_and(|active| active.is_truthy())
}

fn schedule(context: &AudioContext, urgency: Urgency) -> Result<(), JsValue> {
    let gain = context.create_gain()?;
    gain.gain().set_value(LOUDNESS);
    gain.connect_with_audio_node(&context.destination())?;
    let mut begin = context.current_time();
    let end = begin + SECONDS;
    for frequency in urgency.tones() {
        let tone = context.create_oscillator()?;
        tone.set_type(OscillatorType::Triangle);
        tone.frequency().set_value(*frequency);
        tone.connect_with_audio_node(&gain)?;
        tone.start_with_when(begin)?;
        begin += TONE_SECONDS;
        tone.stop_with_when(begin.min(end))?;
        begin += TONE_SECONDS / 3.0;
    }
    Ok(())
}
