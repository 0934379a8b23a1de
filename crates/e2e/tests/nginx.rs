//! What the shipped nginx configuration promises, against a stand-in for the feed.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::{Context as _, Result};
use aurora_e2e::nginx::Nginx;

const HASHED: &str = "app-0123456789abcdef";

fn dist(folder: &Path) -> Result<std::path::PathBuf> {
    let dist = folder.join("dist");
    std::fs::create_dir(&dist)?;
    for name in ["index.html", "config.json", &format!("{HASHED}.js"), &format!("{HASHED}_bg.wasm")] {
        std::fs::write(dist.join(name), "{}")?;
    }
    Ok(dist)
}

fn connect(url: &str) -> Result<TcpStream> {
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    Ok(stream)
}

/// The answer to a GET, all of it, in lower case.
fn get(url: &str, path: &str) -> Result<String> {
    let mut stream = connect(url)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.to_lowercase())
}

fn check(url: &str, path: &str, status: &str, has: &[&str], has_not: &[&str]) -> Result<()> {
    let answer = get(url, path)?;
    assert!(answer.starts_with(&format!("http/1.1 {status}")), "{path}: {answer}");
    for part in has {
        assert!(answer.contains(part), "{path} lacks {part}: {answer}");
    }
    for part in has_not {
        assert!(!answer.contains(part), "{path} has {part}: {answer}");
    }
    Ok(())
}

#[test]
fn files_carry_the_policy_their_type_and_how_long_they_may_be_kept() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let nginx = Nginx::start(&dist(folder.path())?, aurora_e2e::places::free_port()?, folder.path())?;
    let url = nginx.url();
    let policy = [
        "content-security-policy: default-src 'none'",
        "'wasm-unsafe-eval'",
        "x-content-type-options: nosniff",
    ];
    check(
        &url,
        "/",
        "200",
        &[&policy[..], &["cache-control: no-cache"]].concat(),
        &["unsafe-inline", "immutable"],
    )?;
    check(&url, "/config.json", "200", &["cache-control: no-cache"], &["immutable"])?;
    check(
        &url,
        &format!("/{HASHED}.js"),
        "200",
        &[&policy[..], &["immutable", "javascript"]].concat(),
        &["no-cache"],
    )?;
    check(&url, &format!("/{HASHED}_bg.wasm"), "200", &["application/wasm", "immutable"], &[])?;
    check(&url, "/gone-0123456789abcdef.js", "404", &["nosniff"], &["immutable"])?;
    check(&url, "/healthz", "502", &[], &[])
}

/// Answers one request with a stream: its first event at once, its second when told to; reports the request.
fn stand_in(listener: &TcpListener, request: &Sender<String>, go_on: &Receiver<()>) -> Result<()> {
    let (mut stream, _) = listener.accept()?;
    let mut head = vec![0; 4096];
    let length = stream.read(&mut head)?;
    head.truncate(length);
    request.send(String::from_utf8(head)?)?;
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: first\n\n")?;
    go_on.recv()?;
    write!(stream, "data: second\n\n")?;
    Ok(())
}

/// Reads until `text` has come.
fn read_until(stream: &mut TcpStream, text: &str) -> Result<()> {
    let mut read = String::new();
    while !read.contains(text) {
        let mut part = [0; 512];
        let length = stream.read(&mut part).with_context(|| format!("waiting for {text}, so far: {read}"))?;
        anyhow::ensure!(length > 0, "the stream ended without {text}: {read}");
        read.push_str(&String::from_utf8_lossy(part.get(..length).unwrap_or_default()));
    }
    Ok(())
}

#[test]
fn events_pass_at_once_and_headers_of_a_resume_unchanged() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let feed_port = listener.local_addr()?.port();
    let ((tell, request), (go_on, wait)) = (channel(), channel());
    let feed = std::thread::spawn(move || stand_in(&listener, &tell, &wait));
    let nginx = Nginx::start(&dist(folder.path())?, feed_port, folder.path())?;

    let mut stream = connect(&nginx.url())?;
    write!(
        stream,
        "GET /sse?window=60 HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 7\r\nX-Auth-Token: t\r\n\r\n"
    )?;
    read_until(&mut stream, "data: first")?; // the stand-in has not written the rest yet
    let request = request.recv_timeout(Duration::from_mins(1))?.to_lowercase();
    for part in ["get /sse?window=60 http/1.1", "last-event-id: 7", "x-auth-token: t", "x-real-ip: 127.0.0.1"]
    {
        assert!(request.contains(part), "{request}");
    }
    go_on.send(())?;
    read_until(&mut stream, "data: second")?;
    feed.join().unwrap()
}

#[test]
fn a_feed_without_a_token_takes_the_word_of_nginx_about_its_clients() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let feed_port = aurora_e2e::places::free_port()?;
    let _feed = aurora_e2e::feed::serve(&folder.path().join("session"), feed_port, folder.path())?;
    let nginx = Nginx::start(&dist(folder.path())?, feed_port, folder.path())?;
    check(&nginx.url(), "/health", "200", &["\"status\":\"waiting\""], &[])
}
