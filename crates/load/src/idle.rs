//! Memory that a server takes for each client that only waits.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    IdleLoad,
    client::Client,
    machine::{open_files, usage},
    server::{Kind, STREAM, Server},
    stamps::{Stamps, now},
    table,
    turns::Turns,
};

/// Open files that are not connections of clients.
const OTHER_FILES: u64 = 200;
/// How long an event may take to all.
const ARRIVAL: Duration = Duration::from_mins(1);
const SAMPLE: Duration = Duration::from_secs(1);

/// One measurement of one server.
struct Round {
    /// The most that a waiting client took, in bytes.
    each: f64,
    /// The same once an event had been sent to all.
    each_after: f64,
    /// All of the server, while clients wait.
    whole: f64,
}

/// Measures the servers in turn, `rounds` times, and prints a table.
///
/// # Errors
/// When the system does not allow so many open files, when a server does not run, and when a client that waited does
/// not get the event that follows.
pub(crate) async fn run(servers: &[Kind], load: &IdleLoad, rounds: u32) -> Result<()> {
    let wanted = u64::from(load.idle_clients) + OTHER_FILES;
    if open_files() < wanted {
        bail!(
            "{} open files are allowed and {wanted} are needed: raise the hard limit (ulimit -Hn)",
            open_files()
        );
    }
    let turns = Turns::take("idle clients", servers, rounds, async |kind| measure(kind, load).await).await;
    println!("{} idle clients for {} s. Medians; rounds: {rounds}.\n", load.idle_clients, load.hold);
    print(servers, &turns);
    turns.finish()
}

fn print(servers: &[Kind], turns: &Turns<Round>) {
    table::head(&[
        "server",
        "bytes a client",
        "bytes a client of the rounds",
        "÷ feed's",
        "bytes a client after an event to all",
        "whole server, MiB",
    ]);
    let base =
        servers.contains(&Kind::Feed).then(|| table::median(turns.of(Kind::Feed).map(|round| round.each)));
    for kind in servers.iter().copied() {
        let each = table::median(turns.of(kind).map(|round| round.each));
        table::row(&[
            kind.to_string(),
            format!("{each:.0}"),
            table::range(turns.of(kind).map(|round| round.each), 0),
            table::ratio(each, base),
            format!("{:.0}", table::median(turns.of(kind).map(|round| round.each_after))),
            format!("{:.0}", table::median(turns.of(kind).map(|round| round.whole)) / f64::from(1 << 20)),
        ]);
    }
}

async fn measure(kind: Kind, load: &IdleLoad) -> Result<Round> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(kind, folder.path()).await?;
    let resident = || anyhow::Ok(usage(server.id())?.resident_bytes as f64);
    let mut publisher = server.publisher()?;
    let first = Client::open(server.port, STREAM).await?;
    publisher.send(0, now())?;
    let _first = timeout(ARRIVAL, receive(first, 0)).await.context("the first event did not come")??;
    let before = resident()?;
    let mut clients = JoinSet::new();
    for opened in Client::open_many(server.port, STREAM, load.idle_clients).await? {
        clients.spawn(receive(opened, 1));
    }
    let mut whole = resident()?;
    for _ in 0..load.hold {
        sleep(SAMPLE).await;
        whole = whole.max(resident()?);
    }
    publisher.send(1, now())?;
    let mut open = Vec::new();
    while let Some(client) = timeout(ARRIVAL, clients.join_next()).await.context("a client did not wake")? {
        open.push(client??);
    }
    let count = f64::from(load.idle_clients);
    Ok(Round { each: (whole - before) / count, each_after: (resident()? - before) / count, whole })
}

/// Reads until line `number` has come, which has to be the first.
async fn receive(mut client: Client, number: u64) -> Result<Client> {
    let mut stamps = Stamps::from(number);
    while stamps.next == number {
        stamps.read(&client.next().await?, |_, _| ())?;
    }
    Ok(client)
}
