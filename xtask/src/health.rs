//! Owns one question: does something at this address answer `GET /healthz` with 200?

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(2);

/// Whether `/healthz` at `address` answers with status 200 within two seconds.
pub(crate) fn is_up(address: SocketAddr) -> bool {
    ask(address).is_ok_and(|head| head.starts_with(b"HTTP/1.1 200"))
}

fn ask(address: SocketAddr) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut head = vec![0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut head)?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn check(answer: &'static str, up: bool) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 16];
            stream.read_exact(&mut request).unwrap();
            assert_eq!(&request, b"GET /healthz HTT");
            stream.write_all(answer.as_bytes()).unwrap();
        });
        assert_eq!(is_up(address), up, "{answer:?}");
        server.join().unwrap();
    }

    #[test]
    fn only_a_200_counts_as_up() {
        check("HTTP/1.1 200 OK\r\n\r\n{}", true);
        check("HTTP/1.1 503 Service Unavailable\r\n\r\n", false);
        check("HTTP/1.1", false);
    }
}
