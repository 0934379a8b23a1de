//! Latency from the time an event is due to its arrival at each of many clients.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hdrhistogram::Histogram;
use tokio::task::{JoinSet, spawn_blocking};

use crate::{
    FanoutLoad,
    client::Client,
    machine::{Cores, Meter},
    server::{Kind, STREAM, Server},
    stamps::{Stamps, now},
    table,
    turns::Turns,
};

/// Seconds of events before those that are measured.
const WARM_UP: u32 = 2;
const QUANTILES: [f64; 5] = [0.5, 0.9, 0.99, 0.999, 1.0];
const P99: usize = 2;

/// One measurement of one server.
struct Round {
    /// Milliseconds at each of [`QUANTILES`].
    latencies_ms: [f64; QUANTILES.len()],
    /// From the first event that was sent to the last that arrived.
    arrivals_per_second: f64,
    /// By how much the latest event was sent late.
    late: Duration,
    cores: Cores,
}

/// Measures the servers in turn, `rounds` times, and prints a table.
///
/// # Errors
/// When a server does not run, and when an event does not arrive once at each client, in order.
pub(crate) async fn run(servers: &[Kind], load: &FanoutLoad, rounds: u32) -> Result<()> {
    let turns = Turns::take("fan-out", servers, rounds, async |kind| measure(kind, load).await).await;
    println!(
        "Fan-out to {} clients, {} events/s for {} s, after {WARM_UP} s: {} latencies a round. Medians; rounds: {rounds}.\n",
        load.clients,
        load.rate,
        load.seconds,
        u64::from(load.clients) * u64::from(load.rate) * u64::from(load.seconds)
    );
    print(servers, &turns);
    turns.finish()
}

fn print(servers: &[Kind], turns: &Turns<Round>) {
    table::head(&[
        "server",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "p99.9 ms",
        "max ms",
        "p99 of the rounds",
        "p99 ÷ feed's",
        "server, cores",
        "clients, cores",
        "latest send, ms",
        "arrivals/s",
    ]);
    let p99 = |round: &Round| round.latencies_ms.get(P99).copied().unwrap_or(f64::NAN);
    let base = servers.contains(&Kind::Feed).then(|| table::median(turns.of(Kind::Feed).map(p99)));
    for kind in servers.iter().copied() {
        let mut cells = vec![kind.to_string()];
        for index in 0..QUANTILES.len() {
            let at = |round: &Round| round.latencies_ms.get(index).copied().unwrap_or(f64::NAN);
            cells.push(format!("{:.2}", table::median(turns.of(kind).map(at))));
        }
        cells.push(table::range(turns.of(kind).map(p99), 2));
        cells.push(table::ratio(table::median(turns.of(kind).map(p99)), base));
        cells.push(format!("{:.2}", table::median(turns.of(kind).map(|round| round.cores.server))));
        cells.push(format!("{:.2}", table::median(turns.of(kind).map(|round| round.cores.tool))));
        cells.push(format!(
            "{:.2}",
            table::median(turns.of(kind).map(|round| round.late.as_secs_f64() * 1e3))
        ));
        cells.push(format!("{:.0}", table::median(turns.of(kind).map(|round| round.arrivals_per_second))));
        table::row(&cells);
    }
}

async fn measure(kind: Kind, load: &FanoutLoad) -> Result<Round> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(kind, folder.path()).await?;
    let mut publisher = server.publisher()?;
    let warm_up = u64::from(load.rate) * u64::from(WARM_UP);
    let expected = warm_up + u64::from(load.rate) * u64::from(load.seconds);
    let mut clients = JoinSet::new();
    for opened in Client::open_many(server.port, STREAM, load.clients).await? {
        clients.spawn(receive(opened, warm_up, expected));
    }
    let (meter, begun, rate) = (Meter::start(server.id())?, now(), load.rate);
    let late = spawn_blocking(move || publisher.send_all(expected, rate)).await??;
    let mut received = Vec::new();
    while let Some(latencies) = clients.join_next().await {
        received.push(latencies??);
    }
    let took = now().saturating_sub(begun);
    let cores = meter.stop()?;
    Ok(Round {
        latencies_ms: quantiles(&received)?,
        arrivals_per_second: f64::from(load.clients) * expected as f64 / took.as_secs_f64(),
        late,
        cores,
    })
}

/// Over all clients, in milliseconds at each of [`QUANTILES`].
fn quantiles(received: &[Vec<Duration>]) -> Result<[f64; QUANTILES.len()]> {
    let mut all = Histogram::<u64>::new(3)?;
    for latency in received.iter().flatten() {
        all.record(u64::try_from(latency.as_micros())?)?;
    }
    Ok(QUANTILES.map(|quantile| all.value_at_quantile(quantile) as f64 / 1e3))
}

/// Receives `expected` events and returns the latencies of those from `warm_up` on.
async fn receive(mut client: Client, warm_up: u64, expected: u64) -> Result<Vec<Duration>> {
    let (mut stamps, mut latencies) = (Stamps::from(0), Vec::new());
    while stamps.next < expected {
        let chunk = client
            .next_due()
            .await
            .with_context(|| format!("{} of {expected} events came to a client", stamps.next))?;
        let now = now();
        stamps.read(&chunk, |number, due| {
            if number >= warm_up {
                latencies.push(now.saturating_sub(due));
            }
        })?;
    }
    Ok(latencies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_over_the_latencies_of_all_clients() {
        let of = |range: std::ops::RangeInclusive<u64>| range.map(Duration::from_millis).collect();
        let found = quantiles(&[of(1..=500), of(501..=1_000)]).unwrap();
        for (found, expected) in found.iter().zip([500.0, 900.0, 990.0, 999.0, 1_000.0]) {
            assert!((found / expected - 1.0).abs() < 0.002, "{found} is not {expected}");
        }
    }
}
