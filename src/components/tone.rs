//! Owns the four judgements that a figure or a sentence can carry, and their signs.

use super::icon::Glyph;

/// A judgement. Shown by colour *and* sign or word, never by colour alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// A plain figure that is not judged.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Act.
    Bad,
    /// Cannot be judged: no data, or not live.
    Unknown,
}

impl Tone {
    /// The value of `data-tone`.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }

    /// The shape that goes with the colour.
    pub(crate) const fn glyph(self) -> Glyph {
        match self {
            Self::Plain => Glyph::Info,
            Self::Good => Glyph::Check,
            Self::Warn => Glyph::Triangle,
            Self::Bad => Glyph::Octagon,
            Self::Unknown => Glyph::Question,
        }
    }
}
