//! Events a second from the journal of a feed that was killed and started again, to one client.

use anyhow::{Context as _, Result, bail};
use tokio::time::Instant;

use crate::{
    client::Client,
    machine::Meter,
    server::{Kind, Server},
    session,
    through::{Pass, count, follow, print},
};

/// Everything that the journal retains.
const EVERYTHING: &str = "/sse?window=31536000";

/// Fills a journal, kills the feed and starts it again, so that nothing comes from its memory; then reads everything
/// `rounds` times, each on a connection of its own, and prints a table.
///
/// # Errors
/// When the feed does not run, and when an event does not come once and in order.
pub(crate) async fn run(lines: u32, rounds: u32) -> Result<()> {
    let generated = session::generate(lines)?;
    let folder = tempfile::tempdir()?;
    eprintln!("replay: filling the journal");
    let filling = Server::start(Kind::Feed, folder.path()).await?;
    let written = follow(&filling, &generated, lines).await.context("filling the journal")?;
    drop(filling);
    let begun = Instant::now();
    let server = Server::start(Kind::Feed, folder.path()).await?;
    let opened = begun.elapsed();
    let mut passes = Vec::new();
    for number in 1..=rounds {
        eprintln!("replay, round {number} of {rounds}");
        let pass = replay(&server, lines).await?;
        if pass.first != written.first {
            bail!("replay begins at {:?}, not at the first event {:?}", pass.first, written.first);
        }
        passes.push(pass);
    }
    println!(
        "Replay from the journal to one client, by a feed that was killed and started again (it answered after {:.2} s). \
         Medians; rounds: {rounds}.\n",
        opened.as_secs_f64()
    );
    print(lines, &passes);
    Ok(())
}

async fn replay(server: &Server, lines: u32) -> Result<Pass> {
    let (meter, begun) = (Meter::start(server.id())?, Instant::now());
    let mut client = Client::open(server.port, EVERYTHING).await?;
    let first = count(&mut client, lines).await?;
    Ok(Pass { took: begun.elapsed(), cores: meter.stop()?, first })
}
