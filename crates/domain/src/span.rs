//! The spans that a figure can be asked for.

/// How far back a figure reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    /// The last so many whole seconds up to the state's time, the current one included; at most
    /// [`Span::LONGEST_SECONDS`], a longer one is cut to that.
    Seconds(u32),
    /// Since the session began.
    Session,
}

impl Span {
    /// The longest rolling window, in seconds.
    pub const LONGEST_SECONDS: u32 = 900;
    /// The last minute.
    pub const MINUTE: Span = Span::Seconds(60);
    /// The last five minutes: the default.
    pub const FIVE_MINUTES: Span = Span::Seconds(300);
    /// The last fifteen minutes.
    pub const FIFTEEN_MINUTES: Span = Span::Seconds(900);

    /// Length in seconds; `None` for the whole session.
    pub fn seconds(self) -> Option<u32> {
        match self {
            Span::Seconds(seconds) => Some(seconds.min(Self::LONGEST_SECONDS)),
            Span::Session => None,
        }
    }
}
