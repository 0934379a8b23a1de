//! Clients of the journal: each holds a cursor and reads for itself, woken when the head moves.
//!
//! Invariants: no queue per client, so a slow one costs nothing but its cursor; one whose cursor falls out
//! of the journal is told so and ended, never moved ahead in silence; closing ends every stream at once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use bytes::Bytes;
use tokio::sync::watch;

use crate::journal::{Extent, Frames, Journal, Read};

/// How much a client is given at a time, in bytes.
const READ_BYTES: usize = 64 << 10;

/// Publishes to any number of clients.
pub(crate) struct Hub {
    journal: Arc<dyn Journal>,
    head: watch::Sender<u64>,
    closing: watch::Sender<bool>,
    clients: AtomicUsize,
}

/// What a client gets next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Whole frames, in order, without a gap.
    Frames(Bytes),
    /// What follows the cursor is no longer retained: the client was too slow.
    Gone,
    /// Another session began. The subscription goes on from its first event.
    NewSession {
        /// The id that had been reached.
        after: u64,
        /// What the journal holds now.
        extent: Extent,
    },
    /// The feed is shutting down.
    Closed,
}

impl Hub {
    pub(crate) fn new(journal: Arc<dyn Journal>) -> Self {
        let head = watch::Sender::new(journal.extent().head);
        Self { journal, head, closing: watch::Sender::new(false), clients: AtomicUsize::new(0) }
    }

    /// What the journal holds.
    pub(crate) fn extent(&self) -> Extent {
        self.journal.extent()
    }

    /// Appends to the journal and wakes the clients.
    pub(crate) fn publish(&self, frames: Frames, published_ns: u64) {
        self.journal.append(frames, published_ns);
        self.head.send_replace(self.journal.extent().head);
    }

    /// The next event begins another session.
    pub(crate) fn begin_session(&self) {
        self.journal.begin_session();
        self.head.send_replace(self.journal.extent().head);
    }

    /// The id to read after for everything published since that Unix time in nanoseconds.
    pub(crate) fn published_since(&self, since_ns: u64) -> u64 {
        self.journal.published_since(since_ns)
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
            session_first: self.journal.extent().session_first,
            hub: Arc::clone(self),
            cursor,
        }
    }

    /// Ends every subscription, now and later.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }
}

/// One client's place in the journal.
pub(crate) struct Subscription {
    hub: Arc<Hub>,
    head: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    /// First id of the session that the cursor stands in.
    session_first: u64,
    cursor: u64,
}

impl Subscription {
    /// Waits for what comes next. Cancel-safe: nothing is lost when the future is dropped.
    pub(crate) async fn next(&mut self) -> Delivery {
        loop {
            if *self.closing.borrow() {
                return Delivery::Closed;
            }
            self.head.borrow_and_update();
            match self.hub.journal.read_after(self.cursor, READ_BYTES) {
                Read::Frames { bytes, last } => {
                    self.cursor = last;
                    return Delivery::Frames(bytes);
                }
                Read::Gone => return self.gone(),
                Read::UpToDate => {}
            }
            let woken = tokio::select! {
                woken = self.closing.changed() => woken,
                woken = self.head.changed() => woken,
            };
            if woken.is_err() {
                return Delivery::Closed;
            }
        }
    }

    /// What was to come is not there: because of a new session, or because this client was too slow.
    fn gone(&mut self) -> Delivery {
        let extent = self.hub.journal.extent();
        if extent.session_first == self.session_first {
            return Delivery::Gone;
        }
        let after = std::mem::replace(&mut self.cursor, extent.first - 1);
        self.session_first = extent.session_first;
        Delivery::NewSession { after, extent }
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
    use crate::journal::{FrameWriter, Limits, MemoryJournal};

    fn hub(events: usize) -> Arc<Hub> {
        let limits = Limits { events, bytes: usize::MAX };
        Arc::new(Hub::new(Arc::new(MemoryJournal::new(limits, 1))))
    }

    fn publish(hub: &Hub, lines: &[&str]) {
        let mut writer = FrameWriter::new(hub.extent().head + 1);
        for line in lines {
            writer.push("orders", line);
        }
        hub.publish(writer.finish().unwrap(), 0);
    }

    async fn text(subscription: &mut Subscription) -> String {
        match subscription.next().await {
            Delivery::Frames(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            other => format!("{other:?}"),
        }
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
        assert_eq!(client.next().await, Delivery::Gone);
    }

    #[tokio::test]
    async fn a_client_is_told_of_a_new_session_and_gets_only_that() {
        let hub = hub(100);
        publish(&hub, &["{\"old\":1}"]);
        let (mut current, mut behind) = (hub.subscribe(1), hub.subscribe(0));
        hub.begin_session();
        let extent = Extent { first: 3, head: 2, session_first: 3 };
        assert_eq!(current.next().await, Delivery::NewSession { after: 1, extent });
        assert_eq!(behind.next().await, Delivery::NewSession { after: 0, extent });
        publish(&hub, &["{\"new\":1}"]);
        for client in [&mut current, &mut behind] {
            assert_eq!(text(client).await, "id: 3\nevent: orders\ndata: {\"new\":1}\n\n");
        }
    }

    #[tokio::test]
    async fn closing_ends_streams_that_wait_and_streams_that_come_later() {
        let hub = hub(2);
        let mut early = hub.subscribe(0);
        let waiting = tokio::spawn(async move { early.next().await });
        hub.close();
        assert_eq!(waiting.await.unwrap(), Delivery::Closed);
        assert_eq!(hub.subscribe(0).next().await, Delivery::Closed);
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
