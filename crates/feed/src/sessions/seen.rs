//! What is known of all sessions without waiting for one that is being opened.
//!
//! Invariant: written by the registry alone, after what it tells of.

/// How many sessions there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SessionCounts {
    /// On disk.
    pub(crate) found: usize,
    /// Open.
    pub(crate) open: usize,
    /// Growing, and not open for want of room.
    pub(crate) unfollowed: usize,
}

/// What is known without waiting.
#[derive(Clone, Default)]
pub(super) struct Seen {
    /// What is wrong with the directory that the operator named.
    pub(super) trouble: Option<String>,
    /// Why the session that is to be shown by default cannot be opened.
    pub(super) open_trouble: Option<String>,
    /// What is wrong with the token file.
    pub(super) token_trouble: Option<String>,
    /// What is wrong with the rule files.
    pub(super) rules_trouble: Option<String>,
    pub(super) counts: SessionCounts,
}

impl Seen {
    /// Why there is no session.
    pub(super) fn why(&self) -> String {
        let why = self.trouble.clone().or_else(|| self.open_trouble.clone());
        why.unwrap_or_else(|| "looking for the session directory".to_owned())
    }
}

/// Sets or clears a trouble. True where that is news.
pub(super) fn set(place: &mut Option<String>, trouble: Option<String>) -> bool {
    let news = *place != trouble;
    *place = trouble;
    news
}
