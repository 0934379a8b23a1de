//! Clients of one session's journal: each holds a cursor and reads for itself, woken when the head moves.
//!
//! Invariants: no queue per client, so a slow one costs nothing but its cursor and one read of 64 KiB; replay and
//! live are the same reads from the same journal, so there is no seam between them; a client is ended with its reason
//! where it cannot have the next event or lags, never moved ahead in silence; closing ends every stream at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::watch;
use tracing::error;

use crate::{
    clock,
    journal::{Extent, Figures, Frames, Journal, JournalError, Note, Read},
    lograte::SharedLogRate,
    totals::End,
};

/// How much a client is given at a time, in bytes.
const READ_BYTES: usize = 64 << 10;

/// How often a client that is behind is held against the lag limit.
const LAG_CHECK_EVERY: Duration = Duration::from_secs(1);

/// How far a client may fall behind, and how much it may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// A client that had caught up is ended once the next event that it has to get was published so long ago.
    pub lag: Duration,
    /// Bytes that one request may replay before it has caught up. A client that needs more is ended, and goes on from
    /// there with its next request.
    pub replay_bytes: u64,
}

impl Default for StreamLimits {
    /// 60 s and 1 GiB.
    fn default() -> Self {
        Self { lag: Duration::from_mins(1), replay_bytes: 1 << 30 }
    }
}

/// Publishes one session to any number of clients.
pub(crate) struct Hub {
    journal: Arc<dyn Journal>,
    limits: StreamLimits,
    head: watch::Sender<u64>,
    closing: watch::Sender<Option<End>>,
    clients: AtomicUsize,
    failures: SharedLogRate,
}

/// What a client gets next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Whole frames, in order, without a gap.
    Frames(Bytes),
    /// Nothing more.
    End(End),
}

impl Hub {
    pub(crate) fn new(journal: Arc<dyn Journal>, limits: StreamLimits) -> Self {
        let head = watch::Sender::new(journal.extent().head);
        Self {
            journal,
            limits,
            head,
            closing: watch::Sender::new(None),
            clients: AtomicUsize::new(0),
            failures: SharedLogRate::default(),
        }
    }

    /// What the journal holds.
    pub(crate) fn extent(&self) -> Extent {
        self.journal.extent()
    }

    /// What the journal holds, and what it cost.
    pub(crate) fn figures(&self) -> Figures {
        self.journal.figures()
    }

    /// Appends frames and notes to the journal, calls `committed`, and wakes the clients.
    ///
    /// # Errors
    /// As for [`Journal::append`]; `committed` is not called then.
    pub(crate) fn publish(
        &self,
        frames: Option<Frames>,
        published_ns: u64,
        notes: &[Note],
        committed: impl FnOnce(),
    ) -> Result<(), JournalError> {
        let outcome = self.journal.append(frames, published_ns, notes).map(|()| committed());
        // A failure may have moved the head too, where the journal was begun afresh.
        let head = self.journal.extent().head;
        self.head.send_if_modified(|known| std::mem::replace(known, head) != head);
        outcome
    }

    /// Reads whole frames after `id`, past what any stream is given at a time.
    ///
    /// # Errors
    /// As for [`Journal::read_after`].
    pub(crate) fn read_after(&self, id: u64, max_bytes: usize) -> Result<Read, JournalError> {
        self.journal.read_after(id, max_bytes)
    }

    /// Gives the journal's file up, so that it can be opened again. Nothing is published or read from it any more.
    pub(crate) fn give_up_journal(&self) {
        self.journal.close();
    }

    /// Notes whose key begins with `prefix`, by key.
    ///
    /// # Errors
    /// As for [`Journal::notes`].
    pub(crate) fn notes(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>, JournalError> {
        self.journal.notes(prefix)
    }

    /// The id to read after for everything published since that Unix time in nanoseconds.
    ///
    /// # Errors
    /// As for [`Journal::published_since`].
    pub(crate) fn published_since(&self, since_ns: u64) -> Result<u64, JournalError> {
        self.journal.published_since(since_ns)
    }

    /// Whether a client that has everything up to `id` can go on from there.
    pub(crate) fn can_resume(&self, id: u64) -> bool {
        !matches!(self.journal.read_after(id, 1), Ok(Read::Gone))
    }

    /// Whether every subscription was ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.closing.borrow().is_some()
    }

    /// Number of subscriptions that live.
    pub(crate) fn clients(&self) -> usize {
        self.clients.load(Relaxed)
    }

    /// A subscription to everything after `cursor`.
    pub(crate) fn subscribe(self: &Arc<Self>, cursor: u64) -> Subscription {
        self.clients.fetch_add(1, Relaxed);
        Subscription {
            head: self.head.subscribe(),
            closing: self.closing.subscribe(),
            hub: Arc::clone(self),
            cursor,
            replayed: Some(0),
            lag_checked: None,
        }
    }

    /// Ends every subscription, now and later, for that reason.
    pub(crate) fn close(&self, reason: End) {
        self.closing.send_if_modified(|closing| {
            let first = closing.is_none();
            closing.get_or_insert(reason);
            first
        });
    }
}

/// One client's place in the journal.
pub(crate) struct Subscription {
    hub: Arc<Hub>,
    head: watch::Receiver<u64>,
    closing: watch::Receiver<Option<End>>,
    cursor: u64,
    /// Bytes handed out so far; `None` once the client has had everything that there was.
    replayed: Option<u64>,
    lag_checked: Option<Instant>,
}

impl Subscription {
    /// Waits for what comes next. Cancel-safe: nothing is lost when the future is dropped.
    pub(crate) async fn next(&mut self) -> Delivery {
        loop {
            if let Some(reason) = *self.closing.borrow() {
                return Delivery::End(reason);
            }
            self.head.borrow_and_update();
            match self.hub.journal.read_after(self.cursor, READ_BYTES) {
                Ok(Read::Frames { bytes, last }) => return self.hand_out(bytes, last),
                Ok(Read::Gone) => return Delivery::End(End::HistoryGone),
                Ok(Read::UpToDate) => self.replayed = None,
                Err(error) => return self.unreadable(&error),
            }
            let woken = tokio::select! {
                woken = self.closing.changed() => woken,
                woken = self.head.changed() => woken,
            };
            if woken.is_err() {
                return Delivery::End(End::Shutdown);
            }
        }
    }

    fn hand_out(&mut self, bytes: Bytes, last: u64) -> Delivery {
        if let Some(replayed) = self.replayed {
            if replayed >= self.hub.limits.replay_bytes {
                return Delivery::End(End::ReplayLimit);
            }
            self.replayed = Some(replayed + bytes.len() as u64);
        } else if self.lags() {
            return Delivery::End(End::Lagging);
        }
        self.cursor = last;
        Delivery::Frames(bytes)
    }

    /// The reason is for the log, not for everyone.
    fn unreadable(&self, error: &JournalError) -> Delivery {
        if let Some(held_back) = self.hub.failures.pass() {
            error!(after = self.cursor, held_back, "client disconnected: {error}");
        }
        Delivery::End(End::Unreadable)
    }

    /// Whether the next event was published longer ago than is allowed. Looked at once a second at most.
    fn lags(&mut self) -> bool {
        if self.lag_checked.is_some_and(|checked| checked.elapsed() < LAG_CHECK_EVERY) {
            return false;
        }
        self.lag_checked = Some(Instant::now());
        let lag_ns = u64::try_from(self.hub.limits.lag.as_nanos()).unwrap_or(u64::MAX);
        let since = self.hub.journal.published_since(clock::unix_nanos().saturating_sub(lag_ns));
        since.is_ok_and(|after| after > self.cursor)
    }

    /// Id of the last event that was handed out.
    pub(crate) fn cursor(&self) -> u64 {
        self.cursor
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.hub.clients.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{FrameWriter, Limits, temporary};

    fn limited(events: u64, limits: StreamLimits) -> Arc<Hub> {
        let journal = Limits { events, bytes: u64::MAX, age_seconds: u64::MAX, window_seconds: 0 };
        Arc::new(Hub::new(Arc::new(temporary(journal)), limits))
    }

    fn hub(events: u64) -> Arc<Hub> {
        limited(events, StreamLimits::default())
    }

    fn publish_at(hub: &Hub, published_ns: u64, lines: &[&str]) {
        let mut writer = FrameWriter::new(hub.extent().head + 1);
        for line in lines {
            writer.push("orders", line);
        }
        hub.publish(writer.finish(), published_ns, &[], || ()).unwrap();
    }

    fn publish(hub: &Hub, lines: &[&str]) {
        publish_at(hub, clock::unix_nanos(), lines);
    }

    async fn text(subscription: &mut Subscription) -> String {
        match subscription.next().await {
            Delivery::Frames(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            end @ Delivery::End(_) => format!("{end:?}"),
        }
    }

    /// Reads until there is nothing more, which the client then knows.
    async fn catch_up(client: &mut Subscription) {
        while tokio::time::timeout(Duration::from_millis(1), client.next()).await.is_ok() {}
    }

    #[tokio::test]
    async fn replay_runs_into_live_without_a_seam() {
        let hub = hub(100);
        publish(&hub, &["{\"n\":1}"]);
        let mut client = hub.subscribe(0);
        assert!(text(&mut client).await.contains("\"n\":1"));
        let waiting = tokio::spawn(async move { text(&mut client).await });
        publish(&hub, &["{\"n\":2}"]);
        assert!(waiting.await.unwrap().starts_with("id: 2\n"));
    }

    #[tokio::test]
    async fn a_client_that_falls_out_of_the_journal_is_told() {
        let hub = hub(2);
        publish(&hub, &["{}"]);
        let mut client = hub.subscribe(0);
        publish(&hub, &["{}"]);
        publish(&hub, &["{}", "{}"]);
        assert_eq!(client.next().await, Delivery::End(End::HistoryGone));
    }

    #[tokio::test]
    async fn a_client_that_had_caught_up_may_not_lag() {
        let hub = limited(100, StreamLimits { lag: Duration::from_secs(5), ..StreamLimits::default() });
        publish_at(&hub, clock::unix_nanos() - 7_000_000_000, &["{}"]);
        let mut client = hub.subscribe(0);
        catch_up(&mut client).await;
        publish_at(&hub, clock::unix_nanos() - 6_000_000_000, &["{}"]);
        publish(&hub, &["{}"]);
        assert_eq!((client.next().await, client.cursor()), (Delivery::End(End::Lagging), 1));
    }

    #[tokio::test]
    async fn a_client_that_is_replaying_may_take_its_time() {
        let hub = limited(100, StreamLimits { lag: Duration::ZERO, ..StreamLimits::default() });
        publish_at(&hub, 1, &["{}"]);
        publish_at(&hub, 2, &["{}"]);
        assert!(text(&mut hub.subscribe(0)).await.contains("id: 2\n"));
    }

    #[tokio::test]
    async fn a_request_replays_only_so_much_and_the_next_goes_on_from_there() {
        let hub = limited(100, StreamLimits { replay_bytes: 1, ..StreamLimits::default() });
        let large = format!("{{\"pad\":\"{}\"}}", "x".repeat(READ_BYTES));
        for _ in 0..3 {
            publish(&hub, &[&large]);
        }
        let (mut cursor, mut seen) = (0, Vec::new());
        for _ in 0..3 {
            let mut client = hub.subscribe(cursor);
            seen.push(text(&mut client).await.lines().next().unwrap().to_owned());
            cursor = client.cursor();
            if cursor < 3 {
                assert_eq!(client.next().await, Delivery::End(End::ReplayLimit));
            }
        }
        assert_eq!(seen, ["id: 1", "id: 2", "id: 3"]);
    }

    #[tokio::test]
    async fn what_is_live_counts_towards_no_replay() {
        let hub = limited(100, StreamLimits { replay_bytes: 1, ..StreamLimits::default() });
        let mut client = hub.subscribe(0);
        catch_up(&mut client).await;
        for id in 1..=5 {
            publish(&hub, &["{}"]);
            assert!(text(&mut client).await.starts_with(&format!("id: {id}\n")));
        }
    }

    #[tokio::test]
    async fn closing_ends_streams_that_wait_and_streams_that_come_later() {
        let hub = hub(2);
        let mut early = hub.subscribe(0);
        let waiting = tokio::spawn(async move { early.next().await });
        hub.close(End::Shutdown);
        hub.close(End::SessionClosed);
        assert_eq!(waiting.await.unwrap(), Delivery::End(End::Shutdown));
        assert_eq!(hub.subscribe(0).next().await, Delivery::End(End::Shutdown));
    }

    #[tokio::test]
    async fn clients_are_counted_while_they_live() {
        let hub = hub(2);
        let clients = [hub.subscribe(0), hub.subscribe(0)];
        assert_eq!(hub.clients(), 2);
        drop(clients);
        assert_eq!(hub.clients(), 0);
    }
}
