//! TCP sockets as the feed sets them.
//!
//! Invariant: the kernel holds no more than a bounded number of bytes for a client, and gives up on a peer
//! that takes none, also where the feed itself has nothing more to write.

use std::{io, net::SocketAddr, time::Duration};

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tracing::{debug, warn};

use super::accept::Listener;

/// What the kernel may hold for one client; it allows itself twice that.
const SEND_BUFFER_BYTES: usize = 64 << 10;

/// How many connections may wait to be accepted: with the usual 128, a thousand clients that come back at the
/// same moment wait for seconds. The system may allow fewer.
const BACKLOG: i32 = 4096;

/// Hands out TCP connections with their options set.
pub(crate) struct Tcp {
    listener: TcpListener,
    stall: Duration,
}

impl Tcp {
    /// `stall` is how long a peer may take no bytes.
    pub(crate) fn new(listener: TcpListener, stall: Duration) -> Self {
        if let Err(error) = SockRef::from(&listener).listen(BACKLOG) {
            warn!("the queue of connections that wait stays short: {error}");
        }
        Self { listener, stall }
    }

    fn set_options(&self, stream: &TcpStream) -> io::Result<()> {
        let socket = SockRef::from(stream);
        socket.set_tcp_nodelay(true)?;
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(self.stall))?;
        Ok(())
    }
}

impl Listener for Tcp {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.listener.accept().await?;
        if let Err(error) = self.set_options(&stream) {
            debug!(%peer, "socket options: {error}");
        }
        Ok((stream, peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn clients_that_come_at_once_need_not_wait_to_be_accepted() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let _unattended = Tcp::new(listener, Duration::from_secs(30));
        let connecting = async {
            let mut clients = Vec::new();
            for _ in 0..400 {
                clients.push(TcpStream::connect(address).await.unwrap());
            }
        };
        // Nobody accepts, so what does not fit into the queue would wait for ever.
        tokio::time::timeout(Duration::from_secs(20), connecting).await.unwrap();
    }

    #[tokio::test]
    async fn connections_come_with_their_options_set() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut listener = Tcp::new(listener, Duration::from_secs(30));
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (stream, peer) = accepted.unwrap();
        assert_eq!(peer, client.unwrap().local_addr().unwrap());
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap());
        assert_eq!(socket.send_buffer_size().unwrap(), 2 * SEND_BUFFER_BYTES);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(30)));
    }
}
