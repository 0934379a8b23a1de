//! Accepts connections until told to stop, whatever the system says in between.
//!
//! Invariants: no error of accepting ends the feed; after one that would come again at once it pauses. At
//! shutdown idle connections end at once and the others within [`GRACE`].

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use axum::Router;
use ipnet::IpNet;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::watch,
    task::{JoinError, JoinSet},
    time::Instant,
};
use tracing::{info, warn};

use super::{Gate, Link, Refusal, address::is_trusted, connection::Host, gate::Permit, socket::Tcp};
use crate::lograte::LogRate;

/// How long connections may take to end after the streams were ended.
const GRACE: Duration = Duration::from_millis(500);

/// The first pause after an error of accepting; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Hands out connections.
pub(super) trait Listener: Send {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Waits for the next one. Cancel-safe.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, SocketAddr)>> + Send;
}

/// Serves `router` on `listener` until `shutdown` completes and the connections have ended.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    gate: Arc<Gate>,
    proxies: Vec<IpNet>,
    shutdown: impl Future<Output = ()> + Send,
) {
    let listener = Tcp::new(listener, gate.limits().stall);
    Door::new(listener, router, gate, proxies).run(shutdown).await;
}

struct Door<L> {
    listener: L,
    host: Host,
    proxies: Vec<IpNet>,
    closing: watch::Sender<bool>,
    connections: JoinSet<()>,
    began: Instant,
    failures: u32,
    failure_log: LogRate,
    refusal_log: LogRate,
}

impl<L: Listener> Door<L> {
    fn new(listener: L, router: Router, gate: Arc<Gate>, proxies: Vec<IpNet>) -> Self {
        let (closing, closed) = watch::channel(false);
        Self {
            listener,
            host: Host { router, gate, closing: closed },
            proxies,
            closing,
            connections: JoinSet::new(),
            began: Instant::now(),
            failures: 0,
            failure_log: LogRate::default(),
            refusal_log: LogRate::default(),
        }
    }

    async fn run(mut self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                biased;
                () = shutdown.as_mut() => break,
                Some(ended) = self.connections.join_next(), if !self.connections.is_empty() => {
                    say_panic(ended);
                    continue;
                }
                accepted = self.listener.accept() => accepted,
            };
            let pause = match accepted {
                Ok((stream, peer)) => {
                    self.failures = 0;
                    self.admit(stream, peer);
                    continue;
                }
                Err(error) => self.failed(&error),
            };
            tokio::select! {
                () = shutdown.as_mut() => break,
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.close().await;
    }

    /// Serves a connection, or tells it why not, or closes it.
    fn admit(&mut self, stream: L::Io, peer: SocketAddr) {
        let peer = peer.ip().to_canonical();
        let client = (!is_trusted(peer, &self.proxies)).then_some(peer);
        let Some((permit, refusal)) = self.host.gate.enter(client) else { return };
        if let Some(refusal) = refusal {
            self.say_refused(&refusal);
        }
        let served = self.host.clone().serve(stream, Link { peer, refusal });
        self.connections.spawn(hold(permit, served));
    }

    fn say_refused(&mut self, refusal: &Refusal) {
        if let Some(held_back) = self.refusal_log.pass(self.began.elapsed()) {
            warn!(held_back, "connection refused: {refusal}");
        }
    }

    /// Says what is wrong, and how long to wait before trying again.
    fn failed(&mut self, error: &io::Error) -> Duration {
        if is_of_one_connection(error) {
            return Duration::ZERO;
        }
        self.host.gate.accept_failed();
        if let Some(held_back) = self.failure_log.pass(self.began.elapsed()) {
            let open = self.host.gate.figures().open;
            warn!(
                held_back,
                open,
                "cannot accept connections: {error}; trying again. If too many files are open, raise \
                 LimitNOFILE (systemd) or ulimit -n, or lower --max-connections"
            );
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(10)).min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
        pause
    }

    async fn close(mut self) {
        drop(self.listener);
        self.closing.send_replace(true);
        let ended = async {
            while let Some(ended) = self.connections.join_next().await {
                say_panic(ended);
            }
        };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            warn!(count = self.connections.len(), "some connections did not end in time and are cut");
        }
        let figures = self.host.gate.figures();
        info!(
            accepted = figures.accepted,
            refused = figures.refused,
            dropped = figures.dropped,
            stalled = figures.stalled,
            accept_errors = figures.accept_errors,
            "connections since the start"
        );
    }
}

async fn hold(permit: Permit, served: impl Future<Output = ()>) {
    served.await;
    drop(permit);
}

fn say_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        warn!("a connection ended with a panic: {error}");
    }
}

/// Whether an error concerns a connection that is gone already, and not the next one.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests;
