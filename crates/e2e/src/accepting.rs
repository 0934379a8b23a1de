//! Owns a loopback port on which each connection is answered in a thread of its own, until it is dropped.

use std::io::Result;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a client may take with what it has begun to say.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The port, and the thread that accepts.
#[derive(Debug)]
pub(crate) struct Accepting {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Accepting {
    /// Answers whoever connects. Whoever goes away in the middle is no failure.
    ///
    /// # Errors
    /// When there is no port.
    pub(crate) fn start(answer: impl Fn(TcpStream) -> Result<()> + Send + Sync + 'static) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let (answer, stopping) = (Arc::new(answer), Arc::new(AtomicBool::new(false)));
        let stop = Arc::clone(&stopping);
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming() {
                if stop.load(Ordering::Acquire) {
                    return;
                }
                let Ok(connection) = connection else { continue };
                let answer = Arc::clone(&answer);
                std::thread::spawn(move || drop(prepare(&connection).and_then(|()| answer(connection))));
            }
        });
        Ok(Self { address, stopping, thread: Some(thread) })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

fn prepare(connection: &TcpStream) -> Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    connection.set_nodelay(true)
}

impl Drop for Accepting {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        drop(TcpStream::connect(self.address)); // accepting ends with the next connection
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
