//! The files of a session directory, and a value for each of them.

/// A file of the session directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SessionFile {
    /// `aurora_events.jsonl`
    Events,
    /// `orders_success.jsonl`
    Success,
    /// `orders_denied.jsonl`
    Denied,
    /// `orders_failed.jsonl`
    Failed,
    /// `orders.jsonl`, created with its first line
    Orders,
}

impl SessionFile {
    /// Every file, events first.
    pub const ALL: [Self; 5] = [Self::Events, Self::Success, Self::Denied, Self::Failed, Self::Orders];

    /// Name inside the session directory.
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "aurora_events.jsonl",
            Self::Success => "orders_success.jsonl",
            Self::Denied => "orders_denied.jsonl",
            Self::Failed => "orders_failed.jsonl",
            Self::Orders => "orders.jsonl",
        }
    }

    /// Whether the bot creates the file when it starts, before the first line.
    pub(super) fn exists_from_start(self) -> bool {
        self != Self::Orders
    }
}

/// One value per session file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PerFile<T> {
    events: T,
    success: T,
    denied: T,
    failed: T,
    orders: T,
}

impl<T> PerFile<T> {
    /// The value of `file`.
    pub fn get(&self, file: SessionFile) -> &T {
        match file {
            SessionFile::Events => &self.events,
            SessionFile::Success => &self.success,
            SessionFile::Denied => &self.denied,
            SessionFile::Failed => &self.failed,
            SessionFile::Orders => &self.orders,
        }
    }

    /// The value of `file`, to change it.
    pub fn get_mut(&mut self, file: SessionFile) -> &mut T {
        match file {
            SessionFile::Events => &mut self.events,
            SessionFile::Success => &mut self.success,
            SessionFile::Denied => &mut self.denied,
            SessionFile::Failed => &mut self.failed,
            SessionFile::Orders => &mut self.orders,
        }
    }
}
