//! Lines a second from a log that is written as fast as possible, through the journal, to one client.

use std::{fs::File, io::Write as _, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use tokio::{task::spawn_blocking, time::Instant};

use crate::{
    client::Client,
    ids::Ids,
    machine::{Cores, Meter},
    server::{Kind, STREAM, Server},
    session, table,
};

/// How one client received everything.
pub(crate) struct Pass {
    /// From the beginning of the writing, or of the request, to the arrival of the last event.
    pub(crate) took: Duration,
    /// Processor time meanwhile.
    pub(crate) cores: Cores,
    /// Id of the first event.
    pub(crate) first: Option<u64>,
}

/// Measures `rounds` times, each with a fresh feed, and prints a table.
///
/// # Errors
/// When the feed does not run, and when an event does not come once and in order.
pub(crate) async fn run(lines: u32, rounds: u32) -> Result<()> {
    let generated = session::generate(lines)?;
    let mut passes = Vec::new();
    for number in 1..=rounds {
        eprintln!("log to client, round {number} of {rounds}");
        let folder = tempfile::tempdir()?;
        let server = Server::start(Kind::Feed, folder.path()).await?;
        passes.push(follow(&server, &generated, lines).await?);
    }
    let bytes = generated.len() as f64 / f64::from(lines);
    println!("Log → journal → one client: {lines} lines of {bytes:.0} bytes. Medians; rounds: {rounds}.\n");
    print(lines, &passes);
    Ok(())
}

/// Appends everything to the log of a feed that serves one client, which waits for it.
///
/// # Errors
/// As [`run`].
pub(crate) async fn follow(server: &Server, generated: &Bytes, lines: u32) -> Result<Pass> {
    let mut client = Client::open(server.port, STREAM).await?;
    let (meter, begun) = (Meter::start(server.id())?, Instant::now());
    let (log, generated) = (server.log(), generated.clone());
    let writing = spawn_blocking(move || append(&log, &generated));
    let ((), first) = tokio::try_join!(async { writing.await? }, count(&mut client, lines))?;
    Ok(Pass { took: begun.elapsed(), cores: meter.stop()?, first })
}

/// Reads `expected` events and returns the id of the first.
///
/// # Errors
/// When one does not come once and in order.
pub(crate) async fn count(client: &mut Client, expected: u32) -> Result<Option<u64>> {
    let mut ids = Ids::default();
    while ids.count < u64::from(expected) {
        let chunk = client.next_due().await;
        ids.read(&chunk.with_context(|| format!("{} of {expected} events came", ids.count))?)?;
    }
    Ok(ids.first)
}

/// Prints the medians and the range of passes.
pub(crate) fn print(events: u32, passes: &[Pass]) {
    table::head(&["events", "seconds", "events/s", "events/s of the rounds", "feed, cores", "client, cores"]);
    let rate = |pass: &Pass| f64::from(events) / pass.took.as_secs_f64();
    table::row(&[
        events.to_string(),
        format!("{:.2}", table::median(passes.iter().map(|pass| pass.took.as_secs_f64()))),
        format!("{:.0}", table::median(passes.iter().map(rate))),
        table::range(passes.iter().map(rate), 0),
        format!("{:.2}", table::median(passes.iter().map(|pass| pass.cores.server))),
        format!("{:.2}", table::median(passes.iter().map(|pass| pass.cores.tool))),
    ]);
    println!();
}

fn append(log: &PathBuf, bytes: &[u8]) -> Result<()> {
    let mut file = File::options().append(true).open(log)?;
    file.write_all(bytes).with_context(|| format!("cannot append to {}", log.display()))
}
