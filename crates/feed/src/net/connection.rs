//! One connection: HTTP/1 until either side is done.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, response::Response};
use hyper::{Request, body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::{TowerToHyperService, TowerToHyperServiceFuture},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};
use tracing::{debug, info};

use super::{ConnectionLimits, Gate, Link, stall::Watched};

/// The largest request head, and what may wait to be written before the response is asked for more.
const BUFFER_BYTES: usize = 16 << 10;

/// How long a client that is only to be refused may take for its request.
const REFUSED_HEAD: Duration = Duration::from_secs(2);

/// What every connection is served with.
#[derive(Clone)]
pub(super) struct Host {
    pub(super) router: Router,
    pub(super) gate: Arc<Gate>,
    pub(super) closing: watch::Receiver<bool>,
}

impl Host {
    /// Serves one connection to its end.
    pub(super) async fn serve<S>(mut self, stream: S, link: Link)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let limits = self.gate.limits();
        let io = TokioIo::new(Watched::new(stream, limits.stall));
        let service = Linked { inner: TowerToHyperService::new(self.router), link };
        let connection = protocol(limits, link).serve_connection(io, service);
        let mut connection = std::pin::pin!(connection);
        let outcome = tokio::select! {
            outcome = connection.as_mut() => outcome,
            () = async { drop(self.closing.wait_for(|closing| *closing).await) } => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = outcome {
            report(&self.gate, link.peer, &error);
        }
    }
}

fn protocol(limits: ConnectionLimits, link: Link) -> http1::Builder {
    let mut protocol = http1::Builder::new();
    let head = if link.refusal.is_some() { REFUSED_HEAD.min(limits.head) } else { limits.head };
    protocol
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(BUFFER_BYTES)
        .keep_alive(link.refusal.is_none());
    protocol
}

fn report(gate: &Gate, peer: IpAddr, error: &hyper::Error) {
    let cause = std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
    if cause.is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut) {
        gate.stalled();
        let seconds = gate.limits().stall.as_secs();
        info!(%peer, "client stalled: disconnected, it took no bytes for {seconds} s");
    } else {
        debug!(%peer, "connection ended: {error}");
    }
}

/// Tells each request which connection it came by.
struct Linked {
    inner: TowerToHyperService<Router>,
    link: Link,
}

impl Service<Request<Incoming>> for Linked {
    type Response = Response<Body>;
    type Error = std::convert::Infallible;
    type Future = TowerToHyperServiceFuture<Router, Request<Incoming>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.link);
        self.inner.call(request)
    }
}
