//! Owns the ways to hand an event to a server, appended to a log or posted, and the pace at which it is done.

use std::{
    fs::File,
    io::{Read, Write as _},
    net::TcpStream,
    path::Path,
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

use crate::stamps;

/// The longest head of an answer that is read, in bytes.
const HEAD: usize = 16 * 1024;

/// Where events go.
pub(crate) enum Publisher {
    /// To the end of a session's log.
    Log(File),
    /// To a server that takes them over HTTP, on a connection that stays open.
    Post(TcpStream, &'static str),
}

impl Publisher {
    /// Appends to the log at `path`.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) fn log(path: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(path);
        Ok(Self::Log(file.with_context(|| format!("cannot append to {}", path.display()))?))
    }

    /// Posts to `path` on loopback `port`.
    ///
    /// # Errors
    /// When there is no connection.
    pub(crate) fn post(port: u16, path: &'static str) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).context("cannot connect")?;
        stream.set_nodelay(true)?;
        Ok(Self::Post(stream, path))
    }

    /// Hands over line `number`, which is due at `due`.
    ///
    /// # Errors
    /// When the log cannot be written, and when the server does not accept it.
    pub(crate) fn send(&mut self, number: u64, due: Duration) -> Result<()> {
        let line = stamps::line(number, due);
        match self {
            Publisher::Log(file) => Ok(file.write_all(format!("{line}\n").as_bytes())?),
            Publisher::Post(stream, path) => post(stream, path, &line),
        }
    }

    /// Hands over `count` lines from number 0 at `rate` a second and returns by how much the latest began late. Each is
    /// due at its own time whatever became of those before it. Blocks its thread.
    ///
    /// # Errors
    /// As [`Publisher::send`].
    pub(crate) fn send_all(&mut self, count: u64, rate: u32) -> Result<Duration> {
        let (start, mut latest) = (stamps::now(), Duration::ZERO);
        for number in 0..count {
            let due = start + Duration::from_nanos(number * 1_000_000_000 / u64::from(rate));
            thread::sleep(due.saturating_sub(stamps::now()));
            latest = latest.max(stamps::now().saturating_sub(due));
            self.send(number, due).with_context(|| format!("event {number} was not taken"))?;
        }
        Ok(latest)
    }
}

fn post(stream: &mut TcpStream, path: &str, line: &str) -> Result<()> {
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{line}",
        line.len()
    );
    stream.write_all(request.as_bytes())?;
    let answer = answer(stream)?;
    if !answer.starts_with(b"HTTP/1.1 2") {
        bail!("{path} was refused: {}", String::from_utf8_lossy(&answer));
    }
    Ok(())
}

/// Reads one answer whole, so that the next one begins where it ends.
fn answer(stream: &mut impl Read) -> Result<Vec<u8>> {
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    let mut wanted = None;
    while wanted.is_none_or(|wanted| answer.len() < wanted) {
        let count = stream.read(&mut piece)?;
        if count == 0 || answer.len() > HEAD {
            bail!("no whole answer came: {}", String::from_utf8_lossy(&answer));
        }
        answer.extend_from_slice(piece.get(..count).unwrap_or_default());
        if let Some(end) = memchr::memmem::find(&answer, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(answer.get(..end).unwrap_or_default()).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            wanted = Some(end + 4 + length.map_or(Ok(0), |length| length.trim().parse::<usize>())?);
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its pieces one at a time.
    struct Pieces(Vec<&'static [u8]>);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let piece = self.0.remove(0);
            buffer[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    #[test]
    fn an_answer_is_read_to_the_end_of_its_body() {
        let mut stream =
            Pieces(vec![b"HTTP/1.1 201 Created\r\nConte", b"nt-Length: 4\r\n\r", b"\nab", b"cd", b"no"]);
        assert!(answer(&mut stream).unwrap().ends_with(b"\r\n\r\nabcd"));
        assert_eq!(stream.0.len(), 1);
    }

    #[test]
    fn an_answer_that_is_cut_off_is_an_error() {
        assert!(answer(&mut Pieces(vec![b"HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\nab"])).is_err());
    }
}
