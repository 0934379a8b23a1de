//! Accepting under trouble: with a listener that a test leads, and clients on in-memory pipes.

use axum::{Extension, http::StatusCode, routing::get};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    sync::{mpsc, oneshot},
};

use super::*;
use crate::net::ConnectionLimits;

type Accepted = io::Result<(DuplexStream, SocketAddr)>;

/// Hands out what the test sends.
struct Led(mpsc::UnboundedReceiver<Accepted>);

impl Listener for Led {
    type Io = DuplexStream;

    async fn accept(&mut self) -> Accepted {
        match self.0.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }
}

struct Fixture {
    gate: Arc<Gate>,
    arrivals: mpsc::UnboundedSender<Accepted>,
    stop: oneshot::Sender<()>,
    running: tokio::task::JoinHandle<()>,
}

impl Fixture {
    fn start(limits: ConnectionLimits) -> Self {
        let gate = Arc::new(Gate::new(limits));
        let (arrivals, led) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let endless =
            futures_util::stream::repeat_with(|| Ok::<_, std::convert::Infallible>("x".repeat(1000)));
        let router = Router::new()
            .route(
                "/",
                get(async |Extension(link): Extension<Link>| match link.refusal {
                    Some(_) => StatusCode::SERVICE_UNAVAILABLE,
                    None => StatusCode::OK,
                }),
            )
            .route("/endless", get(async move || axum::body::Body::from_stream(endless)));
        let door = Door::new(Led(led), router, Arc::clone(&gate), Vec::new());
        let running = tokio::spawn(door.run(async { drop(stopped.await) }));
        Self { gate, arrivals, stop, running }
    }

    fn arrive(&self) -> DuplexStream {
        let (near, far) = duplex(4096);
        assert!(self.arrivals.send(Ok((far, "192.0.2.1:1000".parse().unwrap()))).is_ok());
        near
    }

    fn fail(&self, kind: ErrorKind) {
        assert!(self.arrivals.send(Err(kind.into())).is_ok());
    }
}

async fn ask(client: &mut DuplexStream, path: &str) -> String {
    client.write_all(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// Waits until the other end closes, whatever comes before.
async fn closed(client: &mut DuplexStream) {
    tokio::io::copy(client, &mut tokio::io::sink()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn errors_of_accepting_are_survived_with_growing_pauses() {
    let fixture = Fixture::start(ConnectionLimits::default());
    let began = Instant::now();
    fixture.fail(ErrorKind::ConnectionAborted);
    for _ in 0..9 {
        fixture.fail(ErrorKind::Other);
    }
    assert!(ask(&mut fixture.arrive(), "/").await.starts_with("HTTP/1.1 200"));
    let pauses = [10, 20, 40, 80, 160, 320, 640, 1000, 1000].iter().sum();
    let waited = began.elapsed();
    assert!(
        waited >= Duration::from_millis(pauses) && waited < Duration::from_millis(pauses + 50),
        "{waited:?}"
    );
    assert_eq!(fixture.gate.figures().accept_errors, 9);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_end_is_given_up_after_its_time() {
    let fixture = Fixture::start(ConnectionLimits::default());
    let mut client = fixture.arrive();
    let began = Instant::now();
    client.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
    closed(&mut client).await;
    assert_eq!(began.elapsed().as_secs(), 10);
    let mut silent = fixture.arrive();
    closed(&mut silent).await;
    assert_eq!(began.elapsed().as_secs(), 20, "a connection without a request is closed too");
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_kept_for_the_next_request_and_closed_when_none_comes() {
    let fixture = Fixture::start(ConnectionLimits::default());
    let mut client = fixture.arrive();
    for _ in 0..3 {
        assert!(ask(&mut client, "/").await.starts_with("HTTP/1.1 200"));
    }
    closed(&mut client).await;
    assert_eq!(fixture.gate.figures().accepted, 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_cut_and_counted_and_its_place_is_free() {
    let fixture = Fixture::start(ConnectionLimits { total: 1, ..ConnectionLimits::default() });
    let mut client = fixture.arrive();
    let began = Instant::now();
    ask(&mut client, "/endless").await;
    while fixture.gate.figures().stalled == 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(began.elapsed().as_secs(), 30);
    assert!(ask(&mut fixture.arrive(), "/").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test(start_paused = true)]
async fn above_the_limit_one_request_is_answered_and_the_connection_closed() {
    let fixture = Fixture::start(ConnectionLimits { total: 1, ..ConnectionLimits::default() });
    let mut inside = fixture.arrive();
    assert!(ask(&mut inside, "/").await.starts_with("HTTP/1.1 200"));
    let mut outside = fixture.arrive();
    assert!(ask(&mut outside, "/").await.starts_with("HTTP/1.1 503"));
    closed(&mut outside).await;
    let mut silent = fixture.arrive();
    let began = Instant::now();
    closed(&mut silent).await;
    assert_eq!(began.elapsed().as_secs(), 2, "a refused client does not hold its place for long");
}

#[tokio::test(start_paused = true)]
async fn shutdown_ends_idle_connections_at_once_and_cuts_the_rest_after_the_grace() {
    let fixture = Fixture::start(ConnectionLimits::default());
    let (mut idle, mut busy) = (fixture.arrive(), fixture.arrive());
    ask(&mut idle, "/").await;
    ask(&mut busy, "/endless").await;
    let began = Instant::now();
    fixture.stop.send(()).unwrap();
    closed(&mut idle).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    fixture.running.await.unwrap();
    assert_eq!(began.elapsed(), GRACE);
    assert_eq!(fixture.gate.figures().open, 0);
}

#[tokio::test]
async fn pauses_never_overflow() {
    let (_arrivals, led) = mpsc::unbounded_channel();
    let gate = Arc::new(Gate::new(ConnectionLimits::default()));
    let mut door = Door::new(Led(led), Router::new(), gate, Vec::new());
    door.failures = u32::MAX - 1;
    for _ in 0..3 {
        assert_eq!(door.failed(&ErrorKind::Other.into()), LONGEST_PAUSE);
    }
}
